/* tools/load/runs.h: one run of the load generator, from its plan to its report.
 *
 * A report is a JSON object, whose keys say the units, or the same as a line for people. A run is good when
 * every answer was what it should be; the first that was not stands in the report as "fault".
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "tools/load/player.h"

struct plan {
	const struct scenario *scenario;
	const char *imap, *imaps, *lmtp, *password;
	unsigned    connections, at_once;
	unsigned    first_user, users;    /* user0001 is 1 */
	double      seconds;              /* how long, unless rounds are given */
	uint64_t    rounds;
	uint32_t    messages;             /* in each INBOX */
	size_t      bytes;                /* of a letter */
	double      settle_seconds;       /* idle: before memory is looked at */
	const char *change;               /* push: the scenario that makes the change */
	pid_t       pid;                  /* of the server's first process; 0: its cost is not measured */
};

/* The caller owns the report. NULL: the plan cannot be played, as told on stderr. */
json_t *run_rounds(const struct plan *p, bool *good);
json_t *run_idle(const struct plan *p, bool *good);
json_t *run_push(const struct plan *p, bool *good);

/* A team as planned; false: an address is wrong. */
bool    run_team_init(struct team *t, const struct plan *p, struct wires *w, const struct scenario *s);
/* True when nothing failed; else the report gains "fault". */
bool    run_verdict(const struct team *t, json_t *report);

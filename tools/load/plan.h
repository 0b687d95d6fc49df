/* tools/load/plan.h: what is to be played, as said on the command line and in a mix.
 *
 * One table of options (plan.c) says their names, what they mean, where they are allowed and what they change; usage, mixes
 * ("weight scenario key=value...") and the report's "plan" grow from it.
 *
 * Owner: main. Nothing changes once workers play; they inherit it by fork.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "common/base/address.h"
#include "tools/load/letters.h"
#include "tools/load/scenario.h"
#include "tools/load/settings.h"

enum { PARTS_MAX = 16 };

/* One scenario of the run. */
struct part {
	const struct scenario *scenario;
	uint64_t        weight;          /* closed loop: share of the connections; open loop: share of the arrivals */
	struct settings set;
	unsigned        connections;     /* of all workers */
	struct part    *with;            /* of scenario->with; NULL: none */
};

struct plan {
	const char *imap_text, *imaps_text, *lmtp_text, *user_format, *password, *name;
	const char *mix, *eml, *sizes_text, *json, *html, *csv, *between;
	uint64_t    bytes;               /* of every letter, unless sizes are given */
	struct address imap, imaps, lmtp;
	struct settings set;
	struct letter_sizes sizes;
	uint64_t    connections, at_once, workers, rounds, seed, timeout_seconds, sources;
	double      rate;                /* arrivals a second; 0: closed loop */
	double      seconds, warmup_seconds, settle_seconds;
	uint64_t    pid;                 /* of the server's first process; 0: its cost is not measured */
	bool        verify, quiet, live;
	bool        once;                /* through all users (fill, import), not for a time */
	uint64_t    given;               /* which options were: plan_is_given */

	struct part parts[PARTS_MAX];
	unsigned    parts_n;
	struct letters *texts;           /* made by plan_ready */
};

void    plan_init(struct plan *p);
void    plan_fini(struct plan *p);
/* Takes the options off a verb's command line (argv[0] is the verb); *operand is the one word that is none, or NULL. False: told. */
bool    plan_options(struct plan *p, int argc, char **argv, const char **operand);
void    plan_usage(FILE *out);
bool    plan_is_given(const struct plan *p, const char *option);
/* Some scenario has a use for each option that was given. False: told. */
bool    plan_is_of_use(const struct plan *p);
const char *plan_scenario(const struct plan *p);     /* what is played, for people */
/* Tells what is wrong with a command line; false, always. */
bool    plan_fault(const char *words, ...) __attribute__((format(printf, 1, 2)));
/* Adds a scenario with the options given so far. False: told on stderr. */
bool    plan_add(struct plan *p, const char *scenario);
bool    plan_read_mix(struct plan *p, const char *path);
/* Checks that all fits together, parses addresses, shares connections out, makes the letters. False: told on stderr. */
bool    plan_ready(struct plan *p);
json_t *plan_json(const struct plan *p);
/* All users any part plays. */
void    plan_users(const struct plan *p, unsigned *first, unsigned *users);
void    plan_user_name(const struct plan *p, unsigned user, struct buf *out);

/* tools/load/peers_play.h: a comparison as it is played: servers are started, filled, measured in turn (A B A B ...), and stopped.
 *
 * A server that cannot be started or filled is left out with a word, and the rest goes on. What was played is kept as runs:
 * reports of report.h, to each of which "measure" and "round" are added; "name" is the server's.
 *
 * Owner: main. All servers that were started are stopped by peers_stop, which must follow whatever came before.
 */
#pragma once

#include "tools/load/errand.h"
#include "tools/load/peers_plan.h"

struct peers_options {
	unsigned    rounds;              /* of each measure with each server */
	double      seconds;             /* of a round that has no length of its own */
	bool        quick;               /* small mailboxes, few connections: are all answers right? */
	bool        alone;               /* no rivals */
	bool        drop_caches;         /* while a cold server is down, the kernel forgets its files */
	const char *only, *skip;         /* measures; servers: with commas between; NULL: all; none */
	const char *player;              /* whose verbs `run` and `fill` play */
	const char *report_path;         /* where a run leaves its report, until it is read */
};

struct peer {
	const struct peers_server *server;
	bool     up;
	long     pid;                    /* 0: not known */
	struct buf version;
	const char *left_out;            /* why; NULL: it takes part */
};

struct peers_play {
	const struct peers_plan    *plan;
	const struct peers_options *options;
	struct errands errands;
	struct peer   *peers;
	size_t         n_peers;
	json_t        *runs;
	bool           good;             /* no answer was wrong, and all that took part could be played */
};

void peers_play_init(struct peers_play *p, const struct peers_plan *plan, const struct peers_options *options);
void peers_play_fini(struct peers_play *p);
/* False: ours cannot take part, or we were asked to stop. */
bool peers_start(struct peers_play *p);
/* All rounds of one. False: we were asked to stop. */
bool peers_measure(struct peers_play *p, const struct peers_measure *m);
void peers_stop(struct peers_play *p);
bool peers_wanted(const struct peers_options *o, const struct peers_measure *m);
/* One line of what a report says, for people. */
void peers_run_words(const json_t *report, FILE *out);

/* tools/load/worker.h: one process of the generator: its loop, its players, its ledger.
 *
 * Workers share with their parent one map of memory: the stage, which the parent sets, and a tally each. Users are shared
 * out: a user belongs to one worker, which opens all connections of that user.
 *
 * Owner: worker_play makes it, plays and frees it; it runs in a process of its own.
 */
#pragma once

#include <stdatomic.h>

#include "tools/load/arrivals.h"
#include "tools/load/plan.h"
#include "tools/load/tally.h"

enum run_stage { RUN_OPENING, RUN_PLAYING, RUN_STOPPING, RUN_VERIFYING };

/* What parent and workers share; zero bytes are the beginning. */
struct shared {
	_Atomic int      stage;          /* enum run_stage; set by the parent, only onwards */
	_Atomic uint64_t play_ns, count_ns, until_ns;   /* rounds begin; are counted (after warming up); end. Set before RUN_PLAYING */
	unsigned         workers;
	struct tally     tally[];
};

/* All players of one part in one worker. */
struct team {
	struct worker     *worker;
	const struct part *part;
	const struct scenario *scenario;
	unsigned           first_user, users, user_step;   /* this worker's users: first_user + k * user_step */
	struct player    **players;
	unsigned           n, opened, done;
	struct player     *free;         /* open loop: who is ready */
	struct waiting     waiting;      /* open loop: arrivals that found nobody */
	struct team       *with;         /* of scenario->with; NULL: none */
	void              *own;          /* what the scenario remembers of all its players */
};

struct worker {
	const struct plan *plan;
	struct shared     *shared;
	struct tally      *tally;
	unsigned           number;
	struct wires       wires;
	struct timers      timers;
	struct ledger     *ledger;
	SSL_CTX           *tls;
	struct arrivals    arrivals;
	struct team       *teams;
	unsigned           teams_n, next_letter;
	struct buf         prefix;       /* of personal mailboxes ("INBOX."), as NAMESPACE said */
	uint64_t           now_ns;       /* of this turn */
	struct buf         scratch;      /* for a letter that is being compared */
};

/* In a process of its own. */
void worker_play(const struct plan *p, struct shared *s, unsigned number);

/* ---- what players tell ---- */
void team_opened(struct player *p);      /* ready for the first time */
void team_ready(struct player *p);       /* ready for another round */
void team_done(struct player *p);        /* will do nothing more */
bool worker_counts(const struct worker *w, uint64_t began_ns);   /* not warming up, not over */
bool worker_is_over(const struct worker *w, const struct player *p);

/* tools/load/worker.h: one process of the generator: its loop, its teams, its ledger.
 *
 * Workers share with their parent one map of memory: the stage, which the parent sets, and a tally each. Users are shared
 * out: a user belongs to one worker, which opens all connections of that user.
 *
 * Owner: worker_play makes it, plays and frees it; it runs in a process of its own.
 */
#pragma once

#include <stdatomic.h>

#include "tools/load/plan.h"
#include "tools/load/shelf.h"
#include "tools/load/tally.h"
#include "tools/load/team.h"

enum run_stage { RUN_LEARNING, RUN_OPENING, RUN_PLAYING, RUN_VERIFYING };    /* learning: only with --between */

/* What parent and workers share; zero bytes are the beginning. Only the parent writes, but for tallies. */
struct shared {
	_Atomic int      stage;          /* enum run_stage, only onwards */
	_Atomic uint64_t play_ns, count_ns, until_ns;   /* rounds begin; are counted (it is warm); end. Set before RUN_PLAYING */
	unsigned         workers;
	struct tally     tally[];
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
	uint64_t           weights;      /* of all teams */
	struct team        teams[2 * PARTS_MAX];
	unsigned           teams_n, next_letter;
	uint64_t           looked_ns;    /* when it last looked for players that are stuck */
	char               prefix[64];   /* of personal mailboxes ("INBOX."), as NAMESPACE said */
	bool               prefix_known;
	struct shelf       shelf;
	struct buf         scratch;      /* of whoever runs just now: a letter to compare with, for one */
};

void worker_play(const struct plan *p, struct shared *s, unsigned number);
/* Not before it is warm, not after the end; in an open loop whoever came before the end counts. */
bool worker_counts(const struct worker *w, uint64_t began_ns);
bool worker_is_over(const struct worker *w);

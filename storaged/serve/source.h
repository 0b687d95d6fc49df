/* storaged/serve/source.h: the plaintext of one stored message, a piece at a time.
 *
 * For workers; with `now` set also for the loop. Finds the message's sealed runs in the journal, opens only the pieces that are asked for, and keeps the last
 * one, so memory is bounded whatever the size. Plaintext is born here and dies in the answer.
 *
 * Owner: the fetch, search or upload that reads; source_fini wipes and frees.
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/seal/seal.h"
#include "storaged/db/db.h"
#include "storaged/journal/journal.h"
#include "storaged/mbox/rows.h"

struct source {
	struct journal *journal;
	bool now;                    /* never wait: ERR_BUSY instead (on the loop's thread) */
	struct key key;
	uint32_t user;
	struct where *runs;
	uint32_t n_runs;
	uint64_t bytes;              /* of the whole message, plain */

	uint32_t run;                /* whose head and piece are below; n_runs: none */
	uint64_t run_at;             /* where it starts in the message */
	uint32_t piece;              /* within the run; UINT32_MAX: none */
	struct buf head, sealed, plain;
};

void     source_init(struct source *s, struct journal *journal, const struct key *key, uint32_t user);
void     source_fini(struct source *s);
/* The message with these places (a T_WHERE row). ERR_CORRUPT. */
enum err source_place(struct source *s, struct str where);
/* Lends the bytes from `at` to the end of their piece (at most 64 KiB), valid until the next call; empty at the end. */
enum err source_read(struct source *s, uint64_t at, struct str *out);

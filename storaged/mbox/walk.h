/* storaged/mbox/walk.h: what a record concerns, without applying it.
 *
 * All return ERR_CORRUPT when the bytes are no record. Callbacks run in the order of the operations.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/str.h"

/* Mailboxes whose messages the record changes, for loading them before apply: calls each(ctx, user, mailbox), maybe
 * more than once. */
enum err record_touches(struct str record, void (*each)(void *ctx, uint32_t user, uint32_t mailbox), void *ctx);

/* The sealed runs inside a record: where they start in its bytes, for the side table of places. */
struct record_run {
	uint32_t user;
	uint64_t blob;
	bool first, lead;            /* first: none of this blob came before; lead: stands before all others */
	uint32_t at, bytes, plain;
};
enum err record_runs(struct str record, void (*each)(void *ctx, const struct record_run *run), void *ctx);

/* What a durable record tells those who wait: calls each(ctx, user, mailbox, modseq, gone), not twice in a row. */
enum err record_bells(struct str record, void (*each)(void *ctx, uint32_t user, uint32_t mailbox, uint64_t modseq, bool gone), void *ctx);

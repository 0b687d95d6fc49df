/* storaged/mbox/apply.h: a record becomes state. The only way state ever changes, live as in recovery.
 *
 * Pure and deterministic: no clock, no disk, no luck. What it touches must be in memory: the user, and the messages of
 * every mailbox that the record changes (walk.h says which).
 *
 * A record of many messages may be applied in parts, so that its user waits and nobody else does: between the parts the user's state
 * is neither the old nor the new one, and only who reads what their client knew before (a FETCH under way) may look at it.
 */
#pragma once

#include "common/base/err.h"
#include "common/base/rd.h"
#include "common/base/str.h"
#include "common/mail/ids.h"
#include "storaged/mbox/state.h"

/* An operation of many messages, as far as it came. */
struct part {
	bool begun;
	struct uidset uids;              /* what it is about, and what of it is still to be done */
	struct uidset_iter next;
	uint32_t uid;                    /* copied: the next one given */
	uint32_t dropped;                /* the summaries dropped last */
	struct box *box;                 /* box_del: it has left the user already, and is ours */
	uint32_t page;
};

/* A record on its way into the state. Owner: the caller, who keeps the record's bytes until it is done. */
struct applying {
	struct state *s;
	struct user *u;
	struct record r;
	struct lsn lsn;
	struct rd ops;                   /* not yet begun */
	uint8_t no;                      /* the operation at hand */
	struct str fields;
	struct part part;
	int64_t room;                    /* for so many messages in this part */
	uint64_t fresh;                  /* the blob born in this record, until its message takes it */
};

/* ERR_CORRUPT: the bytes are no record, or it does not fit the state: the index or the journal is damaged. */
enum err apply_begin(struct applying *a, struct state *s, struct lsn lsn, struct str record);
/* About so many messages more. *done: that was all. */
enum err apply_some(struct applying *a, uint32_t messages, bool *done);
/* All of it at once. */
enum err apply(struct state *s, struct lsn lsn, struct str record);

/* storaged/serve/summaries.h: the summaries of messages that are listed one after the other, many opened with one unsealing.
 *
 * Summaries of neighbouring UIDs lie together in a page (T_SUMMARIES), sealed and derived: it is made of what a listing had to open
 * one by one, and holds until an expunge. The rows of blobs stay the source: a page may lack any message, or be missing (decision 0008).
 *
 * Workers only. Owner: the fetch that embeds it; summaries_fini frees.
 */
#pragma once

#include "common/base/buf.h"
#include "common/mail/summary.h"
#include "storaged/serve/stored.h"

struct summaries {
	const struct key *key;       /* lent */
	uint32_t user, mailbox;
	uint32_t last;               /* page that may be wanted */
	uint64_t ahead_at;           /* the page at which to read ahead (again) */
	uint32_t no;                 /* of the page at hand; UINT32_MAX: none */
	bool looked;                 /* its row was looked for */
	struct buf plain;            /* the page at hand: u32 mailbox, u32 no, then each: u32 uid, u64 thread, lstr packed summary */
	size_t kept;                 /* what stands behind is too large for a page, and forgotten with the next one */
	uint32_t at[SUMMARY_PAGE];   /* where a UID's entry starts in it; 0: it has none */
	uint32_t n_opened;           /* of them, not from the page's row */
	struct buf made;             /* pages worth keeping: u32 no, lstr sealed each; taken by the fetch */
};

/* last_uid: of those that will be listed. */
void     summaries_init(struct summaries *s, const struct key *key, uint32_t user, uint32_t mailbox, uint32_t last_uid);
void     summaries_fini(struct summaries *s);
/* Lends the summary until the next call. ERR_ABSENT: expunged meanwhile. */
enum err summaries_open(struct summaries *s, const struct stored *st, struct db_reader *db, struct summary *sum, uint64_t *thread);
/* The listing is over: the page at hand may be worth keeping too. */
void     summaries_end(struct summaries *s);

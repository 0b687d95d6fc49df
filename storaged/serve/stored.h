/* storaged/serve/stored.h: one message as a worker needs it: copied facts, and what to look up below.
 *
 * The loop copies what memory knows (stored_copy); once that is durable it looks for the rows in memory (stored_look), for where
 * the bytes lie is known only then; the worker reads the rest from the index.
 */
#pragma once

#include "common/base/arena.h"
#include "storaged/mbox/rows.h"
#include "storaged/mbox/state.h"

struct stored {
	struct msg msg;
	struct flagset flags;        /* lent by the arena */
	struct row_key blob_key, where_key, page_key;
	enum peek blob_at, where_at; /* PEEK_HERE: copied below; PEEK_BELOW: ask LMDB */
	struct str blob, where;

	bool paged;                  /* it is one of many that are listed: its page of summaries is worth opening, or making */
	enum peek page_at;           /* known for the first of them */
	struct str page;
};

/* Both copy into the arena. blob, where: whether those rows are wanted. */
void stored_copy(struct stored *st, struct arena *a, uint32_t user, const struct box *b, const struct msg *m);
void stored_look(struct stored *st, struct arena *a, struct db *db, bool blob, bool where);
/* The same for pages of summaries, where enough of these messages are in one. */
void stored_look_pages(struct stored *st, uint32_t n, struct arena *a, struct db *db, uint32_t mailbox);
/* On a worker: the rows, from the copy or through the reader (borrowed from its map). ERR_ABSENT: expunged meanwhile. */
enum err stored_blob(const struct stored *st, struct db_reader *r, struct str *row);
/* The page of summaries it is in. */
enum err stored_page(const struct stored *st, struct db_reader *r, struct str *row);
enum err stored_where(const struct stored *st, struct db_reader *r, struct str *row);

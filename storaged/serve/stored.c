/* storaged/serve/stored.c: rows from the layers above, or from LMDB. */
#include "storaged/serve/stored.h"

#include <string.h>

/* Fewer are opened one by one more cheaply. */
enum { PAGED_MIN = 8 };

static enum peek look(struct db *db, struct row_key key, struct arena *a, struct str *copy)
{
	struct str v;
	enum peek p = db_peek(db, key, &v);

	if (p == PEEK_HERE)
		*copy = str_dup(a, v);
	return p;
}

void stored_copy(struct stored *st, struct arena *a, uint32_t user, const struct box *b, const struct msg *m)
{
	struct flagset flags = box_flags(b, m);

	if (flags.n_more)
		flags.more = memcpy(arena_alloc(a, flags.n_more * sizeof *flags.more), flags.more, flags.n_more * sizeof *flags.more);
	*st = (struct stored){
		.msg = *m, .flags = flags, .blob_at = PEEK_GONE, .where_at = PEEK_GONE, .page_at = PEEK_GONE,
		.blob_key = { user, T_BLOB, m->blob, 0, 0 }, .where_key = { user, T_WHERE, m->blob, 0, 0 },
	};
}

void stored_look(struct stored *st, struct arena *a, struct db *db, bool blob, bool where)
{
	if (blob)
		st->blob_at = look(db, st->blob_key, a, &st->blob);
	if (where)
		st->where_at = look(db, st->where_key, a, &st->where);
}

void stored_look_pages(struct stored *st, uint32_t n, struct arena *a, struct db *db, uint32_t mailbox)
{
	for (uint32_t i = 0, end; i < n; i = end) {
		uint32_t no = st[i].msg.uid / SUMMARY_PAGE;
		for (end = i + 1; end < n && st[end].msg.uid / SUMMARY_PAGE == no;)
			end++;
		st[i].page_key = (struct row_key){ st[i].blob_key.user, T_SUMMARIES, mailbox, no, 0 };
		if (end - i >= PAGED_MIN)
			st[i].page_at = look(db, st[i].page_key, a, &st[i].page);
		for (uint32_t k = i; k < end; k++)
			st[k].paged = end - i >= PAGED_MIN;
	}
}

static enum err find(enum peek at, struct str copy, struct row_key key, struct db_reader *r, struct str *row)
{
	*row = copy;
	if (at == PEEK_BELOW)
		return db_reader_get(r, key, row);
	return at == PEEK_HERE ? OK : ERR_ABSENT;
}

enum err stored_blob(const struct stored *st, struct db_reader *r, struct str *row)
{
	return find(st->blob_at, st->blob, st->blob_key, r, row);
}

enum err stored_page(const struct stored *st, struct db_reader *r, struct str *row)
{
	return find(st->page_at, st->page, st->page_key, r, row);
}

enum err stored_where(const struct stored *st, struct db_reader *r, struct str *row)
{
	return find(st->where_at, st->where, st->where_key, r, row);
}

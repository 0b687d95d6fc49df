/* storaged/serve/summaries.c: a page at hand, filled from its row, and from the rows of blobs that it lacks. */
#include "storaged/serve/summaries.h"

#include <string.h>

#include "common/base/must.h"
#include "common/seal/seal.h"

/* NEW_MIN: so many opened one by one make a page worth writing (again). */
enum { NO_PAGE = -1, NEW_MIN = 8, SUMMARY_MAX = 64 * 1024, PAGE_MAX = 512 * 1024 };

void summaries_init(struct summaries *s, const struct key *key, uint32_t user, uint32_t mailbox, uint32_t last_uid)
{
	*s = (struct summaries){ .key = key, .user = user, .mailbox = mailbox, .last = last_uid / SUMMARY_PAGE, .no = (uint32_t)NO_PAGE };
}

void summaries_fini(struct summaries *s)
{
	buf_fini(&s->plain);
	buf_fini(&s->made);
}

static void page_clear(struct summaries *s, uint32_t no)
{
	s->no = no;
	s->n_opened = 0;
	memset(s->at, 0, sizeof s->at);
	buf_reset(&s->plain);
	buf_u32(&s->plain, s->mailbox);
	buf_u32(&s->plain, no);
	s->kept = s->plain.n;
}

/* False: these are not the bytes of this page. */
static bool page_index(struct summaries *s, uint32_t no)
{
	struct rd r = rd_of(buf_str(&s->plain));
	const uint8_t *start = r.p;
	bool good = rd_u32(&r) == s->mailbox && rd_u32(&r) == no;

	while (good && rd_more(&r)) {
		uint32_t at = (uint32_t)(r.p - start), uid = rd_u32(&r);
		rd_u64(&r);
		rd_str(&r);
		good = uid / SUMMARY_PAGE == no;
		s->at[uid % SUMMARY_PAGE] = at;
	}
	s->kept = s->plain.n;
	return good && rd_done(&r);
}

/* A page that does not open is as good as none. */
static void page_load(struct summaries *s, const struct stored *st, struct db_reader *db)
{
	uint32_t no = st->msg.uid / SUMMARY_PAGE;
	struct str row;

	summaries_end(s);
	page_clear(s, no);
	s->looked = st->paged;
	if (st->paged && no >= s->ahead_at)
		s->ahead_at = db_reader_ahead(db, st->page_key, s->last);
	if (!st->paged || stored_page(st, db, &row) != OK)
		return;
	buf_reset(&s->plain);
	if (small_open(&s->plain, s->key, (struct user_id){ s->user }, SEAL_ROW, row) != OK || !page_index(s, no))
		page_clear(s, no);
}

void summaries_end(struct summaries *s)
{
	struct buf sealed = { 0 };

	s->plain.n = s->kept;
	if (s->n_opened >= NEW_MIN) {
		small_seal(&sealed, s->key, (struct user_id){ s->user }, SEAL_ROW, buf_str(&s->plain));
		buf_u32(&s->made, s->no);
		buf_lstr(&s->made, buf_str(&sealed));
		buf_fini(&sealed);
	}
	s->n_opened = 0;
}

/* From the row of its blob, to the end of the page at hand. */
static enum err add(struct summaries *s, const struct stored *st, struct db_reader *db, uint32_t *at)
{
	struct blob_row blob;
	struct str row;
	enum err err = stored_blob(st, db, &row);

	if (err)
		return err;
	if (!row_get_blob(row, &blob))
		return ERR_CORRUPT;
	*at = (uint32_t)s->plain.n;
	buf_u32(&s->plain, st->msg.uid);
	buf_u64(&s->plain, blob.thread);
	buf_u32(&s->plain, 0);
	size_t start = s->plain.n;
	err = small_open(&s->plain, s->key, (struct user_id){ s->user }, SEAL_SUMMARY, blob.summary);
	buf_set_u32(&s->plain, start - 4, (uint32_t)(s->plain.n - start));
	if (err || !st->paged || s->plain.n - start > SUMMARY_MAX || s->plain.n > PAGE_MAX)
		return err;
	s->kept = s->plain.n;
	s->at[st->msg.uid % SUMMARY_PAGE] = *at;
	s->n_opened++;
	return OK;
}

enum err summaries_open(struct summaries *s, const struct stored *st, struct db_reader *db, struct summary *sum, uint64_t *thread)
{
	if (s->no != st->msg.uid / SUMMARY_PAGE || (st->paged && !s->looked))
		page_load(s, st, db);
	s->plain.n = s->kept;
	uint32_t at = s->at[st->msg.uid % SUMMARY_PAGE];
	enum err err = at ? OK : add(s, st, db, &at);
	if (err)
		return err;
	struct rd r = rd_of(str_skip(buf_str(&s->plain), at));
	must(rd_u32(&r) == st->msg.uid);
	*thread = rd_u64(&r);
	return summary_open(sum, rd_str(&r)) ? OK : ERR_CORRUPT;
}

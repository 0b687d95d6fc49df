/* storaged/serve/slice.c: yes or no, message by message. */
#include "storaged/serve/slice.h"

struct search_msg slice_columns(const struct msg *m, struct flagset flags)
{
	return (struct search_msg){ { m->uid }, { m->modseq }, m->date, m->size, flags };
}

void hand_init(struct hand *h, const struct search *search, struct journal *journal, const struct key *key, uint32_t user)
{
	*h = (struct hand){ .run = search_run_new(search) };
	source_init(&h->source, journal, key, user);
}

void hand_fini(struct hand *h)
{
	search_run_free(&h->run);
	source_fini(&h->source);
	buf_fini(&h->summary);
	buf_fini(&h->digest);
	buf_fini(&h->grams);
	uidset_fini(&h->found);
}

/* A message as search_message asks for it: nothing is looked up before. */
struct reading { struct hand *hand; const struct stored *st; struct db_reader *r; bool placed; };

static enum err read_summary(void *ctx, struct str *packed)
{
	struct reading *m = ctx;
	struct hand *h = m->hand;
	struct blob_row blob;
	struct str row;
	enum err err = stored_blob(m->st, m->r, &row);

	buf_reset(&h->summary);
	if (err == OK && !row_get_blob(row, &blob))
		err = ERR_CORRUPT;
	if (err == OK)
		err = small_open(&h->summary, &h->source.key, (struct user_id){ h->source.user }, SEAL_SUMMARY, blob.summary);
	*packed = buf_str(&h->summary);
	return err;
}

static enum err read_bytes(void *ctx, uint64_t at, size_t bytes, struct str *piece)
{
	struct reading *m = ctx;
	struct str where;
	enum err err = OK;

	*piece = (struct str){ NULL, 0 };
	if (!m->placed)
		err = stored_where(m->st, m->r, &where);
	if (err == OK && !m->placed)
		err = source_place(&m->hand->source, where);
	m->placed = err == OK;
	if (err == OK)
		err = source_read(&m->hand->source, at, piece);
	*piece = str_head(*piece, bytes);
	return err;
}

static enum err search(struct hand *h, struct slice *slice, struct slice_item *it, struct db_reader *r, bool *match)
{
	const struct stored *st = &it->stored;
	struct reading reading = { h, st, r, false };
	const struct search_msg msg = slice_columns(&st->msg, st->flags);
	const struct search_source src = { &h->digest, &h->grams, read_summary, read_bytes, &reading };

	buf_reset(&h->grams);
	buf_reset(&h->digest);
	buf_add(&h->digest, it->memory.digest);
	enum err err = search_message(h->run, &msg, &src, match);
	it->digest_made = it->memory.digest.n == 0 && h->digest.n > 0;
	if (it->digest_made)
		it->memory.digest = str_dup(&slice->arena, buf_str(&h->digest));
	it->memory.grams = str_dup(&slice->arena, buf_str(&h->grams));
	return err;
}

/* ERR_ABSENT: expunged meanwhile. */
static enum err judge(struct hand *h, struct slice *slice, struct slice_item *it, struct db_reader *r)
{
	const struct msg *msg = &it->stored.msg;
	bool match = false;
	enum err err = search(h, slice, it, r, &match);

	if (err == OK && match) {
		uidset_add(&h->found, msg->uid);
		if (msg->modseq > h->top_modseq)
			h->top_modseq = msg->modseq;
	}
	return err == ERR_ABSENT ? OK : err;
}

enum err slice_judge(struct slice *slice, struct hand *h, struct db *db)
{
	struct db_reader *r = db_reader_new(db);
	enum err err = r ? OK : ERR_IO;

	for (uint32_t i = 0; i < slice->n && err == OK; i++)
		err = judge(h, slice, &slice->item[i], r);
	db_reader_free(&r);
	return err;
}

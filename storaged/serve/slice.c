/* storaged/serve/slice.c: yes or no, message by message. */
#include "storaged/serve/slice.h"

#include "common/base/must.h"

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
	uidset_fini(&h->found);
}

/* A message whose places are looked up when its bytes are first asked for. */
struct reading { const struct stored *st; struct source *source; struct db_reader *r; bool placed; };

static enum err read_message(void *ctx, uint64_t at, size_t bytes, struct str *piece)
{
	struct reading *m = ctx;
	struct str where;
	enum err err = OK;

	if (!m->placed)
		err = stored_where(m->st, m->r, &where);
	if (err == OK && !m->placed)
		err = source_place(m->source, where);
	m->placed = err == OK;
	if (err == OK)
		err = source_read(m->source, at, piece);
	*piece = str_head(*piece, bytes);
	return err;
}

static enum err open_summary(struct hand *h, struct str row)
{
	struct blob_row blob;

	buf_reset(&h->summary);
	if (!row_get_blob(row, &blob))
		return ERR_CORRUPT;
	return small_open(&h->summary, &h->source.key, (struct user_id){ h->source.user }, SEAL_SUMMARY, blob.summary);
}

/* Columns could not tell: look into the message. ERR_ABSENT: expunged meanwhile. */
static enum err judge_message(struct hand *h, const struct stored *st, const struct search_msg *msg, struct db_reader *r, bool *match)
{
	struct reading reading = { st, &h->source, r, false };
	struct str blob;
	enum err err = stored_blob(st, r, &blob);

	if (err == OK)
		err = open_summary(h, blob);
	const struct search_source src = { buf_str(&h->summary), read_message, &reading };
	return err == OK ? search_message(h->run, msg, &src, match) : err;
}

static enum err judge(struct hand *h, const struct stored *st, struct db_reader *r)
{
	struct flagset flags = { 0, 0, NULL };
	struct rd packed = rd_of(st->flags);
	bool match = false;
	enum err err = OK;

	must(flagset_unpack(&flags, &packed));
	const struct search_msg msg = { { st->msg.uid }, { st->msg.modseq }, st->msg.date, st->msg.size, flags };
	enum search_verdict v = search_columns(h->run, &msg);
	if (v == SEARCH_UNSURE)
		err = judge_message(h, st, &msg, r, &match);
	if (err == OK && (match || v == SEARCH_YES)) {
		uidset_add(&h->found, st->msg.uid);
		if (st->msg.modseq > h->top_modseq)
			h->top_modseq = st->msg.modseq;
	}
	flagset_fini(&flags);
	return err == ERR_ABSENT ? OK : err;
}

enum err slice_judge(const struct slice *slice, struct hand *h, struct db *db)
{
	struct db_reader *r = db_reader_new(db);
	enum err err = r ? OK : ERR_IO;

	for (uint32_t i = 0; i < slice->n && err == OK; i++)
		err = judge(h, &slice->item[i], r);
	db_reader_free(&r);
	return err;
}

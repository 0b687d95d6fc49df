/* storaged/serve/serve_search.c: SEARCH: a slice of messages at a time is copied out of memory and judged by a worker. */
#include <stdlib.h>

#include "common/base/must.h"
#include "storaged/search/search.h"
#include "storaged/serve/shard.h"
#include "storaged/serve/source.h"
#include "storaged/serve/stored.h"

enum { RANGES_MAX = 1000000, SLICE_COLUMNS = 4096, SLICE_READ = 256 };

struct searching {
	struct job *job;
	struct shard *s;
	uint32_t mailbox;
	struct search *search;
	struct search_run *run;
	struct uidset within, found, missing;
	bool everything, reads;      /* no `within`: the whole mailbox; may the program read summaries or bytes? */
	uint32_t next_uid;
	uint64_t top_modseq;

	struct arena slice;
	struct stored *item;
	uint32_t n;
	struct source source;
	struct buf summary;
	enum err err;
};

static void searching_free(struct searching *q)
{
	search_run_free(&q->run);
	search_free(&q->search);
	uidset_fini(&q->within);
	uidset_fini(&q->found);
	uidset_fini(&q->missing);
	arena_fini(&q->slice);
	source_fini(&q->source);
	buf_fini(&q->summary);
	free(q->item);
	free(q);
}

/* --- on a worker --- */

static enum err read_message(void *ctx, uint64_t at, size_t bytes, struct str *piece)
{
	enum err err = source_read(ctx, at, piece);

	*piece = str_head(*piece, bytes);
	return err;
}

static enum err open_summary(struct searching *q, struct str row)
{
	struct blob_row blob;

	buf_reset(&q->summary);
	if (!row_get_blob(row, &blob))
		return ERR_CORRUPT;
	return small_open(&q->summary, &q->source.key, (struct user_id){ q->source.user }, SEAL_SUMMARY, blob.summary);
}

/* Columns could not tell: look into the message. ERR_ABSENT: expunged meanwhile. */
static enum err judge_message(struct searching *q, const struct stored *st, const struct search_msg *msg, struct db_reader *r, bool *match)
{
	struct str blob, where;
	enum err err = stored_blob(st, r, &blob);

	if (err == OK)
		err = open_summary(q, blob);
	if (err == OK)
		err = stored_where(st, r, &where);
	if (err == OK)
		err = source_place(&q->source, where);
	const struct search_source src = { buf_str(&q->summary), read_message, &q->source };
	return err == OK ? search_message(q->run, msg, &src, match) : err;
}

static enum err judge(struct searching *q, const struct stored *st, struct db_reader *r)
{
	struct flagset flags = { 0, 0, NULL };
	struct rd packed = rd_of(st->flags);
	bool match = false;
	enum err err = OK;

	must(flagset_unpack(&flags, &packed));
	const struct search_msg msg = { { st->msg.uid }, { st->msg.modseq }, st->msg.date, st->msg.size, flags };
	enum search_verdict v = search_columns(q->run, &msg);
	if (v == SEARCH_UNSURE)
		err = judge_message(q, st, &msg, r, &match);
	if (err == OK && (match || v == SEARCH_YES)) {
		uidset_add(&q->found, st->msg.uid);
		if (st->msg.modseq > q->top_modseq)
			q->top_modseq = st->msg.modseq;
	}
	flagset_fini(&flags);
	return err == ERR_ABSENT ? OK : err;
}

static void search_work(void *arg)
{
	struct searching *q = arg;
	struct db_reader *r = db_reader_new(q->s->db);

	q->err = r ? OK : ERR_IO;
	for (uint32_t i = 0; i < q->n && q->err == OK; i++)
		q->err = judge(q, &q->item[i], r);
	db_reader_free(&r);
}

/* --- on the loop --- */

static void search_round(struct searching *q);

static void search_end(struct searching *q, enum err err)
{
	struct job *j = q->job;
	struct buf uids = { 0 }, missing = { 0 };

	uidset_pack(&uids, &q->found);
	uidset_pack(&missing, &q->missing);
	if (err == OK)
		JOB_ANSWER(j, found, (&(struct rpc_found){ buf_str(&uids), buf_str(&missing), q->top_modseq }));
	buf_fini(&uids);
	buf_fini(&missing);
	j->own = NULL;
	j->gone = NULL;
	searching_free(q);
	job_end(j, err);
}

static void search_done(void *arg)
{
	struct searching *q = arg;
	struct job *j = q->job;

	if (!j->call) {
		searching_free(q);
		job_free(j);
	} else if (q->err) {
		search_end(q, q->err);
	} else {
		search_round(q);
	}
}

static void slice_copy(struct searching *q, const struct box *b)
{
	struct msg_iter it = box_from(b, q->next_uid);
	uint32_t cap = q->reads ? SLICE_READ : SLICE_COLUMNS;
	const struct msg *m;

	arena_reset(&q->slice);
	q->n = 0;
	while (q->n < cap && (m = box_next(b, &it))) {
		q->next_uid = m->uid + 1;
		if (q->everything || uidset_has(&q->within, m->uid))
			stored_copy(&q->item[q->n++], &q->slice, q->source.user, b, m);
	}
}

static void search_submit(struct searching *q)
{
	for (uint32_t i = 0; i < q->n && q->reads; i++)
		stored_look(&q->item[i], &q->slice, q->s->db, true, true);
	work_submit(q->s->loop, search_work, search_done, q);
}

static void search_resume(struct job *j)
{
	struct searching *q = j->own;

	if (j->call) {
		search_submit(q);
		return;
	}
	searching_free(q);
	job_free(j);
}

static void search_round(struct searching *q)
{
	const struct box *b = user_box(q->job->pinned, q->mailbox);

	q->n = 0;
	if (b && b->loaded)
		slice_copy(q, b);
	if (q->n == 0)
		search_end(q, b ? OK : ERR_ABSENT);
	/* Rows are found by what is durable: see place_run in commit.c. */
	else if (!q->reads || !job_hold(q->job))
		search_submit(q);
}

/* The caller left; whoever is busy for it frees. */
static void search_gone(struct job *j) { (void)j; }

static void note_missing(struct searching *q, const struct box *b)
{
	struct uidset living = { 0 };

	box_uids(b, &living);
	uidset_copy(&q->missing, &q->within);
	uidset_subtract(&q->missing, &living);
	uidset_fini(&living);
}

static void search_start(struct job *j, struct box *b, const struct rpc_search *m, struct search *search, struct uidset *within)
{
	struct searching *q = mem_new(sizeof *q);
	struct key key = { { 0 } };

	q->s = j->s;
	q->job = j;
	q->mailbox = b->id;
	q->search = search;
	search_bind_keywords(search, &b->keywords);
	q->run = search_run_new(search);
	q->reads = search_needs(search) != 0;
	q->within = *within;
	q->everything = m->within.n == 0;
	q->item = mem_new((q->reads ? SLICE_READ : SLICE_COLUMNS) * sizeof *q->item);
	keyring_get(j->s->keys, (struct user_id){ j->user->id }, &key);
	source_init(&q->source, j->s->journal, &key, j->user->id);
	key_wipe(&key);
	note_missing(q, b);
	job_pin(j);
	j->own = q;
	j->gone = search_gone;
	j->resume = search_resume;
	search_round(q);
}

void serve_search(struct job *j)
{
	struct rpc_search m;
	struct search *search = NULL;
	struct uidset within = { 0 };

	if (!JOB_GET(j, search, &m) || (m.within.n && !uidset_unpack(&within, m.within, RANGES_MAX))) {
		job_end(j, ERR_INPUT);
		return;
	}
	struct box *b = user_box(j->user, m.mailbox);
	enum err err = b ? search_open(&search, m.program) : ERR_ABSENT;
	if (err == OK && job_need_box(j, b)) {
		search_start(j, b, &m, search, &within);
		return;
	}
	search_free(&search);
	uidset_fini(&within);
	if (err)
		job_end(j, err);
}

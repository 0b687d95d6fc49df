/* storaged/serve/serve_fetch.c: FETCH: rows and sections stream out while the caller has room.
 *
 * Round and round: the loop copies what memory knows of the next messages (batch), a worker reads, opens and renders until about
 * a credit's worth is done (render.h), the loop sends it while the worker goes on with the next. What was copied is durable before it is
 * rendered, so what is rendered may leave at once. Rows that memory alone answers are rendered by the loop itself.
 */
#include <stdlib.h>

#include "common/base/must.h"
#include "storaged/mbox/rows.h"
#include "storaged/serve/placecache.h"
#include "storaged/serve/render.h"
#include "storaged/serve/shard.h"

enum { RANGES_MAX = 1000000, BATCH = 512, ROUND_BYTES = 256 * 1024, ROUND_LEAST_BYTES = 4096, AT_HAND_BYTES = 32 * 1024 };
enum { AT_HAND_US = 2000 };   /* a turn of the loop that has taken longer reads nothing more itself */

struct fetch {
	struct job *job;             /* NULL when the caller left while a worker was busy */
	struct shard *s;
	uint32_t mailbox;
	uint64_t changed_since;
	struct uidset uids;
	struct arena asked;          /* holds render.ask */
	bool busy;                   /* held, or a worker has it: nothing else may start a round */
	bool is_long;                /* a worker had it before: others come first */

	size_t at_range;             /* where the next batch begins: the range of uids, ... */
	uint32_t from;               /* ... and the UID */

	struct arena batch;          /* holds what `item` borrows */
	struct stored *item;
	uint32_t cap;                /* of items: no more than were asked for */
	bool looked;                 /* their rows are looked for */
	bool last;                   /* no batch comes after them */
	uint64_t newest_gone;        /* modseq of the mailbox's newest expunge, as we began */
	struct render render;
	size_t round_bytes;          /* how much the next round may render */
	enum err err;
};

static void fetch_free(struct fetch *f)
{
	uidset_fini(&f->uids);
	arena_fini(&f->asked);
	arena_fini(&f->batch);
	free(f->item);
	render_fini(&f->render);
	free(f);
}

static void fetch_end(struct fetch *f, enum err err)
{
	struct job *j = f->job;

	fetch_free(f);
	j->own = NULL;
	j->more = NULL;
	j->gone = NULL;
	job_end(j, err);
}

/* --- what comes next --- */

/* The next living message that was asked for. Pages without changes since `changed_since` are passed over. */
static const struct msg *fetch_next(struct fetch *f, const struct box *b, struct msg_iter *it)
{
	for (; f->at_range < f->uids.n; f->at_range++) {
		struct range r = f->uids.r[f->at_range];
		if (f->from < r.lo) {
			f->from = r.lo;
			*it = box_from(b, r.lo);
		}
		while (it->page < b->n_pages && b->pages[it->page]->max_modseq <= f->changed_since)
			*it = (struct msg_iter){ it->page + 1, 0 };
		const struct msg *m = box_next(b, it);
		if (m && m->uid <= r.hi) {
			f->from = m->uid + 1;
			return m;
		}
	}
	return NULL;
}

/* False: there is nothing more. */
static bool fetch_batch(struct fetch *f)
{
	const struct box *b = user_box(f->job->pinned, f->mailbox);
	struct msg_iter it = { 0 };
	uint32_t n = 0;
	bool full = false;

	arena_reset(&f->batch);
	f->looked = false;
	if (b && b->loaded)
		it = box_from(b, f->from);
	f->last = !b || !b->loaded;
	while (!f->last && !full) {
		const struct msg *m = fetch_next(f, b, &it);
		if (m && m->modseq > f->changed_since)
			stored_copy(&f->item[n++], &f->batch, f->render.source.user, b, m);
		f->last = !m || f->from > uidset_max(&f->uids);
		bool page_ends = f->from % SUMMARY_PAGE == 0;       /* better not to open one twice */
		full = n == f->cap || (page_ends && n > 0 && n + SUMMARY_PAGE > f->cap);
	}
	render_batch(&f->render, f->item, n);
	return n > 0;
}

/* --- on a worker --- */

static void fetch_work(void *arg)
{
	struct fetch *f = arg;

	f->err = render_some(&f->render, f->s->db, f->round_bytes);
	if (f->err == OK && f->last && render_done(&f->render))
		summaries_end(&f->render.summaries);
}

/* --- little of one message read lately: at once, on the loop, if memory holds it. A worker would cost two wake-ups more. --- */

/* A small message, or a small part of any: then one piece is opened, or two. */
static bool asks_little(const struct fetch *f)
{
	const struct render *r = &f->render;
	bool part = r->n_ask == 1 && r->ask->partial && r->ask->count <= AT_HAND_BYTES;

	return r->n == 1 && !r->wants_blob && (part || f->item[0].msg.size <= AT_HAND_BYTES);
}

static void place_note(struct fetch *f)
{
	const struct render *r = &f->render;
	struct buf row = { 0 };

	if (!r->wants_where || f->err || !asks_little(f))
		return;
	for (uint32_t i = 0; i < r->source.n_runs; i++)
		where_pack(&row, &r->source.runs[i]);
	placecache_put(f->s->places, r->source.user, f->item[0].msg.blob, buf_str(&row));
	buf_fini(&row);
}

static bool is_at_hand(struct fetch *f)
{
	const struct render *r = &f->render;
	struct stored *st = &f->item[0];

	if (!asks_little(f) || r->at || r->row_told || loop_turn_us(f->s->loop) > AT_HAND_US)
		return false;
	if (st->where_at == PEEK_BELOW && placecache_get(f->s->places, r->source.user, st->msg.blob, &st->where))
		st->where_at = PEEK_HERE;
	return st->where_at == PEEK_HERE;
}

/* False: memory does not hold all of it; nothing was done. */
static bool fetch_at_once(struct fetch *f)
{
	struct render *r = &f->render;

	if (r->wants_blob || (r->wants_where && !is_at_hand(f)))
		return false;
	r->source.now = true;
	f->err = render_some(r, NULL, f->round_bytes);
	r->source.now = false;
	if (f->err != ERR_BUSY)
		return true;
	render_again(r);
	return false;
}

/* --- pages of summaries that the worker made --- */

static uint64_t newest_gone(const struct box *b) { return b->n_gone ? b->gone[b->n_gone - 1].modseq : 0; }

/* Rows of the index that no record makes. They wait for a better time when the index is behind, and are dropped when something was
 * expunged since: they might still name it. */
static void pages_keep(struct fetch *f)
{
	struct shard *s = f->s;
	struct buf *made = &f->render.summaries.made;
	const struct box *b = user_box(f->job->pinned, f->mailbox);
	bool keep = b && b->loaded && newest_gone(b) == f->newest_gone && !checkpoint_behind(s) && !s->index_full && !shard_disk_is_full(s);
	struct rd r = rd_of(buf_str(made));

	while (keep && rd_more(&r)) {
		uint32_t page = rd_u32(&r);
		row_put_summaries(s->db, f->job->pinned->id, b->id, page, rd_str(&r));
	}
	buf_reset(made);
	checkpoint_maybe(s);
}

/* --- round and round --- */

static void fetch_rounds(struct fetch *f);
static void fetch_done(void *arg);

/* What was rendered is the job's, to be sent; an empty buffer takes its place. */
static void fetch_hand_over(struct fetch *f)
{
	struct buf empty = f->job->out;

	place_note(f);
	f->job->out = f->render.out;
	f->render.out = empty;
}

/* The next round may fill the credit, and no more than a little beyond it. */
static void fetch_limit(struct fetch *f, uint64_t credit_bytes)
{
	f->round_bytes = credit_bytes > ROUND_BYTES ? ROUND_BYTES : credit_bytes > ROUND_LEAST_BYTES ? credit_bytes : ROUND_LEAST_BYTES;
}

static void fetch_submit(struct fetch *f)
{
	f->busy = true;
	(f->is_long ? work_submit_long : work_submit)(f->s->loop, fetch_work, fetch_done, f);
	f->is_long = true;
}

/* Renders some of the batch; what was copied is durable, so its rows can be found. False: a worker is at it, and fetch_done goes on. */
static bool fetch_round(struct fetch *f)
{
	const struct render *r = &f->render;

	for (uint32_t i = 0; i < r->n && !f->looked; i++)
		stored_look(&f->item[i], &f->batch, f->s->db, r->wants_blob, r->wants_where);
	if (!f->looked && r->wants_blob)
		stored_look_pages(f->item, r->n, &f->batch, f->s->db, f->mailbox);
	f->looked = true;
	fetch_limit(f, f->job->call->credit_bytes);
	if (fetch_at_once(f)) {
		fetch_hand_over(f);
		job_flush(f->job);
		return true;
	}
	fetch_submit(f);
	return false;
}

/* Each batch is held for as long as what it copied is not durable; what changes meanwhile does not delay it. */
static void fetch_rounds(struct fetch *f)
{
	struct job *j = f->job;

	while (f->err == OK && j->call->credit_bytes > 0) {     /* without credit, fetch_more goes on */
		if (render_done(&f->render)) {
			if (!fetch_batch(f))
				break;
			f->busy = job_hold(j);
			if (f->busy)
				return;                 /* fetch_resume goes on */
		}
		if (!fetch_round(f))
			return;
	}
	if (f->err || j->call->credit_bytes > 0)
		fetch_end(f, f->err);
}

static void fetch_done(void *arg)
{
	struct fetch *f = arg;
	struct job *j = f->job;

	f->busy = false;
	if (!j->call) {
		fetch_free(f);
		job_free(j);
		return;
	}
	if (f->render.summaries.made.n)
		pages_keep(f);
	fetch_hand_over(f);
	bool ahead = f->err == OK && !render_done(&f->render) && j->call->credit_bytes > j->out.n;
	if (ahead) {
		fetch_limit(f, j->call->credit_bytes - j->out.n);
		fetch_submit(f);
	}
	job_flush(j);
	if (!ahead)
		fetch_rounds(f);
}

static void fetch_resume(struct job *j)
{
	struct fetch *f = j->own;

	f->busy = false;
	if (!j->call) {
		fetch_free(f);
		job_free(j);
	} else if (fetch_round(f)) {
		fetch_rounds(f);
	}
}

static void fetch_more(struct job *j, uint16_t no, struct str fields)
{
	struct fetch *f = j->own;

	(void)fields;
	if (no == RPC_credit && !f->busy)
		fetch_rounds(f);
}

/* The caller left. A worker or the held list still has us: they free. */
static void fetch_gone(struct job *j)
{
	struct fetch *f = j->own;

	if (f->busy)
		return;
	fetch_free(f);
	job_free(j);
}

/* --- the call --- */

static bool ask_needs_summary(const struct section_ask *a)
{
	return a->kind != SECTION_BODY || a->path.n > 0;
}

static enum err fetch_read(struct fetch *f, const struct rpc_fetch *m)
{
	struct render *r = &f->render;
	struct section_ask *ask;

	if (!uidset_unpack(&f->uids, m->uids, RANGES_MAX) || !section_list_unpack(&f->asked, str_dup(&f->asked, m->sections), &ask, &r->n_ask))
		return ERR_INPUT;
	f->mailbox = m->mailbox;
	f->changed_since = m->changed_since;
	r->ask = ask;
	r->fields = m->fields;
	r->wants_blob = m->fields & (FETCH_ENVELOPE | FETCH_BODY | FETCH_STRUCTURE | FETCH_IDS);
	r->wants_where = r->n_ask > 0;
	for (uint32_t i = 0; i < r->n_ask; i++)
		r->wants_blob |= ask_needs_summary(&ask[i]);
	uint64_t asked = uidset_count(&f->uids);
	f->cap = asked > 0 && asked < BATCH ? (uint32_t)asked : BATCH;
	f->item = mem_new(f->cap * sizeof *f->item);
	return OK;
}

void serve_fetch(struct job *j)
{
	struct rpc_fetch m;
	struct key key;
	struct box *b;

	if (!JOB_GET(j, fetch, &m)) {
		job_end(j, ERR_INPUT);
		return;
	}
	b = user_box(j->user, m.mailbox);
	if (!b || !keyring_get(j->s->keys, (struct user_id){ j->user->id }, &key)) {
		job_end(j, b ? ERR_CORRUPT : ERR_ABSENT);
		return;
	}
	if (!job_need_box(j, b))
		return;
	struct fetch *f = mem_new(sizeof *f);
	f->job = j;
	f->s = j->s;
	source_init(&f->render.source, j->s->journal, &key, j->user->id);
	key_wipe(&key);
	enum err err = fetch_read(f, &m);
	if (err) {
		fetch_free(f);
		job_end(j, err);
		return;
	}
	job_pin(j);
	f->newest_gone = newest_gone(b);
	summaries_init(&f->render.summaries, &f->render.source.key, j->user->id, b->id, uidset_max(&f->uids));
	j->own = f;
	j->more = fetch_more;
	j->gone = fetch_gone;
	j->resume = fetch_resume;
	j->call->credit_bytes += m.credit;
	fetch_rounds(f);
}

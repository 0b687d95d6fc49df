/* storaged/serve/serve_fetch.c: FETCH: rows and sections stream out while the caller has room.
 *
 * Round and round: the loop copies what memory knows of the next messages (prepare), a worker reads, opens and
 * renders until about a credit's worth is done (work), the loop sends it (done) and asks whether there is room for more. What
 * was copied is durable before the worker starts, so what it renders may leave at once.
 */
#include <stdlib.h>

#include "common/base/must.h"
#include "storaged/serve/flow.h"
#include "storaged/serve/placecache.h"
#include "storaged/serve/shard.h"
#include "storaged/serve/stored.h"

enum { RANGES_MAX = 1000000, BATCH = 256, ROUND_BYTES = 128 * 1024, AT_HAND_BYTES = 32 * 1024 };

struct fetch {
	struct job *job;             /* NULL when the caller left while a worker was busy */
	struct shard *s;
	uint32_t mailbox, fields;
	uint64_t changed_since;
	struct uidset uids;
	struct arena asked;          /* holds `ask` */
	struct section_ask *ask;
	uint32_t n_ask;
	bool wants_blob, wants_where, busy;

	struct range next;           /* where prepare goes on: UID next.lo of range at_range */
	size_t at_range;

	struct arena batch;          /* holds what `item` borrows */
	struct stored *item;
	uint32_t cap, n, at;         /* of items: room, no more than were asked for; how many; the one being rendered */
	bool looked;                 /* their rows are looked for */
	uint32_t at_ask;             /* the section of it that comes next */
	bool row_told, flowing;
	struct flow flow;
	struct source source;
	struct buf summary;          /* of the current item, plain */
	struct summary sum;
	struct buf out, scratch;
	enum err err;
};

static void fetch_free(struct fetch *f)
{
	uidset_fini(&f->uids);
	arena_fini(&f->asked);
	arena_fini(&f->batch);
	free(f->item);
	flow_fini(&f->flow);
	source_fini(&f->source);
	buf_fini(&f->summary);
	buf_fini(&f->out);
	buf_fini(&f->scratch);
	free(f);
}

/* --- on a worker: render --- */

static void say(struct fetch *f, uint16_t no)
{
	buf_u16(&f->out, no);
	buf_lstr(&f->out, buf_str(&f->scratch));
	buf_reset(&f->scratch);
}

static enum err summary_load(struct fetch *f, const struct stored *st, struct db_reader *r, struct blob_row *blob)
{
	struct str row;
	enum err err = stored_blob(st, r, &row);

	if (err)
		return err;
	buf_reset(&f->summary);
	if (!row_get_blob(row, blob))
		return ERR_CORRUPT;
	err = small_open(&f->summary, &f->source.key, (struct user_id){ f->source.user }, SEAL_SUMMARY, blob->summary);
	if (err == OK && !summary_open(&f->sum, buf_str(&f->summary)))
		err = ERR_CORRUPT;
	return err;
}

static void row_say(struct fetch *f, const struct stored *st, const struct blob_row *blob)
{
	const struct msg *m = &st->msg;
	struct rpc_row row = {
		.uid = m->uid, .flags = st->flags, .modseq = m->modseq, .size_bytes = m->size, .date = (uint64_t)m->date,
		.save_date = (uint64_t)m->saved, .email = m->blob, .thread = blob->thread, .sections = f->n_ask,
	};

	if (f->fields & FETCH_ENVELOPE)
		row.envelope = f->sum.envelope;
	if (f->fields & FETCH_BODY)
		row.body = f->sum.body;
	if (f->fields & FETCH_STRUCTURE)
		row.structure = f->sum.bodystructure;
	rpc_put_row(&f->scratch, &row);
	say(f, RPC_row);
}

/* The row of the current item, with all that its sections need made ready. ERR_ABSENT: it vanished. */
static enum err item_start(struct fetch *f, const struct stored *st, struct db_reader *r)
{
	struct blob_row blob = { 0 };
	struct str where;
	enum err err = OK;

	if (f->wants_blob)
		err = summary_load(f, st, r, &blob);
	if (err == OK && f->wants_where) {
		err = stored_where(st, r, &where);
		if (err == OK)
			err = source_place(&f->source, where);
	}
	if (err == OK)
		row_say(f, st, &blob);
	f->row_told = err == OK;
	return err;
}

static void section_say(struct fetch *f)
{
	uint64_t total;
	enum flow_state state = flow_start(&f->flow, &f->ask[f->at_ask], f->wants_blob ? &f->sum : NULL, &f->source, &total);

	rpc_put_section(&f->scratch, &(struct rpc_section){ state, total });
	say(f, RPC_section);
	f->flowing = true;
}

static enum err section_go_on(struct fetch *f)
{
	struct str bytes;
	enum err err = flow_next(&f->flow, &f->source, &bytes);

	if (err == OK && bytes.n) {
		rpc_put_bytes(&f->scratch, &(struct rpc_bytes){ bytes });
		say(f, RPC_bytes);
		return OK;
	}
	flow_fini(&f->flow);
	f->flowing = false;
	f->at_ask++;
	return err;
}

static enum err item_go_on(struct fetch *f, struct db_reader *r)
{
	if (!f->row_told)
		return item_start(f, &f->item[f->at], r);
	if (f->flowing)
		return section_go_on(f);
	if (f->at_ask < f->n_ask) {
		section_say(f);
		return OK;
	}
	f->at++;
	f->at_ask = 0;
	f->row_told = false;
	return OK;
}

static void fetch_work(void *arg)
{
	struct fetch *f = arg;
	struct db_reader *r = f->source.now ? NULL : db_reader_new(f->s->db);

	f->err = r || f->source.now ? OK : ERR_IO;
	while (f->err == OK && f->at < f->n && f->out.n < ROUND_BYTES) {
		f->err = item_go_on(f, r);
		if (f->err == ERR_ABSENT && !f->row_told) {     /* expunged since it was copied: passed over */
			f->at++;
			f->err = OK;
		}
	}
	db_reader_free(&r);
}

/* --- on the loop --- */

static void fetch_round(struct fetch *f);
static void place_note(struct fetch *f);

static void fetch_end(struct fetch *f, enum err err)
{
	struct job *j = f->job;

	fetch_free(f);
	j->own = NULL;
	j->more = NULL;
	j->gone = NULL;
	job_end(j, err);
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
	place_note(f);
	buf_add(&j->out, buf_str(&f->out));
	buf_reset(&f->out);
	job_flush(j);
	if (f->err)
		fetch_end(f, f->err);
	else
		fetch_round(f);
}

/* The next living message that was asked for. Pages without changes since `changed_since` are passed over. */
static const struct msg *fetch_next(struct fetch *f, const struct box *b)
{
	while (f->at_range < f->uids.n) {
		struct range r = f->uids.r[f->at_range];
		uint32_t from = f->next.lo > r.lo ? f->next.lo : r.lo;
		struct msg_iter it = box_from(b, from);
		while (it.page < b->n_pages && b->pages[it.page]->max_modseq <= f->changed_since)
			it = (struct msg_iter){ it.page + 1, 0 };
		const struct msg *m = box_next(b, &it);
		if (m && m->uid <= r.hi) {
			f->next.lo = m->uid + 1;
			return m;
		}
		f->at_range++;
	}
	return NULL;
}

static void fetch_prepare(struct fetch *f)
{
	const struct box *b = user_box(f->job->pinned, f->mailbox);
	const struct msg *m;

	arena_reset(&f->batch);
	f->n = f->at = 0;
	f->looked = false;
	while (b && b->loaded && f->n < f->cap && (m = fetch_next(f, b)))
		if (m->modseq > f->changed_since)
			stored_copy(&f->item[f->n++], &f->batch, f->source.user, b, m);
}

/* --- one small message, read lately: at once, on the loop, if memory holds it. A worker would cost two wake-ups more. --- */

static void place_note(struct fetch *f)
{
	struct buf row = { 0 };

	if (f->n != 1 || !f->wants_where || f->err)
		return;
	for (uint32_t i = 0; i < f->source.n_runs && i < 3; i++)
		where_pack(&row, &f->source.runs[i]);
	placecache_put(f->s->places, f->source.user, f->item[0].msg.blob, buf_str(&row));
	buf_fini(&row);
}

static bool is_at_hand(struct fetch *f)
{
	struct stored *st = &f->item[0];

	if (f->n != 1 || f->at || f->row_told || f->wants_blob || !f->wants_where || st->msg.size > AT_HAND_BYTES)
		return false;
	if (st->where_at == PEEK_BELOW && placecache_get(f->s->places, f->source.user, st->msg.blob, &st->where))
		st->where_at = PEEK_HERE;
	return st->where_at == PEEK_HERE;
}

/* False: memory does not hold all of it; nothing was done. */
static bool fetch_at_once(struct fetch *f)
{
	if (!is_at_hand(f))
		return false;
	f->source.now = true;
	fetch_work(f);
	f->source.now = false;
	if (f->err != ERR_BUSY)
		return true;
	flow_fini(&f->flow);
	buf_reset(&f->out);
	f->at_ask = 0;
	f->row_told = f->flowing = false;
	return false;
}

/* What was copied is durable: the rows of those messages can be found. */
static void fetch_submit(struct fetch *f)
{
	for (uint32_t i = 0; i < f->n && !f->looked; i++)
		stored_look(&f->item[i], &f->batch, f->s->db, f->wants_blob, f->wants_where);
	f->looked = f->busy = true;
	if (fetch_at_once(f))
		fetch_done(f);
	else
		work_submit(f->s->loop, fetch_work, fetch_done, f);
}

static void fetch_resume(struct job *j)
{
	if (j->call) {
		fetch_submit(j->own);
		return;
	}
	fetch_free(j->own);
	job_free(j);
}

/* Held once a batch, for as long as what it copied is not durable; what changes meanwhile does not delay it. */
static void fetch_round(struct fetch *f)
{
	struct job *j = f->job;

	if (j->call->credit_bytes == 0)
		return;                          /* fetch_more goes on */
	if (f->at < f->n) {
		fetch_submit(f);
		return;
	}
	fetch_prepare(f);
	if (f->n == 0) {
		fetch_end(f, OK);
		return;
	}
	f->busy = true;                          /* also while held: nothing else may start a round */
	if (!job_hold(j))
		fetch_submit(f);
}

static void fetch_more(struct job *j, uint16_t no, struct str fields)
{
	struct fetch *f = j->own;

	(void)fields;
	if (no == RPC_credit && !f->busy)
		fetch_round(f);
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

static bool ask_needs_summary(const struct section_ask *a)
{
	return a->kind != SECTION_BODY || a->path.n > 0;
}

static enum err fetch_read(struct fetch *f, const struct rpc_fetch *m)
{
	if (!uidset_unpack(&f->uids, m->uids, RANGES_MAX) || !section_list_unpack(&f->asked, str_dup(&f->asked, m->sections), &f->ask, &f->n_ask))
		return ERR_INPUT;
	f->mailbox = m->mailbox;
	f->fields = m->fields;
	f->changed_since = m->changed_since;
	f->wants_blob = m->fields & (FETCH_ENVELOPE | FETCH_BODY | FETCH_STRUCTURE | FETCH_IDS);
	f->wants_where = f->n_ask > 0;
	for (uint32_t i = 0; i < f->n_ask; i++)
		f->wants_blob |= ask_needs_summary(&f->ask[i]);
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
	source_init(&f->source, j->s->journal, &key, j->user->id);
	key_wipe(&key);
	enum err err = fetch_read(f, &m);
	if (err) {
		fetch_free(f);
		job_end(j, err);
		return;
	}
	job_pin(j);
	j->own = f;
	j->more = fetch_more;
	j->gone = fetch_gone;
	j->resume = fetch_resume;
	j->call->credit_bytes += m.credit;
	fetch_round(f);
}

/* storaged/mbox/apply.c: one function an operation; each says what became true. */
#include "storaged/mbox/applying.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "common/mail/mbox_attr.h"
#include "storaged/mbox/rows.h"

/* An incarnation not heard of for this long of record time will never ask again (DESIGN invariant 5). */
static const uint64_t INCARNATION_MS = 24 * 3600 * 1000ull;

static struct str heap_copy(struct str s)
{
	return (struct str){ str_heap_z(s), s.n };
}

/* --- the user --- */

static enum err apply_user_put(struct applying *a, const struct rec_user_put *op)
{
	struct user *u = a->u;

	if (!u->exists) {
		u->exists = true;
		u->next_blob = u->next_box = u->next_sub = 1;
	}
	u->epoch = op->epoch;
	u->generation = op->generation;
	u->quota.limit[QUOTA_STORAGE] = op->quota_bytes;
	return OK;
}

static enum err apply_limits(struct applying *a, const struct rec_limits *op)
{
	struct quota *q = &a->u->quota;

	q->limit[QUOTA_MESSAGE] = op->messages;
	q->limit[QUOTA_MAILBOX] = op->mailboxes;
	q->soft_percent = op->soft_percent;
	q->grace_percent = op->grace_percent;
	q->warn = op->warn;
	return OK;
}

static enum err apply_user_drop(struct applying *a, const struct rec_user_drop *op)
{
	struct user *u = a->u, empty = {
		.id = u->id, .loaded = true, .pins = u->pins, .used_ms = u->used_ms, .lsn = a->lsn, .dirty = true, .dirty_turn = u->dirty_turn,
	};

	(void)op;
	db_drop_user(a->s->db, u->id);
	user_clear(u);
	*u = empty;
	return OK;
}

/* --- mailboxes --- */

static enum err apply_box_new(struct applying *a, const struct rec_box_new *op)
{
	struct user *u = a->u;

	if (op->mailbox < u->next_box || op->mailbox == UINT32_MAX || op->uidvalidity == UINT32_MAX || user_box_named(u, op->name) ||
	    !modseq_fits(a, op->modseq))
		return ERR_CORRUPT;
	struct box *b = mem_new(sizeof *b);
	*b = (struct box){
		.id = op->mailbox, .attrs = op->attrs, .name = heap_copy(op->name), .uidvalidity = op->uidvalidity, .uidnext = 1,
		.modseq = op->modseq, .recent_from = 1, .claimed_from = 1, .dirty = true, .loaded = true,
	};
	u->next_box = op->mailbox + 1;
	if (op->uidvalidity >= u->next_uidvalidity)
		u->next_uidvalidity = op->uidvalidity + 1;
	u->modseq = op->modseq;
	user_box_insert(u, b);
	return OK;
}

static enum err apply_box_name(struct applying *a, const struct rec_box_name *op)
{
	struct box *b = user_box(a->u, op->mailbox);

	if (!b || user_box_named(a->u, op->name))
		return ERR_CORRUPT;
	user_box_remove(a->u, b);
	free((char *)b->name.p);
	b->name = heap_copy(op->name);
	b->dirty = true;
	user_box_insert(a->u, b);
	return OK;
}

static enum err apply_sub(struct applying *a, const struct rec_sub *op)
{
	struct user *u = a->u;
	bool found;
	uint32_t at = user_sub_at(u, op->name, &found);

	if (found == (op->on != 0))
		return OK;
	if (found) {
		db_del(a->s->db, key_of(a, T_SUB, u->subs[at].number, 0));
		free((char *)u->subs[at].name.p);
		memmove(u->subs + at, u->subs + at + 1, (u->n_subs - at - 1) * sizeof *u->subs);
		u->n_subs--;
		return OK;
	}
	ARRAY_ROOM(u->subs, u->n_subs, u->cap_subs);
	memmove(u->subs + at + 1, u->subs + at, (u->n_subs - at) * sizeof *u->subs);
	u->subs[at] = (struct subscription){ u->next_sub++, heap_copy(op->name) };
	u->n_subs++;
	db_put(a->s->db, key_of(a, T_SUB, u->subs[at].number, 0), op->name);
	return OK;
}

static enum err apply_keyword(struct applying *a, const struct rec_keyword *op)
{
	struct box *b = user_box(a->u, op->mailbox);

	if (!b || keywords_add(&b->keywords, op->name) != (int)op->number)
		return ERR_CORRUPT;
	b->dirty = true;
	return OK;
}

static enum err apply_recent(struct applying *a, const struct rec_recent *op)
{
	struct box *b = user_box(a->u, op->mailbox);

	if (!b)
		return ERR_CORRUPT;
	b->recent_from = op->uid;
	if (b->claimed_from < op->uid)
		b->claimed_from = op->uid;
	b->dirty = true;
	return OK;
}

/* --- a message's bytes --- */

/* A blob is new, or the one whose pieces came under this request. */
static bool blob_born(struct applying *a, uint64_t blob)
{
	const struct upload *up = user_upload(a->u, &a->r.request);

	if (up ? up->blob != blob : blob < a->u->next_blob || blob == UINT64_MAX)
		return false;
	if (!up)
		a->u->next_blob = blob + 1;
	return true;
}

static enum err apply_blob(struct applying *a, const struct rec_blob *op)
{
	if (!blob_born(a, op->blob))
		return ERR_CORRUPT;
	a->fresh = op->blob;
	row_put_blob(a->s->db, a->u->id, op->blob, &(struct blob_row){ op->size_bytes, op->thread, op->summary });
	if (user_upload(a->u, &a->r.request))
		user_upload_forget(a->s, a->u, &a->r.request);
	return OK;
}

static enum err apply_piece(struct applying *a, const struct rec_piece *op)
{
	struct user *u = a->u;
	const struct request *r = &a->r.request;
	struct upload *up = user_upload(u, r);

	if (!up) {
		if (op->offset != 0 || !blob_born(a, op->blob))
			return ERR_CORRUPT;
		ARRAY_ROOM(u->uploads, u->n_uploads, u->cap_uploads);
		up = &u->uploads[u->n_uploads++];
		*up = (struct upload){ .incarnation = r->incarnation, .req = r->req, .idx = r->idx, .blob = op->blob };
	}
	if (op->offset != up->bytes || op->blob != up->blob)
		return ERR_CORRUPT;
	up->bytes += op->run_plain;
	up->n_runs++;
	up->touched_ms = a->r.time_ms;
	row_put_upload(a->s->db, u->id, up);
	return OK;
}

static enum err apply_upload_drop(struct applying *a, const struct rec_upload_drop *op)
{
	const struct request r = { op->incarnation, op->req, 0, op->idx };
	const struct upload *up = user_upload(a->u, &r);

	if (up) {
		db_del(a->s->db, key_of(a, T_WHERE, up->blob, 0));
		user_upload_forget(a->s, a->u, &r);
	}
	return OK;
}

/* --- requests: exactly once --- */

static void result_drop(struct applying *a, uint32_t at)
{
	struct user *u = a->u;
	struct result *r = &u->results[at];

	db_del(a->s->db, (struct row_key){ u->id, T_RESULT, r->incarnation, r->req, r->idx });
	free((char *)r->answer.p);
	*r = u->results[--u->n_results];
}

/* What this incarnation will never ask again. */
static void results_drop_below(struct applying *a, uint64_t incarnation, uint64_t mark)
{
	struct user *u = a->u;

	for (uint32_t i = u->n_results; i-- > 0; )
		if (u->results[i].incarnation == incarnation && u->results[i].req < mark)
			result_drop(a, i);
	for (uint32_t i = u->n_uploads; i-- > 0; ) {
		const struct upload *up = &u->uploads[i];
		if (up->incarnation == incarnation && up->req < mark)
			apply_upload_drop(a, &(struct rec_upload_drop){ up->incarnation, up->req, up->idx });
	}
}

static void incarnations_forget_old(struct applying *a)
{
	struct user *u = a->u;

	for (uint32_t i = u->n_incs; i-- > 0; ) {
		if (u->incs[i].seen_ms + INCARNATION_MS > a->r.time_ms)
			continue;
		results_drop_below(a, u->incs[i].id, UINT64_MAX);
		u->incs[i] = u->incs[--u->n_incs];
	}
}

static void incarnation_seen(struct applying *a)
{
	struct user *u = a->u;
	const struct request *r = &a->r.request;
	uint32_t i = 0;

	while (i < u->n_incs && u->incs[i].id != r->incarnation)
		i++;
	if (i == u->n_incs) {
		ARRAY_ROOM(u->incs, u->n_incs, u->cap_incs);
		u->incs[u->n_incs++] = (struct incarnation){ .id = r->incarnation };
	}
	struct incarnation *inc = &u->incs[i];
	inc->seen_ms = a->r.time_ms;
	if (r->mark > inc->mark) {
		inc->mark = r->mark;
		results_drop_below(a, inc->id, inc->mark);
	}
}

static void request_done(struct applying *a)
{
	struct user *u = a->u;
	const struct record *r = &a->r;

	if (r->request.incarnation == 0)
		return;
	incarnation_seen(a);
	incarnations_forget_old(a);
	if (r->answer_no == 0)
		return;
	ARRAY_ROOM(u->results, u->n_results, u->cap_results);
	struct result *res = &u->results[u->n_results++];
	*res = (struct result){
		r->request.incarnation, r->request.req, r->request.idx, r->answer_no, heap_copy(r->answer), a->lsn.n,
	};
	row_put_result(a->s->db, u->id, res);
}

/* --- a whole record --- */

static enum err apply_op(struct applying *a)
{
	if (!a->u->exists && a->no != REC_user_put && a->no != REC_user_drop)
		return ERR_CORRUPT;
	switch (a->no) {
#define RPC_MSG(name, number) \
	case number: { \
		struct rec_##name op; \
		return rec_get_##name(a->fields, &op) ? apply_##name(a, &op) : ERR_CORRUPT; \
	}
#define RPC_U32(f)
#define RPC_U64(f)
#define RPC_STR(f)
#define RPC_END
#include "storaged/mbox/record.def"
#include "common/rpc/undef.h"
	default:
		return ERR_CORRUPT;
	}
}

void part_end(struct applying *a)
{
	uidset_fini(&a->part.uids);
	if (a->part.box)
		box_free(&a->part.box);
	a->part = (struct part){ 0 };
}

enum err apply_begin(struct applying *a, struct state *s, struct lsn lsn, struct str bytes)
{
	*a = (struct applying){ .s = s, .lsn = lsn };
	if (!record_read(&a->r, bytes))
		return ERR_CORRUPT;
	struct user *u = a->u = state_user(s, a->r.user);
	if (!u || !u->loaded)
		return ERR_CORRUPT;
	a->ops = rd_of(a->r.ops);
	u->lsn = lsn;
	return OK;
}

enum err apply_some(struct applying *a, uint32_t messages, bool *done)
{
	enum err err = OK;

	/* In each part: what was changed before may have been saved meanwhile. */
	a->u->dirty = true;
	a->u->dirty_turn = a->s->turn;
	map_put(&a->s->dirty, a->u->id, a->u);
	a->room = messages;
	*done = false;
	while (err == OK && (a->part.begun || record_op(&a->ops, &a->no, &a->fields))) {
		err = apply_op(a);
		if (err == OK && a->part.begun)
			return OK;
	}
	part_end(a);
	if (err != OK || !rd_done(&a->ops))
		return ERR_CORRUPT;
	if (a->u->exists)
		request_done(a);
	*done = true;
	return OK;
}

enum err apply(struct state *s, struct lsn lsn, struct str bytes)
{
	struct applying a;
	bool done = false;
	enum err err = apply_begin(&a, s, lsn, bytes);

	while (err == OK && !done)
		err = apply_some(&a, UINT32_MAX, &done);
	return err;
}

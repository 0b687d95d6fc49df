/* storaged/mbox/apply.c: one function an operation; each says what became true. */
#include "storaged/mbox/apply.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "common/mail/mbox_attr.h"
#include "storaged/mbox/rows.h"

/* An incarnation not heard of for this long of record time will never ask again (DESIGN invariant 5). */
static const uint64_t INCARNATION_MS = 24 * 3600 * 1000ull;

struct applying {
	struct state *s;
	struct user *u;
	const struct record *r;
	struct lsn lsn;
	uint64_t fresh;              /* the blob born in this record, until a message takes it; later ones share it */
};

static struct row_key key_of(const struct applying *a, uint8_t table, uint64_t x, uint64_t y)
{
	return (struct row_key){ a->u->id, table, x, y, 0 };
}

static struct str heap_copy(struct str s)
{
	return (struct str){ str_heap_z(s), s.n };
}

/* --- the user --- */

static enum err on_user_put(struct applying *a, const struct rec_user_put *op)
{
	struct user *u = a->u;

	if (!u->exists) {
		u->exists = true;
		u->next_blob = u->next_box = u->next_sub = 1;
	}
	u->epoch = op->epoch;
	u->generation = op->generation;
	u->quota_bytes = op->quota_bytes;
	return OK;
}

static enum err on_user_drop(struct applying *a, const struct rec_user_drop *op)
{
	struct user *u = a->u, empty = { .id = u->id, .loaded = true, .pins = u->pins, .used_ms = u->used_ms };

	(void)op;
	db_drop_user(a->s->db, u->id);
	user_clear(u);
	*u = empty;
	return OK;
}

/* --- mailboxes --- */

/* Moments of a user's life never go back; what happens in one record happens at one moment. */
static bool modseq_fits(const struct applying *a, uint64_t modseq)
{
	return modseq > 0 && modseq >= a->u->modseq;
}

static enum err on_box_new(struct applying *a, const struct rec_box_new *op)
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

static void blob_forget(struct applying *a, uint64_t blob)
{
	struct user *u = a->u;
	uintptr_t refs = (uintptr_t)map_get(&u->refs, blob);

	if (refs > 2) {
		map_put(&u->refs, blob, (void *)(refs - 1));
		row_put_refs(a->s->db, u->id, blob, refs - 1);
	} else if (refs == 2) {
		map_del(&u->refs, blob);
		db_del(a->s->db, key_of(a, T_REF, blob, 0));
	} else {
		db_del(a->s->db, key_of(a, T_BLOB, blob, 0));
		db_del(a->s->db, key_of(a, T_WHERE, blob, 0));
	}
}

static void blob_share(struct applying *a, uint64_t blob)
{
	uintptr_t refs = (uintptr_t)map_get(&a->u->refs, blob);

	refs = refs ? refs + 1 : 2;
	map_put(&a->u->refs, blob, (void *)refs);
	row_put_refs(a->s->db, a->u->id, blob, refs);
}

static void msg_uncount_flags(struct box *b, const struct msg *m)
{
	b->unseen -= !(m->word & FLAG_SEEN);
	if (m->word & FLAG_DELETED) {
		b->deleted--;
		b->deleted_bytes -= m->size;
	}
}

/* Takes the message out of every count. */
static void msg_uncount(struct applying *a, struct box *b, const struct msg *m)
{
	b->messages--;
	b->bytes -= m->size;
	msg_uncount_flags(b, m);
	a->u->used_bytes -= m->size;
	a->u->messages--;
}

static void msg_count_flags(struct box *b, const struct msg *m)
{
	b->unseen += !(m->word & FLAG_SEEN);
	if (m->word & FLAG_DELETED) {
		b->deleted++;
		b->deleted_bytes += m->size;
	}
}

static enum err on_box_del(struct applying *a, const struct rec_box_del *op)
{
	struct box *b = user_box(a->u, op->mailbox);
	struct msg_iter it = { 0, 0 };
	const struct msg *m;

	if (!b || !b->loaded || !modseq_fits(a, op->modseq))
		return ERR_CORRUPT;
	while ((m = box_next(b, &it))) {
		msg_uncount(a, b, m);
		blob_forget(a, m->blob);
	}
	for (uint32_t i = 0; i < b->n_pages; i++) {
		db_del(a->s->db, key_of(a, T_PAGE, b->id, b->pages[i]->no));
		for (uint32_t k = 0; k < PAGE_UIDS / SUMMARY_PAGE; k++)
			db_del(a->s->db, key_of(a, T_SUMMARIES, b->id, b->pages[i]->no * (PAGE_UIDS / SUMMARY_PAGE) + k));
	}
	for (uint32_t i = 0; i < b->n_gone; i++)
		db_del(a->s->db, key_of(a, T_GONE, b->id, b->gone[i].modseq));
	db_del(a->s->db, key_of(a, T_BOX, b->id, 0));
	a->u->modseq = op->modseq;
	user_box_remove(a->u, b);
	box_free(&b);
	return OK;
}

static enum err on_box_name(struct applying *a, const struct rec_box_name *op)
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

static enum err on_sub(struct applying *a, const struct rec_sub *op)
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

static enum err on_keyword(struct applying *a, const struct rec_keyword *op)
{
	struct box *b = user_box(a->u, op->mailbox);

	if (!b || keywords_add(&b->keywords, op->name) != (int)op->number)
		return ERR_CORRUPT;
	b->dirty = true;
	return OK;
}

static enum err on_recent(struct applying *a, const struct rec_recent *op)
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

/* --- messages --- */

static void changed(struct applying *a, struct box *b, uint64_t modseq)
{
	a->u->modseq = b->modseq = modseq;
	b->dirty = true;
}

/* The page that a new, highest UID belongs to. */
static struct page *page_last(struct box *b, uint32_t uid)
{
	struct page *p = b->n_pages ? b->pages[b->n_pages - 1] : NULL;

	if (p && p->no == uid / PAGE_UIDS)
		return p;
	p = page_new(uid / PAGE_UIDS);
	ARRAY_ROOM(b->pages, b->n_pages, b->cap_pages);
	b->pages[b->n_pages++] = p;
	return p;
}

/* Writes the flags into the message, and what exceeds the word beside it. */
static void msg_set_flags(struct box *b, struct msg *m, const struct flagset *f)
{
	if (m->word & FLAG_MORE) {
		struct flagset *old = map_del(&b->more, m->uid);
		flagset_fini(old);
		free(old);
	}
	m->word = f->word;
	if (f->n_more) {
		struct flagset *more = mem_new(sizeof *more);
		flagset_copy(more, f);
		map_put(&b->more, m->uid, more);
	}
}

/* The highest keyword of the set is one of the mailbox's? */
static bool keywords_known(const struct box *b, const struct flagset *f)
{
	uint32_t word = f->word / FLAG_KEYWORD0;
	size_t need = f->n_more ? f->more[f->n_more - 1] + 1u : word ? 32u - (unsigned)__builtin_clz(word) : 0;

	return need <= b->keywords.n;
}

static bool flags_read(const struct box *b, struct str packed, struct flagset *f)
{
	struct rd r = rd_of(packed);

	*f = (struct flagset){ 0, 0, NULL };
	if (flagset_unpack(f, &r) && rd_done(&r) && keywords_known(b, f))
		return true;
	flagset_fini(f);
	return false;
}

static enum err on_put(struct applying *a, const struct rec_put *op)
{
	struct box *b = user_box(a->u, op->mailbox);
	struct flagset f = { 0, 0, NULL };

	if (!b || !b->loaded || op->uid < b->uidnext || op->uid == UINT32_MAX || op->blob >= a->u->next_blob ||
	    !modseq_fits(a, op->modseq) || !flags_read(b, op->flags, &f))
		return ERR_CORRUPT;
	struct page *p = page_last(b, op->uid);
	struct msg *m = page_add(p, &(struct msg){
		.uid = op->uid, .modseq = op->modseq, .blob = op->blob, .size = op->size_bytes,
		.date = (int64_t)op->date, .saved = (int64_t)op->saved,
	});
	msg_set_flags(b, m, &f);
	page_flagged(p, m);
	flagset_fini(&f);
	p->max_modseq = op->modseq;
	p->dirty = true;
	b->uidnext = op->uid + 1;
	b->messages++;
	b->bytes += m->size;
	a->u->used_bytes += m->size;
	a->u->messages++;
	msg_count_flags(b, m);
	if (op->blob != a->fresh)
		blob_share(a, op->blob);
	a->fresh = 0;
	changed(a, b, op->modseq);
	return OK;
}

/* A blob is new, or the one whose pieces came under this request. */
static bool blob_born(struct applying *a, uint64_t blob)
{
	const struct upload *up = user_upload(a->u, &a->r->request);

	if (up ? up->blob != blob : blob < a->u->next_blob || blob == UINT64_MAX)
		return false;
	if (!up)
		a->u->next_blob = blob + 1;
	return true;
}

static enum err on_blob(struct applying *a, const struct rec_blob *op)
{
	if (!blob_born(a, op->blob))
		return ERR_CORRUPT;
	a->fresh = op->blob;
	row_put_blob(a->s->db, a->u->id, op->blob, &(struct blob_row){ op->size_bytes, op->thread, op->summary });
	if (user_upload(a->u, &a->r->request))
		user_upload_forget(a->s, a->u, &a->r->request);
	return OK;
}

/* The messages of one range, each of which must live, get these flags. */
static bool range_set_flags(struct box *b, struct range r, uint64_t modseq, const struct flagset *f)
{
	struct msg_iter it = box_from(b, r.lo);

	for (uint64_t uid = r.lo; uid <= r.hi; uid++) {
		struct msg *m = box_next(b, &it);
		if (!m || m->uid != uid)
			return false;
		msg_uncount_flags(b, m);
		msg_set_flags(b, m, f);
		msg_count_flags(b, m);
		struct page *p = b->pages[it.page];
		page_flagged(p, m);
		m->modseq = p->max_modseq = modseq;
		p->dirty = true;
	}
	return true;
}

static enum err on_flags(struct applying *a, const struct rec_flags *op)
{
	struct box *b = user_box(a->u, op->mailbox);
	struct uidset uids = { 0 };
	struct flagset f = { 0, 0, NULL };

	if (!b || !b->loaded || !modseq_fits(a, op->modseq) || !flags_read(b, op->flags, &f))
		return ERR_CORRUPT;
	bool ok = uidset_unpack(&uids, op->uids, SIZE_MAX);
	for (size_t i = 0; ok && i < uids.n; i++)
		ok = range_set_flags(b, uids.r[i], op->modseq, &f);
	uidset_fini(&uids);
	flagset_fini(&f);
	changed(a, b, op->modseq);
	return ok ? OK : ERR_CORRUPT;
}

static void page_drop_if_empty(struct applying *a, struct box *b, uint32_t at)
{
	struct page *p = b->pages[at];

	if (p->n)
		return;
	db_del(a->s->db, key_of(a, T_PAGE, b->id, p->no));
	page_free(&b->pages[at]);
	memmove(b->pages + at, b->pages + at + 1, (b->n_pages - at - 1) * sizeof *b->pages);
	b->n_pages--;
}

static enum err msg_gone(struct applying *a, struct box *b, uint32_t uid)
{
	struct msg_iter it = box_from(b, uid);
	struct page *p = it.page < b->n_pages ? b->pages[it.page] : NULL;

	if (!p || !page_has(p, uid))
		return ERR_CORRUPT;
	struct msg *m = page_msgs(p) + it.at;
	msg_uncount(a, b, m);
	blob_forget(a, m->blob);
	msg_set_flags(b, m, &(struct flagset){ 0, 0, NULL });
	page_del(p, (uint16_t)it.at);
	p->dirty = true;
	page_drop_if_empty(a, b, it.page);
	return OK;
}

static enum err on_gone(struct applying *a, const struct rec_gone *op)
{
	struct box *b = user_box(a->u, op->mailbox);
	struct uidset uids = { 0 };
	struct uidset_iter it = { 0 };
	uint32_t uid, dropped = UINT32_MAX;
	enum err err = OK;

	if (!b || !b->loaded || !modseq_fits(a, op->modseq) || !uidset_unpack(&uids, op->uids, SIZE_MAX))
		return ERR_CORRUPT;
	while (err == OK && uidset_next(&uids, &it, &uid)) {
		err = msg_gone(a, b, uid);
		if (uid / SUMMARY_PAGE != dropped)          /* what is expunged is nowhere listed */
			db_del(a->s->db, key_of(a, T_SUMMARIES, b->id, uid / SUMMARY_PAGE));
		dropped = uid / SUMMARY_PAGE;
	}
	ARRAY_ROOM(b->gone, b->n_gone, b->cap_gone);
	b->gone[b->n_gone++] = (struct gone){ op->modseq, uids };
	db_put(a->s->db, key_of(a, T_GONE, b->id, op->modseq), op->uids);
	changed(a, b, op->modseq);
	return err;
}

/* --- uploads --- */

static enum err on_piece(struct applying *a, const struct rec_piece *op)
{
	struct user *u = a->u;
	const struct request *r = &a->r->request;
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
	up->touched_ms = a->r->time_ms;
	row_put_upload(a->s->db, u->id, up);
	return OK;
}

static enum err on_upload_drop(struct applying *a, const struct rec_upload_drop *op)
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
			on_upload_drop(a, &(struct rec_upload_drop){ up->incarnation, up->req, up->idx });
	}
}

static void incarnations_forget_old(struct applying *a)
{
	struct user *u = a->u;

	for (uint32_t i = u->n_incs; i-- > 0; ) {
		if (u->incs[i].seen_ms + INCARNATION_MS > a->r->time_ms)
			continue;
		results_drop_below(a, u->incs[i].id, UINT64_MAX);
		u->incs[i] = u->incs[--u->n_incs];
	}
}

static void incarnation_seen(struct applying *a)
{
	struct user *u = a->u;
	const struct request *r = &a->r->request;
	uint32_t i = 0;

	while (i < u->n_incs && u->incs[i].id != r->incarnation)
		i++;
	if (i == u->n_incs) {
		ARRAY_ROOM(u->incs, u->n_incs, u->cap_incs);
		u->incs[u->n_incs++] = (struct incarnation){ .id = r->incarnation };
	}
	struct incarnation *inc = &u->incs[i];
	inc->seen_ms = a->r->time_ms;
	if (r->mark > inc->mark) {
		inc->mark = r->mark;
		results_drop_below(a, inc->id, inc->mark);
	}
}

static void request_done(struct applying *a)
{
	struct user *u = a->u;
	const struct record *r = a->r;

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

static enum err apply_op(struct applying *a, uint8_t no, struct str fields)
{
	if (!a->u->exists && no != REC_user_put && no != REC_user_drop)
		return ERR_CORRUPT;
	switch (no) {
#define RPC_MSG(name, number) \
	case number: { \
		struct rec_##name op; \
		return rec_get_##name(fields, &op) ? on_##name(a, &op) : ERR_CORRUPT; \
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

enum err apply(struct state *s, struct lsn lsn, struct str bytes)
{
	struct record r;
	uint8_t no;
	struct str fields;
	enum err err = OK;

	if (!record_read(&r, bytes))
		return ERR_CORRUPT;
	struct user *u = state_user(s, r.user);
	if (!u || !u->loaded)
		return ERR_CORRUPT;
	struct applying a = { s, u, &r, lsn, 0 };
	struct rd ops = rd_of(r.ops);
	while (err == OK && record_op(&ops, &no, &fields))
		err = apply_op(&a, no, fields);
	if (err != OK || !rd_done(&ops))
		return ERR_CORRUPT;
	if (u->exists)
		request_done(&a);
	u->lsn = lsn;
	u->dirty = true;
	u->dirty_turn = s->turn;
	map_put(&s->dirty, u->id, u);
	return OK;
}

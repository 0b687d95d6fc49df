/* storaged/mbox/rows.c: the bytes of rows. */
#include "storaged/mbox/rows.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"

static struct row_key key(uint32_t user, uint8_t table, uint64_t a, uint64_t b)
{
	return (struct row_key){ user, table, a, b, 0 };
}

static struct str heap_copy(struct str s) { return (struct str){ str_heap_z(s), s.n }; }

/* --- rows written as they happen --- */

void row_put_blob(struct db *db, uint32_t user, uint64_t blob, const struct blob_row *row)
{
	struct buf b = { 0 };

	buf_u64(&b, row->size);
	buf_u64(&b, row->thread);
	buf_add(&b, row->summary);
	db_put(db, key(user, T_BLOB, blob, 0), buf_str(&b));
	buf_fini(&b);
}

bool row_get_blob(struct str value, struct blob_row *row)
{
	struct rd r = rd_of(value);

	row->size = rd_u64(&r);
	row->thread = rd_u64(&r);
	row->summary = rd_bytes(&r, r.bad ? 0 : (size_t)(r.end - r.p));
	return rd_done(&r);
}

void row_put_summaries(struct db *db, uint32_t user, uint32_t mailbox, uint32_t page, struct str sealed)
{
	db_put(db, key(user, T_SUMMARIES, mailbox, page), sealed);
}

void row_put_refs(struct db *db, uint32_t user, uint64_t blob, uint64_t refs)
{
	struct buf b = { 0 };

	buf_u64(&b, refs);
	db_put(db, key(user, T_REF, blob, 0), buf_str(&b));
	buf_fini(&b);
}

void row_put_result(struct db *db, uint32_t user, const struct result *r)
{
	struct buf b = { 0 };

	buf_u64(&b, r->lsn);
	buf_u16(&b, r->answer_no);
	buf_add(&b, r->answer);
	db_put(db, (struct row_key){ user, T_RESULT, r->incarnation, r->req, r->idx }, buf_str(&b));
	buf_fini(&b);
}

void row_put_upload(struct db *db, uint32_t user, const struct upload *u)
{
	struct buf b = { 0 };

	buf_u64(&b, u->blob);
	buf_u64(&b, u->bytes);
	buf_u64(&b, u->touched_ms);
	buf_u32(&b, u->n_runs);
	db_put(db, (struct row_key){ user, T_UPLOAD, u->incarnation, u->req, u->idx }, buf_str(&b));
	buf_fini(&b);
}

void user_upload_forget(struct state *s, struct user *u, const struct request *r)
{
	struct upload *up = user_upload(u, r);

	must(up != NULL);
	db_del(s->db, (struct row_key){ u->id, T_UPLOAD, up->incarnation, up->req, up->idx });
	*up = u->uploads[--u->n_uploads];
}

void where_pack(struct buf *out, const struct where *w)
{
	buf_u32(out, w->segment);
	buf_u32(out, w->record_bytes);
	buf_u64(out, w->offset);
	buf_u32(out, w->at);
	buf_u32(out, w->bytes);
	buf_u32(out, w->plain);
	buf_u32(out, w->lead);
}

bool where_unpack(struct str value, struct where *w, uint32_t cap, uint32_t *n)
{
	struct rd r = rd_of(value);

	for (*n = 0; rd_more(&r) && *n < cap; ++*n) {
		w[*n].segment = rd_u32(&r);
		w[*n].record_bytes = rd_u32(&r);
		w[*n].offset = rd_u64(&r);
		w[*n].at = rd_u32(&r);
		w[*n].bytes = rd_u32(&r);
		w[*n].plain = rd_u32(&r);
		w[*n].lead = rd_u32(&r);
	}
	return rd_done(&r);
}

/* --- before a checkpoint --- */

static void save_quota(struct buf *b, const struct quota *q)
{
	for (int i = 0; i < QUOTA_RESOURCES; i++)
		buf_u64(b, q->limit[i]);
	buf_u32(b, q->soft_percent);
	buf_u32(b, q->grace_percent);
	buf_u32(b, q->warn);
}

static void save_user(struct db *db, const struct user *u)
{
	struct buf b = { 0 };

	buf_u32(&b, u->epoch);
	buf_u32(&b, u->generation);
	save_quota(&b, &u->quota);
	buf_u64(&b, u->used_bytes);
	buf_u64(&b, u->messages);
	buf_u64(&b, u->modseq);
	buf_u64(&b, u->next_blob);
	buf_u32(&b, u->next_box);
	buf_u32(&b, u->next_uidvalidity);
	buf_u32(&b, u->next_sub);
	buf_u32(&b, u->n_incs);
	for (uint32_t i = 0; i < u->n_incs; i++) {
		buf_u64(&b, u->incs[i].id);
		buf_u64(&b, u->incs[i].mark);
		buf_u64(&b, u->incs[i].seen_ms);
	}
	db_put(db, key(u->id, T_USER, 0, 0), buf_str(&b));
	buf_fini(&b);
}

/* Few ranges of UIDs, as most mailboxes have, lie in the mailbox's own row: then a SELECT reads no pages. Empty: there are more. */
enum { OUTLINE_RANGES = 64 };

static void outline_pack(struct buf *out, const struct box *b)
{
	struct uidset uids = { 0 };

	if (box_outlined(b))
		box_uids(b, &uids);
	if (box_outlined(b) && uids.n <= OUTLINE_RANGES) {
		buf_u32(out, box_first_unseen(b));
		uidset_pack(out, &uids);
	}
	uidset_fini(&uids);
}

static bool outline_unpack(struct outline *o, struct str packed)
{
	struct rd r = rd_of(packed);

	if (packed.n == 0)
		return true;
	o->known = true;
	o->first_unseen = rd_u32(&r);
	return !r.bad && uidset_unpack(&o->uids, rd_bytes(&r, (size_t)(r.end - r.p)), OUTLINE_RANGES);
}

static void save_box(struct db *db, uint32_t user, const struct box *x)
{
	struct buf b = { 0 }, outline = { 0 };

	outline_pack(&outline, x);
	buf_lstr(&b, x->name);
	buf_u32(&b, x->attrs);
	buf_u32(&b, x->uidvalidity);
	buf_u32(&b, x->uidnext);
	buf_u64(&b, x->modseq);
	buf_u32(&b, x->messages);
	buf_u32(&b, x->unseen);
	buf_u32(&b, x->deleted);
	buf_u64(&b, x->bytes);
	buf_u64(&b, x->deleted_bytes);
	buf_u32(&b, x->recent_from);
	buf_lstr(&b, buf_str(&outline));
	keywords_pack(&b, &x->keywords);
	db_put(db, key(user, T_BOX, x->id, 0), buf_str(&b));
	buf_fini(&b);
	buf_fini(&outline);
}

static void save_page(struct db *db, uint32_t user, const struct box *box, struct page *p)
{
	struct buf b = { 0 };

	page_pack(&b, p, &box->more);
	db_put(db, key(user, T_PAGE, box->id, p->no), buf_str(&b));
	buf_fini(&b);
}

/* False: the room is used up, and there is more. */
static bool save_pages(struct db *db, uint32_t user, const struct box *b, int64_t *room)
{
	for (uint32_t i = 0; i < b->n_pages; i++) {
		struct page *p = b->pages[i];
		if (!p->dirty)
			continue;
		if (*room <= 0)
			return false;
		save_page(db, user, b, p);
		p->dirty = false;
		*room -= p->n;
	}
	return true;
}

static bool save_boxes(struct db *db, const struct user *u, int64_t *room)
{
	for (uint32_t i = 0; i < u->n_boxes; i++) {
		struct box *b = u->boxes[i];
		if (!b->dirty)
			continue;
		if (*room <= 0 || !save_pages(db, u->id, b, room))
			return false;
		save_box(db, u->id, b);
		b->dirty = false;
		--*room;
	}
	return true;
}

bool state_save(struct state *s, uint32_t *messages)
{
	int64_t room = *messages;
	size_t at = 0;
	uint64_t id;
	void *v;
	bool all = true;

	while (all && map_each(&s->dirty, &at, &id, &v)) {
		struct user *u = v;
		if (!u->dirty)          /* saved in an earlier part */
			continue;
		all = room > 0 && save_boxes(s->db, u, &room);
		if (all && u->exists)
			save_user(s->db, u);
		if (all)
			u->dirty = false;
		room--;
	}
	*messages -= room < 0 ? 0 : (uint32_t)room;
	if (all)
		map_fini(&s->dirty);
	return all;
}

/* --- loading --- */

static void load_quota(struct quota *q, struct rd *r)
{
	for (int i = 0; i < QUOTA_RESOURCES; i++)
		q->limit[i] = rd_u64(r);
	q->soft_percent = rd_u32(r);
	q->grace_percent = rd_u32(r);
	q->warn = rd_u32(r);
}

static void load_user(struct user *u, struct rd *r)
{
	u->exists = true;
	u->epoch = rd_u32(r);
	u->generation = rd_u32(r);
	load_quota(&u->quota, r);
	u->used_bytes = rd_u64(r);
	u->messages = rd_u64(r);
	u->modseq = rd_u64(r);
	u->next_blob = rd_u64(r);
	u->next_box = rd_u32(r);
	u->next_uidvalidity = rd_u32(r);
	u->next_sub = rd_u32(r);
	for (uint32_t n = rd_u32(r); n > 0 && !r->bad; n--) {
		ARRAY_ROOM(u->incs, u->n_incs, u->cap_incs);
		struct incarnation *inc = &u->incs[u->n_incs++];
		inc->id = rd_u64(r);
		inc->mark = rd_u64(r);
		inc->seen_ms = rd_u64(r);
	}
}

static void load_box(struct user *u, uint64_t id, struct rd *r)
{
	struct box *b = mem_new(sizeof *b);
	bool found;

	b->id = (uint32_t)id;
	b->name = heap_copy(rd_str(r));
	b->attrs = rd_u32(r);
	b->uidvalidity = rd_u32(r);
	b->uidnext = rd_u32(r);
	b->modseq = rd_u64(r);
	b->messages = rd_u32(r);
	b->unseen = rd_u32(r);
	b->deleted = rd_u32(r);
	b->bytes = rd_u64(r);
	b->deleted_bytes = rd_u64(r);
	b->recent_from = b->claimed_from = rd_u32(r);
	if (!outline_unpack(&b->outline, rd_str(r)))
		r->bad = true;
	if (r->bad || !keywords_unpack(&b->keywords, rd_bytes(r, (size_t)(r->end - r->p))))
		r->bad = true;
	user_box_at(u, b->name, &found);
	if (r->bad || found || user_box(u, b->id)) {
		r->bad = true;
		box_free(&b);
		return;
	}
	user_box_insert(u, b);
}

static void load_sub(struct user *u, uint64_t number, struct rd *r)
{
	struct str name = rd_bytes(r, (size_t)(r->end - r->p));
	bool found;
	uint32_t at = user_sub_at(u, name, &found);

	ARRAY_ROOM(u->subs, u->n_subs, u->cap_subs);
	memmove(u->subs + at + 1, u->subs + at, (u->n_subs - at) * sizeof *u->subs);
	u->subs[at] = (struct subscription){ (uint32_t)number, heap_copy(name) };
	u->n_subs++;
}

static void load_result(struct user *u, uint64_t incarnation, uint64_t req, uint32_t idx, struct rd *r)
{
	struct result res = { .incarnation = incarnation, .req = req, .idx = idx };

	res.lsn = rd_u64(r);
	res.answer_no = rd_u16(r);
	if (r->bad)
		return;
	res.answer = heap_copy(rd_bytes(r, (size_t)(r->end - r->p)));
	ARRAY_ROOM(u->results, u->n_results, u->cap_results);
	u->results[u->n_results++] = res;
}

static void load_upload(struct user *u, uint64_t incarnation, uint64_t req, uint32_t idx, struct rd *r)
{
	struct upload up = { .incarnation = incarnation, .req = req, .idx = idx };

	up.blob = rd_u64(r);
	up.bytes = rd_u64(r);
	up.touched_ms = rd_u64(r);
	up.n_runs = rd_u32(r);
	ARRAY_ROOM(u->uploads, u->n_uploads, u->cap_uploads);
	u->uploads[u->n_uploads++] = up;
}

static void load_refs(struct user *u, uint64_t blob, struct rd *r)
{
	uint64_t refs = rd_u64(r);

	if (refs < 2)
		r->bad = true;
	else
		map_put(&u->refs, blob, (void *)(uintptr_t)refs);
}

static enum err load_user_row(void *ctx, struct row_key k, struct str value)
{
	struct user *u = ctx;
	struct rd r = rd_of(value);

	switch (k.table) {
	case T_USER:   load_user(u, &r); break;
	case T_BOX:    load_box(u, k.a, &r); break;
	case T_SUB:    load_sub(u, k.a, &r); break;
	case T_REF:    load_refs(u, k.a, &r); break;
	case T_RESULT: load_result(u, k.a, k.b, k.c, &r); break;
	case T_UPLOAD: load_upload(u, k.a, k.b, k.c, &r); break;
	default:       return ERR_CORRUPT;
	}
	return rd_done(&r) ? OK : ERR_CORRUPT;
}

static enum err load_box_row(void *ctx, struct row_key k, struct str value)
{
	struct box *b = ctx;

	if (k.table == T_PAGE) {
		ARRAY_ROOM(b->pages, b->n_pages, b->cap_pages);
		b->pages[b->n_pages] = page_unpack((uint32_t)k.b, value, &b->more);
		if (!b->pages[b->n_pages])
			return ERR_CORRUPT;
		b->n_pages++;
		return OK;
	}
	struct gone g = { .modseq = k.b };
	if (!uidset_unpack(&g.uids, value, SIZE_MAX))
		return ERR_CORRUPT;
	ARRAY_ROOM(b->gone, b->n_gone, b->cap_gone);
	b->gone[b->n_gone++] = g;
	return OK;
}

enum err user_read(struct user *u, struct db *db)
{
	struct db_reader *r = db_reader_new(db);

	must(!u->loaded);
	if (!r)
		return ERR_IO;
	enum err err = db_reader_each(r, key(u->id, T_USER, 0, 0), T_UPLOAD, false, load_user_row, u);
	db_reader_free(&r);
	u->loaded = err == OK;
	return err;
}

enum err box_read(struct box *b, struct db *db, uint32_t user)
{
	struct db_reader *r = db_reader_new(db);

	must(!b->loaded);
	if (!r)
		return ERR_IO;
	enum err err = db_reader_each(r, key(user, T_PAGE, b->id, 0), T_PAGE, true, load_box_row, b);
	if (err == OK)
		err = db_reader_each(r, key(user, T_GONE, b->id, 0), T_GONE, true, load_box_row, b);
	db_reader_free(&r);
	b->loaded = err == OK;
	return err;
}

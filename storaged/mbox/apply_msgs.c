/* storaged/mbox/apply_msgs.c: messages appear, change and leave; what concerns many of them is done in parts. */
#include "storaged/mbox/applying.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"

/* --- bytes shared by messages --- */

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

/* --- counts --- */

static void msg_uncount_flags(struct box *b, const struct msg *m)
{
	b->unseen -= !(m->word & FLAG_SEEN);
	if (m->word & FLAG_DELETED) {
		b->deleted--;
		b->deleted_bytes -= m->size;
	}
}

static void msg_count_flags(struct box *b, const struct msg *m)
{
	b->unseen += !(m->word & FLAG_SEEN);
	if (m->word & FLAG_DELETED) {
		b->deleted++;
		b->deleted_bytes += m->size;
	}
}

static void msg_count(struct applying *a, struct box *b, const struct msg *m)
{
	b->messages++;
	b->bytes += m->size;
	msg_count_flags(b, m);
	a->u->used_bytes += m->size;
	a->u->messages++;
}

static void msg_uncount(struct applying *a, struct box *b, const struct msg *m)
{
	b->messages--;
	b->bytes -= m->size;
	msg_uncount_flags(b, m);
	a->u->used_bytes -= m->size;
	a->u->messages--;
}

static void changed(struct applying *a, struct box *b, uint64_t modseq)
{
	a->u->modseq = b->modseq = modseq;
	b->dirty = true;
}

/* --- flags --- */

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

/* Not in parts: what the rule writes of these is what one STORE may hold. */
enum err apply_flags(struct applying *a, const struct rec_flags *op)
{
	struct box *b = user_box(a->u, op->mailbox);
	struct uidset uids = { 0 };
	struct flagset f = { 0, 0, NULL };

	if (!b || !b->loaded || !modseq_fits(a, op->modseq) || !flags_read(b, op->flags, &f))
		return ERR_CORRUPT;
	bool ok = uidset_unpack(&uids, op->uids, SIZE_MAX);
	for (size_t i = 0; ok && i < uids.n; i++)
		ok = range_set_flags(b, uids.r[i], op->modseq, &f);
	a->room -= (int64_t)uidset_count(&uids);
	uidset_fini(&uids);
	flagset_fini(&f);
	changed(a, b, op->modseq);
	return ok ? OK : ERR_CORRUPT;
}

/* --- a message appears --- */

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

/* As its highest UID. */
static void msg_appears(struct applying *a, struct box *b, const struct msg *new, const struct flagset *f)
{
	struct page *p = page_last(b, new->uid);
	struct msg *m = page_add(p, new);

	msg_set_flags(b, m, f);
	page_flagged(p, m);
	p->max_modseq = m->modseq;
	p->dirty = true;
	b->uidnext = m->uid + 1;
	msg_count(a, b, m);
	a->room -= 1 + f->n_more / 8;
}

enum err apply_put(struct applying *a, const struct rec_put *op)
{
	struct box *b = user_box(a->u, op->mailbox);
	struct flagset f = { 0, 0, NULL };

	if (!b || !b->loaded || op->uid < b->uidnext || op->uid == UINT32_MAX || op->blob == 0 || op->blob != a->fresh ||
	    !modseq_fits(a, op->modseq) || !flags_read(b, op->flags, &f))
		return ERR_CORRUPT;
	msg_appears(a, b, &(struct msg){
		.uid = op->uid, .modseq = op->modseq, .blob = op->blob, .size = op->size_bytes,
		.date = (int64_t)op->date, .saved = (int64_t)op->saved,
	}, &f);
	flagset_fini(&f);
	a->fresh = 0;
	changed(a, b, op->modseq);
	return OK;
}

/* --- messages leave --- */

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

/* The message, where it is. False: no such one lives. */
static bool msg_find(const struct box *b, uint32_t uid, struct msg_iter *it)
{
	*it = box_from(b, uid);
	return it->page < b->n_pages && page_has(b->pages[it->page], uid);
}

/* Its bytes are another matter. */
static void msg_leaves(struct applying *a, struct box *b, struct msg_iter it)
{
	struct page *p = b->pages[it.page];
	struct msg *m = page_msgs(p) + it.at;
	uint32_t summaries = m->uid / SUMMARY_PAGE;

	msg_uncount(a, b, m);
	msg_set_flags(b, m, &(struct flagset){ 0, 0, NULL });
	page_del(p, (uint16_t)it.at);
	p->dirty = true;
	page_drop_if_empty(a, b, it.page);
	if (summaries != a->part.dropped)               /* what is expunged is nowhere listed */
		db_del(a->s->db, key_of(a, T_SUMMARIES, b->id, summaries));
	a->part.dropped = summaries;
	a->room--;
}

/* That these left at this moment; takes them from the part. */
static void gone_remember(struct applying *a, struct box *b, uint64_t modseq, struct str packed)
{
	ARRAY_ROOM(b->gone, b->n_gone, b->cap_gone);
	b->gone[b->n_gone++] = (struct gone){ modseq, a->part.uids };
	a->part.uids = (struct uidset){ 0 };
	db_put(a->s->db, key_of(a, T_GONE, b->id, modseq), packed);
	changed(a, b, modseq);
}

static bool part_begin(struct applying *a, struct str uids)
{
	a->part.dropped = UINT32_MAX;
	return a->part.begun = uidset_unpack(&a->part.uids, uids, SIZE_MAX) && a->part.uids.n;
}

enum err apply_gone(struct applying *a, const struct rec_gone *op)
{
	struct box *b = user_box(a->u, op->mailbox);
	struct msg_iter it;
	uint32_t uid;

	if (!a->part.begun && (!b || !b->loaded || !modseq_fits(a, op->modseq) || !part_begin(a, op->uids)))
		return ERR_CORRUPT;
	while (uidset_next(&a->part.uids, &a->part.next, &uid)) {
		if (!msg_find(b, uid, &it))
			return ERR_CORRUPT;
		blob_forget(a, page_msgs(b->pages[it.page])[it.at].blob);
		msg_leaves(a, b, it);
		if (part_is_full(a))
			return OK;
	}
	gone_remember(a, b, op->modseq, op->uids);
	part_end(a);
	return OK;
}

/* The page's messages leave with the mailbox, and so do its rows. */
static void page_ends(struct applying *a, struct box *b, struct page *p)
{
	const struct msg *m = page_msgs(p);

	for (uint16_t i = 0; i < p->n; i++) {
		msg_uncount(a, b, &m[i]);
		blob_forget(a, m[i].blob);
	}
	db_del(a->s->db, key_of(a, T_PAGE, b->id, p->no));
	for (uint32_t k = 0; k < PAGE_UIDS / SUMMARY_PAGE; k++)
		db_del(a->s->db, key_of(a, T_SUMMARIES, b->id, p->no * (PAGE_UIDS / SUMMARY_PAGE) + k));
	a->room -= p->n;
}

enum err apply_box_del(struct applying *a, const struct rec_box_del *op)
{
	struct part *p = &a->part;

	if (!p->begun) {
		struct box *b = user_box(a->u, op->mailbox);
		if (!b || !b->loaded || !modseq_fits(a, op->modseq))
			return ERR_CORRUPT;
		user_box_remove(a->u, b);
		a->u->modseq = op->modseq;
		*p = (struct part){ .begun = true, .box = b };
	}
	for (struct box *b = p->box; p->page < b->n_pages; ) {
		page_ends(a, b, b->pages[p->page++]);
		if (part_is_full(a))
			return OK;
	}
	for (uint32_t i = 0; i < p->box->n_gone; i++)
		db_del(a->s->db, key_of(a, T_GONE, p->box->id, p->box->gone[i].modseq));
	db_del(a->s->db, key_of(a, T_BOX, p->box->id, 0));
	part_end(a);
	return OK;
}

/* --- messages appear elsewhere --- */

static uint16_t keyword_there(const struct rec_copied *op, unsigned here)
{
	struct rd r = rd_of(str_skip(op->keywords, here * 2));

	return rd_u16(&r);
}

static void flags_there(const struct rec_copied *op, const struct flagset *here, struct flagset *there)
{
	*there = (struct flagset){ here->word & FLAG_SYSTEM, 0, NULL };
	for (uint32_t bits = here->word / FLAG_KEYWORD0; bits; bits &= bits - 1) {
		uint16_t k = keyword_there(op, (unsigned)__builtin_ctz(bits));
		if (k != KEYWORD_LEFT)
			flagset_set(there, k);
	}
	for (uint16_t i = 0; i < here->n_more; i++) {
		uint16_t k = keyword_there(op, here->more[i]);
		if (k != KEYWORD_LEFT)
			flagset_set(there, k);
	}
}

static bool keywords_fit(const struct rec_copied *op, const struct box *from, const struct box *to)
{
	for (unsigned i = 0; i < op->keywords.n / 2; i++) {
		uint16_t k = keyword_there(op, i);
		if (k != KEYWORD_LEFT && k >= to->keywords.n)
			return false;
	}
	return op->keywords.n == from->keywords.n * 2;
}

static bool copied_begin(struct applying *a, const struct rec_copied *op, const struct box *from, const struct box *to)
{
	if (!from || !from->loaded || !to || !to->loaded || !modseq_fits(a, op->modseq) || !keywords_fit(op, from, to) || !part_begin(a, op->uids))
		return false;
	a->part.uid = op->uid;
	return op->uid >= to->uidnext && uidset_count(&a->part.uids) <= UINT32_MAX - op->uid && uidset_max(&a->part.uids) < from->uidnext;
}

static void copy_one(struct applying *a, const struct rec_copied *op, struct box *from, struct box *to, struct msg_iter it)
{
	struct msg m = page_msgs(from->pages[it.page])[it.at];
	struct flagset here = box_flags(from, &m), there;

	flags_there(op, &here, &there);
	if (op->leave)
		msg_leaves(a, from, it);
	else
		blob_share(a, m.blob);
	m.uid = a->part.uid++;
	m.modseq = op->modseq;
	m.saved = (int64_t)op->saved;
	m.word = 0;
	msg_appears(a, to, &m, &there);
	flagset_fini(&there);
}

enum err apply_copied(struct applying *a, const struct rec_copied *op)
{
	struct box *from = user_box(a->u, op->from), *to = user_box(a->u, op->mailbox);
	struct msg_iter it;
	uint32_t uid;

	if (!a->part.begun && !copied_begin(a, op, from, to))
		return ERR_CORRUPT;
	changed(a, to, op->modseq);
	while (uidset_next(&a->part.uids, &a->part.next, &uid)) {
		if (!msg_find(from, uid, &it))
			return ERR_CORRUPT;
		copy_one(a, op, from, to, it);
		if (part_is_full(a))
			return OK;
	}
	if (op->leave)
		gone_remember(a, from, op->modseq, op->uids);
	part_end(a);
	return OK;
}

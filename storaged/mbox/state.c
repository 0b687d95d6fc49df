/* storaged/mbox/state.c: finding users, mailboxes and messages in memory, and forgetting them. */
#include "storaged/mbox/state.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"

void state_init(struct state *s, struct db *db)
{
	*s = (struct state){ .db = db, .turn = 1 };
}

static void pages_free(struct box *b)
{
	for (uint32_t i = 0; i < b->n_pages; i++)
		page_free(&b->pages[i]);
	free(b->pages);
	b->pages = NULL;
	b->n_pages = b->cap_pages = 0;
}

static void more_free(struct box *b)
{
	size_t at = 0;
	uint64_t uid;
	void *f;

	while (map_each(&b->more, &at, &uid, &f)) {
		flagset_fini(f);
		free(f);
	}
	map_fini(&b->more);
}

void box_unload(struct box *b)
{
	pages_free(b);
	more_free(b);
	for (uint32_t i = 0; i < b->n_gone; i++)
		uidset_fini(&b->gone[i].uids);
	free(b->gone);
	b->gone = NULL;
	b->n_gone = b->cap_gone = 0;
	b->loaded = false;
}

void box_free(struct box **b)
{
	box_unload(*b);
	uidset_fini(&(*b)->outline.uids);
	keywords_fini(&(*b)->keywords);
	free((char *)(*b)->name.p);
	free(*b);
	*b = NULL;
}

void user_clear(struct user *u)
{
	for (uint32_t i = 0; i < u->n_boxes; i++)
		box_free(&u->boxes[i]);
	for (uint32_t i = 0; i < u->n_subs; i++)
		free((char *)u->subs[i].name.p);
	for (uint32_t i = 0; i < u->n_results; i++)
		free((char *)u->results[i].answer.p);
	free(u->boxes);
	free(u->subs);
	free(u->results);
	free(u->incs);
	free(u->uploads);
	map_fini(&u->by_id);
	map_fini(&u->refs);
}

void user_adopt(struct user *u, struct user *read)
{
	must(!u->loaded && u->n_boxes == 0);
	read->pins = u->pins;
	read->used_ms = u->used_ms;
	*u = *read;
	*read = (struct user){ .id = u->id };
}

void box_adopt(struct box *b, struct box *read)
{
	must(!b->loaded && b->n_pages == 0 && b->n_gone == 0);
	b->pages = read->pages;
	b->n_pages = read->n_pages;
	b->cap_pages = read->cap_pages;
	b->gone = read->gone;
	b->n_gone = read->n_gone;
	b->cap_gone = read->cap_gone;
	b->more = read->more;
	b->loaded = read->loaded;
	uidset_fini(&b->outline.uids);
	b->outline.known = false;
	*read = (struct box){ .id = b->id };
}

static void user_free(struct user *u)
{
	user_clear(u);
	free(u);
}

void state_fini(struct state *s)
{
	size_t at = 0;
	uint64_t id;
	void *u;

	while (map_each(&s->users, &at, &id, &u))
		user_free(u);
	map_fini(&s->users);
	map_fini(&s->dirty);
}

struct user *state_user(const struct state *s, uint32_t id) { return map_get(&s->users, id); }

struct user *state_user_new(struct state *s, uint32_t id)
{
	struct user *u = mem_new(sizeof *u);

	must(id != 0 && !state_user(s, id));
	u->id = id;
	map_put(&s->users, id, u);
	return u;
}

void state_evict(struct state *s, struct user *u)
{
	must(!map_get(&s->dirty, u->id) && u->pins == 0 && !u->loading);
	map_del(&s->users, u->id);
	user_free(u);
}

struct box *user_box(const struct user *u, uint32_t id)
{
	return map_get(&u->by_id, id);
}

uint32_t user_box_at(const struct user *u, struct str name, bool *found)
{
	uint32_t lo = 0, hi = u->n_boxes;

	*found = false;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		int c = str_cmp(u->boxes[mid]->name, name);
		if (c == 0)
			*found = true;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct box *user_box_named(const struct user *u, struct str name)
{
	bool found;
	uint32_t at = user_box_at(u, name, &found);

	return found ? u->boxes[at] : NULL;
}

void user_box_insert(struct user *u, struct box *b)
{
	bool found;
	uint32_t at = user_box_at(u, b->name, &found);

	must(!found && !user_box(u, b->id));
	ARRAY_ROOM(u->boxes, u->n_boxes, u->cap_boxes);
	memmove(u->boxes + at + 1, u->boxes + at, (u->n_boxes - at) * sizeof *u->boxes);
	u->boxes[at] = b;
	u->n_boxes++;
	map_put(&u->by_id, b->id, b);
}

void user_box_remove(struct user *u, const struct box *b)
{
	bool found;
	uint32_t at = user_box_at(u, b->name, &found);

	must(found && u->boxes[at] == b);
	memmove(u->boxes + at, u->boxes + at + 1, (u->n_boxes - at - 1) * sizeof *u->boxes);
	u->n_boxes--;
	map_del(&u->by_id, b->id);
}

uint32_t user_sub_at(const struct user *u, struct str name, bool *found)
{
	uint32_t lo = 0, hi = u->n_subs;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (str_cmp(u->subs[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	*found = lo < u->n_subs && str_eq(u->subs[lo].name, name);
	return lo;
}

bool user_subscribed(const struct user *u, struct str name)
{
	bool found;

	user_sub_at(u, name, &found);
	return found;
}

struct usage user_usage(const struct user *u)
{
	return (struct usage){ { [QUOTA_STORAGE] = u->used_bytes, [QUOTA_MESSAGE] = u->messages, [QUOTA_MAILBOX] = u->n_boxes } };
}

const struct result *user_result(const struct user *u, const struct request *r)
{
	for (uint32_t i = u->n_results; i-- > 0; )
		if (u->results[i].incarnation == r->incarnation && u->results[i].req == r->req && u->results[i].idx == r->idx)
			return &u->results[i];
	return NULL;
}

struct upload *user_upload(const struct user *u, const struct request *r)
{
	for (uint32_t i = 0; i < u->n_uploads; i++)
		if (u->uploads[i].incarnation == r->incarnation && u->uploads[i].req == r->req && u->uploads[i].idx == r->idx)
			return &u->uploads[i];
	return NULL;
}

bool user_request_fresh(const struct user *u, const struct request *r)
{
	for (uint32_t i = 0; i < u->n_incs; i++)
		if (u->incs[i].id == r->incarnation)
			return r->req >= u->incs[i].mark;
	return true;
}

/* --- messages --- */

/* The page of this number, or where it belongs. */
static uint32_t page_index(const struct box *b, uint32_t no)
{
	uint32_t lo = 0, hi = b->n_pages;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (b->pages[mid]->no < no)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct msg *box_msg(const struct box *b, uint32_t uid)
{
	must(b->loaded);
	uint32_t at = page_index(b, uid / PAGE_UIDS);
	if (at == b->n_pages || !page_has(b->pages[at], uid))
		return NULL;
	return page_msgs(b->pages[at]) + page_at(b->pages[at], uid);
}

struct msg *box_next(const struct box *b, struct msg_iter *it)
{
	while (it->page < b->n_pages) {
		struct page *p = b->pages[it->page];
		if (it->at < p->n)
			return &page_msgs(p)[it->at++];
		it->page++;
		it->at = 0;
	}
	return NULL;
}

struct msg *box_next_since(const struct box *b, struct msg_iter *it, uint64_t since)
{
	while (it->page < b->n_pages) {
		struct page *p = b->pages[it->page];
		while (p->max_modseq > since && it->at < p->n) {
			struct msg *m = &page_msgs(p)[it->at++];
			if (m->modseq > since)
				return m;
		}
		it->page++;
		it->at = 0;
	}
	return NULL;
}

struct msg_iter box_from(const struct box *b, uint32_t uid)
{
	uint32_t at = page_index(b, uid / PAGE_UIDS);
	bool inside = at < b->n_pages && b->pages[at]->no == uid / PAGE_UIDS;

	return (struct msg_iter){ at, inside ? page_at(b->pages[at], uid) : 0 };
}

bool box_open(const struct box *b, const struct uidset *uids, uint32_t *messages)
{
	uint32_t next = 0, room = *messages;

	for (size_t i = 0; i < uids->n; i++) {
		uint32_t at = page_index(b, uids->r[i].lo / PAGE_UIDS);
		for (next = at > next ? at : next; next < b->n_pages && b->pages[next]->no <= uids->r[i].hi / PAGE_UIDS; next++) {
			if (b->pages[next]->m)
				continue;
			if (room < b->pages[next]->n) {
				*messages -= room;
				return false;
			}
			page_msgs(b->pages[next]);
			room -= b->pages[next]->n;
		}
	}
	*messages -= room;
	return true;
}

bool box_outlined(const struct box *b) { return b->loaded || b->outline.known; }

void box_uids(const struct box *b, struct uidset *out)
{
	must(box_outlined(b));
	if (!b->loaded) {
		uidset_copy(out, &b->outline.uids);
		return;
	}
	uidset_reset(out);
	for (uint32_t i = 0; i < b->n_pages; i++)
		page_uids(b->pages[i], out);
}

void box_uids_near(const struct box *b, const struct uidset *near, struct uidset *out)
{
	uint32_t next = 0;

	must(b->loaded);
	uidset_reset(out);
	for (size_t i = 0; i < near->n; i++) {
		uint32_t at = page_index(b, near->r[i].lo / PAGE_UIDS);
		for (next = at > next ? at : next; next < b->n_pages && b->pages[next]->no <= near->r[i].hi / PAGE_UIDS; next++)
			page_uids(b->pages[next], out);
	}
}

uint32_t box_first_unseen(const struct box *b)
{
	uint32_t uid = 0;

	must(box_outlined(b));
	if (!b->loaded)
		return b->outline.first_unseen;
	for (uint32_t i = 0; b->unseen && !uid && i < b->n_pages; i++)
		uid = page_first_unseen(b->pages[i]);
	return uid;
}

struct flagset box_flags(const struct box *b, const struct msg *m)
{
	struct flagset f = { m->word, 0, NULL };

	if (m->word & FLAG_MORE)
		f = *(struct flagset *)map_get(&b->more, m->uid);
	return f;
}

void box_pack_flags(const struct box *b, const struct msg *m, struct buf *out)
{
	if (!(m->word & FLAG_MORE)) {
		buf_u32(out, m->word);
		return;
	}
	struct flagset f = box_flags(b, m);
	flagset_pack(out, &f);
}

bool box_keywords_full(const struct box *b) { return b->keywords.n >= FLAG_KEYWORDS_MAX; }

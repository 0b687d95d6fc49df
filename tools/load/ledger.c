#include "tools/load/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"

struct ledger {
	unsigned     first_user, users;
	struct box **boxes;              /* by user */
};

struct ledger *ledger_new(unsigned first_user, unsigned users)
{
	struct ledger *l = calloc(1, sizeof *l);

	must(l);
	*l = (struct ledger){ .first_user = first_user, .users = users, .boxes = calloc(users, sizeof(struct box *)) };
	must(l->boxes);
	return l;
}

static void box_free(struct box *b)
{
	free(b->name);
	free(b->at);
	free(b->loose);
	free(b);
}

void ledger_free(struct ledger **l)
{
	for (unsigned i = 0; i < (*l)->users; i++)
		for (struct box *b = (*l)->boxes[i], *next; b; b = next) {
			next = b->next;
			box_free(b);
		}
	free((*l)->boxes);
	free(*l);
	*l = NULL;
}

struct box *ledger_boxes(const struct ledger *l, unsigned user)
{
	must(user >= l->first_user && user - l->first_user < l->users);
	return l->boxes[user - l->first_user];
}

unsigned ledger_first_user(const struct ledger *l) { return l->first_user; }
unsigned ledger_users(const struct ledger *l)      { return l->users; }

struct box *ledger_box(struct ledger *l, unsigned user, struct str name)
{
	struct box *b = ledger_boxes(l, user);

	while (b && !str_eq(str_of(b->name), name))
		b = b->next;
	if (b)
		return b;
	b = calloc(1, sizeof *b);
	must(b);
	b->name = str_heap_z(name);
	b->next = l->boxes[user - l->first_user];
	l->boxes[user - l->first_user] = b;
	return b;
}

static void reserve(struct note **at, size_t n, size_t *cap)
{
	if (n < *cap)
		return;
	*cap = *cap ? 2 * *cap : 16;
	*at = realloc(*at, *cap * sizeof **at);
	must(*at);
}

/* Where a note of this UID stands, or belongs. */
static size_t place_of(const struct box *b, uint32_t uid)
{
	size_t lo = 0, hi = b->n;

	if (b->n == 0 || b->at[b->n - 1].uid < uid)
		return b->n;                         /* as mail comes */
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (b->at[mid].uid < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool stands_at(const struct box *b, size_t place, uint32_t uid)
{
	return place < b->n && b->at[place].uid == uid;
}

struct note *box_add(struct box *b, const struct note *n)
{
	b->changes++;
	if (n->uid == 0) {
		reserve(&b->loose, b->loose_n, &b->loose_cap);
		b->loose[b->loose_n] = *n;
		return &b->loose[b->loose_n++];
	}
	size_t place = place_of(b, n->uid);
	if (!stands_at(b, place, n->uid)) {
		reserve(&b->at, b->n, &b->cap);
		memmove(b->at + place + 1, b->at + place, (b->n++ - place) * sizeof *b->at);
	}
	b->at[place] = *n;
	return &b->at[place];
}

struct note *box_find(const struct box *b, uint32_t uid)
{
	size_t place = place_of(b, uid);

	return stands_at(b, place, uid) ? &b->at[place] : NULL;
}

size_t box_below(const struct box *b, uint32_t uid) { return place_of(b, uid); }

void box_remove(struct box *b, uint32_t uid)
{
	size_t place = place_of(b, uid);

	b->changes++;
	if (stands_at(b, place, uid))
		memmove(b->at + place, b->at + place + 1, (--b->n - place) * sizeof *b->at);
}

void box_take_loose(struct box *b, size_t at)
{
	must(at < b->loose_n);
	b->loose[at] = b->loose[--b->loose_n];
}

uint32_t box_last_uid(const struct box *b)
{
	return b->n ? b->at[b->n - 1].uid : 0;
}

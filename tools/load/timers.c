#include "tools/load/timers.h"

#include <stdlib.h>

#include "common/base/must.h"

static void put(struct timers *t, size_t place, struct timer *x)
{
	t->heap[place] = x;
	x->place = place;
}

static void rise(struct timers *t, size_t at, struct timer *x)
{
	for (; at > 1 && x->at_ns < t->heap[at / 2]->at_ns; at /= 2)
		put(t, at, t->heap[at / 2]);
	put(t, at, x);
}

static void sink(struct timers *t, size_t at, struct timer *x)
{
	for (size_t child; (child = 2 * at) <= t->n; at = child) {
		if (child < t->n && t->heap[child + 1]->at_ns < t->heap[child]->at_ns)
			child++;
		if (x->at_ns <= t->heap[child]->at_ns)
			break;
		put(t, at, t->heap[child]);
	}
	put(t, at, x);
}

void timers_fini(struct timers *t)
{
	free(t->heap);
}

void timers_set(struct timers *t, struct timer *x, uint64_t at_ns)
{
	timers_clear(t, x);
	x->at_ns = at_ns;
	if (t->n + 1 >= t->cap) {
		t->cap = t->cap ? 2 * t->cap : 64;
		t->heap = realloc(t->heap, t->cap * sizeof(struct timer *));
		must(t->heap);
	}
	rise(t, ++t->n, x);
}

void timers_clear(struct timers *t, struct timer *x)
{
	size_t place = x->place;

	if (!place)
		return;
	x->place = 0;
	struct timer *last = t->heap[t->n--];
	if (last == x)
		return;
	if (place > 1 && last->at_ns < t->heap[place / 2]->at_ns)
		rise(t, place, last);
	else
		sink(t, place, last);
}

struct timer *timers_due(struct timers *t, uint64_t now_ns)
{
	struct timer *x = t->n > 0 ? t->heap[1] : NULL;

	if (!x || x->at_ns > now_ns)
		return NULL;
	timers_clear(t, x);
	return x;
}

uint64_t timers_next_ns(const struct timers *t)
{
	return t->n > 0 ? t->heap[1]->at_ns : UINT64_MAX;
}

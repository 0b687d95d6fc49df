/* common/loop/timer.c: a binary heap of timers that are moved far more often than they fire. */
#include <stdlib.h>

#include "common/base/must.h"
#include "common/loop/inside.h"

static void heap_set(struct timer_heap *h, uint32_t i, struct loop_timer *t)
{
	h->at[i] = t;
	t->at = i;
}

static void sift_up(struct timer_heap *h, struct loop_timer *t)
{
	uint32_t i = t->at;

	for (; i > 1 && h->at[i / 2]->key_ms > t->key_ms; i /= 2)
		heap_set(h, i, h->at[i / 2]);
	heap_set(h, i, t);
}

static void sift_down(struct timer_heap *h, struct loop_timer *t)
{
	uint32_t i = t->at;

	for (uint32_t child; (child = 2 * i) <= h->n; i = child) {
		if (child < h->n && h->at[child + 1]->key_ms < h->at[child]->key_ms)
			child++;
		if (h->at[child]->key_ms >= t->key_ms)
			break;
		heap_set(h, i, h->at[child]);
	}
	heap_set(h, i, t);
}

static void heap_add(struct timer_heap *h, struct loop_timer *t)
{
	if (h->n + 1 >= h->cap) {
		h->cap = h->cap ? 2 * h->cap : 16;
		h->at = mem_resize(h->at, h->cap * sizeof *h->at);
	}
	heap_set(h, ++h->n, t);
	sift_up(h, t);
}

static void heap_del(struct timer_heap *h, struct loop_timer *t)
{
	struct loop_timer *last = h->at[h->n--];

	if (last != t) {
		heap_set(h, t->at, last);
		sift_up(h, last);
		sift_down(h, last);
	}
	t->at = 0;
}

void loop_timer_start(struct loop *l, struct loop_timer *t, uint64_t after_ms, uint32_t repeat_ms, loop_fn *fn, void *arg)
{
	if (!l->running)
		uv_update_time(&l->uv);   /* between runs nobody else does */
	/* Never due in the pass that started it, or timers_run might not end. */
	t->due_ms = loop_now_ms(l) + (after_ms ? after_ms : 1);
	t->repeat_ms = repeat_ms;
	t->fn = fn;
	t->arg = arg;
	if (t->at && t->key_ms <= t->due_ms)
		return;                   /* met too early, it will be put back */
	t->key_ms = t->due_ms;
	if (t->at)
		sift_up(&l->timers, t);
	else
		heap_add(&l->timers, t);
}

void loop_timer_stop(struct loop *l, struct loop_timer *t)
{
	if (t->at)
		heap_del(&l->timers, t);
}

uint64_t timers_first_ms(const struct loop *l)
{
	return l->timers.n ? l->timers.at[1]->key_ms : UINT64_MAX;
}

void timers_run(struct loop *l)
{
	uint64_t now = loop_now_ms(l);

	while (timers_first_ms(l) <= now) {
		struct loop_timer *t = l->timers.at[1];
		bool due = t->due_ms <= now;

		if (due && t->repeat_ms)
			t->due_ms = now + t->repeat_ms;
		if (due && !t->repeat_ms) {
			heap_del(&l->timers, t);
		} else {
			t->key_ms = t->due_ms;
			sift_down(&l->timers, t);
		}
		if (due)
			t->fn(t->arg);
	}
}

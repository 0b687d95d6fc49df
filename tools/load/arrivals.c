#include "tools/load/arrivals.h"

#include <math.h>
#include <stdlib.h>

#include "common/base/must.h"

/* splitmix64 */
static uint64_t roll(struct arrivals *a)
{
	uint64_t z = a->dice += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* -ln(u) of an even u in (0, 1] has mean 1. */
static uint64_t gap_ns(struct arrivals *a)
{
	double u = (double)((roll(a) >> 11) + 1) / 9007199254740992.0;

	return (uint64_t)(-log(u) * a->mean_gap_ns);
}

void arrivals_init(struct arrivals *a, double per_second, uint64_t seed)
{
	*a = (struct arrivals){ .mean_gap_ns = per_second > 0 ? 1e9 / per_second : 0, .dice = seed, .next_ns = UINT64_MAX };
}

void arrivals_begin(struct arrivals *a, uint64_t now_ns)
{
	if (a->mean_gap_ns > 0)
		a->next_ns = now_ns + gap_ns(a);
}

bool arrivals_due(struct arrivals *a, uint64_t now_ns, uint64_t *at_ns)
{
	if (a->next_ns > now_ns)
		return false;
	*at_ns = a->next_ns;
	a->next_ns += gap_ns(a);
	return true;
}

uint64_t arrivals_roll(struct arrivals *a, uint64_t n)
{
	return roll(a) % n;
}

void waiting_add(struct waiting *w, uint64_t at_ns)
{
	if (w->n == w->cap) {
		size_t cap = w->cap ? 2 * w->cap : 64;
		uint64_t *at = malloc(cap * sizeof *at);
		must(at);
		for (size_t i = 0; i < w->n; i++)
			at[i] = w->at_ns[(w->first + i) % w->cap];
		free(w->at_ns);
		*w = (struct waiting){ .at_ns = at, .n = w->n, .cap = cap };
	}
	w->at_ns[(w->first + w->n++) % w->cap] = at_ns;
}

uint64_t waiting_take(struct waiting *w)
{
	must(w->n > 0);
	uint64_t at_ns = w->at_ns[w->first];
	w->first = (w->first + 1) % w->cap;
	w->n--;
	return at_ns;
}

void waiting_fini(struct waiting *w)
{
	free(w->at_ns);
}

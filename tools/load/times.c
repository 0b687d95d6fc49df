#include "tools/load/times.h"

#include <math.h>

/* Below 64 a bucket is one nanosecond; from there each power of two has 64. */
enum { SPLIT_BITS = 6, SPLIT = 1 << SPLIT_BITS, LAST = TIMES_BUCKETS - 1 };

static unsigned bucket_of(uint64_t ns)
{
	if (ns < SPLIT)
		return (unsigned)ns;
	unsigned shift = 63 - (unsigned)__builtin_clzll(ns) - SPLIT_BITS;
	uint64_t bucket = (uint64_t)shift * SPLIT + (ns >> shift);
	return bucket < LAST ? (unsigned)bucket : LAST;
}

uint64_t times_bucket_end_ns(unsigned bucket)
{
	if (bucket < SPLIT)
		return bucket;
	unsigned shift = bucket / SPLIT - 1;
	return ((uint64_t)(SPLIT + bucket % SPLIT + 1) << shift) - 1;
}

void times_add(struct times *t, uint64_t ns)
{
	t->n++;
	t->sum_ns += ns;
	if (ns > t->max_ns)
		t->max_ns = ns;
	t->count[bucket_of(ns)]++;
}

void times_merge(struct times *into, const struct times *from)
{
	into->n += from->n;
	into->sum_ns += from->sum_ns;
	if (from->max_ns > into->max_ns)
		into->max_ns = from->max_ns;
	for (unsigned i = 0; i < TIMES_BUCKETS; i++)
		into->count[i] += from->count[i];
}

void times_since(struct times *into, const struct times *before)
{
	unsigned highest = 0;

	into->n -= before->n;
	into->sum_ns -= before->sum_ns;
	for (unsigned i = 0; i < TIMES_BUCKETS; i++) {
		into->count[i] -= before->count[i];
		if (into->count[i] > 0)
			highest = i;
	}
	if (highest < LAST && times_bucket_end_ns(highest) < into->max_ns)
		into->max_ns = times_bucket_end_ns(highest);
}

uint64_t times_percentile_ns(const struct times *t, double percent)
{
	uint64_t rank = (uint64_t)ceil(percent * (double)t->n / 100), seen = 0;

	if (t->n == 0)
		return 0;
	for (unsigned i = 0; i < LAST; i++) {
		seen += t->count[i];
		if (seen >= rank && seen > 0)
			return times_bucket_end_ns(i) < t->max_ns ? times_bucket_end_ns(i) : t->max_ns;
	}
	return t->max_ns;
}

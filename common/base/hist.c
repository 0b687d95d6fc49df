/* common/base/hist.c: powers of two, each split in four. */
#include "common/base/hist.h"

#include "common/base/must.h"

/* 0..7 each have a bucket of their own; above, the two bits below the highest choose among four. */
static unsigned bucket_of(uint64_t us)
{
	if (us < 4)
		return (unsigned)us;
	unsigned e = 63 - (unsigned)__builtin_clzll(us);
	unsigned b = (e - 1) * 4 + (unsigned)((us >> (e - 2)) & 3);
	return b < HIST_BUCKETS ? b : HIST_BUCKETS - 1;
}

uint64_t hist_bucket_end_us(unsigned bucket)
{
	must(bucket < HIST_BUCKETS);
	if (bucket < 4)
		return bucket;
	return (((uint64_t)(bucket % 4) + 5) << (bucket / 4 - 1)) - 1;
}

static void count_up(uint32_t *count, uint32_t by)
{
	if (__builtin_add_overflow(*count, by, count))
		*count = UINT32_MAX;
}

void hist_add(struct hist *h, uint64_t us)
{
	h->n++;
	h->sum_us += us;
	if (us > h->max_us)
		h->max_us = us;
	count_up(&h->count[bucket_of(us)], 1);
}

uint64_t hist_percentile(const struct hist *h, double percent)
{
	double want = (double)h->n * percent / 100;
	uint64_t seen = 0;

	for (unsigned b = 0; b < HIST_BUCKETS - 1; b++) {
		seen += h->count[b];
		if (seen && (double)seen >= want) {
			uint64_t end = hist_bucket_end_us(b);
			return end < h->max_us ? end : h->max_us;
		}
	}
	return h->max_us;
}

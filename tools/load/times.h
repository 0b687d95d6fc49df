/* tools/load/times.h: how long things took: a fine histogram, fit to live in memory that two processes share.
 *
 * Each power of two of nanoseconds is split in 64, so a percentile is at most 1.6 % too high, and never too low.
 * One process writes; another may read meanwhile and sees some recent state (each count is read whole).
 *
 * Owner: whoever embeds it; zero bytes are a valid empty histogram.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define TIMES_BUCKETS 2368   /* 64 for each of 2^6 ... 2^42 ns, more than an hour; what is longer counts in the last */

struct times {
	uint64_t n, sum_ns, max_ns;
	uint64_t count[TIMES_BUCKETS];
};

void     times_add(struct times *t, uint64_t ns);
void     times_merge(struct times *into, const struct times *from);
/* into -= before: what came since `before` was copied from the same histogram. max_ns is then the end of the highest bucket,
 * if that is lower. Empty: 0. */
void     times_since(struct times *into, const struct times *before);
/* The smallest bucket end that `percent` of all do not exceed; never above max_ns; 0 when empty. */
uint64_t times_percentile_ns(const struct times *t, double percent);
/* The highest that counts in it. */
uint64_t times_bucket_end_ns(unsigned bucket);

/* common/base/hist.h: how long things took: a histogram of microseconds in half a kilobyte.
 *
 * Each power of two is split in four, so a percentile is at most 25 % too high, and never too low.
 *
 * Owner: whoever embeds it; zero-initialised is a valid empty histogram.
 */
#pragma once

#include <stdint.h>

#define HIST_BUCKETS 128   /* up to 2^33 us, more than two hours; what is longer counts in the last */

struct hist {
	uint64_t n, sum_us, max_us;
	uint32_t count[HIST_BUCKETS];   /* saturate */
};

void     hist_add(struct hist *h, uint64_t us);
/* The smallest bucket end that `percent` of all values do not exceed; never above max_us; 0 when empty. */
uint64_t hist_percentile(const struct hist *h, double percent);
uint64_t hist_bucket_end_us(unsigned bucket);              /* the largest value that counts in this bucket */

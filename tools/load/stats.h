/* tools/load/stats.h: how sure a ratio is. Pure; luck comes from a seed.
 *
 * All intervals are made on the logarithm, where a ratio is a difference, and cover 95 %.
 *
 * Several runs on both sides: each run is one observation, so whatever differs from run to run is in the interval.
 * Welch's t: no equal variances, no equal numbers of runs are assumed. The ratio is of geometric means. Runs that were played
 * in turn are taken in pairs instead: what fell on both of a pair does not widen the interval.
 *
 * One run on either side: what one run can tell, which is less, because whatever differs from run to run is not in it.
 * Rates and costs by batch means: the timeline is cut in 5 to 10 batches, long enough to be nearly independent of each
 * other, and Welch's t over these. Percentiles by bootstrap: the k-th of n draws from a histogram is the histogram's value
 * at a draw from Beta(k, n + 1 - k), so 4,000 resamples of any n cost 4,000 draws; the interval is widened by what a bucket
 * is wide. It takes operations as independent; after a stall they are not, and the truth is wider.
 *
 * Too little data: no interval. That is fewer than two runs where only runs can tell (memory), fewer than 10 intervals of
 * a timeline, or fewer than 10 operations beyond the percentile.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ratio { double is, low, high; bool sure; };   /* b to a; sure false: low and high mean nothing */

/* Of positive values; n of 1 gives no interval, 0 or what is not positive gives .is 0. */
struct ratio stats_ratio(const double *a, size_t n_a, const double *b, size_t n_b);
struct ratio stats_ratio_paired(const double *a, const double *b, size_t n);

/* A timeline's sums per interval in at most 10 equal batches: sum(of) / sum(per), where per NULL counts intervals.
 * Returns how many, 0 if there are fewer than 10 intervals or a batch has nothing. */
enum { STATS_BATCHES_MAX = 10 };
size_t stats_batches(const double *of, const double *per, size_t n, double out[STATS_BATCHES_MAX]);

struct bucket { double upper, count; };
struct histogram { struct bucket *bucket; size_t n; };   /* ascending */

double       stats_percentile(struct histogram h, double percent);
struct ratio stats_percentile_ratio(struct histogram a, struct histogram b, double percent, uint64_t seed);

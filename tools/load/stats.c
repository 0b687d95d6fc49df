#include "tools/load/stats.h"

#include <math.h>
#include <stdlib.h>

#include "common/base/must.h"

enum { RESAMPLES = 4000, BEYOND_LEAST = 10, INTERVALS_LEAST = 10 };

/* Of logarithms. */
struct moments { double mean, variance_of_mean; size_t n; };

static bool moments_of(const double *v, size_t n, struct moments *m)
{
	double sum = 0, squares = 0;

	for (size_t i = 0; i < n; i++)
		if (v[i] <= 0)
			return false;
	for (size_t i = 0; i < n; i++)
		sum += log(v[i]);
	for (size_t i = 0; i < n; i++)
		squares += pow(log(v[i]) - sum / (double)n, 2);
	*m = (struct moments){ sum / (double)n, n > 1 ? squares / (double)(n - 1) / (double)n : 0, n };
	return n > 0;
}

/* Student's t that 97.5 % do not exceed. Exact where tables are, between them linear in 1/freedom. */
static double t_975(double freedom)
{
	static const struct { double freedom, t; } row[] = {
		{ 1, 12.7062 }, { 2, 4.3027 }, { 3, 3.1824 }, { 4, 2.7764 }, { 5, 2.5706 }, { 6, 2.4469 }, { 7, 2.3646 }, { 8, 2.3060 },
		{ 9, 2.2622 }, { 10, 2.2281 }, { 12, 2.1788 }, { 15, 2.1314 }, { 20, 2.0860 }, { 30, 2.0423 }, { 60, 2.0003 }, { 1e9, 1.9600 },
	};
	size_t i = 1;

	if (freedom <= 1)
		return row[0].t;
	while (i + 1 < sizeof row / sizeof *row && row[i].freedom < freedom)
		i++;
	double part = (1 / row[i - 1].freedom - 1 / freedom) / (1 / row[i - 1].freedom - 1 / row[i].freedom);
	return row[i - 1].t + part * (row[i].t - row[i - 1].t);
}

struct ratio stats_ratio(const double *a, size_t n_a, const double *b, size_t n_b)
{
	struct moments ma, mb;

	if (!moments_of(a, n_a, &ma) || !moments_of(b, n_b, &mb))
		return (struct ratio){ 0 };
	struct ratio r = { .is = exp(mb.mean - ma.mean), .sure = n_a > 1 && n_b > 1 };
	if (r.sure) {
		double variance = ma.variance_of_mean + mb.variance_of_mean;
		double freedom = pow(ma.variance_of_mean, 2) / (double)(n_a - 1) + pow(mb.variance_of_mean, 2) / (double)(n_b - 1);
		/* Welch and Satterthwaite; runs that agree to the last digit have no spread to divide by. */
		double t = t_975(freedom > 0 ? variance * variance / freedom : 1);
		r.low = r.is * exp(-t * sqrt(variance));
		r.high = r.is * exp(t * sqrt(variance));
	}
	return r;
}

struct ratio stats_ratio_paired(const double *a, const double *b, size_t n)
{
	double *each = mem_new(n * sizeof *each);
	struct moments m;
	struct ratio r = { 0 };

	for (size_t i = 0; i < n; i++)
		each[i] = a[i] > 0 ? b[i] / a[i] : 0;
	if (moments_of(each, n, &m)) {
		double half = n > 1 ? t_975((double)n - 1) * sqrt(m.variance_of_mean) : 0;
		r = (struct ratio){ .is = exp(m.mean), .low = exp(m.mean - half), .high = exp(m.mean + half), .sure = n > 1 };
	}
	free(each);
	return r;
}

size_t stats_batches(const double *of, const double *per, size_t n, double out[STATS_BATCHES_MAX])
{
	size_t batches = n / 2 < STATS_BATCHES_MAX ? n / 2 : STATS_BATCHES_MAX;

	if (n < INTERVALS_LEAST)
		return 0;
	for (size_t i = 0; i < batches; i++) {
		double sum = 0, base = 0;

		for (size_t k = i * (n / batches); k < (i + 1) * (n / batches); k++) {
			sum += of[k];
			base += per ? per[k] : 1;
		}
		if (sum <= 0 || base <= 0)
			return 0;
		out[i] = sum / base;
	}
	return batches;
}

static double histogram_total(struct histogram h)
{
	double n = 0;

	for (size_t i = 0; i < h.n; i++)
		n += h.bucket[i].count;
	return n;
}

/* The end of the bucket that holds the rank-th. */
static double histogram_at(struct histogram h, double rank)
{
	double seen = 0;

	for (size_t i = 0; i < h.n; i++) {
		seen += h.bucket[i].count;
		if (seen >= rank && seen > 0)
			return h.bucket[i].upper;
	}
	return h.n ? h.bucket[h.n - 1].upper : 0;
}

double stats_percentile(struct histogram h, double percent)
{
	return histogram_at(h, ceil(percent * histogram_total(h) / 100));
}

/* xorshift64*: evenly in (0, 1]. */
static double roll(uint64_t *dice)
{
	*dice ^= *dice >> 12;
	*dice ^= *dice << 25;
	*dice ^= *dice >> 27;
	return ((double)(*dice * 2685821657736338717u >> 11) + 1) / 9007199254740992.0;
}

static double roll_normal(uint64_t *dice)
{
	double u = roll(dice);

	return sqrt(-2 * log(u)) * cos(2 * M_PI * roll(dice));
}

/* Marsaglia and Tsang 2000; shape >= 1. */
static double roll_gamma(uint64_t *dice, double shape)
{
	double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);

	for (;;) {
		double x = roll_normal(dice), v = pow(1 + c * x, 3);

		if (v > 0 && log(roll(dice)) < x * x / 2 + d - d * v + d * log(v))
			return d * v;
	}
}

/* The percentile of one resample. */
static double resample(struct histogram h, double n, double percent, uint64_t *dice)
{
	double k = ceil(percent * n / 100);
	double below = roll_gamma(dice, k > 1 ? k : 1), above = roll_gamma(dice, n + 1 - k > 1 ? n + 1 - k : 1);

	return histogram_at(h, ceil(below / (below + above) * n));
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct ratio stats_percentile_ratio(struct histogram a, struct histogram b, double percent, uint64_t seed)
{
	double n_a = histogram_total(a), n_b = histogram_total(b), at_a = stats_percentile(a, percent), at_b = stats_percentile(b, percent);
	double beyond = (100 - percent) / 100 * (n_a < n_b ? n_a : n_b);

	if (at_a <= 0 || at_b <= 0)
		return (struct ratio){ 0 };
	struct ratio r = { .is = at_b / at_a, .sure = beyond >= BEYOND_LEAST - 1e-6 };
	if (!r.sure)
		return r;
	double *ratios = mem_new(RESAMPLES * sizeof *ratios);
	uint64_t dice = seed * 2 + 1;
	for (int i = 0; i < RESAMPLES; i++) {
		double from = resample(a, n_a, percent, &dice);
		ratios[i] = resample(b, n_b, percent, &dice) / (from > 0 ? from : at_a);
	}
	qsort(ratios, RESAMPLES, sizeof *ratios, by_value);
	double bucket = 1 + 1.0 / 64;   /* times.h */
	r.low = ratios[RESAMPLES / 40] / bucket;
	r.high = ratios[RESAMPLES - 1 - RESAMPLES / 40] * bucket;
	free(ratios);
	return r;
}

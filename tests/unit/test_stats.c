/* tests/unit/test_stats.c: intervals that hold the truth about as often as they say. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tools/load/stats.h"

static double roll(uint64_t *dice)
{
	*dice = *dice * 6364136223846793005u + 1442695040888963407u;
	return (double)(*dice >> 11) / 9007199254740992.0;
}

/* Nearly normal: a sum of twelve. */
static double roll_normal(uint64_t *dice)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += roll(dice);
	return sum;
}

/* By hand: logarithms 0 and 0.2, 1 and 1.4; each mean has variance 0.01 and 0.04; 2.5^2 / ... freedom 1.47. */
static void ratio_of_known_numbers(void **state)
{
	double a[] = { exp(0), exp(0.2) }, b[] = { exp(1), exp(1.4) };
	struct ratio r = stats_ratio(a, 2, b, 2);

	(void)state;
	assert_true(r.sure);
	assert_true(fabs(log(r.is) - 1.1) < 1e-9);
	assert_true(fabs(log(r.high) - 1.1 - (1.1 - log(r.low))) < 1e-9);
	double t = (log(r.high) - 1.1) / sqrt(0.05);
	assert_true(t > 6.0 && t < 9.0);             /* between t of 2 and of 1 degrees, nearer to 2 in 1/freedom */
}

static void too_little(void **state)
{
	double one[] = { 1 }, two[] = { 2, 2 }, zero[] = { 0, 1 };

	(void)state;
	assert_false(stats_ratio(one, 1, two, 2).sure);
	assert_true(stats_ratio(one, 1, two, 2).is == 2);
	assert_true(stats_ratio(one, 0, two, 2).is == 0);
	assert_true(stats_ratio(zero, 2, two, 2).is == 0);
	struct ratio same = stats_ratio(two, 2, two, 2);
	assert_true(same.sure && same.is == 1 && same.low == 1 && same.high == 1);
}

/* Runs of two servers of which one is 1.3 times as fast, of 3 and 5 runs, with unlike spreads: 95 % hold it. */
static void runs_cover(void **state)
{
	enum { TRIES = 4000 };
	uint64_t dice = 7;
	int held = 0;

	(void)state;
	for (int i = 0; i < TRIES; i++) {
		double a[5], b[3];

		for (int k = 0; k < 5; k++)
			a[k] = 100 * exp(0.05 * roll_normal(&dice));
		for (int k = 0; k < 3; k++)
			b[k] = 130 * exp(0.1 * roll_normal(&dice));
		struct ratio r = stats_ratio(a, 5, b, 3);
		held += r.low <= 1.3 && r.high >= 1.3;
	}
	if (held < 0.93 * TRIES || held > 0.98 * TRIES)
		fail_msg("%d of %d", held, TRIES);
}

static struct histogram histogram_drawn(uint64_t *dice, double scale, size_t n)
{
	struct histogram h = { .bucket = calloc(400, sizeof *h.bucket), .n = 400 };

	for (size_t i = 0; i < h.n; i++)
		h.bucket[i].upper = scale * exp((double)i / 64 * log(2));
	for (size_t i = 0; i < n; i++) {
		double at = 200 + 40 * roll_normal(dice);
		h.bucket[at < 0 ? 0 : at > 399 ? 399 : (size_t)at].count++;
	}
	return h;
}

static void percentiles_cover(void **state)
{
	enum { TRIES = 150 };
	static const double percents[] = { 50, 99 };

	(void)state;
	for (size_t p = 0; p < 2; p++) {
		uint64_t dice = 11;
		int held = 0, blind = 0;

		for (int i = 0; i < TRIES; i++) {
			struct histogram a = histogram_drawn(&dice, 10, 2000), b = histogram_drawn(&dice, 12, 3000);
			struct ratio r = stats_percentile_ratio(a, b, percents[p], (uint64_t)i);

			assert_true(r.sure);
			held += r.low <= 1.2 && r.high >= 1.2;
			blind += r.low <= 0.9 || r.high >= 1.6;
			free(a.bucket);
			free(b.bucket);
		}
		if (held < 0.93 * TRIES || blind > 0)
			fail_msg("p%g: %d of %d, %d too wide", percents[p], held, TRIES, blind);
	}
}

static void percentile_needs_a_tail(void **state)
{
	uint64_t dice = 3;
	struct histogram a = histogram_drawn(&dice, 1, 1000), none = { 0 };

	(void)state;
	assert_true(stats_percentile_ratio(a, a, 99, 1).sure);
	assert_false(stats_percentile_ratio(a, a, 99.9, 1).sure);
	assert_true(stats_percentile_ratio(a, a, 99.9, 1).is == 1);
	assert_true(stats_percentile_ratio(a, none, 50, 1).is == 0);
	struct ratio r = stats_percentile_ratio(a, a, 50, 1), again = stats_percentile_ratio(a, a, 50, 1);
	assert_true(r.low == again.low && r.high == again.high && r.low < 1 && r.high > 1);
	free(a.bucket);
}

static void batches(void **state)
{
	double n[25], cost[25], out[STATS_BATCHES_MAX];

	(void)state;
	for (int i = 0; i < 25; i++) {
		n[i] = i + 1;
		cost[i] = 3 * n[i];
	}
	assert_int_equal(stats_batches(n, NULL, 9, out), 0);
	assert_int_equal(stats_batches(n, NULL, 10, out), 5);
	assert_true(out[0] == 1.5 && out[4] == 9.5);
	assert_int_equal(stats_batches(n, NULL, 25, out), 10);   /* two each; the last five are left over */
	assert_true(out[9] == 19.5);
	assert_int_equal(stats_batches(cost, n, 25, out), 10);
	assert_true(out[0] == 3 && out[9] == 3);
	n[3] = n[2] = 0;
	assert_int_equal(stats_batches(cost, n, 25, out), 0);
}

/* Checked by hand: ln 2 and ln 8 have mean ln 4, deviation 0.980, and 12.706 * 0.980 / sqrt 2 = 8.807. */
static void paired_runs_have_students_interval(void **state)
{
	static const struct { double ours[3], theirs[3]; size_t n; double low, high; } row[] = {
		{ { 2, 8 }, { 1, 1 }, 2, 4 * 0.00014966, 4 / 0.00014966 },
		{ { 3, 30, 300 }, { 1, 10, 100 }, 3, 3, 3 },           /* what falls on both does not widen it */
		{ { 1, 10, 100 }, { 3, 30, 300 }, 3, 1 / 3.0, 1 / 3.0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct ratio r = stats_ratio_paired(row[i].theirs, row[i].ours, row[i].n);
		if (!r.sure || fabs(r.low / row[i].low - 1) > 0.001 || fabs(r.high / row[i].high - 1) > 0.001)
			fail_msg("row %zu: %g to %g", i, r.low, r.high);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ratio_of_known_numbers), cmocka_unit_test(paired_runs_have_students_interval), cmocka_unit_test(too_little), cmocka_unit_test(runs_cover),
		cmocka_unit_test(percentiles_cover), cmocka_unit_test(percentile_needs_a_tail), cmocka_unit_test(batches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

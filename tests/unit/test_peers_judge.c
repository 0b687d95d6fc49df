/* tests/unit/test_peers_judge.c: medians and intervals; what becomes of whole comparisons is in tests/bench/test_peers.py. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tools/load/peers_judge.h"

static void the_median_is_in_the_middle(void **state)
{
	static const struct { double values[4]; size_t n; double median; } row[] = {
		{ { 7 }, 1, 7 }, { { 1, 2 }, 2, 1.5 }, { { 9, 1, 5 }, 3, 5 }, { { 4, 1, 3, 2 }, 4, 2.5 }, { { 2, 2, 2 }, 3, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		double values[4];
		for (size_t j = 0; j < 4; j++)
			values[j] = row[i].values[j];
		if (peers_median(values, row[i].n) != row[i].median)
			fail_msg("row %zu", i);
	}
}

/* Checked by hand: ln 2 and ln 8 have mean ln 4, deviation 0.980, and 12.706 * 0.980 / sqrt 2 = 8.807. */
static void the_interval_is_students(void **state)
{
	static const struct { double ours[3], theirs[3]; size_t n; double low, high; } row[] = {
		{ { 2, 8 }, { 1, 1 }, 2, 4 * 0.00014966, 4 / 0.00014966 },
		{ { 3, 30, 300 }, { 1, 10, 100 }, 3, 3, 3 },           /* what falls on both does not widen it */
		{ { 1, 10, 100 }, { 3, 30, 300 }, 3, 1 / 3.0, 1 / 3.0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		double low, high;
		peers_interval(row[i].ours, row[i].theirs, row[i].n, &low, &high);
		if (fabs(low / row[i].low - 1) > 0.001 || fabs(high / row[i].high - 1) > 0.001)
			fail_msg("row %zu: %g to %g", i, low, high);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_median_is_in_the_middle), cmocka_unit_test(the_interval_is_students) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

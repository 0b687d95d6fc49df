/* tests/unit/test_peers_judge.c: medians; what becomes of whole comparisons is in tests/bench/test_peers.py. */
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

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_median_is_in_the_middle) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/unit/test_hist.c: buckets meet without gaps, percentiles are never too low. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/base/hist.h"

static void buckets_ascend_and_meet(void **state)
{
	(void)state;
	for (unsigned b = 1; b < HIST_BUCKETS; b++) {
		struct hist h = { 0 };
		uint64_t first = hist_bucket_end_us(b - 1) + 1, last = hist_bucket_end_us(b);

		assert_true(first <= last);
		hist_add(&h, first);
		hist_add(&h, last);
		assert_int_equal(h.count[b], 2);
	}
}

static void percentiles(void **state)
{
	static const struct { uint64_t from, to; double percent; uint64_t least, most; } row[] = {
		{ 1, 0, 50, 0, 0 },                   /* empty */
		{ 7, 7, 50, 7, 7 },
		{ 7, 7, 0, 7, 7 },
		{ 1, 1000, 50, 500, 625 },
		{ 1, 1000, 99, 990, 1000 },
		{ 1, 1000, 100, 1000, 1000 },
		{ 1ull << 40, 1ull << 40, 50, 1ull << 40, 1ull << 40 },   /* beyond the last bucket */
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct hist h = { 0 };
		for (uint64_t v = row[i].from; v <= row[i].to; v++)
			hist_add(&h, v);
		uint64_t got = hist_percentile(&h, row[i].percent);
		if (got < row[i].least || got > row[i].most)
			fail_msg("row %zu: %llu", i, (unsigned long long)got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_ascend_and_meet),
		cmocka_unit_test(percentiles),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

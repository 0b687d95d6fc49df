/* tests/unit/test_times.c: the histogram against what exact sorting says. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tools/load/times.h"

enum { VALUES = 20000 };

static const double percents[] = { 0, 1, 50, 90, 99, 99.9, 99.99, 100 };

/* From nanoseconds to an hour, about as many of each length. */
static uint64_t roll(uint64_t *dice)
{
	*dice = *dice * 6364136223846793005u + 1442695040888963407u;
	uint64_t bits = *dice >> 20;
	return bits & ((UINT64_C(1) << (*dice >> 58) % 42) - 1);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void check(const struct times *t, uint64_t *ns, size_t n)
{
	qsort(ns, n, sizeof *ns, by_value);
	assert_int_equal(t->n, n);
	for (size_t i = 0; i < sizeof percents / sizeof *percents; i++) {
		size_t rank = (size_t)ceil(percents[i] * (double)n / 100);
		uint64_t exact = ns[rank > 0 ? rank - 1 : 0], told = times_percentile_ns(t, percents[i]);

		if (told < exact || told - exact > exact / 64)
			fail_msg("n=%zu p%g: %llu is told as %llu", n, percents[i], (unsigned long long)exact, (unsigned long long)told);
	}
}

static void percentiles(void **state)
{
	static const size_t sizes[] = { 1, 2, 3, 99, 1000, VALUES };
	uint64_t *ns = calloc(VALUES, sizeof *ns), dice = 1;

	(void)state;
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		struct times t = { 0 };

		for (size_t i = 0; i < sizes[s]; i++)
			times_add(&t, ns[i] = roll(&dice));
		check(&t, ns, sizes[s]);
		assert_int_equal(t.max_ns, ns[sizes[s] - 1]);
		assert_int_equal(times_percentile_ns(&t, 100), t.max_ns);
	}
	free(ns);
}

static void merged_is_all_of_both(void **state)
{
	uint64_t *ns = calloc(VALUES, sizeof *ns), dice = 2;
	struct times a = { 0 }, b = { 0 };

	(void)state;
	for (size_t i = 0; i < VALUES; i++)
		times_add(i % 3 ? &a : &b, ns[i] = roll(&dice));
	times_merge(&a, &b);
	check(&a, ns, VALUES);
	assert_int_equal(a.max_ns, ns[VALUES - 1]);
	free(ns);
}

static void since_is_what_came_later(void **state)
{
	uint64_t *ns = calloc(VALUES, sizeof *ns), dice = 3, sum = 0;
	struct times t = { 0 };

	(void)state;
	for (size_t i = 0; i < VALUES; i++)
		times_add(&t, roll(&dice));
	struct times before = t;
	for (size_t i = 0; i < VALUES; i++) {
		times_add(&t, ns[i] = 1000 + roll(&dice) % 1000000);
		sum += ns[i];
	}
	times_since(&t, &before);
	check(&t, ns, VALUES);
	assert_int_equal(t.sum_ns, sum);
	assert_true(t.max_ns >= ns[VALUES - 1] && t.max_ns <= ns[VALUES - 1] + ns[VALUES - 1] / 64);

	before = t;
	times_since(&t, &before);
	assert_int_equal(t.n, 0);
	assert_int_equal(t.max_ns, 0);
	assert_int_equal(times_percentile_ns(&t, 50), 0);
	free(ns);
}

static void buckets_meet(void **state)
{
	(void)state;
	for (unsigned i = 0; i < TIMES_BUCKETS; i++) {
		uint64_t end = times_bucket_end_ns(i);
		struct times t = { 0 };

		times_add(&t, end);
		assert_int_equal(t.count[i], 1);
		times_add(&t, end + 1);
		assert_int_equal(t.count[i], i + 1 < TIMES_BUCKETS ? 1 : 2);
	}
	assert_int_equal(times_bucket_end_ns(TIMES_BUCKETS - 1), (UINT64_C(1) << 42) - 1);
}

/* Longer than the last bucket: only its length is lost, and not even that of the longest. */
static void too_long(void **state)
{
	struct times t = { 0 };

	(void)state;
	times_add(&t, UINT64_C(1) << 50);
	assert_int_equal(times_percentile_ns(&t, 50), UINT64_C(1) << 50);
}

/* 99.9 % of 1000 is the 999th, whatever 99.9 is in binary. */
static void ranks_are_exact(void **state)
{
	struct times t = { 0 };

	(void)state;
	for (unsigned i = 0; i < 999; i++)
		times_add(&t, 1);
	times_add(&t, 60);
	assert_int_equal(times_percentile_ns(&t, 99.9), 1);
	assert_int_equal(times_percentile_ns(&t, 99.91), 60);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(percentiles),
		cmocka_unit_test(merged_is_all_of_both),
		cmocka_unit_test(since_is_what_came_later),
		cmocka_unit_test(buckets_meet),
		cmocka_unit_test(too_long),
		cmocka_unit_test(ranks_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

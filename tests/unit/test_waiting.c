/* tests/unit/test_waiting.c: timers wake in order; arrivals come at their rate, the same in every run; lines are first in, first out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tools/load/arrivals.h"
#include "tools/load/timers.h"

enum { TIMERS = 500 };

static void timers_wake_in_order(void **state)
{
	struct timer at[TIMERS] = { 0 }, *x;
	struct timers t = { 0 };
	uint64_t dice = 1, last = 0;
	int woken = 0;

	(void)state;
	for (int round = 0; round < 4; round++)
		for (int i = 0; i < TIMERS; i++) {
			dice = dice * 6364136223846793005u + 1442695040888963407u;
			if (dice >> 62 == 0)
				timers_clear(&t, &at[i]);
			else
				timers_set(&t, &at[i], dice >> 40);   /* again: only the last time counts */
		}
	size_t set = t.n;
	assert_null(timers_due(&t, 0));
	assert_true(timers_next_ns(&t) < UINT64_MAX);
	for (; (x = timers_due(&t, UINT64_MAX)) != NULL; woken++) {
		assert_true(x->at_ns >= last && x->place == 0);
		last = x->at_ns;
	}
	assert_int_equal(woken, set);
	assert_true(timers_next_ns(&t) == UINT64_MAX);
	timers_fini(&t);
}

static void arrivals_come_at_their_rate(void **state)
{
	struct arrivals a, b;
	uint64_t at, again, n = 0;

	(void)state;
	arrivals_init(&a, 1000, 7);
	arrivals_init(&b, 1000, 7);
	assert_false(arrivals_due(&a, UINT64_MAX - 1, &at));         /* not begun */
	arrivals_begin(&a, 0);
	arrivals_begin(&b, 0);
	for (; arrivals_due(&a, 100000000000u, &at); n++) {
		assert_true(arrivals_due(&b, 100000000000u, &again));
		assert_int_equal(at, again);
	}
	assert_in_range(n, 98000, 102000);                           /* 100 s of 1,000/s; three sigma are 950 */
	arrivals_init(&a, 0, 7);
	arrivals_begin(&a, 0);
	assert_false(arrivals_due(&a, UINT64_MAX - 1, &at));
}

static void lines_keep_their_order(void **state)
{
	struct waiting w = { 0 };
	uint64_t in = 0, out = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		for (int k = 0; k < i % 7; k++)
			waiting_add(&w, in++);
		for (int k = 0; k < i % 5 && w.n > 0; k++)
			assert_int_equal(waiting_take(&w), out++);
	}
	while (w.n > 0)
		assert_int_equal(waiting_take(&w), out++);
	assert_int_equal(in, out);
	waiting_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_wake_in_order), cmocka_unit_test(arrivals_come_at_their_rate), cmocka_unit_test(lines_keep_their_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

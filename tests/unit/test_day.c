/* tests/unit/test_day.c: a day has as many events as it should, most of them when people are awake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/load/day.h"
#include "tools/load/dice.h"

static const uint64_t second = 1000000000u;

static void events(void **state)
{
	enum { DAYS = 50, TIMES = 200 };
	const struct day d = { .begin_ns = 5 * second, .seconds = 48 };          /* an hour is two seconds */
	struct dice dice = { 1 };
	unsigned n = 0, morning = 0, night = 0;
	uint64_t at = d.begin_ns;

	(void)state;
	while ((at = day_next_ns(&d, at, TIMES, (uint32_t)dice_roll(&dice))) < d.begin_ns + DAYS * 48 * second) {
		uint64_t hour = (8 + (at - d.begin_ns) / second / 2) % 24;
		n++;
		morning += hour == 9;
		night += hour == 3;
	}
	assert_in_range(n, DAYS * TIMES * 95 / 100, DAYS * TIMES * 105 / 100);
	assert_in_range(morning, n * 215 / 2400 * 85 / 100, n * 215 / 2400 * 115 / 100);
	assert_in_range(night, 0, n * 5 / 2400 * 2);
}

static void hours(void **state)
{
	const struct day d = { .begin_ns = 0, .seconds = 86400 };

	(void)state;
	assert_true(day_busy(&d, 0) == 1.9 && day_busy(&d, 3599 * second) == 1.9 && day_busy(&d, 3601 * second) == 2.15);
	assert_true(day_busy(&d, (uint64_t)16 * 3600 * second) == 0.15);         /* midnight */
	assert_true(day_busy(&d, (uint64_t)24 * 3600 * second) == 1.9);
	assert_true(day_ns(&d, 60) == 60 * second);
	assert_true(day_next_ns(&d, 7, 1e9, UINT32_MAX) == 7);                   /* at once */
	assert_true(day_next_ns(&d, 0, 1, 0) > (uint64_t)20 * 86400 * second);   /* the longest gap there is */
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(events), cmocka_unit_test(hours) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/unit/test_show.c: numbers and words as people read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tools/load/show.h"

static void check(size_t row, const struct buf *b, const char *expected)
{
	if (!str_eq(buf_str(b), str_of(expected)))
		fail_msg("row %zu: \"%.*s\" instead of \"%s\"", row, STR_ARG(buf_str(b)), expected);
}

static void numbers(void **state)
{
	static const struct { enum unit unit; double n; const char *number, *tick; } rows[] = {
		{ UNIT_COUNT,      0,          "0",           "0" },
		{ UNIT_COUNT,      7,          "7",           "7" },
		{ UNIT_COUNT,      999.6,      "1,000",       "999.6" },
		{ UNIT_COUNT,      1234567,    "1,234,567",   "1.235M" },
		{ UNIT_COUNT,      20000,      "20,000",      "20k" },
		{ UNIT_NONE,       0.12345,    "0.123",       "0.1235" },
		{ UNIT_NONE,       1e18,       "1,000,000,000,000,000,000", "1e+09G" },
		{ UNIT_PER_SECOND, 98.76,      "98.8/s",      "98.76" },
		{ UNIT_US,         0,          "0 us",        "0 us" },
		{ UNIT_US,         0.064,      "0.064 us",    "0.064 us" },
		{ UNIT_US,         1.5,        "1.50 us",     "1.5 us" },
		{ UNIT_US,         999.7,      "1.00 ms",     "999.7 us" },
		{ UNIT_US,         12345,      "12.3 ms",     "12.35 ms" },
		{ UNIT_US,         5e6,        "5.00 s",      "5 s" },
		{ UNIT_SECONDS,    10,         "10 s",        "10 s" },
		{ UNIT_SECONDS,    2.5,        "2.50 s",      "2.5 s" },
		{ UNIT_BYTES,      1023,       "1023 B",      "1023 B" },
		{ UNIT_BYTES,      1024,       "1.00 KiB",    "1 KiB" },
		{ UNIT_BYTES,      52428800,   "50.0 MiB",    "50 MiB" },
		{ UNIT_PERCENTILE, 99.9,       "99.9 %",      "99.9%" },
		{ UNIT_CORES,      0.5,        "0.500",       "0.5" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf b = { 0 };

		show_number(&b, rows[i].unit, rows[i].n);
		check(i, &b, rows[i].number);
		buf_reset(&b);
		show_tick(&b, rows[i].unit, rows[i].n);
		check(i, &b, rows[i].tick);
		buf_fini(&b);
	}
}

static void words(void **state)
{
	static const struct { const char *in, *text, *escaped; } rows[] = {
		{ "a b",                "a b",             "a b" },
		{ "<b>&\"'",            "<b>&\"'",         "&#60;b&#62;&#38;&#34;&#39;" },
		{ "a\x1b[31m\r\n\x7f",  "a.[31m...",       "a.[31m..." },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "\xc2\x9b" "31m",     ".31m",            ".31m" },   /* CSI as one character */
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf b = { 0 };

		show_text(&b, str_of(rows[i].in));
		check(i, &b, rows[i].text);
		buf_reset(&b);
		show_escaped(&b, str_of(rows[i].in));
		check(i, &b, rows[i].escaped);
		buf_fini(&b);
	}
}

static void columns(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_add(&b, S("|\xc3\xbc" "b"));
	show_column_right(&b, 1, 4);
	check(0, &b, "|  \xc3\xbc" "b ");
	size_t from = b.n;
	buf_add(&b, S("left"));
	show_column_left(&b, from, 6);
	check(1, &b, "|  \xc3\xbc" "b left   ");
	from = b.n;
	buf_add(&b, S("too long"));
	show_column_right(&b, from, 2);
	check(2, &b, "|  \xc3\xbc" "b left   too long ");
	buf_fini(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(numbers), cmocka_unit_test(words), cmocka_unit_test(columns) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

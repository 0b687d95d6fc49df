/* tests/unit/test_date.c: dates of IMAP and of headers. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/mail/date.h"

static void date_times(void **state)
{
	static const struct { const char *in; bool ok; int64_t utc_s; const char *out; } row[] = {
		{ "17-Jul-1996 02:44:25 -0700", true, 837596665, "17-Jul-1996 09:44:25 +0000" },
		{ " 1-Jan-1970 00:00:00 +0000", true, 0, " 1-Jan-1970 00:00:00 +0000" },
		{ "01-jan-1970 00:00:00 +0000", true, 0, " 1-Jan-1970 00:00:00 +0000" },
		{ "31-Dec-1969 23:59:59 +0000", true, -1, "31-Dec-1969 23:59:59 +0000" },
		{ "29-Feb-2000 12:00:00 +0530", true, 951805800, "29-Feb-2000 06:30:00 +0000" },
		{ "31-Dec-2016 23:59:60 +0000", true, 1483228800, " 1-Jan-2017 00:00:00 +0000" },
		{ "01-Jan-0001 00:00:00 +0000", true, -62135596800, " 1-Jan-0001 00:00:00 +0000" },
		{ "31-Dec-9999 23:59:59 +0000", true, 253402300799, "31-Dec-9999 23:59:59 +0000" },
		{ "1-Jan-1970 00:00:00 +0000", false, 0, NULL },         /* date-day-fixed */
		{ " 17-Jul-1996 02:44:25 -0700", false, 0, NULL },
		{ "29-Feb-1900 00:00:00 +0000", false, 0, NULL },
		{ "31-Apr-2020 00:00:00 +0000", false, 0, NULL },
		{ "00-Apr-2020 00:00:00 +0000", false, 0, NULL },
		{ "17-Foo-1996 02:44:25 -0700", false, 0, NULL },
		{ "17-July-1996 02:44:25 -0700", false, 0, NULL },
		{ "17-Jul-96 02:44:25 -0700", false, 0, NULL },
		{ "17-Jul-1996 24:00:00 -0700", false, 0, NULL },
		{ "17-Jul-1996 02:60:00 -0700", false, 0, NULL },
		{ "17-Jul-1996 2:44:25 -0700", false, 0, NULL },
		{ "17-Jul-1996 02:44:25", false, 0, NULL },
		{ "17-Jul-1996 02:44:25 PDT", false, 0, NULL },
		{ "17-Jul-1996 02:44:25 -0770", false, 0, NULL },
		{ "17-Jul-1996 02:44:25 -07000", false, 0, NULL },
		{ "17-Jul-1996 02:44:25 -0700 ", false, 0, NULL },
		{ "", false, 0, NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		int64_t utc_s = 77;
		struct buf out = { 0 };
		bool ok = date_time_parse(str_of(row[i].in), &utc_s);
		if (ok != row[i].ok || utc_s != (ok ? row[i].utc_s : 77))
			fail_msg("row %zu: %s: %lld", i, row[i].in, (long long)utc_s);
		if (ok) {
			date_time_print(&out, utc_s);
			if (!str_eq(buf_str(&out), str_of(row[i].out)))
				fail_msg("row %zu: printed %.*s", i, STR_ARG(buf_str(&out)));
		}
		buf_fini(&out);
	}
}

static void days(void **state)
{
	static const struct { const char *in; bool ok; int32_t day; const char *out; } row[] = {
		{ "1-Feb-1994", true, 8797, "1-Feb-1994" },
		{ "01-FEB-1994", true, 8797, "1-Feb-1994" },
		{ "1-Jan-1970", true, 0, "1-Jan-1970" },
		{ "31-Dec-1969", true, -1, "31-Dec-1969" },
		{ "29-Feb-2024", true, 19782, "29-Feb-2024" },
		{ "1-Jan-0000", true, -719528, "1-Jan-0000" },
		{ " 1-Feb-1994", false, 0, NULL },
		{ "001-Feb-1994", false, 0, NULL },
		{ "29-Feb-2023", false, 0, NULL },
		{ "1-Feb-94", false, 0, NULL },
		{ "1-Feb-19940", false, 0, NULL },
		{ "1-Feb", false, 0, NULL },
		{ "-Feb-1994", false, 0, NULL },
		{ "\"1-Feb-1994\"", false, 0, NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		int32_t day = 77;
		struct buf out = { 0 };
		bool ok = date_day_parse(str_of(row[i].in), &day);
		if (ok != row[i].ok || day != (ok ? row[i].day : 77))
			fail_msg("row %zu: %s: %d", i, row[i].in, day);
		if (ok) {
			date_day_print(&out, day);
			assert_true(str_eq(buf_str(&out), str_of(row[i].out)));
		}
		buf_fini(&out);
	}
}

/* Every day of ten thousand years, there and back; each one more than the day before. */
static void every_day(void **state)
{
	struct buf out = { 0 };
	int32_t first, last, back;

	(void)state;
	assert_true(date_day_parse(S("1-Jan-0000"), &first) && date_day_parse(S("31-Dec-9999"), &last));
	assert_int_equal(last - first + 1, 25 * 146097);
	for (int32_t day = first; day <= last; day += 1 + (day & 3)) {
		buf_reset(&out);
		date_day_print(&out, day);
		if (!date_day_parse(buf_str(&out), &back) || back != day)
			fail_msg("day %d: %.*s", day, STR_ARG(buf_str(&out)));
		assert_int_equal(date_day_of((int64_t)day * DATE_DAY_SECONDS), day);
		assert_int_equal(date_day_of((int64_t)day * DATE_DAY_SECONDS + DATE_DAY_SECONDS - 1), day);
	}
	buf_fini(&out);
}

static void headers(void **state)
{
	static const struct { const char *in; bool ok; const char *day, *utc; } row[] = {
		{ "Fri, 21 Nov 1997 09:55:06 -0600", true, "21-Nov-1997", "21-Nov-1997 15:55:06 +0000" },
		{ "Wed, 18 Nov 2009 23:30:00 -0800 (PST)", true, "18-Nov-2009", "19-Nov-2009 07:30:00 +0000" },
		{ "18 Nov 2009 23:30 +0100", true, "18-Nov-2009", "18-Nov-2009 22:30:00 +0000" },
		{ "Thu,\r\n\t13\r\n  Feb\r\n  1969\r\n 23:32\r\n -0330 (Newfoundland Time)", true, "13-Feb-1969", "14-Feb-1969 03:02:00 +0000" },
		{ "21 Nov 97 09:55:06 GMT", true, "21-Nov-1997", "21-Nov-1997 09:55:06 +0000" },
		{ "21 Nov 07 09:55:06 EST", true, "21-Nov-2007", "21-Nov-2007 14:55:06 +0000" },
		{ "21 Nov 107 09:55:06 pdt", true, "21-Nov-2007", "21-Nov-2007 16:55:06 +0000" },
		{ "Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", true, "21-Nov-1997", "21-Nov-1997 15:55:06 +0000" },
		{ "(a (nested \\) one)) Fri, 21 Nov 1997 09:55:06 Z", true, "21-Nov-1997", "21-Nov-1997 09:55:06 +0000" },
		{ "Fri 21-Nov-1997 9:5:6 +0000", true, "21-Nov-1997", "21-Nov-1997 09:05:06 +0000" },
		{ "Friday, 21 November 1997 09:55:06", true, "21-Nov-1997", "21-Nov-1997 09:55:06 +0000" },
		{ "21 Nov 1997", true, "21-Nov-1997", "21-Nov-1997 00:00:00 +0000" },
		{ "21 Nov 1997 99:99:99 +0000", true, "21-Nov-1997", "21-Nov-1997 00:00:00 +0000" },
		{ "", false, NULL, NULL },
		{ "(never closed Fri, 21 Nov 1997 09:55:06 Z", false, NULL, NULL },
		{ "yesterday", false, NULL, NULL },
		{ "31 Nov 1997 09:55:06 +0000", false, NULL, NULL },
		{ "21 Foo 1997 09:55:06 +0000", false, NULL, NULL },
		{ "21 Nov 19970 09:55:06 +0000", false, NULL, NULL },
		{ "Wed, Nov", false, NULL, NULL },
		{ "Wed Nov 18 12:00:01 2009", false, NULL, NULL },       /* asctime */
		{ "Fri, May 09 2017 16:54:30 -0800", false, NULL, NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct date_header got = { 77, 77 };
		struct buf day = { 0 }, utc = { 0 };
		bool ok = date_header_parse(str_of(row[i].in), &got);
		if (ok != row[i].ok)
			fail_msg("row %zu: %s", i, row[i].in);
		if (ok) {
			date_day_print(&day, got.day);
			date_time_print(&utc, got.utc_s);
			if (!str_eq(buf_str(&day), str_of(row[i].day)) || !str_eq(buf_str(&utc), str_of(row[i].utc)))
				fail_msg("row %zu: %s: %.*s", i, row[i].in, STR_ARG(buf_str(&utc)));
		} else {
			assert_true(got.utc_s == 77 && got.day == 77);
		}
		buf_fini(&day);
		buf_fini(&utc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(date_times), cmocka_unit_test(days), cmocka_unit_test(every_day),
		cmocka_unit_test(headers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/unit/test_utf8.c: the shape of UTF-8. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/mail/utf8.h"

static void next(void **state)
{
	static const struct { const char *in; enum utf8_got got; size_t bytes; uint32_t cp; } row[] = {
		{ "a", UTF8_CHAR, 1, 'a' },
		{ "\xc3\xbcx", UTF8_CHAR, 2, 0xfc },
		{ "\xe6\x97\xa5", UTF8_CHAR, 3, 0x65e5 },
		{ "\xf0\x9f\x98\x80", UTF8_CHAR, 4, 0x1f600 },
		{ "\xf4\x8f\xbf\xbf", UTF8_CHAR, 4, 0x10ffff },
		{ "\xf4\x90\x80\x80", UTF8_BAD, 1, 0 },          /* above U+10FFFF */
		{ "\x80", UTF8_BAD, 1, 0 },
		{ "\xc0\x80", UTF8_BAD, 1, 0 },                  /* overlong */
		{ "\xe0\x9f\xbf", UTF8_BAD, 1, 0 },
		{ "\xf0\x8f\xbf\xbf", UTF8_BAD, 1, 0 },
		{ "\xed\xa0\x80", UTF8_BAD, 1, 0 },              /* a surrogate */
		{ "\xff", UTF8_BAD, 1, 0 },
		{ "\xe6\x97x", UTF8_BAD, 2, 0 },                 /* one U+FFFD for the maximal subpart */
		{ "\xf0\x9f\x98x", UTF8_BAD, 3, 0 },
		{ "\xc3", UTF8_CUT, 1, 0 },
		{ "\xe6\x97", UTF8_CUT, 2, 0 },
		{ "\xf0\x9f\x98", UTF8_CUT, 3, 0 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		uint32_t cp = 0;
		size_t bytes = 0;
		enum utf8_got got = utf8_next(str_of(row[i].in), &cp, &bytes);
		if (got != row[i].got || bytes != row[i].bytes || cp != row[i].cp)
			fail_msg("row %zu: got %d, %zu bytes, U+%04X", i, (int)got, bytes, cp);
	}
}

static void every_character(void **state)
{
	struct buf out = { 0 };

	(void)state;
	for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
		uint32_t back = 0;
		size_t bytes = 0;
		if (cp >= 0xd800 && cp <= 0xdfff)
			continue;
		buf_reset(&out);
		utf8_add(&out, cp);
		if (utf8_next(buf_str(&out), &back, &bytes) != UTF8_CHAR || back != cp || bytes != out.n)
			fail_msg("U+%04X", cp);
	}
	buf_fini(&out);
}

static void validity(void **state)
{
	static const struct { const char *in; bool ok; } row[] = {
		{ "", true }, { "plain ASCII of some length", true }, { "mostly plain gr\xc3\xbc\xc3\x9f", true },
		{ "mostly plain \xfc", false }, { "cut at the end \xc3", false }, { "\xf0\x9f\x98\x80\xf0\x9f\x98\x80", true },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (utf8_valid(str_of(row[i].in)) != row[i].ok)
			fail_msg("row %zu: %s", i, row[i].in);
	assert_int_equal(utf8_ascii_run(S("123456789\xc3\xbc")), 9);
	assert_int_equal(utf8_ascii_run(S("12345678")), 8);
	assert_int_equal(utf8_ascii_run(S("\xc3\xbc" "12345678")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(next), cmocka_unit_test(every_character), cmocka_unit_test(validity),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/unit/test_charset.c: any charset to UTF-8. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/mail/charset.h"
#include "common/mail/utf8.h"

#define BAD "\xef\xbf\xbd"
#define U_UMLAUT "\xc3\xbc"
#define NIHON "\xe6\x97\xa5\xe6\x9c\xac"

/* At once, and cut at every byte and at every pair of bytes: all agree. */
static void converting(void **state)
{
	static const struct { const char *name; const char *in; size_t n; const char *out; } row[] = {
#define ROW(name, in, out) { name, in, sizeof in - 1, out }
		ROW("utf-8", "gr" U_UMLAUT "n " NIHON, "gr" U_UMLAUT "n " NIHON),
		ROW("UTF8", "bad \xff \xe6\x97", "bad " BAD " " BAD),
		ROW("us-ascii", "plain", "plain"),
		ROW("", "gr" U_UMLAUT "n", "gr" U_UMLAUT "n"),
		ROW("us-ascii", "gr\xfcn \x80", "gr" U_UMLAUT "n \xe2\x82\xac"),
		ROW("unknown-8bit", "\xe6\x97", "\xc3\xa6\xe2\x80\x94"),        /* cut: two windows-1252 bytes */
		ROW("iso-8859-1", "gr\xfcn", "gr" U_UMLAUT "n"),
		ROW(" ISO-8859-15 ", "\xa4", "\xe2\x82\xac"),
		ROW("windows-1252", "\x93x\x94", "\xe2\x80\x9cx\xe2\x80\x9d"),
		ROW("windows-1252", "a\x81" "b", "a" BAD "b"),
		ROW("iso-8859-8-i", "\xe0", "\xd7\x90"),
		ROW("koi8-r", "\xf0\xf2", "\xd0\x9f\xd0\xa0"),
		ROW("iso-2022-jp", "\x1b$BF|K\\\x1b(B.", NIHON "."),
		ROW("shift_jis", "\x93\xfa\x96{", NIHON),
		ROW("x-sjis", "\x93", BAD),
		ROW("euc-jp", "\xc6\xfc\xcb\xdc", NIHON),
		ROW("x-gbk", "\xc8\xd5\xb1\xbe", NIHON),
		ROW("gb2312", "\xc8\xd5\xb1\xbe\xff" "a", NIHON BAD "a"),
		ROW("ks_c_5601-1987", "\xc7\xd1", "\xed\x95\x9c"),
		ROW("utf-16be", "\x65\xe5\x67\x2c", NIHON),
		ROW("utf-16le", "\xe5\x65\x2c\x67\x00", NIHON BAD),
		ROW("utf-16be", "\xdc\x00\x00" "a", BAD "a"),
		ROW("utf-7", "+ZeVnLA-", NIHON),
		ROW("no-such-charset", "gr" U_UMLAUT "n \xfc", "gr" U_UMLAUT "n " BAD),
#undef ROW
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct str in = { row[i].in, row[i].n };
		struct charset *c = charset_new(str_of(row[i].name));
		struct buf out = { 0 };
		charset_convert(&out, str_of(row[i].name), in);
		if (!str_eq(buf_str(&out), str_of(row[i].out)))
			fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&out)));
		for (size_t a = 0; a <= in.n; a++)
			for (size_t b = a; b <= in.n; b++) {
				buf_reset(&out);
				charset_push(c, str_head(in, a), &out);
				charset_push(c, str_head(str_skip(in, a), b - a), &out);
				charset_push(c, str_skip(in, b), &out);
				charset_end(c, &out);
				if (!str_eq(buf_str(&out), str_of(row[i].out)))
					fail_msg("row %zu cut at %zu and %zu: %.*s", i, a, b, STR_ARG(buf_str(&out)));
			}
		buf_fini(&out);
		charset_free(&c);
		assert_null(c);
	}
}

static void knowing(void **state)
{
	static const struct { const char *name; bool known; } row[] = {
		{ "US-ASCII", true }, { "utf-8", true }, { "UTF8", true }, { "iso-8859-1", true }, { "KOI8-R", true },
		{ "x-unknown", true }, { "", true },
		{ "no-such-charset", false }, { "utf-16//TRANSLIT", false }, { "char", false }, { "a/b", false },
		{ "iso-8859-1 x", false },
		{ "a-name-longer-than-any-charset-has-ever-been-called", false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (charset_known(str_of(row[i].name)) != row[i].known)
			fail_msg("row %zu: %s", i, row[i].name);
	assert_false(charset_known(S("utf-8\0x")));
}

/* A kilobyte of every byte, again and again, in every kind of charset: the output is UTF-8. */
static void always_utf8(void **state)
{
	static const char *const names[] = {
		"utf-8", "us-ascii", "iso-8859-1", "iso-2022-jp", "iso-2022-kr", "big5", "big5-hkscs", "utf-7", "utf-16", "utf-32", "iso-2022-cn-ext",
		"x-sjis", "x-gbk", "euc-kr", "tcvn", "cp1255",
	};
	char noise[1024];
	uint32_t seed = 1;

	(void)state;
	for (size_t i = 0; i < sizeof noise; i++) {
		seed = seed * 1664525u + 1013904223u;
		noise[i] = (char)(seed >> 24);
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct buf whole = { 0 }, cut = { 0 };
		struct charset *c = charset_new(str_of(names[i]));
		charset_push(c, (struct str){ noise, sizeof noise }, &whole);
		charset_end(c, &whole);
		assert_true(utf8_valid(buf_str(&whole)));
		for (size_t at = 0; at < sizeof noise; at++)
			charset_push(c, (struct str){ noise + at, 1 }, &cut);
		charset_end(c, &cut);
		if (!str_eq(buf_str(&cut), buf_str(&whole)))
			fail_msg("%s: cuts disagree", names[i]);
		buf_fini(&whole);
		buf_fini(&cut);
		charset_free(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(converting), cmocka_unit_test(knowing), cmocka_unit_test(always_utf8),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

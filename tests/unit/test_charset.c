/* tests/unit/test_charset.c: any charset to UTF-8. */
#include <errno.h>
#include <iconv.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/mail/charsets.h"
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

/* What iconv makes of a text that it is given all at once, bytes that mean nothing passed over one by one. */
static void by_iconv(const char *name, struct str in, struct buf *out)
{
	iconv_t cd = iconv_open("UTF-8", name);
	char *from = (char *)in.p;
	size_t left = in.n;

	assert_true(cd != (iconv_t)-1);
	buf_reserve(out, 8 * in.n + 64);
	for (;;) {
		char *to = out->p + out->n;
		size_t room = out->cap - out->n;
		size_t got = iconv(cd, &from, &left, &to, &room);
		out->n = (size_t)(to - out->p);
		if (got != (size_t)-1)
			break;
		assert_int_equal(errno, EILSEQ);
		buf_add(out, S(BAD));
		from++;
		left--;
	}
	char *to = out->p + out->n;
	size_t room = out->cap - out->n;
	iconv(cd, NULL, NULL, &to, &room);
	out->n = (size_t)(to - out->p);
	iconv_close(cd);
}

/* Charsets of one byte a character are read by a table; two of these are not, since iconv joins letters and marks. */
static void tables(void **state)
{
	static const char *const names[] = {
		"ISO-8859-1", "ISO-8859-2", "ISO-8859-3", "ISO-8859-4", "ISO-8859-5", "ISO-8859-6", "ISO-8859-7", "ISO-8859-8", "ISO-8859-9",
		"ISO-8859-10", "ISO-8859-11", "ISO-8859-13", "ISO-8859-14", "ISO-8859-15", "ISO-8859-16", "WINDOWS-1250", "WINDOWS-1251",
		"WINDOWS-1252", "WINDOWS-1253", "WINDOWS-1254", "WINDOWS-1255", "WINDOWS-1256", "WINDOWS-1257", "WINDOWS-1258", "KOI8-R", "KOI8-U",
		"MACINTOSH", "CP437", "CP850", "CP866", "TIS-620", "VISCII",
	};
	struct charsets known = { 0 };
	struct buf in = { 0 }, want = { 0 }, out = { 0 };

	(void)state;
	for (unsigned a = 0; a < 256; a++)              /* every byte beside every other */
		for (unsigned b = 0; b < 256; b++) {
			buf_u8(&in, (uint8_t)a);
			buf_u8(&in, (uint8_t)b);
		}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct charset *c = charsets_get(&known, str_of(names[i]));
		buf_reset(&want), buf_reset(&out);
		by_iconv(names[i], buf_str(&in), &want);
		charset_push(c, buf_str(&in), &out);
		charset_end(c, &out);
		if (!str_eq(buf_str(&out), buf_str(&want)))
			fail_msg("%s", names[i]);
	}
	charsets_fini(&known);
	buf_fini(&in), buf_fini(&want), buf_fini(&out);
}

/* The same again is the same charset, in whatever letters it is written, and it is at the start of a text; names that only begin alike
 * are others; and more than are kept are no trouble. */
static void keeping(void **state)
{
	struct charsets known = { 0 };
	struct buf out = { 0 };
	char name[16];

	(void)state;
	struct charset *c = charsets_get(&known, S("euc-jp"));
	charset_push(c, S("\xc6"), &out);
	assert_ptr_equal(charsets_get(&known, S(" EUC-JP ")), c);
	charset_push(c, S("a"), &out);
	charset_end(c, &out);
	assert_true(str_eq(buf_str(&out), S("a")));
	assert_ptr_not_equal(charsets_get(&known, S("euc-jp\0x")), c);
	assert_ptr_not_equal(charsets_get(&known, S("a-name-longer-than-any-charset-has-ever-been-called")), c);
	assert_ptr_equal(charsets_get(&known, S("euc-jp")), c);
	for (unsigned i = 0; i < 3 * CHARSETS_KEPT; i++) {
		snprintf(name, sizeof name, "iso-8859-%u", i);
		charsets_get(&known, str_of(name));
	}
	c = charsets_get(&known, S("iso-8859-15"));
	buf_reset(&out);
	charset_push(c, S("\xa4"), &out);
	assert_true(str_eq(buf_str(&out), S("\xe2\x82\xac")));
	charsets_fini(&known);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(converting), cmocka_unit_test(knowing), cmocka_unit_test(always_utf8), cmocka_unit_test(tables), cmocka_unit_test(keeping),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

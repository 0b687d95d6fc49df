/* tests/unit/test_fold.c: folding for SEARCH. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <utf8proc.h>

#include "common/mail/fold.h"

/* Does a text that holds `text` match the key? */
static bool finds(const char *key, const char *text)
{
	struct buf k = { 0 }, t = { 0 };
	struct folds known = { 0 };

	fold_text(&k, str_of(key), &known);
	fold_text(&t, str_of(text), &known);
	bool found = str_search(buf_str(&t), buf_str(&k)) >= 0;
	buf_fini(&k);
	buf_fini(&t);
	folds_fini(&known);
	return found;
}

static void finding(void **state)
{
	static const struct { const char *key, *text; bool found; } row[] = {
		{ "HELLO", "say hello!", true },
		{ "\xc3\x9c", "m\xc3\xbcller", true },                           /* U+00DC in u-umlaut */
		{ "u\xcc\x88", "m\xc3\xbcller", true },                          /* decomposed key */
		{ "u", "m\xc3\xbcller", true },                                  /* the letter without its mark */
		{ "\xc3\xbc", "muller", false },
		{ "\xc3\x9f", "strasse", false },                                /* sharp s is not ss */
		{ "ss", "stra\xc3\x9f" "e", false },
		{ "\xc3\x9f", "STRA\xe1\xba\x9e" "E", true },                    /* capital sharp s */
		{ "\xd0\x9f\xd0\xa0\xd0\x98", "\xd0\xbf\xd1\x80\xd0\xb8", true },/* Cyrillic */
		{ "\xce\xa3", "\xcf\x82", true },                                /* final sigma */
		{ "fi", "\xef\xac\x81n", true },                                 /* the fi ligature */
		{ "\xef\xbd\x81", "A", true },                                   /* full-width a */
		{ "\xe6\x97\xa5", "\xe6\x97\xa5\xe6\x9c\xac", true },
		{ "k", "\xe2\x84\xaa", true },                                   /* KELVIN SIGN */
		{ "\xef\xbf\xbd", "a\xff" "b", true },
		{ "", "anything", true },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (finds(row[i].key, row[i].text) != row[i].found)
			fail_msg("row %zu: %s in %s", i, row[i].key, row[i].text);
}

static void cuts(void **state)
{
	static const char *const row[] = {
		"", "Plain", "m\xc3\x9cller \xf0\x9f\x98\x80 \xe6\x97\xa5", "bad \xe6\x97x \xff\xfe \xf0\x9f\x98", "\xe6\xe6\xe6\x97\xa5",
		"\xed\xa0\x80", "\xc3",
	};
	struct folds known = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct str in = str_of(row[i]);
		struct buf whole = { 0 };
		fold_text(&whole, in, &known);
		assert_true(utf8_valid(buf_str(&whole)));
		for (size_t a = 0; a <= in.n; a++)
			for (size_t b = a; b <= in.n; b++) {
				struct fold f = { .known = &known };
				struct buf out = { 0 };
				fold_push(&f, str_head(in, a), &out);
				fold_push(&f, str_head(str_skip(in, a), b - a), &out);
				fold_push(&f, str_skip(in, b), &out);
				fold_end(&f, &out);
				if (!str_eq(buf_str(&out), buf_str(&whole)))
					fail_msg("row %zu cut at %zu and %zu", i, a, b);
				buf_fini(&out);
			}
		buf_fini(&whole);
	}
	folds_fini(&known);
}

/* Compatibility decomposition, then simple case mapping of each part, worked out here for itself. */
static void fold_slowly(struct buf *out, uint32_t cp)
{
	utf8proc_int32_t part[32];
	int boundary = 0;
	utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)cp, part, 32, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, &boundary);

	for (utf8proc_ssize_t i = 0; i < n; i++)
		utf8_add(out, (uint32_t)utf8proc_tolower(utf8proc_toupper(part[i])));
}

/* What is remembered is what utf8proc says, the first time and again, and what is folded folds to itself. */
static void every_character(void **state)
{
	struct buf in = { 0 }, want = { 0 }, once = { 0 }, twice = { 0 };
	struct folds known = { 0 };

	(void)state;
	for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
		if (cp >= 0xd800 && cp <= 0xdfff)
			continue;
		buf_reset(&in), buf_reset(&want), buf_reset(&once), buf_reset(&twice);
		utf8_add(&in, cp);
		fold_slowly(&want, cp);
		fold_text(&once, buf_str(&in), &known);
		fold_text(&twice, buf_str(&once), &known);
		if (!str_eq(buf_str(&once), buf_str(&want)) || !str_eq(buf_str(&twice), buf_str(&once)))
			fail_msg("U+%04X", cp);
	}
	buf_fini(&in), buf_fini(&want), buf_fini(&once), buf_fini(&twice);
	folds_fini(&known);
}

/* Runs of any length, at any place: eight at a time, one at a time, and what lies between. */
static void mixed(void **state)
{
	static const char *const piece[] = { "A", "Zz@[`{", "SIXTEEN LETTERS!", "\xc3\x9c", "\xe1\xba\x9e", "\xef\xb7\xba", "\xf0\x9f\x98\x80",
	                                     "\xed\x95\x9c", "\xe6\x97", "\xff", "\xc3" };
	struct folds known = { 0 };
	struct buf in = { 0 }, whole = { 0 }, bytes = { 0 };
	uint32_t dice = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct fold f = { .known = &known };
		buf_reset(&in), buf_reset(&whole), buf_reset(&bytes);
		for (int i = 0; i < round % 100; i++)
			buf_add(&in, str_of(piece[((dice = dice * 1664525 + 1013904223) >> 16) % (sizeof piece / sizeof *piece)]));
		fold_text(&whole, buf_str(&in), &known);
		for (size_t i = 0; i < in.n; i++)
			fold_push(&f, (struct str){ in.p + i, 1 }, &bytes);
		fold_end(&f, &bytes);
		if (!str_eq(buf_str(&whole), buf_str(&bytes)))
			fail_msg("round %d", round);
	}
	buf_fini(&in), buf_fini(&whole), buf_fini(&bytes);
	folds_fini(&known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finding), cmocka_unit_test(cuts), cmocka_unit_test(every_character), cmocka_unit_test(mixed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/unit/test_fold.c: folding for SEARCH. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/mail/fold.h"

/* Does a text that holds `text` match the key? */
static bool finds(const char *key, const char *text)
{
	struct buf k = { 0 }, t = { 0 };

	fold_text(&k, str_of(key));
	fold_text(&t, str_of(text));
	bool found = str_search(buf_str(&t), buf_str(&k)) >= 0;
	buf_fini(&k);
	buf_fini(&t);
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
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct str in = str_of(row[i]);
		struct buf whole = { 0 };
		fold_text(&whole, in);
		assert_true(utf8_valid(buf_str(&whole)));
		for (size_t a = 0; a <= in.n; a++)
			for (size_t b = a; b <= in.n; b++) {
				struct fold f = { 0 };
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
}

/* What is folded folds to itself. */
static void every_character(void **state)
{
	struct buf in = { 0 }, once = { 0 }, twice = { 0 };

	(void)state;
	for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
		if (cp >= 0xd800 && cp <= 0xdfff)
			continue;
		buf_reset(&in), buf_reset(&once), buf_reset(&twice);
		utf8_add(&in, cp);
		fold_text(&once, buf_str(&in));
		fold_text(&twice, buf_str(&once));
		if (!str_eq(buf_str(&once), buf_str(&twice)))
			fail_msg("U+%04X", cp);
	}
	buf_fini(&in), buf_fini(&once), buf_fini(&twice);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finding), cmocka_unit_test(cuts), cmocka_unit_test(every_character),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

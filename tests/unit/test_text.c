/* tests/unit/test_text.c: encoded text reaches the scan the same, however it is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "storaged/search/reader.h"
#include "storaged/search/text.h"

#define U_UMLAUT "\xc3\xbc"
#define BAD "\xef\xbf\xbd"

static bool found_in(struct text *t, struct reader *r, enum cte cte, const char *charset, const char *key, struct str in, size_t cut)
{
	struct scan_key k;
	struct scan s = { 0 };
	bool found = false;

	scan_key_init(&k, str_of(key));
	scan_add(&s, &k, &found);
	text_begin(t, cte, charsets_get(&r->charsets, str_of(charset)), &r->folds, &s);
	text_push(t, str_head(in, cut));
	text_push(t, str_skip(in, cut));
	text_end(t);
	scan_fini(&s);
	scan_key_fini(&k);
	return found;
}

static void rows(void **state)
{
	static const struct { enum cte cte; const char *charset, *in, *key; bool found; } row[] = {
		{ CTE_7BIT,   "",             "Plain Text",                "n t",                    true  },
		{ CTE_8BIT,   "",             "gr\xfcn",                   "GR" U_UMLAUT "N",        true  },
		{ CTE_8BIT,   "utf-8",        "a" U_UMLAUT U_UMLAUT "b",   "A" U_UMLAUT U_UMLAUT "B", true },
		{ CTE_8BIT,   "utf-8",        "a\xc3" "b",                 "a" BAD "b",              true  },   /* cut short by ASCII */
		{ CTE_8BIT,   "utf-8",        "a\xc3",                     "a" BAD,                  true  },   /* by the end */
		{ CTE_8BIT,   "utf-8",        "a\xe2\x82" U_UMLAUT "b",    BAD U_UMLAUT "b",         true  },
		{ CTE_BINARY, "iso-8859-5",   "x\xbf\xe0x",                "\xd0\xbf\xd1\x80",       true  },
		{ CTE_8BIT,   "windows-1252", "1\x80",                     "1\xe2\x82\xac",          true  },
		{ CTE_QP,     "koi8-r",       "=D0=\r\n=D2 x",             "\xd0\xbf\xd1\x80 X",     true  },
		{ CTE_BASE64, "utf-8",        "w7x4\r\n",                  U_UMLAUT "x",             true  },
		{ CTE_7BIT,   "iso-2022-jp",  "\x1b$B$N\x1b(B a",          "\xe3\x81\xae A",         true  },
		{ CTE_7BIT,   "iso-2022-jp",  "\x1b$B$N\x1b(B a",          "$N",                     false },   /* ASCII there is not ASCII */
		{ CTE_7BIT,   "utf-7",        "gr+APw-n",                  "gr" U_UMLAUT "n",        true  },
	};
	struct text t = { 0 };
	struct reader r = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		for (size_t cut = 0; cut <= strlen(row[i].in); cut++)
			if (found_in(&t, &r, row[i].cte, row[i].charset, row[i].key, str_of(row[i].in), cut) != row[i].found)
				fail_msg("row %zu cut at %zu", i, cut);
	text_fini(&t);
	reader_fini(&r);
}

/* A text left in its middle leaves nothing behind for the next. */
static void abandoned(void **state)
{
	static const char *const charsets[] = { "utf-8", "euc-jp", "iso-8859-1" };
	struct text t = { 0 };
	struct reader r = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof charsets / sizeof *charsets; i++) {
		struct scan s = { 0 };
		text_begin(&t, CTE_8BIT, charsets_get(&r.charsets, str_of(charsets[i])), &r.folds, &s);
		text_push(&t, S("a\xc3"));
		scan_fini(&s);
		assert_false(found_in(&t, &r, CTE_8BIT, charsets[i], BAD, S("bc"), 1));
		assert_true(found_in(&t, &r, CTE_8BIT, charsets[i], "bc", S("bc"), 1));
	}
	text_fini(&t);
	reader_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(rows), cmocka_unit_test(abandoned) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/unit/test_cte.c: transfer encodings, cut at every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/mail/cte.h"

static void names(void **state)
{
	static const struct { const char *in; enum cte cte; } row[] = {
		{ "", CTE_7BIT },   { "7BIT", CTE_7BIT },     { "8bit", CTE_8BIT },      { "Binary", CTE_BINARY },
		{ "Quoted-Printable", CTE_QP }, { "BASE64", CTE_BASE64 }, { "x-uue", CTE_UNKNOWN }, { "base6", CTE_UNKNOWN },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		assert_int_equal(cte_by_name(str_of(row[i].in)), row[i].cte);
}

static void decode(enum cte cte, struct str in, size_t cut, struct buf *out, struct cte_decoder *d)
{
	cte_init(d, cte);
	cte_feed(d, str_head(in, cut), out);
	cte_feed(d, str_skip(in, cut), out);
	cte_end(d, out);
}

static void decoding(void **state)
{
	static const struct { enum cte cte; const char *in, *out; bool broken; } row[] = {
		{ CTE_7BIT,   "a=20b \r\n",         "a=20b \r\n",   false },
		{ CTE_QP,     "",                   "",             false },
		{ CTE_QP,     "a=3Db=c3=A9",        "a=b\xc3\xa9",  false },
		{ CTE_QP,     "soft=\r\nline=\nend", "softlineend", false },
		{ CTE_QP,     "soft= \t\r\nline",   "softline",     false },
		{ CTE_QP,     "blanks  \t\r\nx",    "blanks\r\nx",  false },
		{ CTE_QP,     "blanks \nx",         "blanks\nx",    false },
		{ CTE_QP,     "a  b c\r\r\n",       "a  b c\r\r\n", false },
		{ CTE_QP,     "bad =ZZ =4",         "bad =ZZ =4",   true  },
		{ CTE_QP,     "bad =\rx",           "bad =\rx",     true  },
		{ CTE_QP,     "end=",               "end",          false },
		{ CTE_QP,     "end  ",              "end",          false },
		{ CTE_BASE64, "",                   "",             false },
		{ CTE_BASE64, "aGVsbG8=",           "hello",        false },
		{ CTE_BASE64, "aGVs\r\nbG8h\r\n",   "hello!",       false },
		{ CTE_BASE64, "aGVsbG8",            "hello",        false },   /* padding forgotten   */
		{ CTE_BASE64, "aGVsbA==aGk=",       "hellhi",       false },   /* pieces joined       */
		{ CTE_BASE64, "aG*Vs-bG8=",         "hello",        true  },   /* junk skipped        */
		{ CTE_BASE64, "aGVsb",              "hel",          true  },   /* a letter alone      */
		{ CTE_UNKNOWN, "as =20 is",         "as =20 is",    false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct str in = str_of(row[i].in);
		for (size_t cut = 0; cut <= in.n; cut++) {
			struct buf out = { 0 };
			struct cte_decoder d, count;
			decode(row[i].cte, in, cut, &out, &d);
			decode(row[i].cte, in, cut, NULL, &count);
			if (!str_eq(buf_str(&out), str_of(row[i].out)) || d.broken != row[i].broken ||
			    d.out_bytes != out.n || count.out_bytes != out.n || count.broken != d.broken)
				fail_msg("row %zu cut %zu: %s: %.*s", i, cut, row[i].in, STR_ARG(buf_str(&out)));
			buf_fini(&out);
		}
	}
}

static void endless_blanks(void **state)
{
	struct cte_decoder d;
	struct buf out = { 0 };

	(void)state;
	cte_init(&d, CTE_QP);
	for (int i = 0; i < 5000; i++)
		cte_feed(&d, S(" "), &out);
	cte_feed(&d, S("x"), &out);
	cte_end(&d, &out);
	assert_int_equal(out.n, 5001);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names), cmocka_unit_test(decoding), cmocka_unit_test(endless_blanks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/unit/test_hdrfilter.c: HEADER.FIELDS and .NOT, cut at every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/mail/hdrfilter.h"

static const struct str from_to[] = { { "FROM", 4 }, { "to", 2 } };

static void fields(void **state)
{
	static const struct { const char *in, *kept, *others; } row[] = {
		{ "From: a\r\nSubject: b\r\n\r\nbody",   "From: a\r\n\r\n",            "Subject: b\r\n\r\n" },
		{ "To: a,\r\n b\r\nX: c\r\n\td\r\n\r\n", "To: a,\r\n b\r\n\r\n",       "X: c\r\n\td\r\n\r\n" },
		{ "from : a\nX: b\n\n",                  "from : a\n\n",               "X: b\n\n" },
		{ "no colon\r\nFromX: a\r\n\r\n",        "\r\n",                       "no colon\r\nFromX: a\r\n\r\n" },
		{ " lost\r\nTo: a\r\n\r\n",              "To: a\r\n\r\n",              " lost\r\n\r\n" },
		{ "To: a\r\n",                           "To: a\r\n\r\n",              "\r\n" },   /* no blank line */
		{ "",                                    "\r\n",                       "\r\n" },
		{ "\r\nTo: a\r\n",                       "\r\n",                       "\r\n" },
		{ "To: a\r\n\rX: b\r\n\r\n",             "To: a\r\n\r\n",              "\rX: b\r\n\r\n" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct str in = str_of(row[i].in);
		for (size_t cut = 0; cut <= in.n; cut++) {
			for (int keep = 0; keep <= 1; keep++) {
				struct hdrfilter *f = hdrfilter_new(from_to, 2, keep);
				struct buf out = { 0 };
				hdrfilter_feed(f, str_head(in, cut), &out);
				hdrfilter_feed(f, str_skip(in, cut), &out);
				hdrfilter_end(f, &out);
				if (!str_eq(buf_str(&out), str_of(keep ? row[i].kept : row[i].others)))
					fail_msg("row %zu cut %zu keep %d: %.*s", i, cut, keep, STR_ARG(buf_str(&out)));
				buf_fini(&out);
				hdrfilter_free(&f);
			}
		}
	}
}

/* A name without end is nobody's, and is not held back. */
static void endless_line(void **state)
{
	struct hdrfilter *f = hdrfilter_new(from_to, 2, false);
	struct buf out = { 0 };
	size_t written = 0;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		hdrfilter_feed(f, S("xxxxxxxxxx"), &out);
		written += out.n;
		buf_reset(&out);
	}
	assert_true(written > 990000);
	hdrfilter_end(f, &out);
	buf_fini(&out);
	hdrfilter_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(fields), cmocka_unit_test(endless_line) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

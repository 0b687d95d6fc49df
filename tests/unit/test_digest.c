/* tests/unit/test_digest.c: what a digest says, and what is no digest. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "storaged/search/digest.h"

static void pack_one(struct buf *out, const char *mail)
{
	struct summarizer *z = summarizer_new();
	struct buf packed = { 0 };
	struct reader reader = { 0 };
	struct summary s;

	summarizer_feed(z, str_of(mail));
	summarizer_end(z, &packed);
	summarizer_free(&z);
	assert_true(summary_open(&s, buf_str(&packed)));
	digest_pack(out, &s, &reader);
	reader_fini(&reader);
	buf_fini(&packed);
}

static void says(void **state)
{
	static const struct { const char *mail; bool sent; const char *subject, *from, *to; } row[] = {
		{ "From: =?utf-8?Q?J=C3=9CRGEN?= <JM@Example.org>\r\nSubject: =?iso-8859-1?Q?Gr=FCn?= aus BONN\r\n"
		  "Date: Wed, 18 Nov 2009 23:59:00 -1200\r\n\r\n",
		  true, "gru\xcc\x88n aus bonn", "ju\xcc\x88rgen <jm@example.org>, ", "" },
		{ "To: x: a@B;\r\nDate: never\r\n\r\n", false, "", "", "x: <a@b>, ; " },
		{ "", false, "", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct buf packed = { 0 };
		struct digest d;
		pack_one(&packed, row[i].mail);
		if (!digest_unpack(&d, buf_str(&packed)) || d.sent_known != row[i].sent || !str_eq(d.subject, str_of(row[i].subject)) ||
		    !str_eq(d.address[ADDRESS_FROM], str_of(row[i].from)) || !str_eq(d.address[ADDRESS_TO], str_of(row[i].to)))
			fail_msg("row %zu: subject \"%.*s\" from \"%.*s\" to \"%.*s\"", i, (int)d.subject.n, d.subject.p,
			         (int)d.address[ADDRESS_FROM].n, d.address[ADDRESS_FROM].p, (int)d.address[ADDRESS_TO].n, d.address[ADDRESS_TO].p);
		buf_fini(&packed);
	}
}

static void cut_short(void **state)
{
	struct buf packed = { 0 };
	struct digest d;

	(void)state;
	pack_one(&packed, "Subject: s\r\n\r\n");
	for (size_t n = 0; n < packed.n; n++)
		assert_false(digest_unpack(&d, str_head(buf_str(&packed), n)));
	buf_addc(&packed, 'x');
	assert_false(digest_unpack(&d, buf_str(&packed)));
	buf_fini(&packed);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(says), cmocka_unit_test(cut_short) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

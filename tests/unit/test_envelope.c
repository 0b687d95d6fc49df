/* tests/unit/test_envelope.c: ENVELOPE words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/mail/envelope.h"

#define NOBODY "NIL NIL NIL NIL NIL NIL"

static void words(void **state)
{
	static const struct { struct str in; const char *out; } row[] = {
		{ { "\r\n", 2 }, "(NIL NIL " NOBODY " NIL NIL)" },
		{ { "Date: now\r\nMessage-ID: <a>\r\nIn-Reply-To: <b>\r\n\r\n", 48 },
		  "(\"now\" NIL " NOBODY " \"<b>\" \"<a>\")" },
		{ { "Subject: q\"b\\s\r\n\r\n", 18 }, "(NIL \"q\\\"b\\\\s\" " NOBODY " NIL NIL)" },
		{ { "Subject: \xc3\xa9\r\n\r\n", 15 }, "(NIL {2}\r\n\xc3\xa9 " NOBODY " NIL NIL)" },
		{ { "Subject: a\0b\r\n\r\n", 16 }, "(NIL {2}\r\nab " NOBODY " NIL NIL)" },
		{ { "From: A <a@b>\n\n", 15 },
		  "(NIL NIL ((\"A\" NIL \"a\" \"b\")) ((\"A\" NIL \"a\" \"b\")) ((\"A\" NIL \"a\" \"b\")) NIL NIL NIL NIL NIL)" },
		{ { "From: a@b\nSender:\nReply-To: c@d\n\n", 34 },
		  "(NIL NIL ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\")) ((NIL NIL \"c\" \"d\")) NIL NIL NIL NIL NIL)" },
		{ { "To: g: a@b;\n\n", 13 },
		  "(NIL NIL NIL NIL NIL ((NIL NIL \"g\" NIL)(NIL NIL \"a\" \"b\")(NIL NIL NIL NIL)) NIL NIL NIL NIL)" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct mime *m = mime_new();
		struct buf out = { 0 };
		mime_feed(m, row[i].in);
		envelope_render(&out, mime_end(m));
		if (!str_eq(buf_str(&out), str_of(row[i].out)))
			fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&out)));
		buf_fini(&out);
		mime_free(&m);
	}
}

static void of_nothing(void **state)
{
	struct buf out = { 0 };

	(void)state;
	envelope_render(&out, NULL);
	assert_true(str_eq(buf_str(&out), S("(NIL NIL " NOBODY " NIL NIL)")));
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(words), cmocka_unit_test(of_nothing) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

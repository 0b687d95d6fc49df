/* tests/unit/test_bodystructure.c: BODY and BODYSTRUCTURE words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/mail/bodystructure.h"

#define ASCII "(\"charset\" \"us-ascii\")"
#define EMPTY "(\"text\" \"plain\" " ASCII " NIL NIL \"7bit\" 0 0 NIL NIL NIL NIL)"

static void words(void **state)
{
	static const struct { const char *in; enum body_form form; const char *out; } row[] = {
		{ "\n", BODY_PLAIN, "(\"text\" \"plain\" " ASCII " NIL NIL \"7bit\" 0 0)" },
		{ "\n", BODY_EXTENDED, EMPTY },
		{ "Content-Type: Image/X; a=b\nContent-ID: <i>\nContent-MD5: m\nContent-Location: u\nContent-Language: de,en\n"
		  "Content-Disposition: inline; filename=f\n\nxy\n", BODY_EXTENDED,
		  "(\"Image\" \"X\" (\"a\" \"b\") \"<i>\" NIL \"7bit\" 3 \"m\" (\"inline\" (\"filename\" \"f\")) (\"de\" \"en\") \"u\")" },
		{ "Content-Type: multipart/mixed\n\nx", BODY_PLAIN, "((\"text\" \"plain\" " ASCII " NIL NIL \"7bit\" 0 0) \"mixed\")" },
		{ "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n1\n--b\nContent-Type: a/b\n\n22\n--b--\n", BODY_EXTENDED,
		  "((\"text\" \"plain\" " ASCII " NIL NIL \"7bit\" 1 0 NIL NIL NIL NIL)"
		  "(\"a\" \"b\" NIL NIL NIL \"7bit\" 2 NIL NIL NIL NIL) \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)" },
		{ "Content-Type: message/rfc822\n\nSubject: s\n\nx\n", BODY_PLAIN,
		  "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 14 (NIL \"s\" NIL NIL NIL NIL NIL NIL NIL NIL) "
		  "(\"text\" \"plain\" " ASCII " NIL NIL \"7bit\" 2 1) 3)" },
		{ "Content-Type: message/rfc822", BODY_EXTENDED,
		  "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 0 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) " EMPTY " 0 NIL NIL NIL NIL)" },
		{ "Content-Type: text/html; charset=\"\"\n\n", BODY_PLAIN, "(\"text\" \"html\" (\"charset\" \"\") NIL NIL \"7bit\" 0 0)" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct mime *m = mime_new();
		struct buf out = { 0 };
		mime_feed(m, str_of(row[i].in));
		bodystructure_render(&out, mime_end(m), row[i].form);
		if (!str_eq(buf_str(&out), str_of(row[i].out)))
			fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&out)));
		buf_fini(&out);
		mime_free(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(words) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

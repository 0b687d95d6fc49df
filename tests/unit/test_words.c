/* tests/unit/test_words.c: encoded words and parameters. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/mail/utf8.h"
#include "common/mail/words.h"

#define U_UMLAUT "\xc3\xbc"
#define BAD "\xef\xbf\xbd"

static void decoding(void **state)
{
	static const struct { const char *in, *out; } row[] = {
		{ "", "" },
		{ "plain text", "plain text" },
		{ "=?utf-8?Q?gr=C3=BCn_e?=", "gr" U_UMLAUT "n e" },
		{ "=?ISO-8859-1?q?gr=FCn?=", "gr" U_UMLAUT "n" },
		{ "=?ISO-8859-1*de?q?gr=FCn?=", "gr" U_UMLAUT "n" },     /* RFC 2231 5 */
		{ "=?utf-8?b?Z3LDvG4=?=", "gr" U_UMLAUT "n" },
		{ "=?utf-8?B?Z3LDvG4?=", "gr" U_UMLAUT "n" },            /* no padding */
		{ "=?utf-8?B?Z3L DvG!4=?=", "gr" U_UMLAUT "n" },
		/* RFC 2047 8 */
		{ "(=?ISO-8859-1?Q?a?=)", "(a)" },
		{ "(=?ISO-8859-1?Q?a?= b)", "(a b)" },
		{ "(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)" },
		{ "(=?ISO-8859-1?Q?a?=  \r\n\t =?ISO-8859-1?Q?b?=)", "(ab)" },
		{ "(=?ISO-8859-1?Q?a_b?=)", "(a b)" },
		{ "(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)" },
		/* a character split between words */
		{ "=?utf-8?Q?gr=C3?= =?utf-8?Q?=BCn?=", "gr" U_UMLAUT "n" },
		{ "=?utf-8?B?Z3LD?=\r\n =?UTF-8?B?vG4=?=", "gr" U_UMLAUT "n" },
		{ "=?utf-8?Q?gr=C3?= x =?utf-8?Q?=BCn?=", "gr" BAD " x " BAD "n" },
		/* as real mail is */
		{ "\"=?utf-8?Q?gr=C3=BCn?=\" <a@b>", "\"gr" U_UMLAUT "n\" <a@b>" },
		{ "a=?utf-8?Q?=C3=BC?=b", "a" U_UMLAUT "b" },
		{ "=?utf-8?Q?=C3=BC?==?utf-8?Q?=C3=BC?=", U_UMLAUT U_UMLAUT },
		{ "=?utf-8?Q?with blanks?=", "with blanks" },
		{ "=?utf-8?Q?100=?=", "100=" },
		{ "=?utf-8?Q?=4?=", "=4" },
		{ "raw gr" U_UMLAUT "n", "raw gr" U_UMLAUT "n" },
		{ "raw gr\xfcn", "raw gr" U_UMLAUT "n" },
		{ "=?no-such?Q?a=FC?=", "a" BAD },
		{ "=?utf-8?Q?" "?=", "" },
		/* not encoded words */
		{ "=?utf-8?X?abc?=", "=?utf-8?X?abc?=" },
		{ "=?utf-8?Q?abc", "=?utf-8?Q?abc" },
		{ "=??Q?abc?=", "=??Q?abc?=" },
		{ "=?a b?Q?abc?=", "=?a b?Q?abc?=" },
		{ "=?", "=?" }, { "=?=", "=?=" }, { "?=", "?=" }, { "a =? b ?= c", "a =? b ?= c" },
		{ "folded\r\n text", "folded text" }, { "folded\n\ttext", "folded\ttext" },
	};
	struct charsets charsets = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct buf out = { 0 };
		words_decode(&out, str_of(row[i].in), &charsets);
		if (!str_eq(buf_str(&out), str_of(row[i].out)))
			fail_msg("row %zu: %s: %.*s", i, row[i].in, STR_ARG(buf_str(&out)));
		buf_fini(&out);
	}
	charsets_fini(&charsets);
}

/* Much of what almost begins a word: quadratic work would take minutes. */
static void hostile(void **state)
{
	static const char *const piece[] = { "=?", "=?x?q?", "=?x?q", "=?x?q?" "?=", "?=", "=?utf-8?b?=", " =?" };
	struct charsets charsets = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof piece / sizeof *piece; i++) {
		struct buf in = { 0 }, out = { 0 };
		while (in.n < 1 << 18)
			buf_add(&in, str_of(piece[i]));
		words_decode(&out, buf_str(&in), &charsets);
		assert_true(utf8_valid(buf_str(&out)));
		buf_fini(&in);
		buf_fini(&out);
	}
	charsets_fini(&charsets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decoding), cmocka_unit_test(hostile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

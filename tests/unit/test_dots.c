/* tests/unit/test_dots.c: where a message ends, fed cut at every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "frontend/lmtp/dots.h"

static void check(size_t i, struct str in, size_t cut, struct str out, bool end, struct str rest)
{
	struct dots d = { 0 };
	struct buf got = { 0 };
	struct str first = str_head(in, cut), second = str_skip(in, cut);

	bool ended = dots_feed(&d, &first, &got) || dots_feed(&d, &second, &got);
	if (first.n > 0)
		assert_true(ended);
	if (ended != end || !str_eq(buf_str(&got), out) || first.n + second.n != rest.n)
		fail_msg("row %zu cut %zu: %.*s", i, cut, STR_ARG(buf_str(&got)));
	buf_fini(&got);
}

static void messages(void **state)
{
	static const struct { struct str in, out; bool end; struct str rest; } row[] = {
		{ S("a\r\n.\r\n"),              S("a\r\n"),          true,  S("") },
		{ S(".\r\n"),                   S(""),               true,  S("") },
		{ S(".\r\nQUIT\r\n"),           S(""),               true,  S("QUIT\r\n") },
		{ S("a\r\n..b\r\n.\r\n"),       S("a\r\n.b\r\n"),    true,  S("") },
		{ S("..\r\n.\r\n"),             S(".\r\n"),          true,  S("") },
		{ S(".a\r\n...\r\n.\r\n"),      S("a\r\n..\r\n"),    true,  S("") },
		{ S("a.\r\n.b.\r\n.\r\n"),      S("a.\r\nb.\r\n"),   true,  S("") },
		{ S("a\n.\nb\r\n.\r\n"),        S("a\n.\nb\r\n"),    true,  S("") },   /* smuggled ends are text */
		{ S("a\r\n.\nb\r\n.\r\n"),      S("a\r\n\nb\r\n"),   true,  S("") },
		{ S("a\n.\r\nb\r\n.\r\n"),      S("a\n.\r\nb\r\n"),  true,  S("") },
		{ S("a\r.\r\nb\r\n.\r\n"),      S("a\r.\r\nb\r\n"),  true,  S("") },
		{ S("a\r\n.\rb\r\n.\r\n"),      S("a\r\n\rb\r\n"),   true,  S("") },
		{ S("a\r\n.\r\r\n.\r\n"),       S("a\r\n\r\r\n"),    true,  S("") },
		{ S("a\r\r\n.\r\n"),            S("a\r\r\n"),        true,  S("") },
		{ S("\r\n\r\n.\r\n"),           S("\r\n\r\n"),       true,  S("") },
		{ S("\0\xff\x80\r\n.\r\n"),     S("\0\xff\x80\r\n"), true,  S("") },
		{ S("a\r\n."),                  S("a\r\n"),          false, S("") },
		{ S("a\r\n.\r"),                S("a\r\n"),          false, S("") },
		{ S("no end"),                  S("no end"),         false, S("") },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		for (size_t cut = 0; cut <= row[i].in.n; cut++)
			check(i, row[i].in, cut, row[i].out, row[i].end, row[i].rest);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(messages) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

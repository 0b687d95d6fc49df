/* tests/unit/test_mailaddr.c: address lists, good and bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/buf.h"
#include "common/mail/mailaddr.h"

/* "name|route|mailbox|host" each, groups as "{name" and "}". */
static void print(struct buf *out, const struct mailaddr *a)
{
	for (; a; a = a->next) {
		if (out->n > 0)
			buf_addc(out, ' ');
		if (a->kind == MAILADDR_GROUP)
			buf_printf(out, "{%.*s", STR_ARG(a->mailbox));
		else if (a->kind == MAILADDR_GROUP_END)
			buf_addc(out, '}');
		else
			buf_printf(out, "%.*s|%.*s|%.*s|%.*s", STR_ARG(a->name), STR_ARG(a->route), STR_ARG(a->mailbox),
			           STR_ARG(a->host));
	}
}

static void lists(void **state)
{
	static const struct { const char *in, *out; } row[] = {
		{ "",                                  "" },
		{ " , ,(nobody) ,",                    "" },
		{ "a@b",                               "||a|b" },
		{ "Ann <a@b>, \"B, C\" <c@d>",         "Ann||a|b B, C||c|d" },
		{ "a@b (Ann (the (first)))",           "Ann (the (first))||a|b" },
		{ "<a@b> (Ann)",                       "||a|b" },
		{ "<@x,@y:a@b>",                       "|@x,@y|a|b" },
		{ "\"a b\"@c",                         "||a b|c" },
		{ "\"q\\\"r\" <a@b>",                  "q\"r||a|b" },
		{ "a@[127.0.0.1]",                     "||a|[127.0.0.1]" },
		{ "G: a@b, c@d;, e@f",                 "{G ||a|b ||c|d } ||e|f" },
		{ "undisclosed-recipients:;",          "{undisclosed-recipients }" },
		{ "open: a@b",                         "{open ||a|b }" },
		{ "alone",                             "||alone|unspecified-domain" },
		{ "Ann <>",                            "Ann|||unspecified-domain" },
		{ "Ann a@b",                           "Ann||a|b" },
		{ "First\" M. \"Last <a@b>",           "First M. Last||a|b" },
		{ "a@b . c",                           "||a|b.c" },
		{ "\"never closed <a@b>",              "||never closed <a@b>|unspecified-domain" },
		{ "<a@b",                              "||a|b" },
		{ ">>;a@b",                            "||;a|b" },
		{ "(never closed",                     "" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena arena;
		struct buf out = { 0 };
		arena_init(&arena);
		print(&out, mailaddr_parse(&arena, str_of(row[i].in)));
		if (!str_eq(buf_str(&out), str_of(row[i].out)))
			fail_msg("row %zu: %s: %.*s", i, row[i].in, STR_ARG(buf_str(&out)));
		buf_fini(&out);
		arena_fini(&arena);
	}
}

static void many(void **state)
{
	struct buf in = { 0 };
	struct arena arena;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < MAILADDR_MAX + 1000; i++)
		buf_add(&in, S("a@b,"));
	arena_init(&arena);
	for (struct mailaddr *a = mailaddr_parse(&arena, buf_str(&in)); a; a = a->next)
		n++;
	assert_int_equal(n, MAILADDR_MAX);
	arena_fini(&arena);
	buf_fini(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lists), cmocka_unit_test(many) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/unit/test_mboxname.c: names on the wire, names at rest, patterns. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/mail/mboxname.h"

static void utf7(void **state)
{
	static const struct { const char *wire, *utf8; } row[] = {
		{ "", "" },
		{ "INBOX", "INBOX" },
		{ "a b/c*%", "a b/c*%" },
		{ "&-", "&" },
		{ "a&-b&-&-", "a&b&&" },
		{ "~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e" },
		{ "Entw&APw-rfe", "Entw\xc3\xbcrfe" },
		{ "&2D3eAA-", "\xf0\x9f\x98\x80" },
		{ "&AOQ-&-&AOQ-", "\xc3\xa4&\xc3\xa4" },
		{ "&Jjo!", NULL },                       /* the three of RFC 3501 5.1.3 */
		{ "&U,BTFw-&ZeVnLIqe-", NULL },          /* one run cut in two */
		{ "&Jjo", NULL },
		{ "&AGE-", NULL },                       /* 'a' in base64 */
		{ "&ACY-", NULL },                       /* '&' in base64 */
		{ "&AOR-", NULL },                       /* bits left over are not zero */
		{ "&AOQA-", NULL },                      /* a base64 digit too many */
		{ "&AO-", NULL },
		{ "&A-", NULL },
		{ "&2D0-", NULL },                       /* half a surrogate pair */
		{ "&3gA-", NULL },
		{ "&2D3YPQ-", NULL },
		{ "&AOQ=-", NULL },
		{ "&AO/-", NULL },
		{ "\xc3\xbc", NULL },
		{ "a\tb", NULL },
		{ "&", NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct buf out = { 0 }, wire = { 0 };
		buf_addc(&out, '>');
		bool ok = mboxname_from_utf7(&out, str_of(row[i].wire));
		struct str got = str_skip(buf_str(&out), 1);
		if (ok != (row[i].utf8 != NULL) || !str_eq(got, str_of(row[i].utf8)))
			fail_msg("row %zu: %s: %.*s", i, row[i].wire, STR_ARG(got));
		mboxname_to_utf7(&wire, got);
		if (ok && !str_eq(buf_str(&wire), str_of(row[i].wire)))
			fail_msg("row %zu: back to %.*s", i, STR_ARG(buf_str(&wire)));
		buf_fini(&out);
		buf_fini(&wire);
	}
}

static void normal(void **state)
{
	static const struct { const char *in, *out; } row[] = {
		{ "INBOX", "INBOX" }, { "inbox", "INBOX" }, { "InBox/Sub", "INBOX/Sub" }, { "inboxes", "inboxes" },
		{ "a/inbox", "a/inbox" }, { "a/", "a" }, { "a/b/c/", "a/b/c" }, { "a*b%", "a*b%" }, { ".", "." },
		{ "u\xcc\x88", "\xc3\xbc" },                     /* NFD to NFC */
		{ "\xe2\x84\xab", "\xc3\x85" },                  /* ANGSTROM SIGN */
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
		{ "", NULL }, { "/", NULL }, { "/a", NULL }, { "a//b", NULL }, { "a//", NULL }, { "//", NULL },
		{ "a\x01" "b", NULL }, { "a\x7f", NULL }, { "a\r\n", NULL }, { "a\xc2\x80", NULL }, { "a\xc2\x9f", NULL },
		{ "a\xe2\x80\xa8", NULL }, { "a\xe2\x80\xa9", NULL }, { "\xff", NULL }, { "a\xc3", NULL },
		{ "\xed\xa0\x80", NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct buf out = { 0 };
		buf_addc(&out, '>');
		bool ok = mboxname_normal(&out, str_of(row[i].in));
		struct str got = str_skip(buf_str(&out), 1);
		if (ok != (row[i].out != NULL) || !str_eq(got, str_of(row[i].out)))
			fail_msg("row %zu: %s: %.*s", i, row[i].in, STR_ARG(got));
		buf_fini(&out);
	}
	struct buf out = { 0 };
	assert_false(mboxname_normal(&out, S("a\0b")));
	buf_fini(&out);
}

static void bounds(void **state)
{
	struct buf in = { 0 }, out = { 0 };

	(void)state;
	memset(buf_grow(&in, MBOXNAME_BYTES_MAX), 'x', MBOXNAME_BYTES_MAX);
	assert_true(mboxname_normal(&out, buf_str(&in)));
	assert_true(mboxname_match(S("*%x*"), buf_str(&in)));
	buf_addc(&in, 'x');
	assert_false(mboxname_normal(&out, buf_str(&in)));
	buf_reset(&in);
	for (int i = 1; i < MBOXNAME_LEVELS_MAX; i++)
		buf_add(&in, S("x/"));
	buf_addc(&in, 'x');
	assert_true(mboxname_normal(&out, buf_str(&in)));
	buf_add(&in, S("/x"));
	assert_false(mboxname_normal(&out, buf_str(&in)));
	buf_fini(&in);
	buf_fini(&out);
}

static void families(void **state)
{
	struct str parent;

	(void)state;
	assert_true(mboxname_parent(S("a/b/c"), &parent) && str_eq(parent, S("a/b")));
	assert_true(mboxname_parent(parent, &parent) && str_eq(parent, S("a")));
	assert_false(mboxname_parent(parent, &parent));
	assert_true(mboxname_is_child(S("a/b/c"), S("a")));
	assert_true(mboxname_is_child(S("a/b/c"), S("a/b")));
	assert_false(mboxname_is_child(S("a"), S("a")));
	assert_false(mboxname_is_child(S("ab/c"), S("a")));
	assert_true(mboxname_is_inbox(S("INBOX")));
	assert_false(mboxname_is_inbox(S("INBOX/a")));
}

static void matching(void **state)
{
	static const struct { const char *pattern, *name; bool ok; } row[] = {
		{ "*", "a/b/c", true }, { "%", "a", true }, { "%", "a/b", false }, { "%/%", "a/b", true },
		{ "%/%", "a/b/c", false }, { "*/c", "a/b/c", true }, { "%/c", "a/b/c", false }, { "a/*", "a", false },
		{ "a*", "a", true }, { "a/%", "a/b", true }, { "a/%", "a/b/c", false }, { "a%", "ab/c", false },
		{ "", "a", false }, { "a", "a", true }, { "a", "A", false }, { "a", "ab", false }, { "ab", "a", false },
		{ "inbox", "INBOX", true }, { "InBox/%", "INBOX/x", true }, { "inbox/X", "INBOX/x", false },
		{ "*inbox", "INBOX", true }, { "%ox", "INBOX", true }, { "inbox*", "INBOX/x", true },
		{ "a/inbox", "a/INBOX", false }, { "inboxe", "INBOXE", false },
		{ "%%%", "abc", true }, { "**", "a/b", true }, { "%*", "a/b", true }, { "*%", "a/b", true },
		{ "%a%/c", "xaxa/c", true }, { "*a%c", "a/abc", true }, { "*a%c", "abc/d", false },
		{ "%\xc3\xbc*", "x\xc3\xbcy", true },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (mboxname_match(str_of(row[i].pattern), str_of(row[i].name)) != row[i].ok)
			fail_msg("row %zu: %s on %s", i, row[i].pattern, row[i].name);
}

/* What makes a backtracking matcher run for years. */
static void hostile_pattern(void **state)
{
	struct buf pattern = { 0 }, name = { 0 };

	(void)state;
	memset(buf_grow(&name, MBOXNAME_BYTES_MAX), 'a', MBOXNAME_BYTES_MAX);
	for (int i = 0; i < 400; i++)
		buf_add(&pattern, i & 1 ? S("*a%") : S("%a*"));
	buf_addc(&pattern, 'b');
	for (int i = 0; i < 20; i++)
		assert_false(mboxname_match(buf_str(&pattern), buf_str(&name)));
	buf_fini(&pattern);
	buf_fini(&name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf7), cmocka_unit_test(normal), cmocka_unit_test(bounds),
		cmocka_unit_test(families), cmocka_unit_test(matching), cmocka_unit_test(hostile_pattern),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/unit/test_flags.c: flag words and keyword tables. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/mail/flags.h"

static void names(void **state)
{
	static const struct { const char *name; uint32_t bit; } row[] = {
		{ "\\Seen", FLAG_SEEN }, { "\\SEEN", FLAG_SEEN }, { "\\answered", FLAG_ANSWERED },
		{ "\\Flagged", FLAG_FLAGGED }, { "\\Deleted", FLAG_DELETED }, { "\\Draft", FLAG_DRAFT },
		{ "Seen", 0 }, { "\\Recent", 0 }, { "\\", 0 }, { "", 0 }, { "\\Seen ", 0 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		if (flag_by_name(str_of(row[i].name)) != row[i].bit)
			fail_msg("row %zu: %s", i, row[i].name);
		if (row[i].bit)
			assert_true(str_ieq(flag_name(row[i].bit), str_of(row[i].name)));
	}
}

static void valid_keywords(void **state)
{
	static const struct { const char *name; bool ok; } row[] = {
		{ "$Forwarded", true }, { "a", true }, { "a[b", true }, { "a+b/c'", true }, { "}", true },
		{ "", false }, { "\\Foo", false }, { "a b", false }, { "a]", false }, { "a(b", false }, { "a)", false },
		{ "{", false }, { "a%", false }, { "a*", false }, { "a\"", false }, { "a\x7f", false }, { "a\x01", false },
		{ "\xc3\xbc", false },
	};
	char longest[FLAG_KEYWORD_BYTES_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (flag_keyword_valid(str_of(row[i].name)) != row[i].ok)
			fail_msg("row %zu: %s", i, row[i].name);
	memset(longest, 'x', sizeof longest);
	assert_true(flag_keyword_valid((struct str){ longest, FLAG_KEYWORD_BYTES_MAX }));
	assert_false(flag_keyword_valid((struct str){ longest, FLAG_KEYWORD_BYTES_MAX + 1 }));
	assert_false(flag_keyword_valid((struct str){ "a\0b", 3 }));
}

/* Every keyword alone and in company, on both sides of the word's edge. */
static void setting(void **state)
{
	static const unsigned some[] = { 2047, 25, 26, 0, 27, 99, 100 };
	enum { N = sizeof some / sizeof *some };
	struct flagset f = { .word = FLAG_SEEN }, all = { 0 }, back = { 0 };
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < N; i++) {
		assert_false(flagset_has(&f, some[i]));
		flagset_set(&f, some[i]);
		flagset_set(&f, some[i]);
		assert_true(flagset_has(&f, some[i]));
		assert_false(flagset_has(&f, some[i] + 1));
	}
	assert_int_equal(f.n_more, 5);
	assert_true(f.word & FLAG_MORE);
	flagset_copy(&all, &f);
	assert_true(flagset_eq(&all, &f));
	flagset_pack(&out, &f);
	struct rd rd = rd_of(buf_str(&out));
	assert_true(flagset_unpack(&back, &rd) && rd_done(&rd));
	assert_true(flagset_eq(&back, &f));
	flagset_remove(&f, &f);
	assert_int_equal(f.word, 0);
	assert_null(f.more);
	flagset_add(&f, &all);
	assert_true(flagset_eq(&f, &all));
	flagset_fini(&f), flagset_fini(&all), flagset_fini(&back), buf_fini(&out);
}

static void unpacking(void **state)
{
	static const struct { const char *in; size_t n; bool ok; } row[] = {
#define ROW(bytes, ok) { bytes, sizeof bytes - 1, ok }
		ROW("\0\0\0\0", true),
		ROW("\xff\xff\xff\xdf", true),
		ROW("\0\0\0\x20" "\0\2" "\0\x1a" "\7\xff", true),
		ROW("\0\0\0", false),
		ROW("\0\0\0\x20", false),                              /* "more" without a list */
		ROW("\0\0\0\x20" "\0\0", false),                       /* ... with an empty list */
		ROW("\0\0\0\x20" "\0\2" "\0\x1a", false),              /* cut */
		ROW("\0\0\0\x20" "\0\1" "\0\x19", false),              /* 25 belongs in the word */
		ROW("\0\0\0\x20" "\0\2" "\0\x1b" "\0\x1a", false),     /* descending */
		ROW("\0\0\0\x20" "\0\2" "\0\x1b" "\0\x1b", false),     /* twice */
		ROW("\0\0\0\x20" "\0\1" "\10\0", false),               /* 2048 */
		ROW("\0\0\0\x20" "\xff\xff" "\0\x1b", false),
#undef ROW
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct flagset f = { 0 };
		struct rd rd = rd_of((struct str){ row[i].in, row[i].n });
		if (flagset_unpack(&f, &rd) != row[i].ok)
			fail_msg("row %zu", i);
		if (!row[i].ok)
			assert_true(f.word == 0 && f.n_more == 0 && f.more == NULL);
		flagset_fini(&f);
	}
}

static void keyword_table(void **state)
{
	struct keywords k = { 0 }, copy = { 0 }, back = { 0 };
	struct buf out = { 0 };
	char name[16];

	(void)state;
	assert_int_equal(keywords_find(&k, S("x")), -1);
	for (int i = 0; i < FLAG_KEYWORDS_MAX; i++) {
		snprintf(name, sizeof name, "Key%d", i);
		assert_int_equal(keywords_add(&k, str_of(name)), i);
	}
	assert_int_equal(keywords_add(&k, S("one-more")), -1);
	assert_int_equal(keywords_add(&k, S("kEY77")), 77);
	assert_int_equal(keywords_find(&k, S("KEY2047")), 2047);
	assert_int_equal(keywords_find(&k, S("Key2048")), -1);
	assert_true(str_eq(k.names[77], S("Key77")));
	keywords_copy(&copy, &k);
	keywords_pack(&out, &copy);
	assert_true(keywords_unpack(&back, buf_str(&out)));
	assert_int_equal(back.n, FLAG_KEYWORDS_MAX);
	assert_int_equal(keywords_find(&back, S("key1999")), 1999);
	for (size_t n = 0; n < 100; n++)
		assert_false(keywords_unpack(&back, str_head(buf_str(&out), n)));
	assert_false(keywords_unpack(&back, S("\0\2\0\0\0\1a\0\0\0\1A")));      /* one name twice */
	assert_false(keywords_unpack(&back, S("\0\1\0\0\0\1*")));
	assert_false(keywords_unpack(&back, S("\0\0x")));
	assert_int_equal(back.n, 0);
	keywords_fini(&k), keywords_fini(&copy), keywords_fini(&back), buf_fini(&out);
}

static void printing(void **state)
{
	static const struct { uint32_t word; int more; const char *want; } row[] = {
		{ 0, 0, "" },
		{ FLAG_SEEN, 0, "\\Seen" },
		{ FLAG_SYSTEM, 0, "\\Answered \\Flagged \\Deleted \\Seen \\Draft" },
		{ FLAG_KEYWORD0 << 1, 0, "k1" },
		{ FLAG_DRAFT | FLAG_KEYWORD0 | FLAG_KEYWORD0 << 25, 30, "\\Draft k0 k25 k30" },
	};
	struct keywords k = { 0 };
	struct buf out = { 0 };
	char name[16];

	(void)state;
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof name, "k%d", i);
		keywords_add(&k, str_of(name));
	}
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct flagset f = { .word = row[i].word };
		if (row[i].more)
			flagset_set(&f, (unsigned)row[i].more);
		buf_reset(&out);
		flagset_print(&out, &f, &k);
		if (!str_eq(buf_str(&out), str_of(row[i].want)))
			fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&out)));
		flagset_fini(&f);
	}
	keywords_fini(&k);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names), cmocka_unit_test(valid_keywords), cmocka_unit_test(setting),
		cmocka_unit_test(unpacking), cmocka_unit_test(keyword_table), cmocka_unit_test(printing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

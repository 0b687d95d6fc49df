/* tests/unit/test_base.c: slices, arenas, buffers, readers, maps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/log.h"
#include "common/base/map.h"
#include "common/base/rd.h"

static void cuts(void **state)
{
	struct str head, rest;

	(void)state;
	assert_true(str_cut(S("a:b:c"), ':', &head, &rest));
	assert_true(str_eq(head, S("a")) && str_eq(rest, S("b:c")));
	assert_false(str_cut(S("abc"), ':', &head, &rest));
	assert_true(str_eq(head, S("abc")) && rest.n == 0);
	assert_true(str_eq(str_trim(S(" \t a b\r\n")), S("a b")));
	assert_true(str_ieq(S("InBox"), S("INBOX")));
	assert_false(str_ieq(S("InBox"), S("INBO")));
	assert_int_equal(str_search(S("hello"), S("llo")), 2);
	assert_int_equal(str_rfind(S("a/b/c"), '/'), 3);
}

static void numbers(void **state)
{
	static const struct { const char *in; bool ok; uint64_t v; } row[] = {
		{ "0", true, 0 },
		{ "18446744073709551615", true, UINT64_MAX },
		{ "18446744073709551616", false, 0 },
		{ "99999999999999999999", false, 0 },
		{ "", false, 0 },
		{ "-1", false, 0 },
		{ "1 ", false, 0 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		uint64_t v = 0;
		if (str_u64(str_of(row[i].in), &v) != row[i].ok || v != row[i].v)
			fail_msg("row %zu: %s", i, row[i].in);
	}
}

static void written_is_read(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_u8(&b, 7);
	buf_u16(&b, 0x1234);
	buf_u32(&b, 0xdeadbeef);
	buf_u64(&b, 0x0102030405060708);
	buf_lstr(&b, S("hi"));
	for (size_t cut = 0; cut <= b.n; cut++) {
		struct rd r = rd_of(str_head(buf_str(&b), cut));
		uint8_t a = rd_u8(&r);
		uint16_t c = rd_u16(&r);
		uint32_t d = rd_u32(&r);
		uint64_t e = rd_u64(&r);
		struct str s = rd_str(&r);
		assert_int_equal(rd_done(&r), cut == b.n);
		if (cut == b.n)
			assert_true(a == 7 && c == 0x1234 && d == 0xdeadbeef && e == 0x0102030405060708 && str_eq(s, S("hi")));
	}
	buf_reset(&b);
	buf_dec(&b, 0);
	buf_dec(&b, UINT64_MAX);
	assert_true(str_eq(buf_str(&b), S("018446744073709551615")));
	buf_fini(&b);
}

static void map_like_a_plain_array(void **state)
{
	enum { N = 512 };
	void *model[N] = { NULL };
	struct map m = { 0 };
	unsigned seed = 1;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		unsigned k = (unsigned)rand_r(&seed) % N;
		if (rand_r(&seed) % 2) {
			model[k] = &model[(unsigned)rand_r(&seed) % N];
			map_put(&m, (uint64_t)k << 40, model[k]);
		} else {
			assert_ptr_equal(map_del(&m, (uint64_t)k << 40), model[k]);
			model[k] = NULL;
		}
		unsigned q = (unsigned)rand_r(&seed) % N;
		assert_ptr_equal(map_get(&m, (uint64_t)q << 40), model[q]);
	}
	size_t at = 0, n = 0;
	uint64_t key;
	void *v;
	while (map_each(&m, &at, &key, &v)) {
		assert_ptr_equal(model[key >> 40], v);
		n++;
	}
	assert_int_equal(n, m.n);
	map_fini(&m);
}

static void arena_lends(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a);
	for (int i = 0; i < 1000; i++) {
		char *p = arena_alloc(&a, (size_t)i * 7);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (int k = 0; k < i * 7; k++)
			p[k] = (char)i;
	}
	struct str s = str_dup(&a, S("kept"));
	assert_true(str_eq(s, S("kept")));
	arena_reset(&a);
	assert_int_equal(a.total_bytes, 0);
	arena_fini(&a);
}

static void a_log_line_stays_a_line(void **state)
{
	(void)state;
	assert_string_equal(log_quote(S("a\r\nb\"c\\")), "\"a\\x0d\\x0ab\\\"c\\\\\"");
	assert_string_equal(err_name(ERR_QUOTA), "quota");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts), cmocka_unit_test(numbers), cmocka_unit_test(written_is_read),
		cmocka_unit_test(map_like_a_plain_array), cmocka_unit_test(arena_lends),
		cmocka_unit_test(a_log_line_stays_a_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

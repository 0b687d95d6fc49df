/* tests/unit/test_uidset.c: sets of UIDs. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/mail/uidset.h"

#define LAST UINT32_MAX

/* "1:3,7" to a set; the tests' own reading, one range after the other in the order written. */
static struct uidset set_of(const char *p)
{
	struct uidset s = { 0 };

	while (*p) {
		char *end;
		uint32_t lo = (uint32_t)strtoul(p, &end, 10), hi = lo;
		if (*end == ':')
			hi = (uint32_t)strtoul(end + 1, &end, 10);
		uidset_add_range(&s, lo, hi);
		p = *end == ',' ? end + 1 : end;
	}
	return s;
}

static void expect(const struct uidset *s, const char *want, const char *row)
{
	struct buf out = { 0 };

	uidset_print(&out, s);
	if (!str_eq(buf_str(&out), str_of(want)))
		fail_msg("%s: got %.*s, want %s", row, STR_ARG(buf_str(&out)), want);
	buf_fini(&out);
}

static void adding(void **state)
{
	static const struct { const char *in, *out; } row[] = {
		{ "", "" },
		{ "1,2,3", "1:3" },
		{ "3,2,1", "1:3" },
		{ "1,3,2", "1:3" },
		{ "5:7,1:2,9", "1:2,5:7,9" },
		{ "5:7,8:9", "5:9" },
		{ "5:7,1:4", "1:7" },
		{ "5:7,1:100", "1:100" },
		{ "2,4,6,8,3:7", "2:8" },
		{ "2,4,6,8,10,5:6", "2,4:6,8,10" },
		{ "4294967295,4294967294", "4294967294:4294967295" },
		{ "4294967295,1", "1,4294967295" },
		{ "1:4294967295,7", "1:4294967295" },
		{ "10:20,12", "10:20" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct uidset s = set_of(row[i].in);
		expect(&s, row[i].out, row[i].in);
		uidset_fini(&s);
	}
}

static void algebra(void **state)
{
	static const struct { const char *a, *b, *both, *less, *common; } row[] = {
		{ "", "", "", "", "" },
		{ "1:5", "", "1:5", "1:5", "" },
		{ "", "1:5", "1:5", "", "" },
		{ "1:5", "3", "1:5", "1:2,4:5", "3" },
		{ "1:5", "5:9", "1:9", "1:4", "5" },
		{ "1:5", "6:9", "1:9", "1:5", "" },
		{ "1:3,7:9", "2:8", "1:9", "1,9", "2:3,7:8" },
		{ "1,3,5,7", "2,4,6", "1:7", "1,3,5,7", "" },
		{ "1:10,20:30", "5:25", "1:30", "1:4,26:30", "5:10,20:25" },
		{ "1:100", "1,50,100", "1:100", "2:49,51:99", "1,50,100" },
		{ "1:4294967295", "4294967295", "1:4294967295", "1:4294967294", "4294967295" },
		{ "4294967295", "1:4294967295", "1:4294967295", "", "4294967295" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct uidset b = set_of(row[i].b);
		struct uidset s = set_of(row[i].a), less = { 0 }, common = { 0 };
		uidset_copy(&less, &s);
		uidset_copy(&common, &s);
		uidset_union(&s, &b);
		uidset_subtract(&less, &b);
		uidset_intersect(&common, &b);
		expect(&s, row[i].both, row[i].a);
		expect(&less, row[i].less, row[i].a);
		expect(&common, row[i].common, row[i].a);
		uidset_fini(&s), uidset_fini(&less), uidset_fini(&common), uidset_fini(&b);
	}
}

static void members(void **state)
{
	static const uint32_t want[] = { 1, 2, 3, 7, LAST - 1, LAST };
	struct uidset s = set_of("1:3,7,4294967294:4294967295");
	struct uidset_iter it = { 0 };
	size_t n = 0;
	uint32_t uid;

	(void)state;
	while (uidset_next(&s, &it, &uid)) {
		assert_true(n < sizeof want / sizeof *want);
		assert_int_equal(uid, want[n++]);
		assert_true(uidset_has(&s, uid));
	}
	assert_int_equal(n, 6);
	assert_int_equal(uidset_count(&s), 6);
	assert_int_equal(uidset_max(&s), LAST);
	assert_false(uidset_has(&s, 4));
	assert_false(uidset_has(&s, 0));
	uidset_fini(&s);
	assert_int_equal(uidset_max(&s), 0);
}

static void members_side_by_side(void **state)
{
	static const struct range want[] = { { 1, 2 }, { 3, 3 }, { 7, 7 }, { LAST - 2, LAST - 1 }, { LAST, LAST } };
	struct uidset s = set_of("1:3,7,4294967293:4294967295");
	struct uidset_iter it = { 0 };
	struct range r;
	size_t n = 0;

	(void)state;
	for (; uidset_next_range(&s, &it, 2, &r); n++)
		assert_true(n < sizeof want / sizeof *want && r.lo == want[n].lo && r.hi == want[n].hi);
	assert_int_equal(n, sizeof want / sizeof *want);
	it = (struct uidset_iter){ 0 };
	assert_true(uidset_next_range(&s, &it, UINT32_MAX, &r) && r.hi == 3);
	uidset_fini(&s);
}

static void unpacking(void **state)
{
	static const struct { const char *in; size_t n; bool ok; const char *out; } row[] = {
#define ROW(bytes, ok, out) { bytes, sizeof bytes - 1, ok, out }
		ROW("\0\0\0\0", true, ""),
		ROW("\0\0\0\1" "\0\0\0\1" "\0\0\0\3", true, "1:3"),
		ROW("\0\0\0\2" "\0\0\0\1" "\0\0\0\3" "\0\0\0\5" "\xff\xff\xff\xff", true, "1:3,5:4294967295"),
		ROW("", false, ""),
		ROW("\0\0\0", false, ""),
		ROW("\0\0\0\1" "\0\0\0\1", false, ""),                               /* cut */
		ROW("\0\0\0\1" "\0\0\0\1" "\0\0\0\3" "x", false, ""),                /* a byte too many */
		ROW("\0\0\0\1" "\0\0\0\0" "\0\0\0\3", false, ""),                    /* UID 0 */
		ROW("\0\0\0\1" "\0\0\0\4" "\0\0\0\3", false, ""),                    /* upside down */
		ROW("\0\0\0\2" "\0\0\0\1" "\0\0\0\3" "\0\0\0\4" "\0\0\0\5", false, ""),   /* adjacent */
		ROW("\0\0\0\2" "\0\0\0\7" "\0\0\0\7" "\0\0\0\4" "\0\0\0\5", false, ""),   /* descending */
		ROW("\0\0\0\2" "\0\0\0\1" "\xff\xff\xff\xff" "\0\0\0\1" "\0\0\0\1", false, ""),
		ROW("\xff\xff\xff\xff" "\0\0\0\1" "\0\0\0\3", false, ""),            /* promises too much */
		ROW("\0\0\0\3" "\0\0\0\1\0\0\0\1" "\0\0\0\3\0\0\0\3" "\0\0\0\5\0\0\0\5", false, ""),   /* over the limit */
#undef ROW
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct uidset s = set_of("9");
		struct buf again = { 0 };
		if (uidset_unpack(&s, (struct str){ row[i].in, row[i].n }, 2) != row[i].ok)
			fail_msg("row %zu", i);
		expect(&s, row[i].out, "unpacked");
		uidset_pack(&again, &s);
		if (row[i].ok)
			assert_true(str_eq(buf_str(&again), (struct str){ row[i].in, row[i].n }));
		buf_fini(&again);
		uidset_fini(&s);
	}
}

/* Words of bits against asking one by one. */
static void words(void **state)
{
	static const struct range member[] = { { 1, 1 }, { 60, 70 }, { 128, 191 }, { 200, 500 }, { LAST - 3, LAST } };
	struct uidset s = { 0 }, again = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof member / sizeof *member; i++)
		uidset_add_range(&s, member[i].lo, member[i].hi);
	for (uint64_t first = 0; first <= LAST; first = first == 640 ? LAST - 63ull : first + 64) {
		uint64_t bits = uidset_word(&s, (uint32_t)first);
		for (uint32_t k = 0; k < 64; k++)
			assert_int_equal(bits >> k & 1, first + k > 0 && uidset_has(&s, (uint32_t)first + k));
		uidset_add_word(&again, (uint32_t)first, bits);
	}
	assert_true(uidset_eq(&s, &again));
	static const uint32_t from[][2] = { { 0, 1 }, { 1, 1 }, { 2, 60 }, { 66, 66 }, { 501, LAST - 3 }, { LAST, LAST } };
	for (size_t i = 0; i < sizeof from / sizeof *from; i++)
		assert_int_equal(uidset_from(&s, from[i][0]), from[i][1]);
	assert_int_equal(uidset_from(&(struct uidset){ 0 }, 1), 0);
	uidset_fini(&s);
	uidset_fini(&again);
}

/* A million ranges in the worst order: quadratic work would take minutes. */
static void building(void **state)
{
	enum { N = 1000000 };
	struct range *r = calloc(N, sizeof *r);
	struct uidset s = { 0 };

	(void)state;
	for (uint32_t i = 0; i < N; i++)
		r[i] = (struct range){ 3 * (N - i), 3 * (N - i) + 1 };
	uidset_build(&s, r, N);
	assert_int_equal(s.n, N);
	assert_int_equal(uidset_count(&s), 2 * N);
	r[0] = (struct range){ 1, LAST };
	uidset_build(&s, r, N);
	expect(&s, "1:4294967295", "swallowed");
	uidset_fini(&s);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adding), cmocka_unit_test(algebra),
		cmocka_unit_test(members), cmocka_unit_test(members_side_by_side), cmocka_unit_test(unpacking), cmocka_unit_test(building), cmocka_unit_test(words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

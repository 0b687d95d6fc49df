/* tests/unit/test_uidmap.c: positions and UIDs, both ways. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

#include "frontend/view/uidmap.h"

static struct uidmap *map_of(const char *p)
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
	struct uidmap *m = uidmap_new(&s);
	uidset_fini(&s);
	return m;
}

static void lookups(void **state)
{
	static const struct { const char *uids; uint32_t seqno, uid; } row[] = {
		{ "", 1, 0 },
		{ "1:10", 0, 0 },
		{ "1:10", 1, 1 },
		{ "1:10", 10, 10 },
		{ "1:10", 11, 0 },
		{ "5,7:9,20", 1, 5 },
		{ "5,7:9,20", 2, 7 },
		{ "5,7:9,20", 4, 9 },
		{ "5,7:9,20", 5, 20 },
		{ "5,7:9,20", 6, 0 },
		{ "4294967290:4294967295", 6, 4294967295 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct uidmap *m = map_of(row[i].uids);
		if (uidmap_uid(m, row[i].seqno) != row[i].uid)
			fail_msg("row %zu: uid %u", i, uidmap_uid(m, row[i].seqno));
		if (row[i].uid && uidmap_seqno(m, row[i].uid) != row[i].seqno)
			fail_msg("row %zu: seqno %u", i, uidmap_seqno(m, row[i].uid));
		uidmap_release(&m);
	}
}

static void absent(void **state)
{
	static const uint32_t uid[] = { 0, 1, 4, 6, 10, 19, 21, UINT32_MAX };
	struct uidmap *m = map_of("5,7:9,20");

	(void)state;
	for (size_t i = 0; i < sizeof uid / sizeof *uid; i++)
		assert_false(uidmap_has(m, uid[i]));
	assert_int_equal(uidmap_count(m), 5);
	assert_int_equal(uidmap_max(m), 20);
	uidmap_release(&m);
	assert_null(m);
}

static void spans(void **state)
{
	static const struct { const char *uids; uint32_t lo, hi; const char *out; } row[] = {
		{ "1:10", 1, 10, "1:10" },
		{ "1:10", 3, 3, "3" },
		{ "5,7:9,20", 1, 5, "5,7:9,20" },
		{ "5,7:9,20", 2, 3, "7:8" },
		{ "5,7:9,20", 3, 5, "8:9,20" },
		{ "5,7:9,20", 5, 5, "20" },
		{ "1,3,5,7,9", 2, 4, "3,5,7" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct uidmap *m = map_of(row[i].uids);
		struct uidset got = { 0 };
		struct buf out = { 0 };
		uidmap_add_span(m, row[i].lo, row[i].hi, &got);
		uidset_print(&out, &got);
		if (!str_eq(buf_str(&out), str_of(row[i].out)))
			fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&out)));
		buf_fini(&out);
		uidset_fini(&got);
		uidmap_release(&m);
	}
}

/* Every position leads to a UID that leads back. */
static void there_and_back(void **state)
{
	struct uidset s = { 0 };

	(void)state;
	for (uint32_t uid = 1; uid < 5000; uid += 1 + uid % 3)
		uidset_add(&s, uid);
	struct uidmap *m = uidmap_new(&s), *other = uidmap_hold(m);
	uidset_fini(&s);
	for (uint32_t n = 1; n <= uidmap_count(m); n++)
		assert_int_equal(uidmap_seqno(m, uidmap_uid(m, n)), n);
	uidmap_release(&m);
	assert_int_equal(uidmap_uid(other, 1), 1);
	uidmap_release(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lookups), cmocka_unit_test(absent), cmocka_unit_test(spans),
		cmocka_unit_test(there_and_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

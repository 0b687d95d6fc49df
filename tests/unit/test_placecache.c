/* tests/unit/test_placecache.c: what is found is what was put; nobody finds another's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/base/buf.h"
#include "storaged/mbox/rows.h"
#include "storaged/serve/placecache.h"

static void found_or_absent_never_wrong(void **state)
{
	struct placecache *c = placecache_new();
	struct str got;
	struct buf row = { 0 };
	uint32_t found = 0;

	(void)state;
	for (uint32_t user = 1; user <= 40; user++) {
		for (uint64_t blob = 1; blob <= 1000; blob++) {
			buf_reset(&row);
			where_pack(&row, &(struct where){ .segment = user, .offset = blob, .plain = 7 });
			placecache_put(c, user, blob, buf_str(&row));
			assert_true(placecache_get(c, user, blob, &got));
		}
	}
	for (uint32_t user = 1; user <= 41; user++) {
		for (uint64_t blob = 1; blob <= 1000; blob++) {
			struct where w;
			uint32_t n;
			if (!placecache_get(c, user, blob, &got))
				continue;
			assert_true(where_unpack(got, &w, 1, &n));
			assert_true(n == 1 && w.segment == user && w.offset == blob);
			found++;
		}
	}
	assert_true(found > 10000);
	buf_fini(&row);
	placecache_free(&c);
}

/* Where a large one lies takes another kind of slot, and one far too large none. */
static void large_ones(void **state)
{
	static const struct { uint32_t runs; bool kept; } row[] = { { 1, true }, { 2, true }, { 3, true }, { 41, true }, { 128, true }, { 129, false } };
	struct placecache *c = placecache_new();
	char where[129 * WHERE_BYTES] = { 0 };
	struct str got;

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		uint64_t blob = i + 1;
		placecache_put(c, 1, blob, (struct str){ where, row[i].runs * WHERE_BYTES });
		if (placecache_get(c, 1, blob, &got) != row[i].kept || (row[i].kept && got.n != row[i].runs * WHERE_BYTES))
			fail_msg("row %zu", i);
	}
	assert_false(placecache_get(c, 2, 1, &got));
	placecache_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_or_absent_never_wrong), cmocka_unit_test(large_ones),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

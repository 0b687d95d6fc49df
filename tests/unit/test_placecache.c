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

static void three_runs_are_not_kept(void **state)
{
	struct placecache *c = placecache_new();
	char row[3 * WHERE_BYTES] = { 0 };
	struct str got;

	(void)state;
	placecache_put(c, 1, 1, (struct str){ row, sizeof row });
	assert_false(placecache_get(c, 1, 1, &got));
	placecache_put(c, 1, 1, (struct str){ row, 2 * WHERE_BYTES });
	assert_true(placecache_get(c, 1, 1, &got));
	placecache_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_or_absent_never_wrong), cmocka_unit_test(three_runs_are_not_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

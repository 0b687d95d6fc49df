/* tests/unit/test_blobcache.c: what was put is got, until it is forgotten or a newer one takes its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "storaged/serve/blobcache.h"

static void put_and_got(void **state)
{
	struct blobcache *c = blobcache_new(240);
	char big[300];

	(void)state;
	memset(big, 'b', sizeof big);
	assert_int_equal(blobcache_get(c, 1, 1).n, 0);
	blobcache_put(c, 1, 1, S("one"));
	blobcache_put(c, 1, 2, S("two"));
	blobcache_put(c, 2, 1, S("theirs"));
	blobcache_put(c, 1, 3, (struct str){ big, sizeof big });              /* too long to keep */
	assert_true(str_eq(blobcache_get(c, 1, 1), S("one")));
	assert_true(str_eq(blobcache_get(c, 1, 2), S("two")));
	assert_true(str_eq(blobcache_get(c, 2, 1), S("theirs")));
	assert_int_equal(blobcache_get(c, 1, 3).n, 0);
	blobcache_put(c, 1, 1 + BLOBCACHE_SLOTS, S("newer"));
	assert_int_equal(blobcache_get(c, 1, 1).n, 0);
	assert_true(str_eq(blobcache_get(c, 1, 1 + BLOBCACHE_SLOTS), S("newer")));
	blobcache_forget(c);
	assert_int_equal(blobcache_get(c, 1, 2).n, 0);
	blobcache_put(c, 1, 2, S("again"));
	assert_true(str_eq(blobcache_get(c, 1, 2), S("again")));
	blobcache_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(put_and_got) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

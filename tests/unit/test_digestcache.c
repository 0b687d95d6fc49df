/* tests/unit/test_digestcache.c: what was put is got, until it is forgotten or a newer one takes its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "storaged/serve/digestcache.h"

static void put_and_got(void **state)
{
	struct digestcache *c = digestcache_new();
	char big[300];

	(void)state;
	memset(big, 'b', sizeof big);
	assert_int_equal(digestcache_get(c, 1, 1).n, 0);
	digestcache_put(c, 1, 1, S("one"));
	digestcache_put(c, 1, 2, S("two"));
	digestcache_put(c, 2, 1, S("theirs"));
	digestcache_put(c, 1, 3, (struct str){ big, sizeof big });              /* too long to keep */
	assert_true(str_eq(digestcache_get(c, 1, 1), S("one")));
	assert_true(str_eq(digestcache_get(c, 1, 2), S("two")));
	assert_true(str_eq(digestcache_get(c, 2, 1), S("theirs")));
	assert_int_equal(digestcache_get(c, 1, 3).n, 0);
	digestcache_put(c, 1, 1 + (1 << 16), S("newer"));
	assert_int_equal(digestcache_get(c, 1, 1).n, 0);
	assert_true(str_eq(digestcache_get(c, 1, 1 + (1 << 16)), S("newer")));
	digestcache_forget(c);
	assert_int_equal(digestcache_get(c, 1, 2).n, 0);
	digestcache_put(c, 1, 2, S("again"));
	assert_true(str_eq(digestcache_get(c, 1, 2), S("again")));
	digestcache_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(put_and_got) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/unit/test_quota.c: what fits, how full, and how much room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/mail/quota.h"

static void fits(void **state)
{
	static const struct { struct quota q; struct usage used, more; bool client, incoming; } row[] = {
		{ { { 0, 0, 0 }, 0, 0, 0 },     { { 1, 1, 1 } },          { { UINT64_MAX, 9, 9 } }, true,  true  },
		{ { { 100, 0, 0 }, 0, 10, 0 },  { { 60, 0, 0 } },         { { 40, 1, 0 } },         true,  true  },
		{ { { 100, 0, 0 }, 0, 10, 0 },  { { 60, 0, 0 } },         { { 41, 1, 0 } },         false, true  },
		{ { { 100, 0, 0 }, 0, 10, 0 },  { { 60, 0, 0 } },         { { 50, 1, 0 } },         false, true  },
		{ { { 100, 0, 0 }, 0, 10, 0 },  { { 60, 0, 0 } },         { { 51, 1, 0 } },         false, false },
		{ { { 100, 9, 9 }, 0, 10, 0 },  { { 500, 1, 1 } },        { { 0, 1, 1 } },          true,  true  },   /* too much of another */
		{ { { 0, 3, 0 }, 0, 0, 0 },     { { 0, 3, 0 } },          { { 5, 1, 0 } },          false, false },
		{ { { 0, 10, 0 }, 0, 10, 0 },   { { 0, 10, 0 } },         { { 5, 1, 0 } },          false, true  },
		{ { { 0, 0, 2 }, 0, 0, 0 },     { { 0, 0, 1 } },          { { 0, 0, 2 } },          false, false },
		{ { { 10, 0, 0 }, 0, 0, 0 },    { { 5, 0, 0 } },          { { UINT64_MAX, 0, 0 } }, false, false },
		{ { { UINT64_MAX, 0, 0 }, 0, 1000, 0 }, { { UINT64_MAX - 1, 0, 0 } }, { { 1, 0, 0 } }, true, true },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (quota_fits(&row[i].q, &row[i].used, &row[i].more, false) != row[i].client ||
		    quota_fits(&row[i].q, &row[i].used, &row[i].more, true) != row[i].incoming)
			fail_msg("row %zu", i);
}

static void fullness(void **state)
{
	static const struct { struct quota q; struct usage used; enum quota_resource which; uint32_t percent; bool soft; uint64_t room; } row[] = {
		{ { { 0, 0, 0 }, 90, 0, 0 },    { { 5, 5, 5 } },      QUOTA_STORAGE, 0,   false, UINT64_MAX },
		{ { { 1000, 0, 0 }, 90, 0, 0 }, { { 899, 5, 5 } },    QUOTA_STORAGE, 89,  false, 101 },
		{ { { 1000, 0, 0 }, 90, 0, 0 }, { { 900, 5, 5 } },    QUOTA_STORAGE, 90,  true,  100 },
		{ { { 1000, 0, 0 }, 0, 0, 0 },  { { 2000, 5, 5 } },   QUOTA_STORAGE, 200, false, 0 },
		{ { { 1000, 90, 0 }, 90, 0, 0 }, { { 100, 81, 5 } },  QUOTA_MESSAGE, 90,  true,  0 },            /* few messages are left */
		{ { { 1000, 1000, 4 }, 90, 0, 0 }, { { 100, 100, 4 } }, QUOTA_MAILBOX, 100, true, 900 },
		{ { { 1, 0, 0 }, 90, 0, 0 },    { { UINT64_MAX, 0, 0 } }, QUOTA_STORAGE, UINT32_MAX, true, 0 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct fullness f = quota_fullness(&row[i].q, &row[i].used);
		if (f.percent != row[i].percent || f.which != row[i].which || quota_is_soft(&row[i].q, &row[i].used) != row[i].soft ||
		    quota_room(&row[i].q, &row[i].used) != row[i].room)
			fail_msg("row %zu: %u %% of %s", i, f.percent, quota_resource_name(f.which));
	}
}

static void equality(void **state)
{
	struct quota a = QUOTA_INITIAL, b = QUOTA_INITIAL;

	(void)state;
	assert_true(quota_eq(&a, &b));
	b.limit[QUOTA_MAILBOX] = 1;
	assert_false(quota_eq(&a, &b));
	b = a;
	b.warn = 1;
	assert_false(quota_eq(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(fits), cmocka_unit_test(fullness), cmocka_unit_test(equality) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

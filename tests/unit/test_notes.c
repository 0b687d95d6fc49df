/* tests/unit/test_notes.c: the load generator's ledger finds what was noted, in whatever order it came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tools/load/ledger.h"

static void notes_are_found_by_uid(void **state)
{
	static const uint32_t uids[] = { 5, 9, 7, 1, 100, 8, 7 };
	struct ledger *l = ledger_new(10, 3);
	struct box *b = ledger_box(l, 11, S("INBOX"));

	(void)state;
	for (uint32_t i = 0; i < sizeof uids / sizeof *uids; i++)
		box_add(b, &(struct note){ .uid = uids[i], .letter = i });
	assert_int_equal(b->n, 6);                                   /* 7 came twice: the later counts */
	assert_int_equal(box_find(b, 7)->letter, 6);
	assert_null(box_find(b, 6));
	for (size_t i = 0; i < b->n; i++)                /* those a session was told of at SELECT */
		assert_true(box_below(b, b->at[i].uid) == i && box_below(b, b->at[i].uid + 1) == i + 1);
	assert_int_equal(box_last_uid(b), 100);
	box_remove(b, 100);
	box_remove(b, 2);
	assert_int_equal(box_last_uid(b), 9);
	for (size_t i = 1; i < b->n; i++)
		assert_true(b->at[i - 1].uid < b->at[i].uid);
	box_add(b, &(struct note){ .letter = 50 });
	box_add(b, &(struct note){ .letter = 50 });
	assert_int_equal(b->loose_n, 2);
	ledger_free(&l);
	assert_null(l);
}

static void boxes_belong_to_users(void **state)
{
	struct ledger *l = ledger_new(10, 3);
	struct box *b = ledger_box(l, 12, S("INBOX"));

	(void)state;
	assert_ptr_equal(ledger_box(l, 12, S("INBOX")), b);
	assert_ptr_not_equal(ledger_box(l, 12, S("Other")), b);
	assert_ptr_not_equal(ledger_box(l, 10, S("INBOX")), b);
	assert_null(ledger_boxes(l, 11));
	ledger_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(notes_are_found_by_uid), cmocka_unit_test(boxes_belong_to_users) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

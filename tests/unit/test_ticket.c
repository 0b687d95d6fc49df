/* tests/unit/test_ticket.c: what was signed is read back; nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/base/must.h"
#include "common/seal/ticket.h"

static const struct ticket signed_ticket = {
	.user = 7, .rights = RIGHT_READ | RIGHT_DELIVER, .shard = 3, .epoch = 9, .generation = 2, .expires_ms = 1795000000000,
};

static int start(void **state)
{
	(void)state;
	must(seal_open(NULL, NULL));
	return 0;
}

static void times(void **state)
{
	static const struct { uint64_t now_ms; enum err err; } row[] = {
		{ 0, OK }, { 1795000000000 - 1, OK }, { 1795000000000, ERR_EXPIRED }, { UINT64_MAX, ERR_EXPIRED },
	};
	struct buf b = { 0 };
	struct key master;
	struct ticket t;

	(void)state;
	key_random(&master);
	ticket_sign(&b, &master, &signed_ticket);
	assert_int_equal(b.n, TICKET_BYTES);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		t = (struct ticket){ 0 };
		if (ticket_read(&t, &master, buf_str(&b), row[i].now_ms) != row[i].err)
			fail_msg("row %zu", i);
		if (row[i].err != OK) {
			assert_int_equal(t.user, 0);
			continue;
		}
		assert_true(t.user == 7 && t.rights == signed_ticket.rights && t.shard == 3 && t.epoch == 9 && t.generation == 2 &&
		            t.expires_ms == signed_ticket.expires_ms);
	}
	buf_fini(&b);
}

static void forgeries(void **state)
{
	struct key master, other;
	struct buf b = { 0 };
	struct ticket t;

	(void)state;
	key_random(&master);
	key_random(&other);
	ticket_sign(&b, &master, &signed_ticket);
	assert_int_equal(ticket_read(&t, &other, buf_str(&b), 0), ERR_DENIED);
	for (size_t bit = 0; bit < 8 * b.n; bit++) {
		b.p[bit / 8] ^= (char)(1 << bit % 8);
		assert_int_equal(ticket_read(&t, &master, buf_str(&b), 0), ERR_DENIED);
		b.p[bit / 8] ^= (char)(1 << bit % 8);
	}
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(ticket_read(&t, &master, str_head(buf_str(&b), n), 0), ERR_DENIED);
	buf_addc(&b, 'x');
	assert_int_equal(ticket_read(&t, &master, buf_str(&b), 0), ERR_DENIED);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(times), cmocka_unit_test(forgeries) };
	return cmocka_run_group_tests(tests, start, NULL);
}

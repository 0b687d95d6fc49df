/* tests/unit/test_fetch_row.c: every choice of fields there and back; every cut is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/mail/fetch_row.h"

static uint16_t far_keywords[] = { 26, 700 };

static const struct fetch_row full = {
	.uid = 7, .modseq = 1ull << 40, .flags = { FLAG_SEEN | FLAG_MORE, 2, far_keywords }, .size_bytes = 5000000000, .date = -1, .save_date = 3,
	.email = 4, .thread = 5, .envelope = S("(env)"), .body = S("(b)"), .structure = S("(structure)"),
};

static void check(const struct fetch_row *got, uint32_t fields)
{
	const struct fetch_row none = { 0 };
	const struct fetch_row *size = fields & FETCH_SIZE ? &full : &none, *date = fields & FETCH_DATE ? &full : &none,
	                       *save = fields & FETCH_SAVE_DATE ? &full : &none, *ids = fields & FETCH_IDS ? &full : &none,
	                       *env = fields & FETCH_ENVELOPE ? &full : &none, *body = fields & FETCH_BODY ? &full : &none,
	                       *structure = fields & FETCH_STRUCTURE ? &full : &none;

	assert_true(got->uid == full.uid && got->modseq == full.modseq && flagset_eq(&got->flags, &full.flags));
	assert_true(got->size_bytes == size->size_bytes && got->date == date->date && got->save_date == save->save_date);
	assert_true(got->email == ids->email && got->thread == ids->thread);
	assert_true(str_eq(got->envelope, env->envelope) && str_eq(got->body, body->body) && str_eq(got->structure, structure->structure));
}

static void there_and_back(void **state)
{
	(void)state;
	for (uint32_t fields = 0; fields < FETCH_STRUCTURE * 2; fields++) {
		struct buf out = { 0 };
		struct fetch_row got;
		fetch_row_put(&out, &full, fields);
		for (size_t cut = 0; cut < out.n; cut++) {
			struct rd in = rd_of(str_head(buf_str(&out), cut));
			assert_false(fetch_row_get(&in, fields, &got));
		}
		struct rd in = rd_of(buf_str(&out));
		assert_true(fetch_row_get(&in, fields, &got) && rd_done(&in));
		check(&got, fields);
		flagset_fini(&got.flags);
		buf_fini(&out);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(there_and_back) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

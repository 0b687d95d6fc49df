/* tests/unit/test_view.c: what a session was told, and when positions may shift. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "frontend/view/view.h"

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

static struct uidmap *map_of(const char *p)
{
	struct uidset s = set_of(p);
	struct uidmap *m = uidmap_new(&s);

	uidset_fini(&s);
	return m;
}

static bool is(const struct uidset *s, const char *want)
{
	struct uidset w = set_of(want);
	bool eq = uidset_eq(s, &w);

	uidset_fini(&w);
	return eq;
}

/* One piece of news, perhaps with the expunges let go afterwards, and what must then hold. */
struct news {
	const char *truth;             /* NULL: no news, only let_go */
	uint64_t    modseq, expunge;
	uint32_t    recent_from;       /* 0: nothing claimed */
	bool        let_go;
	const char *told, *pending, *recent;
	uint64_t    may_say;           /* view_modseq */
	bool        more;
};

static void take(struct view *v, const struct news *n, size_t row, size_t step)
{
	bool more = false;

	if (n->truth) {
		struct uidmap *truth = map_of(n->truth);
		more = view_take(v, truth, n->modseq, n->expunge, n->recent_from ? n->recent_from : UINT32_MAX);
		if (n->let_go)
			view_let_go(v, 1, truth);
		uidmap_release(&truth);
	} else if (n->let_go) {
		view_let_go(v, 1, NULL);
	}
	if (more != n->more || !is(uidmap_uids(v->told), n->told) || !is(&v->pending, n->pending) || !is(&v->recent, n->recent) ||
	    view_modseq(v) != n->may_say)
		fail_msg("row %zu step %zu: more %d modseq %lu", row, step, more, (unsigned long)view_modseq(v));
}

static void telling(void **state)
{
	/* Every session opens on 1:5 at modseq 10. */
	static const struct { const char *what; struct news step[4]; } row[] = {
		{ "a new message", {
			{ "1:6", 11, 0, 0, false, "1:6", "", "", 11, true } } },
		{ "a new one that is ours to call recent", {
			{ "1:6", 11, 0, 6, false, "1:6", "", "6", 11, true } } },
		{ "old ones are not made recent", {
			{ "1:6", 11, 0, 3, false, "1:6", "", "6", 11, true } } },
		{ "an expunge, told at once", {
			{ "1:2,4:5", 11, 11, 0, true, "1:2,4:5", "", "", 11, false } } },
		{ "an expunge withheld, then told", {
			{ "1:2,4:5", 11, 11, 0, false, "1:5", "3", "", 10, false },
			{ NULL, 0, 0, 0, true, "1:2,4:5", "", "", 11, false } } },
		{ "withheld while more happens", {
			{ "1:2,4:5", 13, 12, 0, false, "1:5", "3", "", 11, false },
			{ "1:2,4,6:7", 15, 14, 6, false, "1:7", "3,5", "6:7", 11, true },
			{ "1:2,4,7", 16, 16, 0, true, "1:2,4,7", "", "7", 16, false } } },
		{ "the answer reaches further back than the view", {
			{ "1:4", 12, 3, 0, false, "1:5", "5", "", 10, false } } },
		{ "nothing new but the modseq", {
			{ "1:5", 20, 0, 0, false, "1:5", "", "", 20, false } } },
		{ "an older answer changes nothing", {
			{ "1:3", 9, 9, 0, true, "1:5", "", "", 10, false } } },
		{ "born and gone between two looks", {
			{ "1:5", 14, 14, 6, false, "1:5", "", "", 14, false } } },
		{ "everything goes", {
			{ "", 11, 11, 0, false, "1:5", "1:5", "", 10, false },
			{ NULL, 0, 0, 0, true, "", "", "", 11, false } } },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct uidmap *first = map_of("1:5");
		struct view v = { 0 };
		view_open(&v, first, 10);
		uidmap_release(&first);
		for (size_t k = 0; k < 4 && row[i].step[k].told; k++)
			take(&v, &row[i].step[k], i, k);
		view_close(&v);
	}
}

/* A view that owes nothing shares the map it was given. */
static void sharing(void **state)
{
	struct uidmap *a = map_of("1:5"), *b = map_of("1:4");
	struct view v = { 0 };

	(void)state;
	view_open(&v, a, 1);
	assert_ptr_equal(v.told, a);
	view_take(&v, b, 2, 2, UINT32_MAX);
	assert_ptr_not_equal(v.told, b);
	view_let_go(&v, 1, b);
	assert_ptr_equal(v.told, b);
	view_close(&v);
	uidmap_release(&a);
	uidmap_release(&b);
}

/* While flags are still to be told nothing said reaches them. */
static void behind(void **state)
{
	struct uidmap *truth = map_of("1:5");
	struct view v = { 0 };

	(void)state;
	view_open(&v, truth, 9);
	view_behind(&v, 3, 0, 5);
	view_behind(&v, 3, 6, 5);
	assert_int_equal(view_modseq(&v), 9);
	view_behind(&v, 4, 3, 4);
	assert_int_equal(view_modseq(&v), 4);
	view_behind(&v, 7, 2, 5);
	assert_true(v.behind_since == 4 && v.behind_from == 2 && v.behind_to == 5);
	view_catch_up(&v, 5);
	assert_int_equal(view_modseq(&v), 4);
	view_catch_up(&v, 6);
	assert_int_equal(view_modseq(&v), 9);
	view_close(&v);
	uidmap_release(&truth);
}

/* Expunges told from the end, some at a time. */
static void letting_go_in_parts(void **state)
{
	struct uidmap *a = map_of("1:9"), *b = map_of("1,9");
	struct view v = { 0 };

	(void)state;
	view_open(&v, a, 1);
	view_take(&v, b, 3, 2, UINT32_MAX);
	view_let_go(&v, 6, b);
	assert_true(is(uidmap_uids(v.told), "1:5,9") && is(&v.pending, "2:5"));
	assert_int_equal(view_modseq(&v), 1);
	view_let_go(&v, 2, b);
	assert_ptr_equal(v.told, b);
	assert_int_equal(view_modseq(&v), 3);
	view_close(&v);
	uidmap_release(&a);
	uidmap_release(&b);
}

static void saved_shrinks(void **state)
{
	struct uidmap *a = map_of("1:5"), *b = map_of("1:2,5");
	struct view v = { 0 };

	(void)state;
	view_open(&v, a, 1);
	v.saved = set_of("2:4");
	view_take(&v, b, 2, 2, UINT32_MAX);
	assert_true(is(&v.saved, "2:4"));            /* not before the expunges are told */
	view_let_go(&v, 1, b);
	assert_true(is(&v.saved, "2"));
	view_lose_all(&v);
	assert_true(is(&v.pending, "1:2,5"));
	view_let_go(&v, 1, NULL);
	assert_int_equal(uidmap_count(v.told), 0);
	assert_true(is(&v.saved, ""));
	view_close(&v);
	uidmap_release(&a);
	uidmap_release(&b);
}

static void numbers(void **state)
{
	enum { STAR = SEQ_STAR };
	static const struct { const char *told; bool by_uid, saved; struct range r[3]; size_t n; bool ok; const char *uids; } row[] = {
		{ "10,20,30", false, false, { { 1, 1 } }, 1, true, "10" },
		{ "10,20,30", false, false, { { 3, 2 } }, 1, true, "20,30" },
		{ "10,20,30", false, false, { { STAR, STAR } }, 1, true, "30" },
		{ "10,20,30", false, false, { { 2, STAR }, { 1, 1 } }, 2, true, "10,20,30" },
		{ "10,20,30", false, false, { { 4, 4 } }, 1, false, "" },
		{ "10,20,30", false, false, { { 4, STAR } }, 1, false, "" },
		{ "10,20,30", false, false, { { 1, 1 }, { 2, 9 } }, 2, false, "" },
		{ "", false, false, { { STAR, STAR } }, 1, false, "" },               /* RFC 9051: BAD */
		{ "10,20,30", true, false, { { 1, 15 } }, 1, true, "10" },
		{ "10,20,30", true, false, { { 25, STAR } }, 1, true, "30" },
		{ "10,20,30", true, false, { { 99, STAR } }, 1, true, "30" },         /* the last one always */
		{ "10,20,30", true, false, { { 5, 5 }, { 20, 20 }, { 20, 20 } }, 3, true, "20" },
		{ "", true, false, { { 1, STAR } }, 1, true, "" },
		{ "10,20,30", false, true, { { 0, 0 } }, 0, true, "20" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct range r[3] = { row[i].r[0], row[i].r[1], row[i].r[2] };
		struct seqset in = { r, row[i].n, row[i].saved };
		struct uidmap *m = map_of(row[i].told);
		struct uidset out = { 0 };
		struct view v = { 0 };
		view_open(&v, m, 1);
		v.saved = set_of("20");
		if (view_uids(&v, &in, row[i].by_uid, &out) != row[i].ok || (row[i].ok && !is(&out, row[i].uids)))
			fail_msg("row %zu", i);
		uidset_fini(&out);
		view_close(&v);
		uidmap_release(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(telling), cmocka_unit_test(sharing), cmocka_unit_test(saved_shrinks), cmocka_unit_test(behind), cmocka_unit_test(letting_go_in_parts), cmocka_unit_test(numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/unit/test_page.c: bits and columns agree with the messages, packed and open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/mail/flags.h"
#include "storaged/mbox/page.h"

static struct msg a_msg(uint32_t uid)
{
	return (struct msg){ .uid = uid, .word = (uid % 3 ? FLAG_SEEN : 0) | (uid % 5 ? 0 : FLAG_DELETED), .modseq = 1000 - uid, .blob = uid * 7ull, .date = (int64_t)uid - 500,
	                     .saved = uid, .size = uid * 1000ull };
}

/* Page 2 holds UIDs 512 to 767. */
static struct page *filled(const uint32_t *uid, size_t n)
{
	struct page *p = page_new(2);

	for (size_t i = 0; i < n; i++) {
		struct msg m = a_msg(uid[i]);
		page_add(p, &m);
		if (m.modseq > p->max_modseq)
			p->max_modseq = m.modseq;
	}
	return p;
}

static struct page *repacked(struct page *p)
{
	struct buf row = { 0 };
	struct map none = { 0 };

	page_pack(&row, p, &none);
	struct page *again = page_unpack(p->no, buf_str(&row), &none);
	buf_fini(&row);
	assert_non_null(again);
	assert_null(again->m);
	return again;
}

static void check(struct page *p, const uint32_t *uid, size_t n)
{
	struct uidset uids = { 0 };
	uint32_t unseen = 0;

	page_uids(p, &uids);
	assert_int_equal(uidset_count(&uids), n);
	assert_int_equal(p->n, n);
	for (size_t i = 0; i < n; i++) {
		assert_true(page_has(p, uid[i]) && uidset_has(&uids, uid[i]));
		assert_int_equal(page_at(p, uid[i]), i);
		assert_int_equal(p->deleted.w[uid[i] % PAGE_UIDS / 64] >> uid[i] % 64 & 1, uid[i] % 5 == 0);
		if (!unseen && uid[i] % 3 == 0)
			unseen = uid[i];
	}
	assert_int_equal(page_first_unseen(p), unseen);
	for (size_t i = 0; i < n; i++) {
		struct msg want = a_msg(uid[i]);
		assert_memory_equal(&page_msgs(p)[i], &want, sizeof want);
	}
	uidset_fini(&uids);
}

static const uint32_t few[] = { 512, 575, 576, 577, 640, 767 };

static void packed_and_open(void **state)
{
	uint32_t all[PAGE_UIDS];

	(void)state;
	for (uint32_t i = 0; i < PAGE_UIDS; i++)
		all[i] = 512 + i;
	const struct { const uint32_t *uid; size_t n; } row[] = { { few, 1 }, { few, 6 }, { all, PAGE_UIDS }, { all + 60, 70 }, { all + 255, 1 } };
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct page *p = filled(row[i].uid, row[i].n), *again = repacked(p);
		check(p, row[i].uid, row[i].n);
		check(again, row[i].uid, row[i].n);
		assert_int_equal(again->max_modseq, p->max_modseq);
		page_free(&p);
		page_free(&again);
	}
}

/* What is packed can be changed: it opens. */
static void changed_when_packed(void **state)
{
	struct page *p = filled(few, 5), *again = repacked(p);
	struct msg m = a_msg(767);

	(void)state;
	page_add(again, &m);
	check(again, few, 6);
	page_del(again, 0);
	check(again, few + 1, 5);
	page_free(&p);
	p = repacked(again);
	page_del(p, 4);
	assert_false(page_has(p, 767));
	struct msg *seen = page_msgs(p) + 1;         /* 576, the first unseen one */
	seen->word = FLAG_SEEN;
	page_flagged(p, seen);
	assert_int_equal(page_first_unseen(p), 0);
	page_free(&p);
	page_free(&again);
}

static void further_keywords(void **state)
{
	struct page *p = filled(few, 6);
	struct map more = { 0 }, read = { 0 };
	uint16_t numbers[] = { 100 };
	struct flagset f = { FLAG_MORE | FLAG_SEEN, 1, numbers };
	struct buf row = { 0 };

	(void)state;
	page_msgs(p)[3].word = f.word;
	page_flagged(p, &page_msgs(p)[3]);
	map_put(&more, few[3], &f);
	page_pack(&row, p, &more);
	struct page *again = page_unpack(2, buf_str(&row), &read);
	assert_non_null(again);
	assert_int_equal(page_msgs(again)[3].word, f.word);
	struct flagset *got = map_del(&read, few[3]);
	assert_true(got && flagset_eq(got, &f));
	flagset_fini(got);
	free(got);
	map_fini(&more);
	map_fini(&read);
	buf_fini(&row);
	page_free(&p);
	page_free(&again);
}

static void malformed(void **state)
{
	static const struct { const char *what, *bytes; size_t n; } row[] = {
		{ "nothing",             "", 0 },
		{ "no message",          "\0\0\0\0\0\0\0\0\1\0\0", 11 },
		{ "UID 0",               "\0\0\0\0\0\0\0\0\1\1\0\0\0\0\0\0\0\1\0", 19 },
		{ "unseen but not here", "\0\0\0\0\0\0\0\0\1\1\0\0\0\0\0\0\0\2\1\0\0\0\0\0\0\0\4", 27 },
		{ "no such word",        "\0\0\0\0\0\0\0\0\1\x10\0\0\0\0\0\0\0\2\0", 19 },
	};
	struct map more = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (page_unpack(0, (struct str){ row[i].bytes, row[i].n }, &more))
			fail_msg("%s", row[i].what);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packed_and_open),
		cmocka_unit_test(changed_when_packed),
		cmocka_unit_test(further_keywords),
		cmocka_unit_test(malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/unit/test_journal.c: appended, synced, read back; torn, rotten, full, cut from power. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/base/rd.h"
#include "common/loop/loop.h"
#include "storaged/disk/ram.h"
#include "storaged/journal/journal.h"

enum { SEGMENT = 4 << 20, BLOCK = 4096, MOST = 4000 };

/* A record says who it is, so that a mixture of two or half of one is seen: LSN, attempt, then bytes that follow from the attempt. */
static void record_make(struct buf *b, uint64_t lsn, uint64_t attempt, size_t filler)
{
	buf_reset(b);
	buf_u64(b, lsn);
	buf_u64(b, attempt);
	char *p = buf_grow(b, filler);
	for (size_t i = 0; i < filler; i++)
		p[i] = (char)(attempt * 31 + i * 7 + (i >> 8));
}

/* What recovery told. */
struct seen { uint64_t first, n, attempt[MOST]; struct place place[MOST]; };

static enum err see(void *ctx, struct lsn lsn, struct str bytes, struct place place)
{
	struct seen *s = ctx;
	struct rd r = rd_of(bytes);
	struct buf again = { 0 };

	if (!s->n)
		s->first = lsn.n;
	assert_int_equal(lsn.n, s->first + s->n);               /* no gaps */
	assert_true(s->n < MOST);
	assert_int_equal(rd_u64(&r), lsn.n);
	s->attempt[s->n] = rd_u64(&r);
	record_make(&again, lsn.n, s->attempt[s->n], bytes.n - 16);
	assert_true(str_eq(buf_str(&again), bytes));
	buf_fini(&again);
	assert_int_equal(place.bytes, bytes.n);
	s->place[s->n++] = place;
	return OK;
}

static enum err open_known(struct journal **j, struct disk *d, uint64_t after, uint64_t known, struct seen *s)
{
	struct journal_options o = { .segment_bytes = SEGMENT };

	d->ops->random(d, &o.incarnation, sizeof o.incarnation);
	memset(s, 0, sizeof *s);
	return journal_open(j, d, "journal", &o, (struct lsn){ after }, (struct lsn){ known }, see, s);
}

static struct journal *open_ok(struct disk *d, struct seen *s)
{
	struct journal *j;

	assert_int_equal(open_known(&j, d, 0, 0, s), OK);
	return j;
}

static struct journal_group *group_make(const struct journal *j, uint32_t count, uint64_t attempt, size_t filler)
{
	struct journal_group *g = journal_group_new((struct lsn){ journal_durable(j).n + 1 });
	struct buf b = { 0 };

	for (uint32_t i = 0; i < count; i++) {
		record_make(&b, g->first.n + i, attempt, filler);
		journal_group_add(g, buf_str(&b));
	}
	buf_fini(&b);
	return g;
}

/* The last of a submitted group's places is left in *last, which may be NULL. */
static enum journal_outcome append_at(struct journal *j, uint32_t count, uint64_t attempt, size_t filler, struct place *last)
{
	struct journal_group *g = group_make(j, count, attempt, filler);
	enum journal_outcome outcome = journal_submit_now(j, g);

	assert_true((outcome == JOURNAL_DURABLE) == (g->places != NULL));
	if (last && g->places)
		*last = g->places[count - 1];
	journal_group_free(&g);
	return outcome;
}

static void append_ok(struct journal *j, uint32_t count, uint64_t attempt, size_t filler)
{
	assert_int_equal(append_at(j, count, attempt, filler, NULL), JOURNAL_DURABLE);
}

/* ---- the happy road ---- */

static void append_and_reopen(void **state)
{
	struct disk *d = ram_new(1);
	static struct seen s;
	struct journal *j = open_ok(d, &s);

	(void)state;
	assert_int_equal(s.n, 0);
	assert_int_equal(journal_first(j).n, 0);
	for (uint64_t i = 1; i <= 20; i++)
		append_ok(j, (uint32_t)i, i, (size_t)i * 300);
	assert_int_equal(journal_durable(j).n, 210);
	assert_int_equal(journal_first(j).n, 1);
	journal_close(&j);
	for (uint64_t after = 0; after <= 210; after += 70) {
		assert_int_equal(open_known(&j, d, after, 210, &s), OK);
		assert_int_equal(s.n, 210 - after);
		assert_true(s.n == 0 || s.first == after + 1);
		assert_int_equal(journal_durable(j).n, 210);
		journal_close(&j);
	}
	ram_free(&d);
}

static void places_are_read(void **state)
{
	struct disk *d = ram_new(1);
	static struct seen s;
	struct journal *j = open_ok(d, &s);
	struct place given = { 0 };
	struct buf want = { 0 };
	char got[500];

	(void)state;
	append_ok(j, 3, 1, 5000);
	assert_int_equal(append_at(j, 3, 2, 9000, &given), JOURNAL_DURABLE);
	record_make(&want, 6, 2, 9000);
	for (int round = 0; round < 2; round++) {
		for (uint32_t from = 0; from + sizeof got <= given.bytes; from += 250) {
			assert_int_equal(journal_read(j, given, from, sizeof got, got), OK);
			assert_memory_equal(got, want.p + from, sizeof got);
		}
		assert_int_equal(journal_read(j, given, given.bytes - 10, 11, got), ERR_CORRUPT);
		assert_int_equal(journal_read(j, given, UINT32_MAX, 10, got), ERR_CORRUPT);
		assert_int_equal(journal_read(j, (struct place){ 99, 10, 0 }, 0, 10, got), ERR_CORRUPT);
		journal_close(&j);
		j = open_ok(d, &s);
		assert_memory_equal(&given, &s.place[5], sizeof given);
	}
	journal_close(&j);
	buf_fini(&want);
	ram_free(&d);
}

static void segments_roll(void **state)
{
	struct disk *d = ram_new(1);
	static struct seen s;
	struct journal *j = open_ok(d, &s);
	struct journal_stats stats;

	(void)state;
	for (uint64_t i = 1; i <= 30; i++) {
		append_ok(j, 2, i, 300 << 10);
		assert_true(journal_room(j) >= 2 * JOURNAL_SEGMENT_ROOM((uint64_t)SEGMENT));
	}
	append_ok(j, 1, 31, JOURNAL_RECORD_MAX - 16);          /* larger than a segment */
	append_ok(j, 1, 32, 0);
	journal_stats_get(j, &stats);
	assert_true(stats.segments > 5 && stats.groups == 32 && stats.records == 62);
	journal_close(&j);
	j = open_ok(d, &s);
	assert_int_equal(s.n, 62);
	append_ok(j, 1, 33, 10);
	journal_close(&j);
	assert_int_equal(open_known(&j, d, 61, 61, &s), OK);   /* older segments are not read */
	assert_int_equal(s.n, 2);
	journal_close(&j);
	ram_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(append_and_reopen),
		cmocka_unit_test(places_are_read),
		cmocka_unit_test(segments_roll),
	};
	log_open("test", LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

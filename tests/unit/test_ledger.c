/* tests/unit/test_ledger.c: facts on a disk that fails, fills up and loses power: what was answered stays, what failed left no trace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/loop/loop.h"
#include "common/loop/work.h"
#include "common/seal/seal.h"
#include "storaged/directory/fact.h"
#include "storaged/directory/ledger.h"
#include "storaged/directory/people.h"
#include "storaged/disk/ram.h"

struct house {
	char           folder[64], index[96], lock[96];
	struct disk   *disk;
	struct loop   *loop;
	struct people  people;
	struct ledger *ledger;
	unsigned       open;
	bool           ending;          /* the loop does not run any more */
	unsigned       heard[ERR_COUNT];
	uint32_t       last_id;
	struct loop_timer late;
};

static bool start(struct house *h)
{
	h->ending = false;
	struct ledger_options o = { h->index, 64 << 20, 1000, 1 };

	h->loop = loop_new();
	h->ledger = ledger_open(h->loop, h->disk, &o, &h->people);
	return h->ledger != NULL;
}

static void end(struct house *h)
{
	h->ending = true;
	work_drain(h->loop);
	if (h->ledger) {
		ledger_close(&h->ledger);
		people_fini(&h->people);
	}
	loop_free(&h->loop);
}

static void house_open(struct house *h)
{
	*h = (struct house){ .folder = "/tmp/roost-test-XXXXXX" };
	assert_non_null(mkdtemp(h->folder));
	snprintf(h->index, sizeof h->index, "%s/i", h->folder);
	snprintf(h->lock, sizeof h->lock, "%s/i-lock", h->folder);
	h->disk = ram_new(7);
	assert_true(start(h));
}

static void house_close(struct house *h)
{
	end(h);
	ram_free(&h->disk);
	unlink(h->index);
	unlink(h->lock);
	assert_int_equal(rmdir(h->folder), 0);
}

static void heard(void *ctx, enum err err, struct lsn lsn)
{
	struct house *h = ctx;

	h->heard[err]++;
	assert_true(err != OK || lsn.n == ledger_durable(h->ledger).n);
	if (--h->open == 0 && !h->ending)
		loop_stop(h->loop);
}

static void too_late(void *arg)
{
	(void)arg;
	fail_msg("it never came");
}

/* n users more, written in one turn. */
static void add(struct house *h, unsigned n)
{
	memset(h->heard, 0, sizeof h->heard);
	h->open = n;
	for (unsigned i = 0; i < n; i++) {
		struct buf fact = { 0 };
		char name[16];
		snprintf(name, sizeof name, "user%u", ++h->last_id);
		fact_put_added(&fact, &(struct fact_added){ .user = h->last_id, .epoch = 1, .generation = 1, .name = str_of(name), .secret = S("x") });
		ledger_write(h->ledger, buf_str(&fact), heard, h);
		buf_fini(&fact);
	}
	loop_timer_start(h->loop, &h->late, 10000, 0, too_late, h);
	loop_run(h->loop);
	loop_timer_stop(h->loop, &h->late);
}

/* A failed sync fails its group and nothing else, before and after a restart. */
static void failed_sync(void **state)
{
	struct house h;

	(void)state;
	house_open(&h);
	add(&h, 3);
	assert_int_equal(h.heard[OK], 3);
	ram_fail_sync(h.disk, 1);
	add(&h, 2);
	assert_int_equal(h.heard[ERR_IO], 2);
	assert_int_equal(h.people.living, 3);
	add(&h, 4);
	assert_int_equal(h.heard[OK], 4);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(h.people.living, 7);
		assert_int_equal(h.people.last_id, 9);               /* ids of those that failed are not given again */
		assert_null(people_find(&h.people, S("user4")));
		end(&h);
		assert_true(start(&h));
	}
	house_close(&h);
}

/* More than one group at a time gathers: each fact finds its own. */
static void many(void **state)
{
	struct house h;

	(void)state;
	house_open(&h);
	add(&h, 5000);
	assert_int_equal(h.heard[OK], 5000);
	struct journal_stats s;
	ledger_stats(h.ledger, &s);
	assert_in_range(s.groups, 5000 / 400, 100);
	assert_int_equal(h.people.living, 5000);
	end(&h);
	assert_true(start(&h));
	assert_int_equal(h.people.living, 5000);
	house_close(&h);
}

/* Power goes after every single change of the disk: who was told OK is there afterwards. */
static void power_cuts(void **state)
{
	struct house h;

	(void)state;
	house_open(&h);
	for (unsigned cut = 0; cut < 40; cut++) {
		ram_stop_after(h.disk, cut % 8);
		unsigned before = h.people.living;
		memset(h.heard, 0, sizeof h.heard);
		h.open = 0;
		add(&h, 2);
		unsigned least = before + h.heard[OK];
		end(&h);
		ram_power_cut(h.disk, cut);
		assert_true(start(&h));
		if (h.people.living < least || h.people.living > before + 2)
			fail_msg("cut %u: %u users before, %u acknowledged, %u now", cut, before, h.heard[OK], h.people.living);
		h.last_id = h.people.last_id > h.last_id ? h.people.last_id : h.last_id;
	}
	house_close(&h);
}

static void full(void **state)
{
	struct house h;

	(void)state;
	house_open(&h);
	assert_true(ledger_has_room(h.ledger));
	end(&h);
	ram_full(h.disk, 0);
	assert_true(start(&h));
	add(&h, 1);                                                  /* there is still a reserve */
	assert_int_equal(h.heard[OK], 1);
	house_close(&h);
}

static void damaged_index(void **state)
{
	struct house h;

	(void)state;
	house_open(&h);
	add(&h, 10);
	end(&h);
	FILE *f = fopen(h.index, "w");
	assert_non_null(f);
	for (int i = 0; i < 4096; i++)
		fputs("not a row", f);
	fclose(f);
	assert_true(start(&h));
	assert_int_equal(h.people.living, 10);
	house_close(&h);
}

/* What cannot be true of these people is refused. */
static void impossible(void **state)
{
	static const struct { uint8_t no; uint32_t user; uint64_t generation; enum err err; } row[] = {
		{ FACT_set, 1, 2, OK }, { FACT_set, 1, 1, ERR_CORRUPT }, { FACT_set, 9, 1, ERR_CORRUPT }, { FACT_added, 1, 1, ERR_CORRUPT },
		{ FACT_deleted, 9, 1, ERR_CORRUPT }, { FACT_deleted, 1, 3, OK }, { FACT_deleted, 1, 4, ERR_CORRUPT },
		{ FACT_set, 1, 5, ERR_CORRUPT }, { FACT_pushed, 1, 1000, ERR_CORRUPT }, { FACT_pushed, 9, 1, ERR_CORRUPT },
	};
	struct house h;

	(void)state;
	house_open(&h);
	add(&h, 1);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct buf fact = { 0 };
		switch (row[i].no) {
		case FACT_added:
			fact_put_added(&fact, &(struct fact_added){ .user = row[i].user, .name = S("new") });
			break;
		case FACT_set:
			fact_put_set(&fact, &(struct fact_set){ .user = row[i].user, .generation = (uint32_t)row[i].generation });
			break;
		case FACT_deleted:
			fact_put_deleted(&fact, &(struct fact_deleted){ row[i].user, (uint32_t)row[i].generation });
			break;
		default:
			fact_put_pushed(&fact, &(struct fact_pushed){ row[i].user, row[i].generation });
		}
		if (people_apply(&h.people, (struct lsn){ 100 + i }, buf_str(&fact)) != row[i].err)
			fail_msg("row %zu", i);
		for (size_t n = 0; n < fact.n; n++)
			assert_int_equal(people_apply(&h.people, (struct lsn){ 200 }, str_head(buf_str(&fact), n)), ERR_CORRUPT);
		buf_fini(&fact);
	}
	house_close(&h);
}

static int begin(void **state)
{
	(void)state;
	log_open("test", LOG_ERROR + 1);
	must(seal_open(NULL, NULL));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failed_sync),
		cmocka_unit_test(many),
		cmocka_unit_test(power_cuts),
		cmocka_unit_test(full),
		cmocka_unit_test(damaged_index),
		cmocka_unit_test(impossible),
	};
	return cmocka_run_group_tests(tests, begin, NULL);
}

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

/* A record says who it is, so that a mixture of two or half of one is seen: LSN, attempt, then bytes that
 * follow from both. */
static void record_make(struct buf *b, uint64_t lsn, uint64_t attempt, size_t filler)
{
	buf_reset(b);
	buf_u64(b, lsn);
	buf_u64(b, attempt);
	char *p = buf_grow(b, filler);
	memset(p, (int)(attempt * 31 + lsn), filler);
	for (size_t i = 0; i + 8 <= filler; i += 256) {         /* each sector its own */
		uint64_t mark = attempt ^ lsn << 32 ^ i;
		memcpy(p + i, &mark, sizeof mark);
	}
}

/* What recovery told. */
struct seen { uint64_t first, n, attempt[MOST]; struct place place[MOST]; };

static enum err see(void *ctx, struct lsn lsn, struct str bytes, struct place place, struct lsn durable)
{
	struct seen *s = ctx;
	struct rd r = rd_of(bytes);
	struct buf again = { 0 };

	if (!s->n)
		s->first = lsn.n;
	assert_int_equal(lsn.n, s->first + s->n);               /* no gaps */
	assert_true(s->n < MOST);
	assert_true(durable.n < lsn.n);                         /* a group cannot vouch for itself */
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
	for (uint64_t i = 1; i <= 20; i++)
		append_ok(j, (uint32_t)i, i, (size_t)i * 300);
	assert_int_equal(journal_durable(j).n, 210);
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

/* ---- torn, rotten, stale ---- */

/* The bytes of the first segment, read and changed behind the journal's back. */
static void poke(struct disk *d, uint64_t at, const void *bytes, size_t n)
{
	enum err err;
	struct disk_file *f = d->ops->open(d, "journal/00000001.seg", false, &err);

	assert_non_null(f);
	assert_int_equal(d->ops->write(d, f, at, (struct str){ bytes, n }), OK);
	d->ops->close(d, &f);
}

static void peek(struct disk *d, uint64_t at, void *bytes, size_t n)
{
	enum err err;
	struct disk_file *f = d->ops->open(d, "journal/00000001.seg", false, &err);

	assert_non_null(f);
	assert_int_equal(d->ops->read(d, f, at, bytes, n), OK);
	d->ops->close(d, &f);
}

/* The last group is cut at every byte, and what should follow is zeros or rubbish: it is there whole, or not at all. */
static void torn_tail(void **state)
{
	enum { AT = 2 * BLOCK, BYTES = 2 * BLOCK };             /* header, a group of one block, one of two */
	static char whole[BYTES], torn[BYTES];
	static struct seen s;

	(void)state;
	for (int rubbish = 0; rubbish < 2; rubbish++) {
		struct disk *d = ram_new(1);
		struct journal *j = open_ok(d, &s);
		append_ok(j, 2, 1, 100);
		append_ok(j, 3, 2, 1500);
		journal_close(&j);
		peek(d, AT, whole, BYTES);
		for (size_t cut = 0; cut <= BYTES; cut += cut < 4800 ? 1 : 97) {   /* from there on it is padding */
			memcpy(torn, whole, cut);
			memset(torn + cut, rubbish ? 0xa5 : 0, BYTES - cut);
			poke(d, AT, torn, BYTES);
			j = open_ok(d, &s);
			assert_int_equal(s.n, memcmp(torn, whole, BYTES) ? 2 : 5);
			journal_close(&j);
		}
		poke(d, AT, "torn", 4);                         /* unless the checkpoint knows that it was durable */
		assert_int_equal(open_known(&j, d, 0, 3, &s), ERR_CORRUPT);
		assert_null(j);
		ram_free(&d);
	}
}

/* One bit, anywhere in what a later group calls durable. */
static void rot_is_refused(void **state)
{
	struct disk *d = ram_new(1);
	static struct seen s;
	struct journal *j = open_ok(d, &s);
	uint64_t end = 0;

	(void)state;
	for (uint64_t i = 1; i <= 4; i++) {
		struct place p;
		assert_int_equal(append_at(j, 2, i, 1000 * (size_t)i, &p), JOURNAL_DURABLE);
		if (i == 3)
			end = (p.offset + p.bytes + BLOCK - 1) / BLOCK * BLOCK;
	}
	journal_close(&j);
	for (uint64_t at = 0; at < end; at += at < BLOCK ? 101 : 13) {
		char good, bad;
		peek(d, at, &good, 1);
		bad = good ^ (char)(1 << at % 8);
		poke(d, at, &bad, 1);
		assert_int_equal(open_known(&j, d, 0, 0, &s), ERR_CORRUPT);
		assert_null(j);
		poke(d, at, &good, 1);
	}
	j = open_ok(d, &s);
	assert_int_equal(s.n, 8);
	journal_close(&j);
	ram_free(&d);
}

/* A rotten header of a later segment must not make the journal shorter. */
static void rot_of_a_header(void **state)
{
	static struct seen s;

	(void)state;
	for (unsigned victim = 1; victim <= 3; victim++) {
		struct disk *d = ram_new(victim);
		struct journal *j = open_ok(d, &s);
		struct buf name = { 0 };
		enum err err;
		for (uint64_t i = 1; i <= 26; i++)
			append_ok(j, 1, i, 400 << 10);
		journal_close(&j);
		buf_printf(&name, "journal/%08x.seg", victim);
		buf_addc(&name, '\0');
		struct disk_file *f = d->ops->open(d, name.p, false, &err);
		assert_int_equal(d->ops->write(d, f, 20, S("rot")), OK);
		d->ops->close(d, &f);
		assert_int_equal(open_known(&j, d, 0, 0, &s), ERR_CORRUPT);
		buf_fini(&name);
		ram_free(&d);
	}
}

/* A tail is cut, the journal goes on in its place, and behind the new groups lie the old ones, whole. The same
 * records at the same LSNs: only the incarnation tells them apart. */
static void stale_blocks(void **state)
{
	static char second[3 * BLOCK], third[3 * BLOCK], zeros[3 * BLOCK];
	struct disk *d = ram_new(1);
	static struct seen s;
	struct journal *j = open_ok(d, &s);

	(void)state;
	append_ok(j, 1, 1, 100);
	append_ok(j, 1, 2, 2 * BLOCK);
	append_ok(j, 1, 3, 2 * BLOCK);
	journal_close(&j);
	peek(d, 2 * BLOCK, second, sizeof second);
	peek(d, 5 * BLOCK, third, sizeof third);
	poke(d, 2 * BLOCK, zeros, sizeof zeros);
	poke(d, 5 * BLOCK, zeros, sizeof zeros);
	j = open_ok(d, &s);
	assert_int_equal(s.n, 1);
	append_ok(j, 1, 2, 2 * BLOCK);
	journal_close(&j);
	poke(d, 5 * BLOCK, third, sizeof third);
	j = open_ok(d, &s);
	assert_int_equal(s.n, 2);
	append_ok(j, 1, 9, 10);                                 /* shorter than what it lies on */
	journal_close(&j);
	j = open_ok(d, &s);
	assert_int_equal(s.n, 3);
	assert_int_equal(s.attempt[2], 9);
	journal_close(&j);
	/* The old second group does not chain to the new third either. */
	poke(d, 6 * BLOCK, second, sizeof second);
	j = open_ok(d, &s);
	assert_int_equal(s.n, 3);
	journal_close(&j);
	ram_free(&d);
}

/* ---- failed syncs ---- */

static void failed_sync_is_void(void **state)
{
	static struct seen s;

	(void)state;
	/* first: how many groups before; roll: the failing one begins a segment of its own */
	for (int row = 0; row < 8; row++) {
		int before = row & 1, roll = row & 2, power = row & 4;
		struct disk *d = ram_new((uint64_t)row);
		struct journal *j = open_ok(d, &s);
		struct place p = { 0 }, q = { 0 };
		for (int i = 0; i < before; i++)
			append_ok(j, 2, 1, 3 << 20 >> 1);
		uint64_t durable = journal_durable(j).n;
		ram_fail_sync(d, 1);
		assert_int_equal(append_at(j, 3, 2, roll ? 1300 << 10 : 5000, &p), JOURNAL_VOID);
		assert_int_equal(journal_durable(j).n, durable);
		assert_int_equal(append_at(j, 1, 3, 700, &q), JOURNAL_DURABLE);
		assert_true(q.segment > (before && roll ? 2u : 1u) && q.offset < 2 * BLOCK);
		journal_close(&j);
		if (power)
			ram_power_cut(d, (uint64_t)row);
		j = open_ok(d, &s);
		assert_int_equal(s.n, durable + 1);
		assert_int_equal(s.attempt[durable], 3);
		assert_true(s.place[durable].segment == q.segment && s.place[durable].offset == q.offset);
		append_ok(j, 1, 4, 10);
		journal_close(&j);
		ram_free(&d);
	}
}

/* The one header that voids a group rots: it must not come back. */
static void rot_of_a_void(void **state)
{
	static struct seen s;

	(void)state;
	for (uint64_t at = 0; at < BLOCK; at += 7) {
		struct disk *d = ram_new(1);
		struct journal *j = open_ok(d, &s);
		enum err err;
		append_ok(j, 2, 1, 100);
		ram_fail_sync(d, 1);
		assert_int_equal(append_at(j, 3, 2, 5000, NULL), JOURNAL_VOID);
		journal_close(&j);
		struct disk_file *f = d->ops->open(d, "journal/00000002.seg", false, &err);
		assert_int_equal(d->ops->write(d, f, at, S("\xff")), OK);
		d->ops->close(d, &f);
		assert_int_equal(open_known(&j, d, 0, 0, &s), ERR_CORRUPT);
		ram_free(&d);
	}
}

/* The outcome is unknown: nothing more is written; after a restart the group is there whole, or not. */
static void failed_voiding_is_unknown(void **state)
{
	static struct seen s;

	(void)state;
	for (uint64_t seed = 0; seed < 40; seed++) {
		struct disk *d = ram_new(seed);
		struct journal *j = open_ok(d, &s);
		append_ok(j, 2, 1, 100);
		ram_fail_sync(d, 1);
		ram_fail_sync(d, 2);
		assert_int_equal(append_at(j, 3, 2, 5000, NULL), JOURNAL_UNKNOWN);
		assert_int_equal(append_at(j, 3, 3, 5000, NULL), JOURNAL_UNKNOWN);
		journal_close(&j);
		if (seed % 2)
			ram_power_cut(d, seed);
		j = open_ok(d, &s);
		assert_true(s.n == 2 || s.n == 5);
		uint64_t n = s.n;
		journal_close(&j);
		/* What recovery accepted is durable, though its sync had failed and the pages are called clean. */
		ram_power_cut(d, seed);
		j = open_ok(d, &s);
		assert_int_equal(s.n, n);
		journal_close(&j);
		ram_free(&d);
	}
}

/* A killed process leaves an unsynced group in the page cache; recovery must make durable what it accepts. */
static void accepted_tail_is_synced(void **state)
{
	static struct seen s;

	(void)state;
	for (uint64_t stop = 0; stop < 4; stop++) {
		for (uint64_t seed = 0; seed < 20; seed++) {
			struct disk *d = ram_new(seed);
			struct journal *j = open_ok(d, &s);
			append_ok(j, 1, 1, 3 << 20);
			ram_stop_after(d, stop);
			append_at(j, 2, 2, seed % 2 ? 30000 : 600 << 10, NULL);
			journal_close(&j);
			ram_restart(d);
			j = open_ok(d, &s);
			uint64_t n = s.n;
			ram_stop_after(d, 0);
			journal_close(&j);
			ram_power_cut(d, seed);
			j = open_ok(d, &s);
			assert_int_equal(s.n, n);
			journal_close(&j);
			ram_free(&d);
		}
	}
}

/* ---- no space ---- */

static void no_space(void **state)
{
	struct disk *d = ram_new(1);
	static struct seen s;
	struct journal *j = open_ok(d, &s), *none;
	uint64_t n = 0;

	(void)state;
	ram_full(d, SEGMENT / 2);
	assert_true(journal_room(j) >= 2 * JOURNAL_SEGMENT_ROOM((uint64_t)SEGMENT));
	while (append_at(j, 1, 1, 500 << 10, NULL) == JOURNAL_DURABLE)
		n++;
	assert_true(n >= 3 * 7);                                /* the open segment and both prepared ones, to the end */
	assert_int_equal(journal_durable(j).n, n);
	assert_int_equal(append_at(j, 1, 1, 500 << 10, NULL), JOURNAL_NOSPACE);
	append_ok(j, 1, 2, 100);                                /* what still fits is taken */
	assert_true(journal_room(j) < JOURNAL_SEGMENT_ROOM((uint64_t)SEGMENT));
	journal_close(&j);
	j = open_ok(d, &s);                                     /* and a full disk is no reason not to start */
	assert_int_equal(s.n, n + 1);
	append_ok(j, 1, 3, 100);
	ram_full(d, UINT64_MAX);
	journal_retry_space(j);
	assert_true(journal_room(j) >= 2 * JOURNAL_SEGMENT_ROOM((uint64_t)SEGMENT));
	append_ok(j, 1, 4, 500 << 10);
	journal_close(&j);
	j = open_ok(d, &s);
	assert_int_equal(s.n, n + 3);
	journal_close(&j);
	ram_free(&d);

	d = ram_new(2);
	ram_full(d, 100);
	assert_int_equal(open_known(&none, d, 0, 0, &s), ERR_NOSPACE);
	assert_null(none);
	ram_full(d, UINT64_MAX);
	j = open_ok(d, &s);
	append_ok(j, 1, 1, 1);
	journal_close(&j);
	ram_free(&d);
}

/* ---- kill, power cut, again and again ---- */

/* What clients were told, and what they may find. */
struct told {
	uint64_t acked, attempt[MOST];       /* these records were acknowledged, or found by a recovery */
	uint64_t maybe, maybe_attempt;       /* behind them: a group without an answer */
};

static void check_life(struct told *t, const struct seen *s)
{
	assert_true(s->n == t->acked || s->n == t->acked + t->maybe);
	for (uint64_t i = 0; i < t->acked; i++)
		assert_int_equal(s->attempt[i], t->attempt[i]);
	for (; t->acked < s->n; t->acked++) {
		assert_int_equal(s->attempt[t->acked], t->maybe_attempt);
		t->attempt[t->acked] = t->maybe_attempt;
	}
	t->maybe = 0;
}

static uint64_t luck(struct disk *d)
{
	uint64_t n;

	d->ops->random(d, &n, sizeof n);
	return n >> 8;
}

/* False: the process has left service. */
static bool one_group(struct disk *d, struct journal *j, struct told *t)
{
	uint64_t attempt = luck(d);
	uint32_t count = 1 + (uint32_t)(luck(d) % 5);
	size_t filler = luck(d) % 4 ? luck(d) % 9000 : luck(d) % (200 << 10);

	if (luck(d) % 16 == 0)
		ram_fail_sync(d, 1 + (unsigned)(luck(d) % 3));
	switch (append_at(j, count, attempt, filler, NULL)) {
	case JOURNAL_DURABLE:
		for (uint32_t i = 0; i < count; i++)
			t->attempt[t->acked++] = attempt;
		return true;
	case JOURNAL_VOID:
		return true;
	case JOURNAL_UNKNOWN:
		t->maybe = count;
		t->maybe_attempt = attempt;
		return false;
	default:
		fail_msg("no space, or fenced");
		return false;
	}
}

static void one_life(struct disk *d, struct told *t)
{
	static struct seen s;
	struct journal *j;
	enum err err;

	ram_stop_after(d, luck(d) % 80);
	err = open_known(&j, d, 0, t->acked, &s);
	if (err == OK) {
		check_life(t, &s);
		while (one_group(d, j, t))
			;
		journal_close(&j);
	}
	/* A failed sync can end an open, too; damage is never found where only power and syncs failed. */
	assert_true(err == OK || err == ERR_IO);
}

static void kill_and_power_cut(void **state)
{
	static struct told t;
	static struct seen s;
	uint64_t acked = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct disk *d = ram_new(seed);
		memset(&t, 0, sizeof t);
		for (int life = 0; life < 8; life++) {
			one_life(d, &t);
			if (luck(d) % 3)
				ram_power_cut(d, luck(d));
			else
				ram_restart(d);
		}
		ram_power_cut(d, seed);
		struct journal *j = open_ok(d, &s);
		check_life(&t, &s);
		acked += t.acked;
		journal_close(&j);
		ram_free(&d);
	}
	assert_true(acked > 300 * 20);                          /* it did test something */
}

/* ---- with a loop, and a real disk ---- */

struct chat { struct journal *j; struct loop *loop; uint64_t left, done; };

static void say(struct chat *c);

static void heard(void *ctx, struct journal_group *g, enum journal_outcome outcome)
{
	struct chat *c = ctx;

	assert_int_equal(outcome, JOURNAL_DURABLE);
	assert_int_equal(g->first.n + g->count - 1, journal_durable(c->j).n);
	c->done++;
	if (c->left)
		say(c);
	else
		loop_stop(c->loop);
}

static void heard_now(void *ctx, struct journal_group *g, enum journal_outcome outcome)
{
	(void)g;
	assert_int_equal(outcome, JOURNAL_DURABLE);
	((struct chat *)ctx)->done++;
}

static void say(struct chat *c)
{
	c->left--;
	journal_submit(c->j, c->loop, group_make(c->j, 3, c->left, 40 << 10), heard, c);
}

static void loop_ends(void *arg) { loop_stop(arg); }

static void off_the_loop(void **state)
{
	struct disk *d = ram_new(1);
	static struct seen s;
	struct chat c = { open_ok(d, &s), loop_new(), 200, 0 };

	(void)state;
	say(&c);
	loop_run(c.loop);
	assert_int_equal(c.done, 200);
	journal_submit(c.j, c.loop, group_make(c.j, 1, 1, 10), heard_now, &c);
	journal_close(&c.j);                                    /* the group in flight ends first */
	assert_int_equal(c.done, 201);
	loop_post(c.loop, loop_ends, c.loop);
	loop_run(c.loop);                                       /* and the loop, told of it too late, does nothing */
	assert_int_equal(c.done, 201);
	loop_free(&c.loop);
	c.j = open_ok(d, &s);
	assert_int_equal(s.n, 601);
	journal_submit(c.j, NULL, group_make(c.j, 1, 1, 10), heard_now, &c);
	assert_int_equal(c.done, 202);
	journal_close(&c.j);
	ram_free(&d);
}

static void on_this_machine(void **state)
{
	char root[] = "/tmp/roost-journal-XXXXXX";
	static struct seen s;

	(void)state;
	assert_non_null(mkdtemp(root));
	struct disk *d = disk_real(root);
	struct journal *j = open_ok(d, &s);
	for (uint64_t i = 1; i <= 20; i++)
		append_ok(j, 2, i, 200 << 10);
	journal_close(&j);
	j = open_ok(d, &s);
	assert_int_equal(s.n, 40);
	append_ok(j, 1, 21, 100);
	journal_close(&j);
	for (unsigned i = 1; i < 40; i++) {
		struct buf name = { 0 };
		buf_printf(&name, "%s/journal/%08x.seg", root, i);
		buf_addc(&name, '\0');
		unlink(name.p);
		buf_fini(&name);
	}
	disk_real_free(&d);
	struct buf folder = { 0 };
	buf_printf(&folder, "%s/journal", root);
	buf_addc(&folder, '\0');
	assert_int_equal(rmdir(folder.p), 0);
	buf_fini(&folder);
	assert_int_equal(rmdir(root), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(append_and_reopen),
		cmocka_unit_test(places_are_read),
		cmocka_unit_test(segments_roll),
		cmocka_unit_test(torn_tail),
		cmocka_unit_test(rot_is_refused),
		cmocka_unit_test(rot_of_a_header),
		cmocka_unit_test(stale_blocks),
		cmocka_unit_test(failed_sync_is_void),
		cmocka_unit_test(rot_of_a_void),
		cmocka_unit_test(failed_voiding_is_unknown),
		cmocka_unit_test(accepted_tail_is_synced),
		cmocka_unit_test(no_space),
		cmocka_unit_test(kill_and_power_cut),
		cmocka_unit_test(off_the_loop),
		cmocka_unit_test(on_this_machine),
	};
	log_open("test", (enum log_level)(LOG_ERROR + 1));       /* the damage is ours: thousands of lines */
	return cmocka_run_group_tests(tests, NULL, NULL);
}

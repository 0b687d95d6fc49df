/* tests/unit/test_shard.c: a shard's commits and checkpoints on a disk that loses power: the index never leads the journal
 * (DESIGN invariant 11), and what was durable comes back.
 *
 * The journal lies on the ram disk, the index in a real folder; changes come as records of the shard's own, without callers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/loop/work.h"
#include "storaged/disk/ram.h"
#include "storaged/serve/shard.h"
#include "tests/unit/mailworld.h"

enum { USERS = 3 };

static const struct config config = { .segment_bytes = 4 << 20, .index_map_bytes = 1 << 30, .checkpoint_interval_ms = 10 };

struct life {
	struct disk *disk;
	struct loop *loop;
	struct shard *s;
	struct luck luck;
	char folder[64];
	struct world model;          /* the same records, in an index of their own */
	uint32_t left;               /* steps to go before the power fails */
	struct loop_timer step;
};

static uint64_t index_lsn(struct db *db)
{
	struct db_reader *r = db_reader_new(db);
	struct str v;
	uint64_t lsn = 0;

	if (db_reader_get(r, (struct row_key){ 0, T_META, 0, 0, 0 }, &v) == OK)
		for (size_t i = 0; i < v.n; i++)
			lsn = lsn << 8 | (uint8_t)v.p[i];
	db_reader_free(&r);
	return lsn;
}

static void shard_begin(struct life *l)
{
	l->loop = loop_new();
	l->s = mem_new(sizeof *l->s);
	l->s->loop = l->loop;
	l->s->config = &config;
	l->s->disk = l->disk;
	snprintf(l->s->folder, sizeof l->s->folder, "%s", l->folder);
	assert_int_equal(shard_recover(l->s), OK);
	l->s->bell = bell_new(l->loop);
}

/* The process ends at once: what is in flight may become durable, nothing more is begun. */
static void shard_abandon(struct life *l)
{
	struct shard *s = l->s;

	s->stopping = true;
	loop_timer_stop(l->loop, &s->checkpoint_timer);
	loop_timer_stop(l->loop, &s->sweep_timer);
	work_drain(l->loop);
	journal_close(&s->journal);
	loop_job_stop(&s->submit_job);
	groups_forget(s);
	bell_free(&s->bell);
	state_fini(&s->state);
	db_close(&s->db);
	loop_free(&l->loop);
	free(s);
}

/* Everything a change may touch is loaded first, as job_run would have seen to. */
static struct change change_by_chance(struct life *l, uint32_t id)
{
	must(shard_load_now(l->s, id, 0) == OK);
	struct user *u = state_user(&l->s->state, id);
	struct change c = change_new(l->s, u);
	struct rpc_appended appended;
	struct rpc_expunged expunged;
	struct buf text = { 0 };

	if (!u->exists) {
		must(mbox_user_put(&c, 1, 1, &(struct quota){ .soft_percent = 0 }) == OK);
		return c;
	}
	struct box *b = u->boxes[luck_below(&l->luck, u->n_boxes)];
	must(shard_load_now(l->s, id, b->id) == OK);
	char name[16];
	snprintf(name, sizeof name, "box%u", luck_below(&l->luck, 4));
	switch (luck_below(&l->luck, 8)) {
	case 0: mbox_create(&c, str_of(name), 0); break;
	case 1: mbox_expunge(&c, b, NULL, &expunged, &text); break;
	case 2:
		if (str_eq(b->name, S("INBOX")) || mbox_delete(&c, b->name) != OK)
			buf_reset(&c.ops);
		break;
	default:
		must(mbox_append(&c, b, &(struct new_message){ .size = 9, .system = luck_below(&l->luck, 32), .run = S("sealed run"),
		     .run_plain = 9, .summary = S("summary") }, &appended) == OK);
	}
	buf_fini(&text);
	return c;
}

static void on_step(void *arg)
{
	struct life *l = arg;

	for (uint32_t n = luck_below(&l->luck, 6); n > 0; n--) {
		struct change c = change_by_chance(l, 1 + luck_below(&l->luck, USERS));
		if (c.ops.n) {
			const struct record r = { .user = c.user->id, .time_ms = c.now_ms, .ops = buf_str(&c.ops) };
			struct buf bytes = { 0 };
			record_write(&bytes, &r);
			ARRAY_ROOM(l->model.records, l->model.n, l->model.cap);
			l->model.records[l->model.n++] = bytes;
			shard_commit(l->s, &c);
		}
		change_fini(&c);
	}
	/* The index, as anybody would find it now, is not ahead of what the journal would still have. */
	assert_true(index_lsn(l->s->db) <= journal_durable(l->s->journal).n);
	if (--l->left == 0)
		loop_stop(l->loop);
}

static enum err same_row(void *ctx, struct row_key k, struct str value)
{
	return k.table == T_WHERE ? OK : world_dump_row(ctx, k, value);
}

/* All rows but the places, which a world without a journal has not. */
static void dump(struct db *db, struct buf *out)
{
	struct db_reader *r = db_reader_new(db);

	assert_int_equal(db_reader_all(r, same_row, out), OK);
	db_reader_free(&r);
}

/* What came back is the state after the first `durable` records: no more, no fewer. */
static void compare(struct life *l)
{
	struct buf x = { 0 }, y = { 0 };

	assert_true(l->s->durable.n <= l->model.n);
	while (l->model.n > l->s->durable.n)
		buf_fini(&l->model.records[--l->model.n]);
	while (l->model.lsn.n < l->model.n)
		assert_int_equal(world_apply(&l->model, buf_str(&l->model.records[l->model.lsn.n])), OK);
	world_checkpoint(&l->model);
	assert_int_equal(checkpoint_now(l->s), OK);
	dump(l->s->db, &x);
	dump(l->model.db, &y);
	assert_int_equal(x.n, y.n);
	assert_memory_equal(x.p, y.p, x.n);
	buf_fini(&x);
	buf_fini(&y);
}

static enum err count_where(void *ctx, struct row_key k, struct str value)
{
	(void)value;
	*(long *)ctx += k.table == T_BLOB ? 1 : k.table == T_WHERE ? -1 : 0;
	return OK;
}

/* Every message has a place, and nothing else has one. */
static void places_fit(struct life *l)
{
	struct db_reader *r = db_reader_new(l->s->db);
	long more = 0;

	assert_int_equal(db_reader_all(r, count_where, &more), OK);
	assert_int_equal(more, 0);
	db_reader_free(&r);
}

static void index_remove(const struct life *l)
{
	char path[96];

	snprintf(path, sizeof path, "%s/index.mdb", l->folder);
	unlink(path);
	snprintf(path, sizeof path, "%s/index.mdb-lock", l->folder);
	unlink(path);
}

static void work_until_the_power_fails(struct life *l)
{
	uint64_t told;

	checkpoint_start(l->s);
	l->left = 1 + luck_below(&l->luck, 60);
	loop_timer_start(l->loop, &l->step, 1, 1, on_step, l);
	loop_run(l->loop);
	loop_timer_stop(l->loop, &l->step);
	told = l->s->durable.n;          /* answers up to here may have left */
	shard_abandon(l);
	ram_power_cut(l->disk, l->luck.s);
	if (luck_below(&l->luck, 5) == 0)
		index_remove(l);
	shard_begin(l);
	assert_true(l->s->durable.n >= told);
}

static void live(uint64_t seed)
{
	struct life l = { .disk = ram_new(seed), .luck = { seed }, .folder = "/tmp/roost-shard-XXXXXX" };

	assert_non_null(mkdtemp(l.folder));
	ram_clock_set(l.disk, 1700000000000);
	world_open(&l.model);
	shard_begin(&l);
	for (int cuts = 0; cuts < 12; cuts++) {
		work_until_the_power_fails(&l);
		compare(&l);
		places_fit(&l);
	}
	assert_true(l.s->durable.n > 100);
	shard_abandon(&l);
	index_remove(&l);
	rmdir(l.folder);
	ram_free(&l.disk);
	world_close(&l.model);
}

static void power_fails_again_and_again(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++)
		live(seed);
}

/* An index that claims more than the journal has is not believed: the shard does not serve. */
static void an_index_ahead_is_refused(void **state)
{
	struct life l = { .disk = ram_new(1), .luck = { 1 }, .folder = "/tmp/roost-shard-XXXXXX" };
	struct shard s = { .config = &config, .disk = l.disk };
	char path[96];
	struct lsn at;
	struct db *db;

	(void)state;
	assert_non_null(mkdtemp(l.folder));
	snprintf(path, sizeof path, "%s/index.mdb", l.folder);
	assert_int_equal(db_open(&db, path, 1 << 26, &at), OK);
	db_freeze(db, (struct lsn){ 5 });
	assert_int_equal(db_commit(db), OK);
	db_close(&db);
	snprintf(s.folder, sizeof s.folder, "%s", l.folder);
	assert_int_equal(shard_recover(&s), ERR_CORRUPT);
	state_fini(&s.state);
	db_close(&s.db);
	index_remove(&l);
	rmdir(l.folder);
	ram_free(&l.disk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(power_fails_again_and_again),
		cmocka_unit_test(an_index_ahead_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* storaged/serve/checkpoint.c: now and then the index catches up with the journal.
 *
 * What differs in memory becomes rows, a part in each turn, until in one turn nothing is left that differs. There the newer rows are frozen at the end of a group, and written to LMDB by a worker once that group is durable, with its LSN in
 * the same transaction: the index is always the state at exactly one durable group boundary (DESIGN invariant 11).
 */
#include <stdlib.h>

#include "common/base/must.h"
#include "storaged/mbox/rows.h"
#include "storaged/serve/shard.h"

/* A checkpoint is due at this much; at twice as much writes that add bytes wait for it. */
enum { DUE_BYTES = 8 << 20, DUE_ROWS = 20000, SWEEP_MS = 30 * 1000 };

/* A user stays in memory for this long after the last call. */
enum { IDLE_MS = 5 * 60 * 1000 };

static bool is_due(const struct shard *s)
{
	return db_active_bytes(s->db) > DUE_BYTES || db_active_rows(s->db) > DUE_ROWS;
}

bool checkpoint_behind(const struct shard *s)
{
	return db_is_frozen(s->db) && (db_active_bytes(s->db) > 2 * DUE_BYTES || db_active_rows(s->db) > 2 * DUE_ROWS);
}

struct committing { struct shard *s; enum err err; uint64_t us; };

static void commit_run(void *arg)
{
	struct committing *c = arg;
	struct disk *d = c->s->disk;
	uint64_t start_us = d->ops->tick_us(d);

	c->err = db_commit(c->s->db);
	c->us = d->ops->tick_us(d) - start_us;
}

static void committed(struct shard *s, uint64_t us)
{
	s->committed_turn = s->state.turn - 1;
	s->counts.checkpoints++;
	if (us > s->counts.checkpoint_us_max)
		s->counts.checkpoint_us_max = us;
}

/* Freeing a million rows takes longer than a turn may. */
static void layer_drop(void *arg)
{
	struct db_layer *old = arg;

	db_layer_free(&old);
}

static void layer_dropped(void *arg) { (void)arg; }

/* LMDB says EIO of a write that a full disk cut short. */
static bool for_want_of_space(const struct shard *s, enum err err)
{
	return err == ERR_NOSPACE || (err == ERR_IO && shard_disk_is_full(s));
}

static void commit_done(void *arg)
{
	struct committing *c = arg;
	struct shard *s = c->s;
	enum err err = c->err;

	s->committing = false;
	if (err == OK) {
		work_submit_long(s->loop, layer_drop, layer_dropped, db_thaw_take(s->db));
		committed(s, c->us);
	} else if (!for_want_of_space(s, err)) {
		shard_die(s, "checkpoint", err);
	}
	s->index_full = err != OK;      /* the frozen rows stay, and the next timer tries again */
	free(c);
	if (err == OK)
		checkpoint_maybe(s);
	shard_wake(s, 0);
}

static void commit_start(struct shard *s)
{
	struct committing *c = mem_new(sizeof *c);

	c->s = s;
	s->committing = true;
	work_submit_long(s->loop, commit_run, commit_done, c);
}

/* All rows are the state as of the newest record, which ends its group. */
static void freeze(struct shard *s)
{
	commit_close_group(s);
	s->frozen_at.n = s->next.n - 1;
	s->state.turn++;
	db_freeze(s->db, s->frozen_at);
}

/* Changes of the turns between are saved by a later part, again if need be. */
static void save_part(void *arg)
{
	struct shard *s = arg;
	uint32_t messages = PART_MESSAGES;

	s->saving = !state_save(&s->state, &messages) || parts_busy(s);
	shard_handled(s, messages);
	if (s->saving) {
		loop_next(s->loop, &s->save_job, save_part, s);
		return;
	}
	freeze(s);
	checkpoint_maybe(s);
}

static void save_start(struct shard *s)
{
	s->saving = true;
	loop_next(s->loop, &s->save_job, save_part, s);
}

void checkpoint_maybe(struct shard *s)
{
	if (s->committing || s->saving || s->stopping || s->index_full)
		return;
	if (!db_is_frozen(s->db) && is_due(s))
		save_start(s);
	if (db_is_frozen(s->db) && s->durable.n >= s->frozen_at.n)
		commit_start(s);
}

/* Claims of \Recent need not be durable at once; with the next checkpoint they are. */
static void claims_write(struct shard *s)
{
	size_t at = 0;
	uint64_t id;
	void *v;

	if (!shard_has_reserve(s))
		return;
	while (map_each(&s->state.users, &at, &id, &v)) {
		struct user *u = v;
		if (!u->claims)
			continue;
		struct change c = change_new(s, u);
		for (uint32_t i = 0; i < u->n_boxes; i++)
			if (u->boxes[i]->claimed_from > u->boxes[i]->recent_from)
				rec_add_recent(&c.ops, &(struct rec_recent){ u->boxes[i]->id, u->boxes[i]->claimed_from });
		if (c.ops.n)
			shard_commit(s, &c);
		u->claims = false;
		change_fini(&c);
	}
}

static void on_timer(void *arg)
{
	struct shard *s = arg;

	journal_retry_space(s->journal);
	s->index_full = false;
	if (!s->committing && !s->saving && !parts_busy(s) && !db_is_frozen(s->db)) {
		claims_write(s);
		if (db_active_rows(s->db) || s->state.dirty.n)
			save_start(s);
	}
	checkpoint_maybe(s);
	shard_wake(s, 0);
}

static void on_sweep(void *arg)
{
	struct shard *s = arg;

	uploads_sweep(s);
	searches_forget(s, IDLE_MS);
	shard_evict(s, IDLE_MS);
	db_trim(s->db);
}

void checkpoint_start(struct shard *s)
{
	uint32_t every = (uint32_t)s->config->checkpoint_interval_ms;

	loop_timer_start(s->loop, &s->checkpoint_timer, every, every, on_timer, s);
	loop_timer_start(s->loop, &s->sweep_timer, SWEEP_MS, SWEEP_MS, on_sweep, s);
}

enum err checkpoint_now(struct shard *s)
{
	struct committing c = { s, OK, 0 };

	must(!s->committing && !parts_busy(s));
	if (!db_is_frozen(s->db)) {
		uint32_t all = UINT32_MAX;
		must(state_save(&s->state, &all));
		freeze(s);
	}
	must(s->durable.n >= s->frozen_at.n);
	commit_run(&c);
	if (c.err == OK) {
		db_thaw(s->db);
		committed(s, c.us);
	}
	return c.err;
}

enum err checkpoint_in_recovery(struct shard *s)
{
	enum err err = OK;

	if (!is_due(s))
		return OK;
	err = checkpoint_now(s);
	if (err == OK)
		shard_evict(s, 0);
	return err;
}

/* storaged/directory/ledger.c: group commit, recovery, checkpoints. */
#include "storaged/directory/ledger.h"

#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/loop/loop.h"
#include "common/loop/work.h"
#include "storaged/db/db.h"
#include "storaged/directory/people.h"
#include "storaged/disk/disk.h"

enum {
	SEGMENT_BYTES = 8 << 20,
	GROUP_FACTS = 400,           /* what one group's end asks of the loop stays within milliseconds */
	RETRY_SPACE_MS = 1000,
	CHECKPOINT_ROWS = 4000,      /* sooner than its time: forgetting frozen rows is the loop's work */
};

struct entry {
	STAILQ_ENTRY(entry) next;
	struct buf          fact;
	ledger_done_fn     *done;
	void               *ctx;
};
STAILQ_HEAD(entries, entry);

struct ledger {
	struct loop    *loop;
	struct journal *journal;
	struct db      *db;
	struct people  *people;
	struct entries  gathering, flying;
	bool            in_flight, lost, closing;
	struct lsn      applied;
	struct loop_job submit;
	struct loop_timer checkpoint, retry_space;
	bool            committing;
	enum err        committed;       /* the worker's */
};

/* --- writing --- */

static void entry_end(struct entry *e, enum err err, struct lsn lsn)
{
	e->done(e->ctx, err, lsn);
	buf_fini(&e->fact);
	free(e);
}

static enum err outcome_err(enum journal_outcome outcome)
{
	switch (outcome) {
	case JOURNAL_DURABLE: return OK;
	case JOURNAL_NOSPACE: return ERR_NOSPACE;
	case JOURNAL_VOID:    return ERR_IO;
	case JOURNAL_FENCED:
	case JOURNAL_UNKNOWN: break;
	}
	return ERR_UNKNOWN;
}

static void submit_now(void *arg);
static void checkpoint(void *arg);

static void on_outcome(void *ctx, struct journal_group *g, enum journal_outcome outcome)
{
	struct ledger *l = ctx;
	enum err err = outcome_err(outcome);
	struct lsn lsn = g->first;
	struct entry *e;

	l->in_flight = false;
	if (err == ERR_UNKNOWN) {
		log_error("directory_lost", "outcome=%d", (int)outcome);
		l->lost = true;
		if (!l->closing)
			loop_stop(l->loop);
		return;
	}
	for (; (e = STAILQ_FIRST(&l->flying)); lsn.n++) {
		STAILQ_REMOVE_HEAD(&l->flying, next);
		if (err == OK) {
			must(people_apply(l->people, lsn, buf_str(&e->fact)) == OK);
			l->applied = lsn;
		}
		entry_end(e, err, lsn);
	}
	if (db_active_rows(l->db) >= CHECKPOINT_ROWS && !l->closing)
		checkpoint(l);
	loop_defer(l->loop, &l->submit, submit_now, l);
}

static void submit_now(void *arg)
{
	struct ledger *l = arg;
	struct entry *e;

	if (l->in_flight || l->lost || STAILQ_EMPTY(&l->gathering))
		return;
	struct journal_group *g = journal_group_new((struct lsn){ journal_durable(l->journal).n + 1 });
	while ((e = STAILQ_FIRST(&l->gathering)) && g->count < GROUP_FACTS && g->records.n < JOURNAL_GROUP_BYTES) {
		STAILQ_REMOVE_HEAD(&l->gathering, next);
		STAILQ_INSERT_TAIL(&l->flying, e, next);
		journal_group_add(g, buf_str(&e->fact));
	}
	l->in_flight = true;
	journal_submit(l->journal, l->loop, g, on_outcome, l);
}

void ledger_write(struct ledger *l, struct str fact, ledger_done_fn *done, void *ctx)
{
	struct entry *e = mem_new(sizeof *e);

	buf_add(&e->fact, fact);
	e->done = done;
	e->ctx = ctx;
	STAILQ_INSERT_TAIL(&l->gathering, e, next);
	loop_defer(l->loop, &l->submit, submit_now, l);
}

/* --- checkpoints --- */

static void commit_run(void *arg)
{
	struct ledger *l = arg;

	l->committed = db_commit(l->db);
}

/* A commit that failed keeps its frozen rows, and is tried again at the next tick. */
static void commit_done(void *arg)
{
	struct ledger *l = arg;

	l->committing = false;
	if (l->committed == OK)
		db_thaw(l->db);
}

static void checkpoint(void *arg)
{
	struct ledger *l = arg;

	if (l->committing || (!db_is_frozen(l->db) && db_active_rows(l->db) == 0))
		return;
	if (!db_is_frozen(l->db))
		db_freeze(l->db, l->applied);
	l->committing = true;
	work_submit(l->loop, commit_run, commit_done, l);
}

static void retry_space(void *arg)
{
	struct ledger *l = arg;

	if (!ledger_has_room(l))
		journal_retry_space(l->journal);
}

/* --- recovery --- */

static enum err found(void *ctx, struct lsn lsn, struct str fact, struct place place, struct lsn durable)
{
	(void)durable;
	struct ledger *l = ctx;

	(void)place;
	l->applied = lsn;
	return people_apply(l->people, lsn, fact);
}

/* Rows of the index into memory. */
static enum err index_load(struct ledger *l, struct disk *disk, const struct ledger_options *o)
{
	uint8_t hash_key[16];
	enum err err = db_open(&l->db, o->index_path, o->index_map_bytes, &l->applied);

	if (err != OK)
		return err;
	disk->ops->random(disk, hash_key, sizeof hash_key);
	people_init(l->people, l->db, hash_key);
	err = people_load(l->people);
	if (err != OK) {
		people_fini(l->people);
		db_close(&l->db);
	}
	return err;
}

/* A damaged index costs a rebuild, for it is derived (DESIGN invariant 7). */
static enum err index_open(struct ledger *l, struct disk *disk, const struct ledger_options *o)
{
	enum err err = index_load(l, disk, o);

	if (err != ERR_CORRUPT)
		return err;
	log_warn("index_rebuilt", "path=%s", LOG_S(str_of(o->index_path)));
	if (unlink(o->index_path) != 0)
		return ERR_IO;
	return index_load(l, disk, o);
}

/* A long tail goes into the index while nobody waits for the loop yet. */
static void tail_commit(struct ledger *l)
{
	if (db_active_rows(l->db) < CHECKPOINT_ROWS)
		return;
	db_freeze(l->db, l->applied);
	if (db_commit(l->db) == OK)
		db_thaw(l->db);
}

static enum err recover(struct ledger *l, struct disk *disk, const struct ledger_options *o)
{
	struct journal_options opt = { SEGMENT_BYTES, o->incarnation };
	enum err err = index_open(l, disk, o);

	if (err != OK)
		return err;
	struct lsn at = l->applied;
	err = journal_open(&l->journal, disk, "journal", &opt, at, at, found, l);
	if (err != OK) {
		people_fini(l->people);
		db_close(&l->db);
		return err;
	}
	tail_commit(l);
	log_info("directory_recovered", "users=%u lsn=%lu from=%lu", l->people->living, l->applied.n, at.n);
	return OK;
}

struct ledger *ledger_open(struct loop *loop, struct disk *disk, const struct ledger_options *o, struct people *people)
{
	struct ledger *l = mem_new(sizeof *l);

	l->loop = loop;
	l->people = people;
	STAILQ_INIT(&l->gathering);
	STAILQ_INIT(&l->flying);
	enum err err = recover(l, disk, o);
	if (err != OK) {
		log_error("directory_not_recovered", "err=%s", err_name(err));
		free(l);
		return NULL;
	}
	loop_timer_start(loop, &l->checkpoint, o->checkpoint_interval_ms, (uint32_t)o->checkpoint_interval_ms, checkpoint, l);
	loop_timer_start(loop, &l->retry_space, RETRY_SPACE_MS, RETRY_SPACE_MS, retry_space, l);
	return l;
}

static void entries_fail(struct entries *entries)
{
	struct entry *e;

	while ((e = STAILQ_FIRST(entries))) {
		STAILQ_REMOVE_HEAD(entries, next);
		entry_end(e, ERR_UNKNOWN, (struct lsn){ 0 });
	}
}

void ledger_close(struct ledger **lp)
{
	struct ledger *l = *lp;

	if (!l)
		return;
	loop_timer_stop(l->loop, &l->checkpoint);
	loop_timer_stop(l->loop, &l->retry_space);
	must(!l->committing);
	l->closing = true;
	journal_close(&l->journal);
	entries_fail(&l->flying);
	entries_fail(&l->gathering);
	loop_job_stop(&l->submit);
	db_close(&l->db);
	free(l);
	*lp = NULL;
}

/* --- looking --- */

bool ledger_has_room(struct ledger *l) { return journal_room(l->journal) >= 2 * JOURNAL_SEGMENT_ROOM(SEGMENT_BYTES); }
struct lsn ledger_durable(const struct ledger *l) { return l->applied; }
void ledger_stats(const struct ledger *l, struct journal_stats *s) { journal_stats_get(l->journal, s); }

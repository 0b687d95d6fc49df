/* storaged/serve/commit.c: changes become records, records become durable in groups, and then the world is told.
 *
 * One group is in flight at a time; the next gathers meanwhile (natural group commit, DESIGN section 3). Records are applied when
 * they join a group, so rules see them at once; nothing of them leaves before their group is on stable storage.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "storaged/mbox/apply.h"
#include "storaged/mbox/rows.h"
#include "storaged/mbox/walk.h"
#include "storaged/serve/shard.h"

struct group {
	struct group *next;
	struct journal_group *journal;
	size_t *at;                  /* where each record's bytes start in the group */
	uint32_t cap;
	bool closed;                 /* takes no more records */
};

static uint64_t clock_ms(struct shard *s) { return s->disk->ops->clock_ms(s->disk); }

struct change change_new(struct shard *s, struct user *u)
{
	return (struct change){ .user = u, .now_ms = clock_ms(s) };
}

bool shard_disk_is_full(const struct shard *s)
{
	return s->disk->ops->free_bytes(s->disk) <= s->config->segment_bytes / 2;
}

/* Bytes of groups that can still be taken, in segments prepared and in those that the disk could still hold: preparing may lag behind
 * a burst, which is no reason to refuse anything. Looked at once for all the calls of a turn, which are far smaller than the reserve. */
static const struct space *space_left(struct shard *s)
{
	uint64_t kept = s->config->segment_bytes / 2, now_ms = loop_now_ms(s->loop);

	if (s->space.seen_ms == now_ms)
		return &s->space;
	uint64_t left = s->disk->ops->free_bytes(s->disk), to_come = left > kept ? (left - kept) / s->config->segment_bytes : 0;
	s->space = (struct space){ now_ms, journal_room(s->journal) + to_come * JOURNAL_SEGMENT_ROOM(s->config->segment_bytes), left <= kept };
	return &s->space;
}

bool shard_has_room(struct shard *s)
{
	/* Two segments and what a checkpoint may need are kept for what frees space. */
	const struct space *left = space_left(s);
	bool room = left->room >= 2 * JOURNAL_SEGMENT_ROOM(s->config->segment_bytes) && !left->disk_full && !s->index_full;

	if (room == s->no_space)
		log_warn(room ? "space_returned" : "space_low", "journal_room=%llu", (unsigned long long)journal_room(s->journal));
	s->no_space = !room;
	if (!room)
		s->counts.refused_space++;
	return room;
}

/* Without this little, a group could find no place, and the shard would fall. The rest of a segment may be too short for one. */
bool shard_has_reserve(struct shard *s)
{
	/* Mostly the open segment has it: then the disk need not be asked. */
	return journal_room(s->journal) >= 3 * JOURNAL_GROUP_BYTES || space_left(s)->room >= 3 * JOURNAL_GROUP_BYTES;
}

/* --- the side table of places --- */

struct placing { struct shard *s; struct place place; uint64_t lsn; };

/* A record that became durable after the freeze that holds it: its place belongs to that checkpoint, too. */
static bool is_frozen(const struct placing *p)
{
	return db_is_frozen(p->s->db) && p->lsn <= p->s->frozen_at.n;
}

static void where_put(struct placing *p, struct row_key key, struct str value)
{
	if (is_frozen(p))
		db_frozen_put(p->s->db, key, value);
	else
		db_put(p->s->db, key, value);
}

static enum peek peek(const struct placing *p, struct row_key key, struct str *value)
{
	return is_frozen(p) ? db_frozen_peek(p->s->db, key, value) : db_peek(p->s->db, key, value);
}

/* What is known of a blob's earlier runs: an upload's. A point read, at most once in 256 KiB of message. */
static void where_before(const struct placing *p, struct row_key key, struct buf *out)
{
	struct str v = { NULL, 0 };
	struct db_reader *r = NULL;
	enum peek at = peek(p, key, &v);

	if (at == PEEK_BELOW && (r = db_reader_new(p->s->db)) != NULL && db_reader_get(r, key, &v) != OK)
		v.n = 0;
	if (at != PEEK_GONE)
		buf_add(out, v);
	db_reader_free(&r);
}

/* Not if it was expunged before the record was durable. A checkpoint asks what was true when it froze: an expunge after that
 * may yet be lost, and the message must be whole then. */
static bool blob_still_wanted(const struct placing *p, uint32_t user, uint64_t blob)
{
	const struct user *u = state_user(&p->s->state, user);
	struct str v;

	for (uint32_t i = 0; u && i < u->n_uploads; i++)
		if (u->uploads[i].blob == blob)
			return true;
	return peek(p, (struct row_key){ user, T_BLOB, blob, 0, 0 }, &v) == PEEK_HERE;
}

static void place_run(void *ctx, const struct record_run *run)
{
	struct placing *p = ctx;
	struct row_key key = { run->user, T_WHERE, run->blob, 0, 0 };
	struct buf row = { 0 };

	if (!blob_still_wanted(p, run->user, run->blob))
		return;
	/* One recipient's header lines stand before all that came earlier. */
	if (!run->lead && !run->first)
		where_before(p, key, &row);
	where_pack(&row, &(struct where){
		p->place.segment, p->place.bytes, p->place.offset, run->at, run->bytes, run->plain, run->lead });
	if (run->lead && !run->first)
		where_before(p, key, &row);
	where_put(p, key, buf_str(&row));
	buf_fini(&row);
}

/* --- groups --- */

static struct group *group_new(struct shard *s)
{
	struct group *g = mem_new(sizeof *g);

	g->journal = journal_group_new(s->next);
	if (s->last)
		s->last->next = g;
	else
		s->first = g;
	s->last = g;
	return g;
}

static struct str group_record(const struct group *g, uint32_t i)
{
	const char *p = g->journal->records.p + g->at[i];
	struct rd r = rd_of((struct str){ p - 4, 4 });

	return (struct str){ p, rd_u32(&r) };
}

static void group_add(struct shard *s, struct str record)
{
	struct group *g = s->last;

	if (!g || g->closed || g->journal->records.n >= JOURNAL_GROUP_BYTES || (s->flying && g == s->first))
		g = group_new(s);
	journal_group_add(g->journal, record);
	uint32_t i = g->journal->count - 1;
	if (i >= g->cap) {
		g->cap = g->cap ? g->cap * 2 : 8;
		g->at = mem_resize(g->at, g->cap * sizeof *g->at);
	}
	g->at[i] = g->journal->records.n - record.n;
	s->next.n++;
}

void commit_close_group(struct shard *s)
{
	if (s->last)
		s->last->closed = true;
}

void groups_forget(struct shard *s)
{
	while (s->first) {
		struct group *g = s->first;
		s->first = g->next;
		journal_group_free(&g->journal);
		free(g->at);
		free(g);
	}
	s->last = NULL;
}

static void group_durable(void *ctx, struct journal_group *jg, enum journal_outcome outcome);

static void group_submit(void *arg)
{
	struct shard *s = arg;

	if (s->flying || !s->first)
		return;
	s->flying = true;
	s->first->closed = true;
	journal_submit(s->journal, s->loop, s->first->journal, group_durable, s);
}

static void ring(void *ctx, uint32_t user, uint32_t mailbox, uint64_t modseq, bool gone)
{
	bell_ring(((struct shard *)ctx)->bell, user, mailbox, modseq, gone);
}

static void group_tell(struct shard *s, const struct group *g)
{
	for (uint32_t i = 0; i < g->journal->count; i++) {
		struct placing p = { s, g->journal->places[i], g->journal->first.n + i };
		struct str record = group_record(g, i);
		must(record_runs(record, place_run, &p) == OK);
		must(record_bells(record, ring, s) == OK);
	}
}

static void group_durable(void *ctx, struct journal_group *jg, enum journal_outcome outcome)
{
	struct shard *s = ctx;
	struct group *g = s->first;

	must(g && g->journal == jg);
	/* Memory holds what the disk lost. Nobody was told of it, so forget all, recover, and let callers ask again by request id. */
	if (outcome != JOURNAL_DURABLE)
		shard_die(s, "journal", outcome == JOURNAL_NOSPACE ? ERR_NOSPACE : outcome == JOURNAL_FENCED ? ERR_MOVED : ERR_IO);
	s->durable.n = jg->first.n + jg->count - 1;
	group_tell(s, g);
	s->first = g->next;
	if (!s->first)
		s->last = NULL;
	s->flying = false;
	free(g->at);
	free(g);
	jobs_release(s);
	checkpoint_maybe(s);
	if (s->first)
		loop_defer(s->loop, &s->submit_job, group_submit, s);
}

/* --- records --- */

static void record_commit(struct shard *s, struct buf *record)
{
	struct lsn lsn = s->next;

	must(record->n <= JOURNAL_RECORD_MAX);
	group_add(s, buf_str(record));
	parts_apply(s, lsn, record);
	s->counts.changes++;
	loop_defer(s->loop, &s->submit_job, group_submit, s);
}

struct unloaded { struct shard *s; struct box *box; };

static void find_unloaded(void *ctx, uint32_t user, uint32_t mailbox)
{
	struct unloaded *un = ctx;
	struct box *b = user_box(state_user(&un->s->state, user), mailbox);

	if (b && !b->loaded && !un->box)
		un->box = b;
}

bool job_commit(struct job *j, struct change *c, uint16_t answer_no, struct str answer)
{
	const struct record r = {
		.user = c->user->id, .time_ms = c->now_ms, .request = j->request, .answer_no = answer_no, .answer = answer, .ops = buf_str(&c->ops),
	};
	struct buf bytes = { 0 };
	struct unloaded un = { j->s, NULL };

	record_write(&bytes, &r);
	must(record_touches(buf_str(&bytes), find_unloaded, &un) == OK);
	if (!un.box)
		record_commit(j->s, &bytes);
	buf_fini(&bytes);
	return un.box ? job_need_box(j, un.box) : true;
}

void shard_commit(struct shard *s, struct change *c)
{
	const struct record r = { .user = c->user->id, .time_ms = c->now_ms, .ops = buf_str(&c->ops) };
	struct buf bytes = { 0 };

	record_write(&bytes, &r);
	record_commit(s, &bytes);
	buf_fini(&bytes);
}

/* --- recovery --- */

struct recovering { struct shard *s; enum err err; uint64_t records; };

static void load_touched(void *ctx, uint32_t user, uint32_t mailbox)
{
	struct recovering *rec = ctx;

	if (rec->err == OK)
		rec->err = shard_load_now(rec->s, user, mailbox);
}

static enum err recover_record(void *ctx, struct lsn lsn, struct str bytes, struct place place, struct lsn durable)
{
	struct recovering *rec = ctx;
	struct shard *s = rec->s;
	struct placing p = { s, place, lsn.n };
	struct record r;

	if (!record_read(&r, bytes))
		return ERR_CORRUPT;
	/* A long tail (the index was deleted) must not gather in memory. The index may hold only what is surely durable. */
	if (lsn.n - 1 <= durable.n)
		rec->err = checkpoint_in_recovery(s);
	if (rec->err == OK)
		rec->err = shard_load_now(s, r.user, 0);
	if (rec->err == OK && record_touches(bytes, load_touched, rec) != OK)
		rec->err = ERR_CORRUPT;
	if (rec->err == OK)
		rec->err = apply(&s->state, lsn, bytes);
	if (rec->err == OK)
		rec->err = record_runs(bytes, place_run, &p);
	s->next.n = lsn.n + 1;
	s->durable = lsn;
	rec->records++;
	return rec->err;
}

/* An index that is damaged, or of an older version of Roost, costs a rebuild, for it is derived (DESIGN invariant 7). */
static enum err index_open(struct shard *s, struct lsn *at)
{
	char path[600];

	snprintf(path, sizeof path, "%s/index.mdb", s->folder);
	enum err err = db_open(&s->db, path, s->config->index_map_bytes, at);
	if (err != ERR_CORRUPT)
		return err;
	log_warn("index_rebuilt", "shard=%u", s->number);
	err = s->disk->ops->unlink(s->disk, "index.mdb");
	return err ? err : db_open(&s->db, path, s->config->index_map_bytes, at);
}

enum err shard_recover(struct shard *s)
{
	struct recovering rec = { s, OK, 0 };
	struct journal_options o = { .segment_bytes = s->config->segment_bytes };
	struct lsn at;
	uint64_t start_us = s->disk->ops->tick_us(s->disk);

	s->disk->ops->random(s->disk, &o.incarnation, sizeof o.incarnation);
	enum err err = index_open(s, &at);
	if (err)
		return err;
	state_init(&s->state, s->db);
	s->durable = at;
	s->next.n = at.n + 1;
	err = journal_open(&s->journal, s->disk, "journal", &o, at, at, recover_record, &rec);
	if (err)
		return err;
	log_info("recovered", "index_lsn=%llu lsn=%llu records=%llu ms=%llu", (unsigned long long)at.n, (unsigned long long)s->durable.n,
	         (unsigned long long)rec.records, (unsigned long long)(s->disk->ops->tick_us(s->disk) - start_us) / 1000);
	return OK;
}

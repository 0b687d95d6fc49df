/* tests/unit/mailworld.h: a state with an index under it, as a shard has, without the shard: for tests of rules and records.
 *
 * world_commit makes a change a record, applies it and keeps its bytes; world_checkpoint brings the index up to date;
 * world_forget drops what is in memory, so that the next use loads it from the index, as after an eviction or a restart.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/must.h"
#include "storaged/db/db.h"
#include "storaged/mbox/apply.h"
#include "storaged/mbox/mbox.h"
#include "storaged/mbox/rows.h"
#include "storaged/mbox/walk.h"

/* Luck that can be had again. */
struct luck { uint64_t s; };

static inline uint32_t luck_below(struct luck *l, uint32_t n)
{
	l->s += 0x9e3779b97f4a7c15u;
	uint64_t z = l->s;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ z >> 31) % n);
}

struct world {
	char path[64];
	struct db *db;
	struct state state;
	struct lsn lsn;
	struct buf *records;         /* bytes of each, in order; index 0 is LSN 1 */
	uint32_t n, cap;
};

static inline void world_open(struct world *w)
{
	struct lsn at;

	*w = (struct world){ .path = "/tmp/roost-world-XXXXXX" };
	int fd = mkstemp(w->path);
	must(fd >= 0);
	close(fd);
	unlink(w->path);
	must(db_open(&w->db, w->path, 1 << 30, &at) == OK && at.n == 0);
	state_init(&w->state, w->db);
}

static inline void world_close(struct world *w)
{
	char lock[80];

	state_fini(&w->state);
	db_close(&w->db);
	unlink(w->path);
	snprintf(lock, sizeof lock, "%s-lock", w->path);
	unlink(lock);
	for (uint32_t i = 0; i < w->n; i++)
		buf_fini(&w->records[i]);
	free(w->records);
}

static inline void world_checkpoint(struct world *w)
{
	uint32_t part = 300;

	while (!state_save(&w->state, &part))
		part = 300;
	w->state.turn++;
	db_freeze(w->db, w->lsn);
	must(db_commit(w->db) == OK);
	db_thaw(w->db);
}

/* Everything leaves memory: it must be in the index. */
static inline void world_forget(struct world *w)
{
	world_checkpoint(w);
	state_fini(&w->state);
	state_init(&w->state, w->db);
}

static inline struct user *world_user(struct world *w, uint32_t id)
{
	struct user *u = state_user(&w->state, id);

	if (u)
		return u;
	u = state_user_new(&w->state, id);
	must(user_read(u, w->db) == OK);
	return u;
}

static inline struct box *world_load(struct world *w, uint32_t user, uint32_t mailbox)
{
	struct box *b = user_box(world_user(w, user), mailbox);

	if (!b || b->loaded)
		return b;
	/* The outline in its row is what its pages say. */
	struct uidset uids = { 0 };
	uint32_t first_unseen = b->outline.known ? box_first_unseen(b) : 0;
	if (b->outline.known)
		box_uids(b, &uids);
	must(box_read(b, w->db, user) == OK);
	if (b->outline.known) {
		struct uidset there = { 0 };
		box_uids(b, &there);
		must(uidset_eq(&uids, &there) && first_unseen == box_first_unseen(b));
		uidset_fini(&there);
	}
	uidset_fini(&uids);
	return b;
}

static inline struct box *world_box(struct world *w, uint32_t user, const char *name)
{
	struct box *b = user_box_named(world_user(w, user), str_of(name));

	return b ? world_load(w, user, b->id) : NULL;
}

static inline void world_touch(void *ctx, uint32_t user, uint32_t mailbox) { world_load(ctx, user, mailbox); }

static inline enum err world_apply(struct world *w, struct str bytes)
{
	struct record r;

	if (record_read(&r, bytes))
		world_user(w, r.user);
	if (record_touches(bytes, world_touch, w) != OK)
		return ERR_CORRUPT;
	w->lsn.n++;
	return apply(&w->state, w->lsn, bytes);
}

/* The change becomes a record; what it leaves of the change is freed. */
static inline void world_commit(struct world *w, struct change *c, struct request request, uint16_t answer_no, struct str answer)
{
	const struct record r = {
		.user = c->user->id, .time_ms = c->now_ms, .request = request, .answer_no = answer_no, .answer = answer, .ops = buf_str(&c->ops),
	};

	if (c->ops.n) {
		ARRAY_ROOM(w->records, w->n, w->cap);
		w->records[w->n] = (struct buf){ 0 };
		record_write(&w->records[w->n], &r);
		must(world_apply(w, buf_str(&w->records[w->n++])) == OK);
	}
	change_fini(c);
}

static inline void world_commit_plain(struct world *w, struct change *c)
{
	world_commit(w, c, (struct request){ 0, 0, 0, 0 }, 0, S(""));
}

/* A message of this size with these system flags; its UID. */
static inline uint32_t world_append(struct world *w, uint32_t user, const char *name, uint64_t size, uint32_t system)
{
	struct box *b = world_box(w, user, name);
	struct change c = { .user = world_user(w, user), .now_ms = 1000 };
	struct rpc_appended out;

	must(mbox_append(&c, b, &(struct new_message){ .size = size, .system = system, .run = S("run"), .run_plain = (uint32_t)size, .summary = S("sum") }, &out) == OK);
	world_commit_plain(w, &c);
	return out.uid;
}

static inline void world_put_user(struct world *w, uint32_t user, uint64_t quota_bytes)
{
	struct change c = { .user = world_user(w, user), .now_ms = 1000 };

	must(mbox_user_put(&c, 1, 1, &(struct quota){ .limit = { quota_bytes } }) == OK);
	world_commit_plain(w, &c);
}

static inline enum err world_dump_row(void *ctx, struct row_key k, struct str value)
{
	struct buf *b = ctx;

	if (k.table == T_META)
		return OK;
	buf_u32(b, k.user);
	buf_u8(b, k.table);
	buf_u64(b, k.a);
	buf_u64(b, k.b);
	buf_u32(b, k.c);
	buf_lstr(b, value);
	return OK;
}

/* Every row of the index, as bytes. Needs a checkpoint before. */
static inline void world_dump(struct world *w, struct buf *out)
{
	struct db_reader *r = db_reader_new(w->db);

	must(r && db_reader_all(r, world_dump_row, out) == OK);
	db_reader_free(&r);
}

/* tests/unit/test_apply.c: records made by the rules become state, the same whenever and however they are applied. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/mailworld.h"

enum { USERS = 3 };

static const char *const names[] = { "INBOX", "a", "a/b", "a/b/c", "d", "d/e", "f", "INBOX/g", "h" };

struct life {                        /* a world in which things happen by chance */
	struct world w;
	struct luck luck;
	uint64_t now_ms;
	uint64_t req[3];             /* by incarnation */
};

static struct str a_name(struct life *l) { return str_of(names[luck_below(&l->luck, sizeof names / sizeof *names)]); }

static struct request a_request(struct life *l)
{
	uint32_t i = luck_below(&l->luck, 3);
	uint64_t req = ++l->req[i];

	return (struct request){ 100 + i, req, req > 4 ? req - luck_below(&l->luck, 4) : 1, luck_below(&l->luck, 2) };
}

static struct str keywords_by_chance(struct life *l, struct buf *out)
{
	struct keywords k = { 0 };
	char word[16];

	for (uint32_t n = luck_below(&l->luck, 3); n > 0; n--) {
		snprintf(word, sizeof word, "k%u", luck_below(&l->luck, 40));
		keywords_add(&k, str_of(word));
	}
	if (k.n)
		keywords_pack(out, &k);
	keywords_fini(&k);
	return buf_str(out);
}

static void uids_by_chance(struct life *l, const struct box *b, struct uidset *out)
{
	uidset_add(out, 1 + luck_below(&l->luck, b->uidnext));
	for (uint32_t i = luck_below(&l->luck, 3); i > 0; i--) {
		uint32_t lo = 1 + luck_below(&l->luck, b->uidnext);
		uidset_add_range(out, lo, lo + luck_below(&l->luck, 20));
	}
}

/* --- what can happen. Each fills the change, or refuses. --- */

static enum err try_create(struct life *l, struct change *c) { return mbox_create(c, a_name(l), 0); }
static enum err try_delete(struct life *l, struct change *c) { return mbox_delete(c, a_name(l)); }
static enum err try_rename(struct life *l, struct change *c)
{
	world_box(&l->w, c->user->id, "INBOX");
	return mbox_rename(c, a_name(l), a_name(l));
}
static enum err try_subscribe(struct life *l, struct change *c) { return mbox_subscribe(c, a_name(l), luck_below(&l->luck, 2)); }

static struct box *box_by_chance(struct life *l, const struct change *c)
{
	if (!c->user->n_boxes)
		return NULL;
	return world_load(&l->w, c->user->id, c->user->boxes[luck_below(&l->luck, c->user->n_boxes)]->id);
}

static enum err append_to(struct life *l, struct change *c, uint64_t blob)
{
	struct box *b = box_by_chance(l, c);
	struct buf words = { 0 };
	struct rpc_appended out;
	const struct new_message m = {
		.size = luck_below(&l->luck, 5000), .thread = luck_below(&l->luck, 100), .system = luck_below(&l->luck, 32),
		.keywords = keywords_by_chance(l, &words), .date = (int64_t)luck_below(&l->luck, 1u << 31) - 1000, .summary = S("sealed"),
		.run = S("sealed run"), .run_plain = 10, .blob = blob,
	};
	enum err err = b ? mbox_append(c, b, &m, &out) : ERR_ABSENT;

	buf_fini(&words);
	return err;
}
static enum err try_append(struct life *l, struct change *c) { return append_to(l, c, 0); }

static enum err try_store(struct life *l, struct change *c)
{
	struct box *b = box_by_chance(l, c);
	struct buf words = { 0 }, text[4] = { { 0 }, { 0 }, { 0 }, { 0 } };
	struct uidset uids = { 0 };
	struct rpc_stored out;

	if (!b)
		return ERR_ABSENT;
	uids_by_chance(l, b, &uids);
	const struct rpc_store m = {
		.mode = luck_below(&l->luck, 3), .system = luck_below(&l->luck, 32), .keywords = keywords_by_chance(l, &words),
		.conditional = luck_below(&l->luck, 4) == 0, .unchanged_since = luck_below(&l->luck, (uint32_t)c->user->modseq + 1), .quiet = luck_below(&l->luck, 2),
	};
	enum err err = mbox_store(c, b, &m, &uids, &out, text);
	for (int i = 0; i < 4; i++)
		buf_fini(&text[i]);
	buf_fini(&words);
	uidset_fini(&uids);
	return err;
}

static enum err try_expunge(struct life *l, struct change *c)
{
	struct box *b = box_by_chance(l, c);
	struct uidset uids = { 0 };
	struct buf text = { 0 };
	struct rpc_expunged out;

	if (!b)
		return ERR_ABSENT;
	uids_by_chance(l, b, &uids);
	enum err err = mbox_expunge(c, b, luck_below(&l->luck, 4) ? &uids : NULL, &out, &text);
	buf_fini(&text);
	uidset_fini(&uids);
	return err;
}

static enum err try_copy(struct life *l, struct change *c)
{
	struct box *from = box_by_chance(l, c), *to = box_by_chance(l, c);
	struct buf text[3] = { { 0 }, { 0 }, { 0 } };
	struct uidset uids = { 0 };
	struct rpc_copied out;

	if (!from)
		return ERR_ABSENT;
	uids_by_chance(l, from, &uids);
	enum err err = mbox_copy(c, from, to, &uids, luck_below(&l->luck, 2), luck_below(&l->luck, 4) == 0, &out, text);
	for (int i = 0; i < 3; i++)
		buf_fini(&text[i]);
	uidset_fini(&uids);
	return err;
}

static enum err try_claim(struct life *l, struct change *c)
{
	struct box *b = box_by_chance(l, c);

	if (b)
		rec_add_recent(&c->ops, &(struct rec_recent){ b->id, b->uidnext });
	return OK;
}

static enum err try_user_put(struct life *l, struct change *c)
{
	struct quota q = { .limit = { luck_below(&l->luck, 3) ? 0 : 400000, luck_below(&l->luck, 3) * 100, luck_below(&l->luck, 3) * 20 } };

	return mbox_user_put(c, 1, 1 + luck_below(&l->luck, 3), &q);
}

static enum err try_upload_drop(struct life *l, struct change *c)
{
	(void)l;
	if (c->user->n_uploads)
		rec_add_upload_drop(&c->ops, &(struct rec_upload_drop){ c->user->uploads->incarnation, c->user->uploads->req, c->user->uploads->idx });
	return OK;
}

/* A message in pieces: some records under one request, and then perhaps the message. */
static void upload(struct life *l, uint32_t user)
{
	struct request request = a_request(l);
	uint64_t blob = world_user(&l->w, user)->next_blob, at = 0;

	for (uint32_t n = 1 + luck_below(&l->luck, 3); n > 0; n--, at += 100) {
		struct change c = { .user = world_user(&l->w, user), .now_ms = l->now_ms };
		rec_add_piece(&c.ops, &(struct rec_piece){ blob, at, S("piece"), 100 });
		world_commit(&l->w, &c, request, 0, S(""));
	}
	struct change c = { .user = world_user(&l->w, user), .now_ms = l->now_ms };
	if (luck_below(&l->luck, 2) && append_to(l, &c, blob) == OK)
		world_commit(&l->w, &c, request, 65, S("answer"));
	else
		change_fini(&c);
}

static const struct { uint32_t weight; enum err (*run)(struct life *l, struct change *c); } happenings[] = {
	{ 40, try_append }, { 25, try_store }, { 12, try_expunge }, { 12, try_copy }, { 6, try_create }, { 2, try_delete }, { 3, try_rename },
	{ 3, try_subscribe }, { 4, try_claim }, { 1, try_user_put }, { 1, try_upload_drop },
};

static void happen(struct life *l)
{
	uint32_t user = 1 + luck_below(&l->luck, USERS), pick = luck_below(&l->luck, 109), i = 0;
	struct change c = { .user = world_user(&l->w, user), .now_ms = l->now_ms };

	l->now_ms += luck_below(&l->luck, 100) ? luck_below(&l->luck, 5000) : 25ull * 3600 * 1000;
	while (pick >= happenings[i].weight)
		pick -= happenings[i++].weight;
	if (!c.user->exists) {
		world_put_user(&l->w, user, 0);
	} else if (luck_below(&l->luck, 40) == 0) {
		upload(l, user);
	} else if (luck_below(&l->luck, 1500) == 0) {
		rec_add_user_drop(&c.ops, &(struct rec_user_drop){ });
		world_commit_plain(&l->w, &c);
	} else if (happenings[i].run(l, &c) == OK) {
		world_commit(&l->w, &c, a_request(l), luck_below(&l->luck, 2) ? 55 : 0, S("the answer"));
	}
	change_fini(&c);
}

/* --- what must always hold --- */

static void recount_box(const struct user *u, struct box *b, uint64_t *used, uint64_t *messages, struct map *blobs)
{
	struct msg_iter it = { 0, 0 };
	const struct msg *m;
	uint32_t n = 0, unseen = 0, first_unseen = 0, deleted = 0, last = 0;
	uint64_t bytes = 0, deleted_bytes = 0;

	while ((m = box_next(b, &it))) {
		assert_true(m->uid > last && m->uid < b->uidnext);
		assert_true(m->modseq > 0 && m->modseq <= b->modseq && m->blob < u->next_blob);
		last = m->uid;
		n++;
		bytes += m->size;
		unseen += !(m->word & FLAG_SEEN);
		if (!first_unseen && !(m->word & FLAG_SEEN))
			first_unseen = m->uid;
		if (m->word & FLAG_DELETED) {
			deleted++;
			deleted_bytes += m->size;
		}
		map_put(blobs, m->blob, (char *)map_get(blobs, m->blob) + 1);
	}
	assert_int_equal(n, b->messages);
	assert_int_equal(bytes, b->bytes);
	assert_int_equal(unseen, b->unseen);
	assert_int_equal(deleted, b->deleted);
	assert_int_equal(first_unseen, box_first_unseen(b));
	struct uidset uids = { 0 };
	box_uids(b, &uids);
	assert_int_equal(uidset_count(&uids), n);
	uidset_fini(&uids);
	assert_int_equal(deleted_bytes, b->deleted_bytes);
	assert_true(b->modseq > 0 && b->modseq <= u->modseq);
	*used += bytes;
	*messages += n;
}

/* Invariant 6: no counter is ever other than what it counts. */
static void recount(struct world *w, uint32_t id)
{
	struct user *u = world_user(w, id);
	uint64_t used = 0, messages = 0, blob, shared = 0;
	struct map blobs = { 0 };
	size_t at = 0;
	void *refs;

	for (uint32_t i = 0; i < u->n_boxes; i++)
		recount_box(u, world_load(w, id, u->boxes[i]->id), &used, &messages, &blobs);
	assert_int_equal(used, u->used_bytes);
	assert_int_equal(messages, u->messages);
	while (map_each(&blobs, &at, &blob, &refs)) {
		shared += (uintptr_t)refs > 1;
		assert_int_equal((uintptr_t)refs > 1 ? (uintptr_t)refs : 0, (uintptr_t)map_get(&u->refs, blob));
	}
	assert_int_equal(shared, u->refs.n);
	map_fini(&blobs);
}

/* --- the property --- */

static void assert_same_rows(struct world *a, struct world *b)
{
	struct buf x = { 0 }, y = { 0 };

	world_checkpoint(a);
	world_checkpoint(b);
	world_dump(a, &x);
	world_dump(b, &y);
	assert_int_equal(x.n, y.n);
	assert_memory_equal(x.p, y.p, x.n);
	buf_fini(&x);
	buf_fini(&y);
}

static void apply_in_parts(struct world *w, struct str record, struct luck *luck)
{
	struct applying a;
	struct record r;
	bool done = false;

	assert_true(record_read(&r, record));
	world_user(w, r.user);
	assert_int_equal(record_touches(record, world_touch, w), OK);
	w->lsn.n++;
	assert_int_equal(apply_begin(&a, &w->state, w->lsn, record), OK);
	while (!done) {
		uint32_t rows = luck_below(luck, 600);
		assert_int_equal(apply_some(&a, 1 + luck_below(luck, 3), &done), OK);
		if (luck_below(luck, 4) == 0)
			state_save(&w->state, &rows);   /* a checkpoint begins, and waits for the record's end */
	}
}

/* The same records, from nothing, in parts, with checkpoints and losses of memory at other places: the same rows (invariant 7). */
static void rebuild(const struct world *from, uint64_t seed, struct world *to)
{
	struct luck luck = { seed };

	world_open(to);
	for (uint32_t i = 0; i < from->n; i++) {
		if (luck_below(&luck, 50) == 0)
			world_checkpoint(to);
		if (luck_below(&luck, 200) == 0)
			world_forget(to);
		apply_in_parts(to, buf_str(&from->records[i]), &luck);
	}
}

static void live(uint64_t seed, uint32_t steps)
{
	struct life l = { .luck = { seed }, .now_ms = 1700000000000 };
	struct world again;

	world_open(&l.w);
	for (uint32_t i = 0; i < steps; i++) {
		happen(&l);
		if (luck_below(&l.luck, 8) == 0)
			recount(&l.w, 1 + luck_below(&l.luck, USERS));
		if (luck_below(&l.luck, 100) == 0)
			world_checkpoint(&l.w);
		if (luck_below(&l.luck, 300) == 0)
			world_forget(&l.w);
	}
	rebuild(&l.w, seed + 1, &again);
	assert_same_rows(&l.w, &again);
	world_close(&again);
	world_close(&l.w);
}

static void any_life_is_rebuilt(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 6; seed++)
		live(seed * 1000, 1500);
}

/* --- records that do not fit --- */

struct refusal { const char *why; void (*add)(struct buf *ops); };

static void put_to_nowhere(struct buf *o)   { rec_add_put(o, &(struct rec_put){ .mailbox = 99, .uid = 9, .modseq = 9, .flags = { "\0\0\0\0", 4 } }); }
static void put_used_uid(struct buf *o)     { rec_add_put(o, &(struct rec_put){ .mailbox = 1, .uid = 1, .modseq = 9, .flags = { "\0\0\0\0", 4 } }); }
static void put_last_uid(struct buf *o)     { rec_add_put(o, &(struct rec_put){ .mailbox = 1, .uid = UINT32_MAX, .modseq = 9, .flags = { "\0\0\0\0", 4 } }); }
static void put_bad_flags(struct buf *o)    { rec_add_put(o, &(struct rec_put){ .mailbox = 1, .uid = 9, .modseq = 9, .flags = { "\0", 1 } }); }
static void gone_never_there(struct buf *o) { rec_add_gone(o, &(struct rec_gone){ 1, 9, { "\0\0\0\1\0\0\0\x9\0\0\0\x9", 12 } }); }
static void gone_bad_set(struct buf *o)     { rec_add_gone(o, &(struct rec_gone){ 1, 9, S("xx") }); }
static void flags_never_there(struct buf *o){ rec_add_flags(o, &(struct rec_flags){ 1, 9, { "\0\0\0\1\0\0\0\x9\0\0\0\x9", 12 }, { "\0\0\0\0", 4 } }); }
static void copy_op(struct buf *o, uint32_t to, const char uid, uint32_t first, struct str keywords)
{
	const char uids[12] = { 0, 0, 0, 1, 0, 0, 0, uid, 0, 0, 0, uid };

	rec_add_copied(o, &(struct rec_copied){ .mailbox = to, .from = 1, .uids = { uids, 12 }, .uid = first, .modseq = 9, .keywords = keywords });
}
static void copy_to_nowhere(struct buf *o)  { copy_op(o, 99, 1, 9, S("")); }
static void copy_of_nothing(struct buf *o)  { copy_op(o, 1, 2, 9, S("")); }
static void copy_to_used_uid(struct buf *o) { copy_op(o, 1, 1, 1, S("")); }
static void copy_to_last_uid(struct buf *o) { copy_op(o, 1, 1, UINT32_MAX, S("")); }
static void copy_keyword(struct buf *o)     { copy_op(o, 1, 1, 9, S("\0\1")); }
static void box_again(struct buf *o)        { rec_add_box_new(o, &(struct rec_box_new){ .mailbox = 1, .name = S("other"), .modseq = 9 }); }
static void name_again(struct buf *o)       { rec_add_box_new(o, &(struct rec_box_new){ .mailbox = 9, .name = S("INBOX"), .modseq = 9 }); }
static void box_last_id(struct buf *o)      { rec_add_box_new(o, &(struct rec_box_new){ .mailbox = UINT32_MAX, .name = S("z"), .modseq = 9 }); }
static void del_nothing(struct buf *o)      { rec_add_box_del(o, &(struct rec_box_del){ 9, 9 }); }
static void rename_onto(struct buf *o)      { rec_add_box_name(o, &(struct rec_box_name){ 1, S("INBOX") }); }
static void keyword_gap(struct buf *o)      { rec_add_keyword(o, &(struct rec_keyword){ 1, 7, S("k") }); }
static void piece_gap(struct buf *o)        { rec_add_piece(o, &(struct rec_piece){ 5, 100, S("x"), 100 }); }
static void after_the_end(struct buf *o)    { rec_add_user_drop(o, &(struct rec_user_drop){ }); rec_add_sub(o, &(struct rec_sub){ S("a"), 1 }); }
static void unknown_op(struct buf *o)       { buf_u8(o, 200); buf_lstr(o, S("")); }
static void cut_op(struct buf *o)           { buf_u8(o, REC_sub); buf_u32(o, 100); }

static void what_does_not_fit_is_damage(void **state)
{
	static const struct refusal row[] = {
		{ "put to no mailbox", put_to_nowhere }, { "UID used before", put_used_uid }, { "no UID after it", put_last_uid },
		{ "flags malformed", put_bad_flags }, { "expunge of nothing", gone_never_there }, { "UID set malformed", gone_bad_set },
		{ "flags of nothing", flags_never_there }, { "copy to no mailbox", copy_to_nowhere }, { "copy of nothing", copy_of_nothing },
		{ "copy to a UID used before", copy_to_used_uid }, { "copy to no UID", copy_to_last_uid }, { "copy of no keyword", copy_keyword },
		{ "mailbox id used before", box_again }, { "name in use", name_again },
		{ "no id after it", box_last_id }, { "no such mailbox", del_nothing }, { "renamed onto itself", rename_onto },
		{ "keyword numbers with a gap", keyword_gap }, { "pieces with a gap", piece_gap }, { "a user who is gone", after_the_end },
		{ "unknown operation", unknown_op }, { "cut operation", cut_op },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct world w;
		struct record r = { .user = 1, .time_ms = 1, .request = { 7, 1, 1, 0 } };
		struct buf ops = { 0 }, bytes = { 0 };
		world_open(&w);
		world_put_user(&w, 1, 0);
		world_append(&w, 1, "INBOX", 10, 0);
		row[i].add(&ops);
		r.ops = buf_str(&ops);
		record_write(&bytes, &r);
		if (world_apply(&w, buf_str(&bytes)) != ERR_CORRUPT)
			fail_msg("%s", row[i].why);
		buf_fini(&ops);
		buf_fini(&bytes);
		world_close(&w);
	}
}

/* --- requests: exactly once (invariant 5) --- */

static void subscribe(struct world *w, const char *name, struct request request, uint64_t now_ms)
{
	struct change c = { .user = world_user(w, 1), .now_ms = now_ms };

	rec_add_sub(&c.ops, &(struct rec_sub){ str_of(name), 1 });
	world_commit(w, &c, request, 45, S("done"));
}

static void answers_are_remembered_until_the_mark(void **state)
{
	const struct request first = { 7, 10, 10, 0 }, second = { 7, 11, 10, 0 }, third = { 7, 12, 12, 0 }, other = { 8, 1, 1, 0 };
	struct world w;

	(void)state;
	world_open(&w);
	world_put_user(&w, 1, 0);
	subscribe(&w, "a", first, 1000);
	subscribe(&w, "b", second, 2000);
	world_forget(&w);
	assert_non_null(user_result(world_user(&w, 1), &first));
	assert_true(str_eq(user_result(world_user(&w, 1), &second)->answer, S("done")));
	subscribe(&w, "c", third, 3000);
	assert_null(user_result(world_user(&w, 1), &first));
	assert_false(user_request_fresh(world_user(&w, 1), &first));
	assert_true(user_request_fresh(world_user(&w, 1), &third));
	subscribe(&w, "d", other, 3000 + 25 * 3600 * 1000);
	assert_null(user_result(world_user(&w, 1), &third));
	assert_non_null(user_result(world_user(&w, 1), &other));
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_life_is_rebuilt),
		cmocka_unit_test(what_does_not_fit_is_damage),
		cmocka_unit_test(answers_are_remembered_until_the_mark),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

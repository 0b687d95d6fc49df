/* tests/unit/test_mbox.c: the rules: what is refused leaves no trace, what is allowed says exactly what becomes true. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/mail/mbox_attr.h"
#include "tests/unit/mailworld.h"

static struct change change_of(struct world *w) { return (struct change){ .user = world_user(w, 1), .now_ms = 1000 }; }

static int setup(void **state)
{
	struct world *w = mem_new(sizeof *w);

	world_open(w);
	world_put_user(w, 1, 1000);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	world_close(*state);
	free(*state);
	return 0;
}

/* --- names --- */

/* "+name" create, "-name" delete, "old>new" rename; INBOX is there already. */
static enum err name_rule(struct change *c, const char *step)
{
	struct str from, to;

	if (*step == '+')
		return mbox_create(c, str_of(step + 1), 0);
	if (*step == '-')
		return mbox_delete(c, str_of(step + 1));
	str_cut(str_of(step), '>', &from, &to);
	return mbox_rename(c, from, to);
}

static void names_are(struct world *w, struct buf *out)
{
	const struct user *u = world_user(w, 1);

	for (uint32_t i = 0; i < u->n_boxes; i++) {
		if (i)
			buf_add(out, S(" "));
		buf_add(out, u->boxes[i]->name);
		if (u->boxes[i]->attrs & MBOX_NOSELECT)
			buf_add(out, S("!"));
	}
}

static void names(void **state)
{
	static const struct { const char *steps[5]; enum err last; const char *names; } row[] = {
		{ { "+a" }, OK, "INBOX a" },
		{ { "+a", "+a" }, ERR_EXISTS, "INBOX a" },
		{ { "+INBOX" }, ERR_EXISTS, "INBOX" },
		{ { "+a/b/c" }, OK, "INBOX a a/b a/b/c" },                       /* missing parents are made        */
		{ { "-x" }, ERR_ABSENT, "INBOX" },
		{ { "-INBOX" }, ERR_CANNOT, "INBOX" },
		{ { "+a/b", "-a" }, OK, "INBOX a! a/b" },                        /* children keep the name          */
		{ { "+a/b", "-a", "-a" }, ERR_CANNOT, "INBOX a! a/b" },
		{ { "+a/b", "-a", "+a" }, OK, "INBOX a a/b" },                   /* and it can be a mailbox again   */
		{ { "+a/b", "-a", "-a/b", "-a" }, OK, "INBOX" },
		{ { "+a", "a>b" }, OK, "INBOX b" },
		{ { "+a/b/c", "+ab", "a>x/y" }, OK, "INBOX ab x x/y x/y/b x/y/b/c" },   /* with inferiors, not with neighbours */
		{ { "a>b" }, ERR_ABSENT, "INBOX" },
		{ { "+a", "+b", "a>b" }, ERR_EXISTS, "INBOX a b" },
		{ { "+a", "a>a" }, ERR_EXISTS, "INBOX a" },
		{ { "+a", "a>a/b" }, ERR_CANNOT, "INBOX a" },
		{ { "+a", "a>INBOX" }, ERR_EXISTS, "INBOX a" },
		{ { "+INBOX/x", "INBOX>old" }, OK, "INBOX INBOX/x old" },        /* INBOX stays, with its inferiors */
		{ { "INBOX>INBOX/old" }, OK, "INBOX INBOX/old" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct world w;
		struct buf have = { 0 };
		enum err err = OK;
		world_open(&w);
		world_put_user(&w, 1, 0);
		for (int k = 0; k < 5 && row[i].steps[k]; k++) {
			struct change c = change_of(&w);
			err = name_rule(&c, row[i].steps[k]);
			if (err == OK)
				world_commit_plain(&w, &c);
			change_fini(&c);
		}
		names_are(&w, &have);
		if (err != row[i].last || !str_eq(buf_str(&have), str_of(row[i].names)))
			fail_msg("row %zu: %s, \"%.*s\"", i, err_name(err), (int)have.n, have.p);
		buf_fini(&have);
		world_close(&w);
	}
}

static void name_it(struct world *w, const char *step)
{
	struct change c = change_of(w);

	must(name_rule(&c, step) == OK);
	world_commit_plain(w, &c);
}

/* UIDVALIDITY is never given twice, whatever happens to the name (invariant 3). */
static void uidvalidity_only_grows(void **state)
{
	struct world *w = *state;
	uint32_t last = world_box(w, 1, "INBOX")->uidvalidity;

	for (int i = 0; i < 5; i++) {
		name_it(w, "+a");
		assert_true(world_box(w, 1, "a")->uidvalidity > last);
		last = world_box(w, 1, "a")->uidvalidity;
		assert_int_equal(world_append(w, 1, "a", 10, 0), 1);
		name_it(w, "a>b");
		assert_int_equal(world_box(w, 1, "b")->uidvalidity, last);
		assert_int_equal(world_box(w, 1, "b")->messages, 1);
		name_it(w, "-b");
		world_forget(w);
	}
	assert_int_equal(world_user(w, 1)->used_bytes, 0);
}

static void rename_inbox_moves_its_messages(void **state)
{
	struct world *w = *state;
	uint32_t validity = world_box(w, 1, "INBOX")->uidvalidity;

	for (int i = 0; i < 3; i++)
		world_append(w, 1, "INBOX", 10, FLAG_SEEN);
	name_it(w, "INBOX>old");
	assert_int_equal(world_box(w, 1, "INBOX")->uidvalidity, validity);
	assert_int_equal(world_box(w, 1, "INBOX")->messages, 0);
	assert_int_equal(world_box(w, 1, "INBOX")->uidnext, 4);
	assert_true(world_box(w, 1, "old")->uidvalidity > validity);
	assert_int_equal(world_box(w, 1, "old")->messages, 3);
	assert_int_equal(box_msg(world_box(w, 1, "old"), 1)->word, FLAG_SEEN);
	assert_int_equal(world_user(w, 1)->used_bytes, 30);
	assert_int_equal(world_user(w, 1)->refs.n, 0);
}

/* --- messages --- */

static void quota(void **state)
{
	static const struct { uint64_t size; enum err err; } row[] = {
		{ 600, OK }, { 401, ERR_QUOTA }, { 400, OK }, { 1, ERR_QUOTA }, { 0, OK }, { UINT64_MAX, ERR_QUOTA },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		assert_int_equal(mbox_append_check(world_user(w, 1), world_box(w, 1, "INBOX"), &(struct arrival){ 1, row[i].size, false }), row[i].err);
		if (row[i].err == OK)
			world_append(w, 1, "INBOX", row[i].size, 0);
	}
	assert_int_equal(world_user(w, 1)->used_bytes, 1000);
}

/* Of messages, of mailboxes, and with the grace of mail that comes in. */
static void other_limits(void **state)
{
	static const struct { const char *step; enum err err; } name[] = {
		{ "+a/b/c", ERR_QUOTA }, { "+a/b", OK }, { "INBOX>old", ERR_QUOTA }, { "a/b>x/y", ERR_QUOTA }, { "a/b>c", OK }, { "+d", ERR_QUOTA },
		{ "+a/e", ERR_QUOTA }, { "c>a/e", OK }, { "-a", OK }, { "+a", OK },      /* what only held children becomes a mailbox: no more */
	};
	static const struct { struct arrival a; enum err err; } arrival[] = {
		{ { 2, 600, false }, OK }, { { 3, 600, false }, ERR_QUOTA }, { { 1, 1001, false }, ERR_QUOTA }, { { 1, 1001, true }, OK },
		{ { 3, 1500, true }, OK }, { { 4, 10, true }, ERR_QUOTA }, { { 1, 1501, true }, ERR_QUOTA },
	};
	const struct quota quota = { .limit = { 1000, 2, 3 }, .grace_percent = 50 };
	struct world *w = *state;
	struct change c = change_of(w);

	must(mbox_user_put(&c, 1, 1, &quota) == OK);
	world_commit_plain(w, &c);
	world_forget(w);
	assert_true(quota_eq(&world_user(w, 1)->quota, &quota));
	for (size_t i = 0; i < sizeof arrival / sizeof *arrival; i++)
		assert_int_equal(mbox_append_check(world_user(w, 1), world_box(w, 1, "INBOX"), &arrival[i].a), arrival[i].err);
	for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
		struct change step = change_of(w);
		enum err err = name_rule(&step, name[i].step);
		if (err == OK)
			world_commit_plain(w, &step);
		change_fini(&step);
		if (err != name[i].err)
			fail_msg("row %zu: %s", i, err_name(err));
	}
	assert_int_equal(world_user(w, 1)->n_boxes, 3);
}

static void append_is_refused(void **state)
{
	struct world *w = *state;

	name_it(w, "+a/b");
	name_it(w, "-a");
	assert_int_equal(mbox_append_check(world_user(w, 1), NULL, &(struct arrival){ 1, 1, false }), ERR_ABSENT);
	assert_int_equal(mbox_append_check(world_user(w, 1), world_box(w, 1, "a"), &(struct arrival){ 1, 1, false }), ERR_CANNOT);
	world_box(w, 1, "a/b")->uidnext = UINT32_MAX;
	assert_int_equal(mbox_append_check(world_user(w, 1), world_box(w, 1, "a/b"), &(struct arrival){ 1, 1, false }), ERR_LIMIT);
}

/* Each row, with flags answered and without: STORE on UIDs 1..4, of which 3 is gone, 2 is \Seen from the start and 4 was changed last. */
static void stores(void **state)
{
	static const struct { uint32_t mode, system; uint64_t since; bool conditional; uint32_t words[3]; size_t modified, missing; bool changed; } rows[] = {
		{ 0, FLAG_FLAGGED, 0, false, { FLAG_FLAGGED, FLAG_FLAGGED, FLAG_FLAGGED }, 0, 1, true },
		{ 1, FLAG_SEEN, 0, false, { FLAG_SEEN, FLAG_SEEN, FLAG_SEEN | FLAG_DRAFT }, 0, 1, true },
		{ 2, FLAG_SEEN, 0, false, { 0, 0, FLAG_DRAFT }, 0, 1, true },
		{ 2, FLAG_ANSWERED, 0, false, { 0, FLAG_SEEN, FLAG_DRAFT }, 0, 1, false },               /* no change, no record */
		{ 1, FLAG_ANSWERED, 4, true, { FLAG_ANSWERED, FLAG_ANSWERED | FLAG_SEEN, FLAG_DRAFT }, 1, 1, true },
		{ 1, FLAG_ANSWERED, 0, true, { 0, FLAG_SEEN, FLAG_DRAFT }, 3, 1, false },
	};
	(void)state;
	for (size_t n = 0; n < 2 * sizeof rows / sizeof *rows; n++) {
		size_t i = n / 2, row_bytes = n % 2 ? 0 : 16;
		struct world w;
		struct buf text[4] = { { 0 }, { 0 }, { 0 }, { 0 } };
		struct uidset uids = { 0 }, only = { 0 };
		struct rpc_stored out;
		struct rpc_expunged expunged;
		world_open(&w);
		world_put_user(&w, 1, 0);                                        /* modseq 1 */
		world_append(&w, 1, "INBOX", 1, 0);
		world_append(&w, 1, "INBOX", 1, FLAG_SEEN);
		world_append(&w, 1, "INBOX", 1, FLAG_DELETED);                   /* modseq 4 */
		world_append(&w, 1, "INBOX", 1, FLAG_DRAFT);
		struct change c = change_of(&w);
		mbox_expunge(&c, world_box(&w, 1, "INBOX"), NULL, &expunged, &text[0]);
		world_commit_plain(&w, &c);
		buf_reset(&text[0]);

		uidset_add_range(&uids, 1, 4);
		const struct rpc_store m = {
			.mode = rows[i].mode, .system = rows[i].system, .conditional = rows[i].conditional, .unchanged_since = rows[i].since, .quiet = n % 2,
		};
		c = change_of(&w);
		assert_int_equal(mbox_store(&c, world_box(&w, 1, "INBOX"), &m, &uids, &out, text), OK);
		assert_int_equal(out.flags.n, (3 - rows[i].modified) * row_bytes);
		if ((c.ops.n > 0) != rows[i].changed || (out.modseq > 0) != rows[i].changed)
			fail_msg("row %zu: changed", i);
		assert_true(uidset_unpack(&only, out.modified, 10) && uidset_count(&only) == rows[i].modified);
		assert_true(uidset_unpack(&only, out.missing, 10) && uidset_count(&only) == rows[i].missing && uidset_has(&only, 3));
		world_commit_plain(&w, &c);
		for (uint32_t k = 0, uid[3] = { 1, 2, 4 }; k < 3; k++)
			if (box_msg(world_box(&w, 1, "INBOX"), uid[k])->word != rows[i].words[k])
				fail_msg("row %zu: UID %u has %x", i, uid[k], box_msg(world_box(&w, 1, "INBOX"), uid[k])->word);
		for (int k = 0; k < 4; k++)
			buf_fini(&text[k]);
		uidset_fini(&uids);
		uidset_fini(&only);
		world_close(&w);
	}
}

static enum err copy(struct world *w, uint32_t lo, uint32_t hi, const char *to, bool move, bool all, uint32_t *copied)
{
	struct change c = change_of(w);
	struct buf text[3] = { { 0 }, { 0 }, { 0 } };
	struct uidset uids = { 0 }, there = { 0 };
	struct rpc_copied out;

	uidset_add_range(&uids, lo, hi);
	enum err err = mbox_copy(&c, world_box(w, 1, "INBOX"), world_box(w, 1, to), &uids, move, all, &out, text);
	must(uidset_unpack(&there, out.to_uids, 1000));
	*copied = (uint32_t)uidset_count(&there);
	if (err == OK)
		world_commit_plain(w, &c);
	change_fini(&c);
	for (int i = 0; i < 3; i++)
		buf_fini(&text[i]);
	uidset_fini(&uids);
	uidset_fini(&there);
	return err;
}

static void copies(void **state)
{
	static const struct { uint32_t lo, hi; const char *to; bool move, all; enum err err; uint32_t copied, here, there; } row[] = {
		{ 1, 3, "to", false, false, OK, 3, 3, 3 },
		{ 1, 3, "to", true,  false, OK, 3, 0, 3 },
		{ 2, 9, "to", true,  false, OK, 2, 1, 2 },
		{ 2, 9, "to", true,  true,  OK, 0, 3, 0 },          /* by positions, one gone: nothing is done */
		{ 7, 9, "to", false, false, OK, 0, 3, 0 },
		{ 1, 3, "INBOX", false, false, ERR_QUOTA, 0, 3, 0 },
		{ 1, 2, "INBOX", true, false, OK, 2, 3, 0 },        /* onto itself: new UIDs           */
		{ 1, 3, "none", false, false, ERR_ABSENT, 0, 3, 0 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct world w;
		uint32_t copied;
		world_open(&w);
		world_put_user(&w, 1, row[i].err == ERR_QUOTA ? 500 : 600);
		name_it(&w, "+to");
		for (int k = 0; k < 3; k++)
			world_append(&w, 1, "INBOX", 100, 0);
		enum err err = copy(&w, row[i].lo, row[i].hi, row[i].to, row[i].move, row[i].all, &copied);
		if (err != row[i].err || copied != row[i].copied || world_box(&w, 1, "INBOX")->messages != row[i].here ||
		    world_box(&w, 1, "to")->messages != row[i].there)
			fail_msg("row %zu: %s, %u copied", i, err_name(err), copied);
		world_close(&w);
	}
}

/* Shared bytes are forgotten with the last message that has them. */
static void copies_share_their_bytes(void **state)
{
	struct world *w = *state;
	uint32_t copied;
	struct str row;

	name_it(w, "+a");
	name_it(w, "+b");
	world_append(w, 1, "INBOX", 100, 0);
	uint64_t blob = box_msg(world_box(w, 1, "INBOX"), 1)->blob;
	const struct row_key key = { 1, T_BLOB, blob, 0, 0 };
	copy(w, 1, 1, "a", false, false, &copied);
	copy(w, 1, 1, "b", true, false, &copied);
	assert_int_equal((uintptr_t)map_get(&world_user(w, 1)->refs, blob), 2);
	name_it(w, "-a");
	assert_int_equal(db_peek(w->db, key, &row), PEEK_HERE);
	name_it(w, "-b");
	assert_int_equal(db_peek(w->db, key, &row), PEEK_GONE);
	assert_int_equal(world_user(w, 1)->used_bytes, 0);
}

static void keywords_have_a_bound(void **state)
{
	struct world *w = *state;
	struct flagset f = { 0, 0, NULL };
	struct keywords one = { 0 };
	char word[16];
	enum err err = OK;
	int born = 0;

	while (err == OK && born <= FLAG_KEYWORDS_MAX) {
		struct change c = change_of(w);
		snprintf(word, sizeof word, "word%d", born);
		keywords_add(&one, str_of(word));
		err = mbox_keywords(&c, world_box(w, 1, "INBOX"), &one, true, &f);
		if (err == OK)
			born++;
		world_commit_plain(w, &c);
		keywords_fini(&one);
	}
	assert_int_equal(err, ERR_LIMIT);
	assert_int_equal(born, FLAG_KEYWORDS_MAX);
	assert_true(box_keywords_full(world_box(w, 1, "INBOX")));
	keywords_add(&one, S("WORD7"));          /* one that is there already, in another case */
	struct change c = change_of(w);
	assert_int_equal(mbox_keywords(&c, world_box(w, 1, "INBOX"), &one, true, &f), OK);
	assert_int_equal(c.ops.n, 0);
	keywords_fini(&one);
	flagset_fini(&f);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names), TEST(uidvalidity_only_grows), TEST(rename_inbox_moves_its_messages), TEST(quota), TEST(other_limits), TEST(append_is_refused),
		cmocka_unit_test(stores), cmocka_unit_test(copies), TEST(copies_share_their_bytes), TEST(keywords_have_a_bound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

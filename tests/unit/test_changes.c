/* tests/unit/test_changes.c: CHANGES since any moment, against a history that remembers everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/rpc/rpc.h"
#include "tests/unit/mailworld.h"

enum { MOMENTS = 220, UIDS = 700 };

/* What was true after each change: which UIDs lived, and with which flags. */
struct moment { uint64_t modseq; bool lives[UIDS]; uint32_t word[UIDS]; };
struct history { struct moment m[MOMENTS]; int n; };

static void remember(struct history *h, const struct box *b)
{
	struct moment *m = &h->m[h->n++];
	struct msg_iter it = { 0, 0 };
	const struct msg *msg;

	memset(m, 0, sizeof *m);
	m->modseq = b->modseq;
	while ((msg = box_next(b, &it))) {
		assert_true(msg->uid < UIDS);
		m->lives[msg->uid] = true;
		m->word[msg->uid] = msg->word;
	}
}

static void store(struct world *w, uint32_t lo, uint32_t hi, uint32_t mode, uint32_t system)
{
	struct change c = { .user = world_user(w, 1), .now_ms = 1000 };
	struct buf text[4] = { { 0 }, { 0 }, { 0 }, { 0 } };
	struct uidset uids = { 0 };
	struct rpc_stored out;

	uidset_add_range(&uids, lo, hi);
	must(mbox_store(&c, world_box(w, 1, "INBOX"), &(struct rpc_store){ .mode = mode, .system = system }, &uids, &out, text) == OK);
	world_commit_plain(w, &c);
	for (int i = 0; i < 4; i++)
		buf_fini(&text[i]);
	uidset_fini(&uids);
}

static void expunge(struct world *w)
{
	struct change c = { .user = world_user(w, 1), .now_ms = 1000 };
	struct buf text = { 0 };
	struct rpc_expunged out;

	must(mbox_expunge(&c, world_box(w, 1, "INBOX"), NULL, &out, &text) == OK);
	world_commit_plain(w, &c);
	buf_fini(&text);
}

static void move_away(struct world *w, uint32_t lo, uint32_t hi)
{
	struct change c = { .user = world_user(w, 1), .now_ms = 1000 };
	struct buf text[3] = { { 0 }, { 0 }, { 0 } };
	struct uidset uids = { 0 };
	struct rpc_copied out;

	uidset_add_range(&uids, lo, hi);
	must(mbox_copy(&c, world_box(w, 1, "INBOX"), world_box(w, 1, "other"), &uids, true, false, &out, text) == OK);
	world_commit_plain(w, &c);
	for (int i = 0; i < 3; i++)
		buf_fini(&text[i]);
	uidset_fini(&uids);
}

static void one_change(struct world *w, struct luck *l)
{
	uint32_t lo = 1 + luck_below(l, world_box(w, 1, "INBOX")->uidnext), hi = lo + luck_below(l, 6);

	switch (luck_below(l, 8)) {
	case 0: case 1: case 2: world_append(w, 1, "INBOX", 10, luck_below(l, 32)); break;
	case 3: case 4: store(w, lo, hi, luck_below(l, 3), luck_below(l, 32)); break;
	case 5: expunge(w); break;
	case 6: move_away(w, lo, lo + luck_below(l, 2)); break;
	case 7: world_append(w, 1, "other", 10, 0); break;     /* INBOX must not move */
	}
}

/* The answer, applied to what a client knew then, must be what is there now. */
static void check_since(const struct box *b, const struct moment *then, const struct moment *now)
{
	struct buf text[4] = { { 0 }, { 0 }, { 0 }, { 0 } };
	struct moment client = *then;
	struct uidset vanished = { 0 };
	struct uidset_iter it = { 0 };
	struct rpc_changed out;
	uint32_t uid, last = 0;

	mbox_changes(b, &(struct rpc_changes){ .since = then->modseq }, NULL, &out, text);
	assert_int_equal(out.modseq, b->modseq);
	assert_int_equal(out.uidnext, b->uidnext);
	assert_true(out.vanished.n == 0 || uidset_unpack(&vanished, out.vanished, SIZE_MAX));
	while (uidset_next(&vanished, &it, &uid)) {
		assert_false(now->lives[uid]);
		client.lives[uid] = false;
		client.word[uid] = 0;
	}
	for (struct rd r = rd_of(out.flags); rd_more(&r); ) {
		struct flagset f = { 0, 0, NULL };
		uid = rd_u32(&r);
		assert_true(uid > last && rd_u64(&r) > then->modseq && flagset_unpack(&f, &r));
		last = uid;
		client.lives[uid] = true;
		client.word[uid] = f.word;
	}
	assert_memory_equal(client.lives, now->lives, sizeof client.lives);
	assert_memory_equal(client.word, now->word, sizeof client.word);
	if (out.expunge_modseq)
		assert_true(out.expunge_modseq > then->modseq && out.expunge_modseq <= b->modseq);
	assert_true(vanished.n == 0 || out.expunge_modseq);
	for (int i = 0; i < 4; i++)
		buf_fini(&text[i]);
	uidset_fini(&vanished);
}

static void live(uint64_t seed)
{
	struct history *h = mem_new(sizeof *h);
	struct luck luck = { seed };
	struct world w;

	world_open(&w);
	world_put_user(&w, 1, 0);
	struct change c = { .user = world_user(&w, 1), .now_ms = 1000 };
	must(mbox_create(&c, S("other"), 0) == OK);
	world_commit_plain(&w, &c);
	remember(h, world_box(&w, 1, "INBOX"));
	while (h->n < MOMENTS) {
		one_change(&w, &luck);
		if (luck_below(&luck, 30) == 0)
			world_forget(&w);       /* the log of changes comes back from the index */
		remember(h, world_box(&w, 1, "INBOX"));
	}
	const struct box *b = world_box(&w, 1, "INBOX");
	for (int i = 0; i < h->n; i++)
		check_since(b, &h->m[i], &h->m[h->n - 1]);
	world_close(&w);
	free(h);
}

static void since_any_moment(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 8; seed++)
		live(seed * 77);
}

static void nothing_happened(void **state)
{
	struct buf text[4] = { { 0 }, { 0 }, { 0 }, { 0 } };
	struct rpc_changed out;
	struct world w;

	(void)state;
	world_open(&w);
	world_put_user(&w, 1, 0);
	world_append(&w, 1, "INBOX", 10, 0);
	const struct box *b = world_box(&w, 1, "INBOX");
	mbox_changes(b, &(struct rpc_changes){ .since = b->modseq }, NULL, &out, text);
	assert_int_equal(out.modseq, b->modseq);
	assert_int_equal(out.flags.n + out.vanished.n + out.keywords.n + out.expunge_modseq, 0);
	world_close(&w);
}

/* QRESYNC names what the client knows: only of that is told what vanished. */
static void within_the_known(void **state)
{
	struct buf text[4] = { { 0 }, { 0 }, { 0 }, { 0 } };
	struct uidset known = { 0 }, vanished = { 0 };
	struct rpc_changed out;
	struct world w;

	(void)state;
	world_open(&w);
	world_put_user(&w, 1, 0);
	for (int i = 0; i < 10; i++)
		world_append(&w, 1, "INBOX", 10, FLAG_DELETED);
	uint64_t since = world_box(&w, 1, "INBOX")->modseq;
	expunge(&w);
	uidset_add_range(&known, 3, 5);
	mbox_changes(world_box(&w, 1, "INBOX"), &(struct rpc_changes){ .since = since }, &known, &out, text);
	assert_true(uidset_unpack(&vanished, out.vanished, SIZE_MAX));
	assert_true(uidset_eq(&vanished, &known));
	for (int i = 0; i < 4; i++)
		buf_fini(&text[i]);
	uidset_fini(&known);
	uidset_fini(&vanished);
	world_close(&w);
}

/* More than one answer holds: in parts, each message once and in order. */
static void in_parts(void **state)
{
	enum { N = 10000 };
	struct rpc_changes ask = { .since = 1 };
	struct world w;
	uint32_t expected = 1, parts = 0;

	(void)state;
	world_open(&w);
	world_put_user(&w, 1, 0);
	for (int i = 0; i < N; i++)
		world_append(&w, 1, "INBOX", 10, 0);
	do {
		struct buf text[4] = { { 0 }, { 0 }, { 0 }, { 0 } };
		struct rpc_changed out;
		mbox_changes(world_box(&w, 1, "INBOX"), &ask, NULL, &out, text);
		assert_true(out.flags.n <= 16 * 4096 && (out.appended.n > 0) == (parts == 0));
		for (struct rd r = rd_of(out.flags); rd_more(&r); expected++) {
			struct flagset f = { 0, 0, NULL };
			assert_int_equal(rd_u32(&r), expected);
			rd_u64(&r);
			assert_true(flagset_unpack(&f, &r));
		}
		ask.flags_from = out.flags_from;
		assert_true(ask.flags_from == 0 || ask.flags_from == expected);
		parts++;
		for (int i = 0; i < 4; i++)
			buf_fini(&text[i]);
	} while (ask.flags_from);
	assert_int_equal(expected, N + 1);
	assert_int_equal(parts, 3);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(since_any_moment),
		cmocka_unit_test(nothing_happened),
		cmocka_unit_test(within_the_known), cmocka_unit_test(in_parts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

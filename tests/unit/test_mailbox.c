/* tests/unit/test_mailbox.c: one call for all who wait, against a route made up here. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/base/must.h"
#include "frontend/view/mailbox.h"

/* ---- the route: remembers the one call under way, answers when told to ---- */

struct account { unsigned refs; };
struct ask { ask_fn *fn; void *ctx; };
struct route { struct ask *ask; struct rpc_changes asked; unsigned calls, listens; uint64_t unlistens; };

struct account *account_hold(struct account *a) { a->refs++; return a; }
void account_release(struct account **a) { (*a)->refs--; *a = NULL; }
uint32_t account_user(const struct account *a) { (void)a; return 7; }
uint32_t account_shard(const struct account *a) { (void)a; return 0; }
bool route_listen(struct route *r, struct account *a, uint32_t mailbox, uint64_t unlistens)
{
	(void)a;
	(void)mailbox;
	r->listens++;
	return unlistens == r->unlistens;
}
void route_unlisten(struct route *r, struct account *a, uint32_t mailbox) { (void)a; (void)mailbox; r->listens--; }

struct ask *ask_changes(struct route *r, struct account *a, const struct rpc_changes *m, ask_fn *fn, void *ctx)
{
	(void)a;
	must(!r->ask);
	r->ask = mem_new(sizeof *r->ask);
	*r->ask = (struct ask){ fn, ctx };
	r->asked = *m;
	r->calls++;
	return r->ask;
}

void ask_drop(struct ask **a)
{
	free(*a);
	*a = NULL;
}

static struct str pack(struct buf *b, uint32_t lo, uint32_t hi)
{
	struct uidset s = { 0 };

	if (lo)
		uidset_add_range(&s, lo, hi);
	uidset_pack(b, &s);
	uidset_fini(&s);
	return buf_str(b);
}

/* One message is born, one vanishes (0: none). */
static void answer(struct route *r, uint64_t modseq, uint32_t born, uint32_t dead)
{
	struct buf appended = { 0 }, vanished = { 0 }, fields = { 0 };
	struct rpc_changed c = {
		.modseq = modseq, .appended = pack(&appended, born, born), .vanished = pack(&vanished, dead, dead), .recent_from = born ? born : UINT32_MAX,
	};

	rpc_put_changed(&fields, &c);
	r->ask->fn(r->ask->ctx, r->ask, &(struct ask_news){ .no = RPC_changed, .fields = buf_str(&fields) });
	buf_fini(&appended);
	buf_fini(&vanished);
	buf_fini(&fields);
}

static void end(struct route *r, enum err err)
{
	struct ask *a = r->ask;

	r->ask = NULL;
	if (!a)
		return;
	a->fn(a->ctx, a, &(struct ask_news){ .end = true, .err = err });
	free(a);
}

/* ---- a house with two sessions ---- */

struct house {
	struct loop *loop;
	struct route route;
	struct account account;
	struct mailboxes all;
	struct mailbox *m, *other;     /* the same mailbox, opened twice */
	struct loop_job stop;
};

struct session { struct mailbox_wait wait; struct mailbox **close, *m; enum err err; unsigned told; uint64_t modseq; uint32_t n, recent_from; };

static void told(void *ctx, enum err err, const struct mailbox_news *news)
{
	struct session *s = ctx;

	s->err = err;
	s->told++;
	if (news) {
		s->modseq = news->modseq;
		s->n = uidmap_count(news->truth);
		s->recent_from = news->recent_from;
	}
	if (s->close)
		mailbox_close(s->close);
}

static void ask(struct mailbox *m, struct session *s, uint64_t since, bool claim)
{
	s->wait.since = since;
	s->wait.claim = claim;
	s->wait.fn = told;
	s->wait.ctx = s;
	mailbox_ask(m, &s->wait);
}

static void stop(void *arg) { loop_stop(arg); }

static void turn(struct house *h)
{
	loop_next(h->loop, &h->stop, stop, h->loop);
	loop_run(h->loop);
}

static struct mailbox *open_heard(struct house *h, uint32_t id, uint64_t modseq, uint32_t last, uint64_t unlistens)
{
	struct buf uids = { 0 };
	struct rpc_selected got = { .mailbox = id, .name = S("INBOX"), .modseq = modseq, .uids = pack(&uids, 1, last) };
	struct uidmap *truth;
	struct mailbox *m = mailbox_open(&h->all, &h->account, &got, &(struct mailbox_before){ NULL, unlistens }, &truth);

	assert_non_null(m);
	uidmap_release(&truth);
	buf_fini(&uids);
	return m;
}

/* The bell was taken back after the select: the mailbox may have moved unheard. */
static struct mailbox *open_at(struct house *h, uint64_t modseq, uint32_t last) { return open_heard(h, 3, modseq, last, 1); }

static int house_build(void **state)
{
	struct house *h = mem_new(sizeof *h);

	h->loop = loop_new();
	h->all = (struct mailboxes){ .loop = h->loop, .route = &h->route };
	h->m = open_at(h, 10, 5);
	h->other = open_at(h, 10, 5);
	*state = h;
	return 0;
}

static int house_raze(void **state)
{
	struct house *h = *state;

	mailbox_close(&h->m);
	mailbox_close(&h->other);
	assert_int_equal(h->all.by_id.n, 0);
	assert_int_equal(h->route.listens, 0);
	assert_int_equal(h->account.refs, 0);
	assert_int_equal(h->all.by_name.n, 0);
	map_fini(&h->all.by_id);
	map_fini(&h->all.by_name);
	loop_free(&h->loop);
	free(h);
	return 0;
}

static void shared(void **state)
{
	struct house *h = *state;

	assert_ptr_equal(h->m, h->other);
	assert_int_equal(h->route.listens, 1);
	assert_ptr_equal(mailbox_find_name(&h->all, &h->account, S("INBOX")), h->m);
	assert_null(mailbox_find_name(&h->all, &h->account, S("Drafts")));
}

static void one_call_for_all(void **state)
{
	struct house *h = *state;
	struct session a = { 0 }, b = { 0 };

	ask(h->m, &a, 10, true);
	ask(h->m, &b, 8, true);
	assert_int_equal(h->route.calls, 0);         /* the turn is not over: more may come */
	turn(h);
	assert_int_equal(h->route.calls, 1);
	assert_int_equal(h->route.asked.since, 8);   /* as far back as anybody needs */
	assert_int_equal(h->route.asked.claim, 1);
	answer(&h->route, 11, 6, 2);
	assert_int_equal(a.n, 5);
	assert_int_equal(b.n, 5);
	assert_int_equal(mailbox_modseq(h->m), 11);
	assert_true((a.recent_from == 6) != (b.recent_from == 6));   /* one of them has it */
	end(&h->route, OK);
	turn(h);
	assert_int_equal(h->route.calls, 1);
}

static void who_comes_later_waits_for_the_next(void **state)
{
	struct house *h = *state;
	struct session a = { 0 }, b = { 0 };

	ask(h->m, &a, 10, false);
	turn(h);
	ask(h->m, &b, 10, false);
	turn(h);
	answer(&h->route, 11, 6, 0);
	assert_int_equal(a.told, 1);
	assert_int_equal(b.told, 0);                 /* that answer may be older than b's question */
	end(&h->route, OK);
	turn(h);
	assert_int_equal(h->route.calls, 2);
	answer(&h->route, 11, 0, 0);
	assert_int_equal(b.told, 1);
	end(&h->route, OK);
}

static void a_claim_outlives_its_call(void **state)
{
	struct house *h = *state;
	struct session a = { 0 }, b = { 0 };

	ask(h->m, &a, 10, true);
	turn(h);
	mailbox_wait_drop(&a.wait);                  /* a hangs up */
	answer(&h->route, 11, 6, 0);
	end(&h->route, OK);
	ask(h->m, &b, 10, true);
	turn(h);
	answer(&h->route, 11, 0, 0);
	assert_int_equal(a.told, 0);
	assert_int_equal(b.recent_from, 6);
	end(&h->route, OK);
}

static void who_does_not_claim_takes_nothing(void **state)
{
	struct house *h = *state;
	struct session a = { 0 }, b = { 0 };

	ask(h->m, &a, 10, false);
	turn(h);
	assert_int_equal(h->route.asked.claim, 0);
	answer(&h->route, 11, 6, 0);
	end(&h->route, OK);
	assert_int_equal(a.recent_from, UINT32_MAX);
	ask(h->m, &b, 11, true);
	turn(h);
	answer(&h->route, 11, 0, 0);                 /* by now, another process has claimed it */
	end(&h->route, OK);
	assert_int_equal(b.recent_from, UINT32_MAX);
}

static void a_select_overtakes(void **state)
{
	struct house *h = *state;
	struct session a = { 0 };
	struct mailbox *third;

	ask(h->m, &a, 10, false);
	turn(h);
	third = open_at(h, 20, 9);
	answer(&h->route, 15, 6, 0);
	assert_int_equal(a.told, 0);                 /* the flags of 16..20 are not in this answer */
	end(&h->route, OK);
	turn(h);
	assert_int_equal(h->route.asked.since, 10);
	answer(&h->route, 20, 0, 0);
	assert_int_equal(a.modseq, 20);
	assert_int_equal(a.n, 9);
	end(&h->route, OK);
	mailbox_close(&third);
}

static void gone(void **state)
{
	struct house *h = *state;
	struct session a = { 0 }, b = { 0 };

	ask(h->m, &a, 10, false);
	turn(h);
	end(&h->route, ERR_ABSENT);
	assert_int_equal(a.err, ERR_ABSENT);
	assert_true(mailbox_gone(h->m));
	assert_null(mailbox_find_name(&h->all, &h->account, S("INBOX")));
	ask(h->m, &b, 10, false);
	assert_int_equal(b.told, 0);                 /* never from inside the call */
	turn(h);
	assert_int_equal(b.err, ERR_ABSENT);
	assert_int_equal(h->route.calls, 1);
}

static void trouble_is_passed_on(void **state)
{
	struct house *h = *state;
	struct session a = { 0 };

	ask(h->m, &a, 10, false);
	turn(h);
	end(&h->route, ERR_UNKNOWN);
	assert_int_equal(a.err, ERR_UNKNOWN);
	assert_false(mailbox_gone(h->m));
	assert_true(mailbox_moved(h->m, 10));        /* it was asked for a reason, and that is still there */
}

static void closed_from_its_own_news(void **state)
{
	struct house *h = *state;
	struct session a = { .close = &h->m }, b = { .close = &h->other };

	ask(h->m, &a, 10, false);
	ask(h->m, &b, 10, false);
	turn(h);
	answer(&h->route, 11, 6, 0);
	assert_int_equal(a.told + b.told, 2);
	assert_null(h->m);
	assert_null(h->other);
}

static void woken(void *ctx) { ++*(unsigned *)ctx; }

static void bells(void **state)
{
	struct house *h = *state;
	struct session a = { 0 };
	unsigned n = 0;
	struct mailbox_listener l = { .moved = woken, .ctx = &n };

	assert_true(mailbox_moved(h->m, 10));        /* until we have asked once, listening */
	struct mailbox *heard = open_heard(h, 4, 10, 5, 0);
	assert_false(mailbox_moved(heard, 10));      /* the select itself listened */
	mailbox_close(&heard);
	ask(h->m, &a, 10, false);
	turn(h);
	answer(&h->route, 10, 0, 0);
	end(&h->route, OK);
	assert_false(mailbox_moved(h->m, 10));
	mailbox_listen(h->m, &l);
	mailboxes_bell(&h->all, 7, 3, 12, false);
	mailboxes_bell(&h->all, 7, 4, 12, false);    /* another mailbox */
	assert_int_equal(n, 1);
	assert_true(mailbox_moved(h->m, 10));
	assert_false(mailbox_moved(h->m, 12));
	mailboxes_shard_up(&h->all, 0);
	assert_int_equal(n, 2);
	assert_true(mailbox_moved(h->m, 12));
	mailbox_unlisten(&l);
}

/* Whoever made the change has nothing to ask for, others have; and so has everybody when something came before it. */
static void stored_by_a_session(void **state)
{
	struct house *h = *state;
	struct session a = { 0 };

	ask(h->m, &a, 10, false);
	turn(h);
	answer(&h->route, 10, 0, 0);
	end(&h->route, OK);
	mailbox_stored(h->m, 10, 11);
	mailboxes_bell(&h->all, 7, 3, 11, false);
	assert_int_equal(mailbox_modseq(h->m), 11);
	assert_false(mailbox_moved(h->m, 11));
	assert_true(mailbox_moved(h->m, 10));
	mailbox_stored(h->m, 12, 13);
	assert_int_equal(mailbox_modseq(h->m), 11);
	assert_true(mailbox_moved(h->m, 11));
	mailbox_stored(h->m, 11, 0);                 /* it changed nothing */
	assert_int_equal(mailbox_modseq(h->m), 11);
}

int main(void)
{
#define IN_HOUSE(f) cmocka_unit_test_setup_teardown(f, house_build, house_raze)
	const struct CMUnitTest tests[] = {
		IN_HOUSE(shared), IN_HOUSE(one_call_for_all), IN_HOUSE(who_comes_later_waits_for_the_next),
		IN_HOUSE(a_claim_outlives_its_call), IN_HOUSE(who_does_not_claim_takes_nothing), IN_HOUSE(a_select_overtakes), IN_HOUSE(gone),
		IN_HOUSE(trouble_is_passed_on), IN_HOUSE(closed_from_its_own_news), IN_HOUSE(bells),
		IN_HOUSE(stored_by_a_session),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

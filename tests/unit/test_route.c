/* tests/unit/test_route.c: asks that survive, against a storaged whose every answer is scripted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/base/log.h"
#include "common/base/rd.h"
#include "common/rpc/server.h"
#include "frontend/route/ask.h"
#include "frontend/route/inside.h"

enum { USER = 7, BOX = 3, SHARDS = 2 };

/* One directory, two shards, and a frontend's route, on one loop. A shard writes down what it hears and answers
 * nothing unless told to. */
struct house {
	struct loop       *loop;
	struct route      *route;
	struct account    *account;
	struct rpc_server *directory, *shard[SHARDS];
	char               folder[64];
	uint32_t           home, lifetime_ms;
	unsigned           renewals, tickets;
	enum err           refusal;             /* of renew */
	struct buf         heard;               /* "store 1/1 T1;" : message, req/mark, ticket */
	struct rpc_call   *calls[16];           /* open at the shards, as heard */
	unsigned           n_calls;
	struct buf         received;            /* data */
	uint64_t           resume_from;
	bool               data_ended;
	struct buf         told;                /* "stored;end ok;": what asks heard */
	unsigned           ups, bells, cuts, ends, resolved;
	struct rpc_peer   *watcher;
	bool (*until)(struct house *h);
	struct loop_timer  look, late;
};

static void look(void *arg)
{
	struct house *h = arg;

	if (h->until(h))
		loop_stop(h->loop);
}

static void too_late(void *arg)
{
	struct house *h = arg;

	fail_msg("it never came. heard: %.*s told: %.*s", STR_ARG(buf_str(&h->heard)), STR_ARG(buf_str(&h->told)));
}

static void run_until(struct house *h, bool (*until)(struct house *h))
{
	h->until = until;
	loop_timer_start(h->loop, &h->look, 1, 1, look, h);
	loop_timer_start(h->loop, &h->late, 10000, 0, too_late, h);
	loop_run(h->loop);
	loop_timer_stop(h->loop, &h->look);
	loop_timer_stop(h->loop, &h->late);
}

static bool soon(struct house *h) { return loop_timer_running(&h->late) && h->late.due_ms - loop_now_ms(h->loop) < 9950; }

/* ---- the directory */

static void answer_ticket(struct house *h, struct rpc_call *call)
{
	char ticket[16];

	snprintf(ticket, sizeof ticket, "T%u", ++h->tickets);
	answer_granted(call, &(struct rpc_granted){ .user = USER, .shard = h->home, .epoch = 1, .generation = 1, .name = S("ada"),
	                                            .ticket = str_of(ticket), .lifetime_ms = h->lifetime_ms });
	server_end(call, OK, 0);
}

static void directory_call(void *ctx, struct rpc_call *call, uint16_t no, struct str fields)
{
	struct house *h = ctx;

	(void)fields;
	if (no == RPC_watch) {
		h->watcher = call->peer;
		push_cut(call->peer, &(struct rpc_cut){ 99, 5 });
		server_end(call, OK, 0);
	} else if (no == RPC_renew && h->refusal) {
		h->renewals++;
		server_end(call, h->refusal, 0);
	} else {
		h->renewals += no == RPC_renew;
		answer_ticket(h, call);
	}
}

/* ---- a shard */

static bool is_change(uint16_t no)
{
	return no == RPC_store || no == RPC_append || no == RPC_deliver;
}

static void write_down(struct house *h, uint16_t no, struct str fields)
{
	struct rd r = rd_of(fields);
	struct str ticket = rd_str(&r);

	buf_printf(&h->heard, "%s", rpc_name(no));
	if (is_change(no)) {
		uint64_t req = rd_u64(&r);
		rd_u32(&r);
		buf_printf(&h->heard, " %u/%u", (unsigned)req, (unsigned)rd_u64(&r));
	}
	if (no != RPC_unlisten && no != RPC_spool_drop)
		buf_printf(&h->heard, " %.*s", STR_ARG(ticket));
	buf_addc(&h->heard, ';');
}

static void shard_call(void *ctx, struct rpc_call *call, uint16_t no, struct str fields)
{
	struct house *h = ctx;

	write_down(h, no, fields);
	if (no == RPC_append) {
		struct rpc_append m;
		assert_true(rpc_get_append(fields, &m));
		h->resume_from = m.resume_from;
		buf_add(&h->received, m.message);
	}
	if (no == RPC_unlisten || no == RPC_spool_drop || no == RPC_listen) {
		server_end(call, OK, 0);
		return;
	}
	call->ctx = &h->calls[h->n_calls];
	h->calls[h->n_calls++] = call;
	assert_true(h->n_calls < 16);
}

static void shard_more(void *ctx, struct rpc_call *call, uint16_t no, struct str fields)
{
	struct house *h = ctx;
	struct rpc_data m;

	(void)call;
	h->data_ended = no == RPC_data_end;
	if (no == RPC_data && rpc_get_data(fields, &m))
		buf_add(&h->received, m.bytes);
}

static void shard_gone(void *ctx, struct rpc_call *call)
{
	(void)ctx;
	if (call->ctx)
		*(struct rpc_call **)call->ctx = NULL;
}

/* ---- the house */

static void open_shard(struct house *h, unsigned i)
{
	static const struct rpc_handler handler = { shard_call, shard_more, shard_gone, NULL, NULL };
	char path[96];

	snprintf(path, sizeof path, "%s/sock/shard-%u", h->folder, i);
	h->shard[i] = rpc_server_new(h->loop, path, 0600, "shard", &handler, h);
	assert_non_null(h->shard[i]);
}

static void on_bell(void *ctx, uint32_t user, uint32_t mailbox, uint64_t modseq, bool gone)
{
	((struct house *)ctx)->bells += user == USER && mailbox == BOX && modseq == 5 && !gone;
}
static void on_cut(void *ctx, uint32_t user, uint32_t generation)
{
	((struct house *)ctx)->cuts += user == 99 && generation == 5;
	((struct house *)ctx)->ends += user == USER && generation == 2;
}
static void on_shard_up(void *ctx, uint32_t shard)
{
	(void)shard;
	((struct house *)ctx)->ups++;
}

static void logged_in(void *ctx, enum err err, struct account *a)
{
	struct house *h = ctx;

	assert_int_equal(err, OK);
	h->account = a;
}

static bool ready(struct house *h) { return route_ready(h->route) && h->cuts == 1; }
static bool has_account(struct house *h) { return h->account != NULL; }

static void open_directory(struct house *h)
{
	static const struct rpc_handler handler = { directory_call, NULL, NULL, NULL, NULL };
	char path[96];

	snprintf(path, sizeof path, "%s/sock/directory", h->folder);
	h->directory = rpc_server_new(h->loop, path, 0600, "directory", &handler, h);
	assert_non_null(h->directory);
}

static void open_house(struct house *h)
{
	static const struct route_events events = { .bell = on_bell, .cut = on_cut, .shard_up = on_shard_up };
	char path[96];

	*h = (struct house){ .folder = "/tmp/roost-test-XXXXXX", .lifetime_ms = 3600000 };
	assert_non_null(mkdtemp(h->folder));
	snprintf(path, sizeof path, "%s/sock", h->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	h->loop = loop_new();
	h->route = route_new(h->loop, h->folder, SHARDS, false, "test", &events, h);
	struct login *login = route_login(h->route, S("ada"), S("x"), S("::1"), logged_in, h);   /* waits for the directory */
	assert_non_null(login);
	open_directory(h);
	for (unsigned i = 0; i < SHARDS; i++)
		open_shard(h, i);
	run_until(h, ready);
	run_until(h, has_account);
}

static void close_house(struct house *h)
{
	char command[96];

	account_release(&h->account);
	route_free(&h->route);
	rpc_server_free(&h->directory);
	for (unsigned i = 0; i < SHARDS; i++)
		rpc_server_free(&h->shard[i]);
	loop_free(&h->loop);
	buf_fini(&h->heard);
	buf_fini(&h->told);
	buf_fini(&h->received);
	snprintf(command, sizeof command, "rm -r %s", h->folder);
	assert_int_equal(system(command), 0);
}

static void forget(struct house *h)
{
	buf_reset(&h->heard);
	buf_reset(&h->told);
	buf_reset(&h->received);
	h->n_calls = 0;
}

static void stop_shard(struct house *h)
{
	rpc_server_free(&h->shard[0]);
	forget(h);
}

static void restart_shard(struct house *h)
{
	stop_shard(h);
	open_shard(h, 0);
}

static void hear(void *ctx, struct ask *ask, const struct ask_news *news)
{
	struct house *h = ctx;

	(void)ask;
	if (news->end)
		buf_printf(&h->told, "end %s;", err_name(news->err));
	else
		buf_printf(&h->told, "%s;", news->again ? "again" : rpc_name(news->no));
}

static struct ask *store(struct house *h)
{
	return ask_store(h->route, h->account, (&(struct rpc_store){ .mailbox = BOX, .uids = S("1") }), hear, h);
}

static bool one_call(struct house *h) { return h->n_calls == 1; }
static bool two_calls(struct house *h) { return h->n_calls == 2; }
static bool three_calls(struct house *h) { return h->n_calls == 3; }
static bool told_end(struct house *h) { return str_search(buf_str(&h->told), S("end ")) >= 0; }
static bool told_something(struct house *h) { return h->told.n > 0; }

static void heard_is(struct house *h, const char *want)
{
	if (!str_eq(buf_str(&h->heard), str_of(want)))
		fail_msg("heard %.*s, not %s", STR_ARG(buf_str(&h->heard)), want);
}

static void told_is(struct house *h, const char *want)
{
	if (!str_eq(buf_str(&h->told), str_of(want)))
		fail_msg("told %.*s, not %s", STR_ARG(buf_str(&h->told)), want);
}

static void end_call(struct house *h, unsigned i, enum err err)
{
	server_end(h->calls[i], err, 1);
	h->calls[i] = NULL;
}

static void changes_keep_their_numbers(void **state)
{
	struct house h;

	(void)state;
	open_house(&h);
	store(&h);
	struct ask *second = store(&h);
	run_until(&h, two_calls);
	heard_is(&h, "store 1/1 T1;store 2/1 T1;");
	restart_shard(&h);
	store(&h);                                /* asked while the shard is away */
	run_until(&h, three_calls);
	heard_is(&h, "store 1/1 T1;store 2/1 T1;store 3/1 T1;");
	end_call(&h, 2, OK);                      /* 3 is answered, 1 not: the mark stays */
	run_until(&h, told_end);
	forget(&h);
	store(&h);
	run_until(&h, one_call);
	heard_is(&h, "store 4/1 T1;");
	restart_shard(&h);
	run_until(&h, three_calls);
	heard_is(&h, "store 1/1 T1;store 2/1 T1;store 4/1 T1;");
	end_call(&h, 0, OK);
	run_until(&h, told_end);
	ask_drop(&second);                        /* nobody will ask for 2 again: it counts as answered */
	forget(&h);
	store(&h);
	run_until(&h, one_call);
	heard_is(&h, "store 5/4 T1;");
	stop_shard(&h);
	h.route->give_up_ms = 0;
	run_until(&h, soon);
	h.route->sweep.fn(h.route);
	told_is(&h, "end unknown;end unknown;");  /* 4 and 5: the hour is over */
	close_house(&h);
}

static void an_answer_is_told_once(void **state)
{
	struct house h;

	(void)state;
	open_house(&h);
	store(&h);
	run_until(&h, one_call);
	answer_stored(h.calls[0], &(struct rpc_stored){ .modseq = 9 });
	run_until(&h, told_something);
	rpc_server_free(&h.shard[0]);             /* after the answer, before done */
	h.n_calls = 0;
	open_shard(&h, 0);
	run_until(&h, one_call);
	answer_stored(h.calls[0], &(struct rpc_stored){ .modseq = 9 });
	end_call(&h, 0, OK);
	run_until(&h, told_end);
	told_is(&h, "stored;end ok;");
	close_house(&h);
}

static void reads_start_over(void **state)
{
	struct house h;

	(void)state;
	open_house(&h);
	ask_fetch(h.route, h.account, (&(struct rpc_fetch){ .mailbox = BOX }), hear, &h);
	ask_search(h.route, h.account, (&(struct rpc_search){ .mailbox = BOX }), hear, &h);
	run_until(&h, two_calls);
	answer_rows(h.calls[0], &(struct rpc_rows){ S("a row") });
	run_until(&h, told_something);
	rpc_server_free(&h.shard[0]);
	h.n_calls = 0;
	open_shard(&h, 0);
	run_until(&h, two_calls);
	told_is(&h, "rows;again;");                /* the search had heard nothing: no news for it */
	answer_rows(h.calls[0], &(struct rpc_rows){ S("a row") });
	end_call(&h, 0, OK);
	run_until(&h, told_end);
	told_is(&h, "rows;again;rows;end ok;");
	forget(&h);
	end_call(&h, 1, ERR_BUSY);
	run_until(&h, told_end);
	told_is(&h, "end busy;");
	close_house(&h);
}

/* What the shard says of a ticket, what the directory says then, and what comes of it. */
static void tickets(void **state)
{
	static const struct { enum err shard, directory; uint32_t home; const char *heard, *told; } row[] = {
		{ ERR_EXPIRED, OK, 0, "store 1/1 T1;store 1/1 T2;", "" },
		{ ERR_MOVED, OK, 1, "store 1/1 T1;store 1/1 T2;", "" },
		{ ERR_UNKNOWN, OK, 0, "store 1/1 T1;store 1/1 T2;", "" },
		{ ERR_EXPIRED, ERR_DENIED, 0, "store 1/1 T1;", "end denied;" },
		{ ERR_EXPIRED, ERR_EXPIRED, 0, "store 1/1 T1;", "end denied;" },
		{ ERR_QUOTA, OK, 0, "store 1/1 T1;", "end quota;" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct house h;
		open_house(&h);
		store(&h);
		run_until(&h, one_call);
		h.refusal = row[i].directory;
		h.home = row[i].home;
		end_call(&h, 0, row[i].shard);
		run_until(&h, *row[i].told ? told_end : two_calls);
		heard_is(&h, row[i].heard);
		told_is(&h, row[i].told);
		assert_int_equal(account_shard(h.account), row[i].home);
		assert_int_equal(h.ends, row[i].directory ? 1 : 0);    /* its sessions are cut */
		if (h.n_calls == 2) {
			end_call(&h, 1, OK);
			run_until(&h, told_end);
			told_is(&h, "end ok;");
		} else if (row[i].directory) {
			store(&h);                /* the account is dead: refused, never hanging */
			forget(&h);
			run_until(&h, told_end);
			told_is(&h, "end denied;");
		}
		close_house(&h);
	}
}

/* "Ask again by request id" is done, but not for ever. */
static void never_known(void **state)
{
	struct house h;

	(void)state;
	open_house(&h);
	store(&h);
	for (int i = 0; i <= 10; i++) {
		forget(&h);
		run_until(&h, one_call);
		end_call(&h, 0, ERR_UNKNOWN);
	}
	run_until(&h, told_end);
	told_is(&h, "end unknown;");
	close_house(&h);
}

static bool renewed_twice(struct house *h) { return h->renewals >= 2; }

static void half_life(void **state)
{
	struct house h;

	(void)state;
	open_house(&h);
	h.lifetime_ms = 60;
	struct account *first = h.account;
	h.account = NULL;
	route_login(h.route, S("ada"), S("x"), S("::1"), logged_in, &h);
	run_until(&h, has_account);
	assert_ptr_equal(h.account, first);       /* sessions of one user share it */
	account_release(&first);
	run_until(&h, renewed_twice);
	close_house(&h);
}

/* ---- uploads */

static char byte_at(uint64_t offset) { return (char)(offset * 31 >> 4); }

static void fill(struct buf *out, uint64_t from, uint64_t to)
{
	for (; from < to; from++)
		buf_addc(out, byte_at(from));
}

static void give(struct ask *ask, uint64_t from, uint64_t to)
{
	struct buf bytes = { 0 };

	fill(&bytes, from, to);
	ask_data(ask, buf_str(&bytes));
	buf_fini(&bytes);
}

static void received_from(struct house *h, uint64_t offset)
{
	for (size_t i = 0; i < h->received.n; i++)
		if (h->received.p[i] != byte_at(offset + i))
			fail_msg("byte %zu after %zu is another", i, (size_t)offset);
}

static bool window_came(struct house *h) { return h->received.n == 512 * 1024; }

static void confirm(struct house *h, uint64_t offset) { answer_confirm(h->calls[0], &(struct rpc_confirm){ offset }); }

static struct ask *append(struct house *h, uint64_t bytes)
{
	return ask_append(h->route, h->account, (&(struct rpc_append){ .name = S("INBOX"), .size_bytes = bytes }), hear, h);
}

static void upload_goes_on(void **state)
{
	struct house h;

	(void)state;
	open_house(&h);
	struct ask *ask = append(&h, 1 << 20);
	run_until(&h, one_call);
	give(ask, 0, 512 * 1024);
	assert_int_equal(ask_data_room(ask), 0);
	run_until(&h, soon);
	assert_int_equal(h.received.n, 0);        /* nothing before "go on" */
	confirm(&h, 0);
	run_until(&h, window_came);
	received_from(&h, 0);
	buf_reset(&h.told);
	confirm(&h, 300000);
	run_until(&h, told_something);
	told_is(&h, "confirm;");
	assert_int_equal(ask_data_room(ask), 300000);
	restart_shard(&h);
	give(ask, 512 * 1024, 600000);            /* while nobody listens */
	run_until(&h, one_call);
	heard_is(&h, "append 1/1 T1;");
	assert_int_equal(h.resume_from, 300000);
	confirm(&h, 400000);                      /* more was durable than we had heard */
	run_until(&h, told_something);
	give(ask, 600000, 400000 + 512 * 1024);
	run_until(&h, window_came);
	received_from(&h, 400000);
	answer_appended(h.calls[0], &(struct rpc_appended){ .uid = 1 });
	end_call(&h, 0, OK);
	run_until(&h, told_end);
	close_house(&h);
}

static bool small_came(struct house *h) { return h->received.n == 200000; }

static void small_upload_is_kept_whole(void **state)
{
	struct house h;

	(void)state;
	open_house(&h);
	struct ask *ask = append(&h, 200000);
	give(ask, 0, 200000);
	run_until(&h, one_call);
	confirm(&h, 0);
	run_until(&h, small_came);
	confirm(&h, 200000);
	restart_shard(&h);
	run_until(&h, one_call);
	assert_int_equal(h.resume_from, 0);
	confirm(&h, 0);
	run_until(&h, small_came);
	received_from(&h, 0);
	ask_drop(&ask);
	close_house(&h);
}

/* A message inside the call needs no upload, and goes again with the call. */
static void message_inside(void **state)
{
	struct house h;

	(void)state;
	open_house(&h);
	ask_append(h.route, h.account, (&(struct rpc_append){ .name = S("INBOX"), .size_bytes = 8, .message = S("a letter") }), hear, &h);
	run_until(&h, one_call);
	assert_true(str_eq(buf_str(&h.received), S("a letter")));
	restart_shard(&h);
	run_until(&h, one_call);
	heard_is(&h, "append 1/1 T1;");
	assert_true(str_eq(buf_str(&h.received), S("a letter")));
	answer_appended(h.calls[0], &(struct rpc_appended){ .uid = 1 });
	end_call(&h, 0, OK);
	run_until(&h, told_end);
	told_is(&h, "appended;end ok;");
	close_house(&h);
}

/* ERR_ABSENT is the mailbox at first, and the upload when it was to go on. */
static void upload_refused(void **state)
{
	struct house h;

	(void)state;
	open_house(&h);
	append(&h, 1 << 20);
	run_until(&h, one_call);
	end_call(&h, 0, ERR_ABSENT);
	run_until(&h, told_end);
	told_is(&h, "end absent;");
	forget(&h);
	struct ask *ask = append(&h, 1 << 20);
	give(ask, 0, 512 * 1024);
	run_until(&h, one_call);
	confirm(&h, 0);
	run_until(&h, window_came);
	confirm(&h, 300000);
	run_until(&h, soon);
	restart_shard(&h);
	run_until(&h, one_call);
	end_call(&h, 0, ERR_ABSENT);
	run_until(&h, told_end);
	told_is(&h, "end busy;");
	close_house(&h);
}

/* ---- recipients */

static void resolved(void *ctx, enum err err, struct account *a)
{
	struct house *h = ctx;

	assert_int_equal(err, OK);
	h->resolved++;
	account_release(&a);
}

static bool one_resolved(struct house *h) { return h->resolved == 1; }
static bool all_resolved(struct house *h) { return h->resolved == 5002; }
static bool two_resolved(struct house *h) { return h->resolved == 2; }
static bool cut_came(struct house *h) { return h->ends > 0; }

/* How many lookups reach the directory for one recipient looked up twice, at the same time or not. */
static unsigned asked_for(struct house *h, const char *first, const char *second)
{
	unsigned before = h->tickets;

	h->resolved = 0;
	for (int i = 0; i < 2; i++) {
		assert_non_null(route_resolve(h->route, str_of(i ? second : first), resolved, h));
		if (i == 0)
			run_until(h, one_resolved);
	}
	run_until(h, two_resolved);
	return h->tickets - before;
}

/* Who was looked up lately is not asked for again, unless the directory has cut them since, or was away. */
static void recipients_are_remembered(void **state)
{
	struct house h;

	(void)state;
	open_house(&h);
	assert_int_equal(asked_for(&h, "bob", "bob"), 1);
	assert_int_equal(asked_for(&h, "bob", "bob+x"), 1);
	assert_int_equal(asked_for(&h, "bob", "bob+x"), 0);
	push_cut(h.watcher, &(struct rpc_cut){ USER + 1, 2 });
	push_cut(h.watcher, &(struct rpc_cut){ USER, 2 });
	run_until(&h, cut_came);
	assert_int_equal(asked_for(&h, "bob", "bob+x"), 2);
	rpc_server_free(&h.directory);
	run_until(&h, soon);
	open_directory(&h);
	assert_int_equal(asked_for(&h, "bob", "bob+x"), 2);
	struct login *login = route_resolve(h.route, S("bob"), resolved, &h);   /* given up before it is answered */
	login_drop(&login);
	run_until(&h, soon);
	assert_int_equal(h.resolved, 2);
	for (int i = 0; i < 5000; i++) {          /* more than anybody remembers */
		char name[16];
		snprintf(name, sizeof name, "n%d", i);
		route_resolve(h.route, str_of(name), resolved, &h);
	}
	run_until(&h, all_resolved);
	assert_int_equal(asked_for(&h, "n4999", "bob"), 1);
	close_house(&h);
}

/* ---- spools and bells */

static void spool_heard(void *ctx, enum err err, bool whole)
{
	struct house *h = ctx;

	buf_printf(&h->told, "spool %s %s;", err_name(err), whole ? "whole" : "room");
}

static bool spool_ended(struct house *h) { return h->data_ended; }

static void receive_spool(struct house *h)
{
	run_until(h, one_call);
	heard_is(h, "spool T1;");
	h->data_ended = false;
	confirm(h, 0);
	run_until(h, spool_ended);
	assert_true(str_eq(buf_str(&h->received), S("a letter")));
	answer_spooled(h->calls[0], &(struct rpc_spooled){ 8 });
	end_call(h, 0, OK);
}

static void spool_comes_before_delivers(void **state)
{
	struct house h;

	(void)state;
	open_house(&h);
	struct spool *spool = route_spool(h.route, h.account, spool_heard, &h);
	spool_data(spool, S("a letter"));
	spool_end(spool);
	spool_deliver(spool, h.account, &(struct rpc_deliver){ .folder = S("") }, hear, &h);
	receive_spool(&h);
	run_until(&h, two_calls);
	heard_is(&h, "spool T1;deliver 1/1 T1;");
	restart_shard(&h);                        /* its spools are gone: again, with the same number of the deliver */
	receive_spool(&h);
	run_until(&h, two_calls);
	heard_is(&h, "spool T1;deliver 1/1 T1;");
	end_call(&h, 1, OK);
	run_until(&h, told_end);
	told_is(&h, "end ok;");
	spool_free(&spool);
	close_house(&h);
}

static bool spool_told(struct house *h) { return str_search(buf_str(&h->told), S("spool ok whole;")) >= 0 || str_search(buf_str(&h->told), S("spool busy room;")) >= 0; }
static bool heard_deliver(struct house *h) { return str_search(buf_str(&h->heard), S("deliver")) >= 0; }

/* Too large to be kept. Lost while it comes: the owner hears. Lost after: the shard says what became of each deliver. */
static void large_spool_is_lost(void **state)
{
	(void)state;
	for (int whole = 0; whole <= 1; whole++) {
		struct house h;
		struct buf bytes = { 0 };
		open_house(&h);
		struct spool *spool = route_spool(h.route, h.account, spool_heard, &h);
		fill(&bytes, 0, 512 * 1024);
		spool_data(spool, buf_str(&bytes));
		assert_int_equal(spool_room(spool), 0);
		run_until(&h, one_call);
		confirm(&h, 0);
		run_until(&h, window_came);
		received_from(&h, 0);
		confirm(&h, 500000);
		run_until(&h, soon);
		assert_int_equal(spool_room(spool), 500000);
		if (whole) {
			spool_end(spool);
			run_until(&h, spool_ended);
			end_call(&h, 0, OK);
		} else {
			rpc_server_free(&h.shard[0]);
		}
		run_until(&h, spool_told);
		told_is(&h, whole ? "spool ok room;spool ok room;spool ok whole;" : "spool ok room;spool ok room;spool busy room;");
		if (whole) {
			spool_deliver(spool, h.account, &(struct rpc_deliver){ .folder = S("") }, hear, &h);
			run_until(&h, two_calls);
			restart_shard(&h);
			run_until(&h, heard_deliver);
			heard_is(&h, "deliver 1/1 T1;");
			end_call(&h, 0, ERR_ABSENT);
			run_until(&h, told_end);
			told_is(&h, "end absent;");
		}
		spool_free(&spool);
		buf_fini(&bytes);
		close_house(&h);
	}
}

/* Its ticket is refused for good: the owner hears, and so do those who wait for the message. */
static void spool_refused(void **state)
{
	struct house h;

	(void)state;
	open_house(&h);
	struct spool *spool = route_spool(h.route, h.account, spool_heard, &h);
	spool_deliver(spool, h.account, &(struct rpc_deliver){ .folder = S("") }, hear, &h);
	run_until(&h, one_call);
	h.refusal = ERR_DENIED;
	end_call(&h, 0, ERR_EXPIRED);
	run_until(&h, told_end);
	told_is(&h, "spool denied room;end denied;");
	spool_free(&spool);
	forget(&h);
	spool = route_spool(h.route, h.account, spool_heard, &h);
	run_until(&h, told_something);
	told_is(&h, "spool denied room;");
	spool_free(&spool);
	close_house(&h);
}

static void ring(struct house *h)
{
	ask_search(h->route, h->account, (&(struct rpc_search){ .mailbox = BOX }), hear, h);
	run_until(h, one_call);
	push_bell(h->calls[0]->peer, &(struct rpc_bell){ USER, BOX, 5, 0 });
	end_call(h, 0, OK);
	run_until(h, told_end);
}

static bool up_again(struct house *h) { return h->ups == 3; }
static bool taken_back(struct house *h) { return h->heard.n && memmem(h->heard.p, h->heard.n, "unlisten", 8); }

static void bells(void **state)
{
	struct house h;

	(void)state;
	open_house(&h);
	assert_true(route_listen(h.route, h.account, BOX, 0));
	assert_true(route_listen(h.route, h.account, BOX, 0));
	ring(&h);
	heard_is(&h, "search T1;");               /* the select made the shard listen */
	assert_int_equal(h.bells, 1);
	route_unlisten(h.route, h.account, BOX);
	restart_shard(&h);
	run_until(&h, up_again);
	ring(&h);
	heard_is(&h, "listen T1;search T1;");     /* renewed before anything else, once, however many listen */
	forget(&h);
	route_unlisten(h.route, h.account, BOX);
	ring(&h);
	heard_is(&h, "search T1;");               /* not at once: */
	assert_true(route_listen(h.route, h.account, BOX, 0));
	route_unlisten(h.route, h.account, BOX);
	forget(&h);
	run_until(&h, taken_back);
	heard_is(&h, "unlisten;");
	/* A select that was asked before that moment: its bell may be gone. */
	assert_false(route_listen(h.route, h.account, BOX, 0));
	assert_true(route_listen(h.route, h.account, BOX, 1));
	ring(&h);
	heard_is(&h, "unlisten;listen T1;search T1;");
	route_unlisten(h.route, h.account, BOX);
	route_unlisten(h.route, h.account, BOX);
	close_house(&h);
}

/* The client of a select left before its answer came: the first bell tells us that the shard listens for nobody. */
static void stray_bell(void **state)
{
	struct house h;

	(void)state;
	open_house(&h);
	ring(&h);
	run_until(&h, taken_back);
	heard_is(&h, "search T1;unlisten;");
	assert_int_equal(h.bells, 0);
	assert_int_equal(route_unlistens(h.route), 1);
	close_house(&h);
}

/* A set of two million ranges: refused here, in a turn to come, and the shard never hears of it. */
static void too_large_to_ask(void **state)
{
	struct house h;
	struct buf uids = { 0 };

	(void)state;
	open_house(&h);
	buf_grow(&uids, RPC_FRAME_MAX);
	memset(uids.p, 0, uids.n);
	ask_search(h.route, h.account, (&(struct rpc_search){ .mailbox = BOX, .within = buf_str(&uids) }), hear, &h);
	run_until(&h, told_end);
	told_is(&h, "end limit;");
	heard_is(&h, "");
	buf_fini(&uids);
	close_house(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_large_to_ask),
		cmocka_unit_test(changes_keep_their_numbers),
		cmocka_unit_test(an_answer_is_told_once),
		cmocka_unit_test(reads_start_over),
		cmocka_unit_test(tickets),
		cmocka_unit_test(never_known),
		cmocka_unit_test(half_life),
		cmocka_unit_test(upload_goes_on),
		cmocka_unit_test(small_upload_is_kept_whole),
		cmocka_unit_test(message_inside),
		cmocka_unit_test(upload_refused),
		cmocka_unit_test(spool_comes_before_delivers),
		cmocka_unit_test(large_spool_is_lost),
		cmocka_unit_test(spool_refused),
		cmocka_unit_test(recipients_are_remembered),
		cmocka_unit_test(bells),
		cmocka_unit_test(stray_bell),
	};
	log_open("test", LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

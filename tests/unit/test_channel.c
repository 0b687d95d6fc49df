/* tests/unit/test_channel.c: both ends of RPC on one loop, over a real Unix socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/base/log.h"
#include "common/loop/stream.h"
#include "common/rpc/channel.h"
#include "common/rpc/frame.h"
#include "common/rpc/server.h"

/* What the server's handler does with a call: renew ends at once, search waits, fetch streams rows of 1,000 bytes. */
struct house {
	struct loop       *loop;
	struct rpc_server *server;
	struct channel    *channel;
	char               folder[64], path[96];
	unsigned up, down, pushes;              /* heard by the channel */
	unsigned answers, done, lost;           /* heard by calls */
	unsigned started, gone, peers, peers_gone;   /* heard by the server */
	unsigned rows_left, waited_for;
	struct rpc_call *held;                  /* the last search or fetch */
	bool (*until)(struct house *h);
	struct loop_timer look, late;
};

static void look(void *arg)
{
	struct house *h = arg;

	if (h->until(h))
		loop_stop(h->loop);
}

static void too_late(void *arg)
{
	(void)arg;
	fail_msg("it never came");
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

static void stream_rows(struct house *h)
{
	char data[996] = { 0 };                 /* and its length before it: 1,000 bytes of fields */

	for (; h->held->credit_bytes > 0 && h->rows_left > 0; h->rows_left--)
		answer_bytes(h->held, &(struct rpc_bytes){ { data, sizeof data } });
	if (h->rows_left == 0) {
		server_end(h->held, OK, 9);
		h->held = NULL;
	}
}

static void on_call(void *ctx, struct rpc_call *call, uint16_t no, struct str fields)
{
	struct house *h = ctx;
	struct rpc_renew renew;

	h->started++;
	h->held = call;
	switch (no) {
	case RPC_renew:
		rpc_get_renew(fields, &renew);
		answer_granted(call, &(struct rpc_granted){ .user = (uint32_t)renew.ticket.n, .name = renew.ticket });
		server_end(call, ERR_DENIED, call->id);
		h->held = NULL;
		return;
	case RPC_search:
		return;
	case RPC_fetch:
		call->credit_bytes = 2500;
		stream_rows(h);
		return;
	default:
		peer_drop(call->peer);
	}
}

static void on_more(void *ctx, struct rpc_call *call, uint16_t no, struct str fields)
{
	struct house *h = ctx;

	(void)fields;
	h->held = call;
	if (no == RPC_credit)
		stream_rows(h);
}

static void on_gone(void *ctx, struct rpc_call *call)
{
	struct house *h = ctx;

	h->gone++;
	if (h->held == call)
		h->held = NULL;
}

static void on_peer_up(void *ctx, struct rpc_peer *p)
{
	struct house *h = ctx;

	h->peers++;
	assert_string_equal(peer_who(p), "test");
	assert_int_equal(peer_incarnation(p), 42);
	push_cut(p, &(struct rpc_cut){ 1, 2 });
}

static void on_peer_down(void *ctx, struct rpc_peer *p)
{
	struct house *h = ctx;

	(void)p;
	h->peers_gone++;
}

static const struct rpc_handler handler = { on_call, on_more, on_gone, on_peer_up, on_peer_down };

static void on_up(void *ctx) { ((struct house *)ctx)->up++; }
static void on_down(void *ctx) { ((struct house *)ctx)->down++; }

static void on_push(void *ctx, uint16_t no, struct str fields)
{
	struct rpc_cut cut;

	assert_int_equal(no, RPC_cut);
	assert_true(rpc_get_cut(fields, &cut) && cut.user == 1 && cut.generation == 2);
	((struct house *)ctx)->pushes++;
}

static void on_news(void *ctx, struct call *call, const struct call_news *news)
{
	struct house *h = ctx;

	(void)call;
	h->answers += news->event == CALL_ANSWER;
	h->done += news->event == CALL_DONE;
	h->lost += news->event == CALL_LOST;
	if (news->event == CALL_LOST)
		assert_null(CALL_START(h->channel, renew, &(struct rpc_renew){ S("t") }, on_news, h));
}

static void open_server(struct house *h)
{
	h->server = rpc_server_new(h->loop, h->path, 0600, "server", &handler, h);
	assert_non_null(h->server);
}

static void open_house(struct house *h)
{
	static const struct channel_events events = { on_up, on_down, on_push };

	*h = (struct house){ .folder = "/tmp/roost-test-XXXXXX" };
	assert_non_null(mkdtemp(h->folder));
	snprintf(h->path, sizeof h->path, "%s/s", h->folder);
	h->loop = loop_new();
	h->channel = channel_new(h->loop, h->path, "test", 42, &events, h);
}

static void close_house(struct house *h)
{
	channel_free(&h->channel);
	rpc_server_free(&h->server);
	loop_free(&h->loop);
	unlink(h->path);
	assert_int_equal(rmdir(h->folder), 0);
}

static struct call *search(struct house *h)
{
	return CALL_START(h->channel, search, (&(struct rpc_search){ .mailbox = 1 }), on_news, h);
}

static bool is_up(struct house *h) { return h->up == h->waited_for && h->pushes == h->waited_for; }
static bool is_down(struct house *h) { return h->down == h->waited_for; }
static bool is_done(struct house *h) { return h->done == h->waited_for; }
static bool is_started(struct house *h) { return h->started == h->waited_for; }
static bool is_gone(struct house *h) { return h->gone == h->waited_for; }
static bool has_answers(struct house *h) { return h->answers == h->waited_for; }
static bool peer_is_gone(struct house *h) { return h->peers_gone == h->waited_for; }

static void wait_for(struct house *h, bool (*what)(struct house *h), unsigned n)
{
	h->waited_for = n;
	run_until(h, what);
}

static void many_in_flight(void **state)
{
	enum { N = 5000 };
	struct house h;

	(void)state;
	open_house(&h);
	assert_null(search(&h));                /* nobody is there yet */
	usleep(30000);
	open_server(&h);
	wait_for(&h, is_up, 1);
	for (int i = 0; i < N; i++)
		assert_non_null(CALL_START(h.channel, renew, &(struct rpc_renew){ S("ticket") }, on_news, &h));
	wait_for(&h, is_done, N);
	assert_int_equal(h.answers, N);
	assert_int_equal(h.lost, 0);
	close_house(&h);
}

static void restart(void **state)
{
	struct house h;

	(void)state;
	open_house(&h);
	open_server(&h);
	wait_for(&h, is_up, 1);
	for (int i = 0; i < 10; i++)
		search(&h);
	wait_for(&h, is_started, 10);
	rpc_server_free(&h.server);
	assert_int_equal(h.gone, 10);
	assert_int_equal(h.peers_gone, 1);
	wait_for(&h, is_down, 1);
	assert_int_equal(h.lost, 10);
	assert_false(channel_is_up(h.channel));
	open_server(&h);
	wait_for(&h, is_up, 2);
	CALL_START(h.channel, renew, &(struct rpc_renew){ S("t") }, on_news, &h);
	wait_for(&h, is_done, 1);
	close_house(&h);
}

/* 2,500 bytes of credit let three rows of 1,000 go; the 500 owed come off the next credit. */
static void credits(void **state)
{
	struct house h;
	struct buf credit = { 0 };

	(void)state;
	open_house(&h);
	open_server(&h);
	wait_for(&h, is_up, 1);
	h.rows_left = 6;
	struct call *call = CALL_START(h.channel, fetch, (&(struct rpc_fetch){ .mailbox = 1 }), on_news, &h);
	wait_for(&h, has_answers, 3);
	assert_int_equal(h.rows_left, 3);
	buf_u32(&credit, 500);
	call_more(call, RPC_credit, buf_str(&credit));   /* pays the debt, buys nothing */
	buf_reset(&credit);
	buf_u32(&credit, 1001);
	call_more(call, RPC_credit, buf_str(&credit));
	wait_for(&h, has_answers, 5);
	assert_int_equal(h.rows_left, 1);
	buf_reset(&credit);
	buf_u32(&credit, 1000);
	call_more(call, RPC_credit, buf_str(&credit));
	wait_for(&h, is_done, 1);
	assert_int_equal(h.answers, 6);
	buf_fini(&credit);
	close_house(&h);
}

static void cancel(void **state)
{
	struct house h;

	(void)state;
	open_house(&h);
	open_server(&h);
	wait_for(&h, is_up, 1);
	struct call *a = search(&h), *b = search(&h);
	struct call *c = CALL_START(h.channel, renew, &(struct rpc_renew){ S("t") }, on_news, &h);
	call_drop(&c);                          /* its answers are on their way when the cancel arrives */
	call_drop(&a);
	assert_null(a);
	call_drop(&a);
	wait_for(&h, is_gone, 1);
	call_drop(&b);
	wait_for(&h, is_gone, 2);
	assert_int_equal(h.done + h.lost + h.answers, 0);
	search(&h);
	wait_for(&h, is_started, 4);
	close_house(&h);
}

static void drop_inside(void *ctx, struct call *call, const struct call_news *news)
{
	struct house *h = ctx;

	assert_int_not_equal(news->event, CALL_LOST);
	h->answers++;
	call_drop(&call);
}

static void free_inside(void *ctx, struct call *call, const struct call_news *news)
{
	struct house *h = ctx;

	(void)call;
	(void)news;
	h->answers++;
	channel_free(&h->channel);
}

static void freed_in_callbacks(void **state)
{
	struct house h;

	(void)state;
	open_house(&h);
	open_server(&h);
	wait_for(&h, is_up, 1);
	CALL_START(h.channel, renew, &(struct rpc_renew){ S("t") }, drop_inside, &h);
	wait_for(&h, has_answers, 1);
	search(&h);
	CALL_START(h.channel, renew, &(struct rpc_renew){ S("t") }, free_inside, &h);
	wait_for(&h, has_answers, 2);
	wait_for(&h, peer_is_gone, 1);
	assert_int_equal(h.done + h.lost, 0);
	close_house(&h);
}

/* A peer that speaks bytes of our choosing. */
struct stranger { struct house *house; struct stream *stream; bool ended; struct buf heard; };

static void stranger_read(void *arg, struct str bytes) { buf_add(&((struct stranger *)arg)->heard, bytes); }
static void stranger_end(void *arg, int error)
{
	(void)error;
	((struct stranger *)arg)->ended = true;
	loop_stop(((struct stranger *)arg)->house->loop);
}

static void say_hello(struct buf *out, uint32_t least, uint32_t most)
{
	struct buf fields = { 0 };

	rpc_put_hello(&fields, &(struct rpc_hello){ least, most, 42, S("test") });
	frame_put(out, 0, RPC_hello, buf_str(&fields));
	buf_fini(&fields);
}

enum first { NO_HELLO, OLD_HELLO, NEW_HELLO, HELLO };

static void nonsense(void **state)
{
	static const struct { enum first first; uint32_t length, call; uint16_t no; const char *why; } row[] = {
		{ NO_HELLO, 6, 1, RPC_status, "a call before hello" },
		{ OLD_HELLO, 6, 1, RPC_status, "a version of the past" },
		{ NEW_HELLO, 6, 1, RPC_status, "a version of the future" },
		{ HELLO, 6, 0, RPC_status, "a call without id" },
		{ HELLO, 6, 1, 60000, "no such message" },
		{ HELLO, 6, 1, RPC_renew, "fields missing" },
		{ HELLO, 6, 1, RPC_cancel, "a cancel of nothing" },
		{ HELLO, 6, 1, RPC_data_end, "the end of nothing" },
		{ HELLO, 6, 1, RPC_watch, "what the handler does not know" },
		{ HELLO, 3, 1, RPC_status, "too short" },
		{ HELLO, RPC_FRAME_MAX + 1, 1, RPC_status, "too long" },
	};
	static const struct stream_events events = { .on_read = stranger_read, .on_end = stranger_end };
	struct house h;

	(void)state;
	log_open("test", LOG_ERROR + 1);
	open_house(&h);
	open_server(&h);
	wait_for(&h, is_up, 1);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct stranger s = { .house = &h };
		struct buf out = { 0 };
		if (row[i].first != NO_HELLO)
			say_hello(&out, row[i].first == NEW_HELLO ? 2 : row[i].first == OLD_HELLO ? 0 : 1, row[i].first == OLD_HELLO ? 0 : 2);
		buf_u32(&out, row[i].length);
		buf_u32(&out, row[i].call);
		buf_u16(&out, row[i].no);
		buf_u64(&out, 0);
		char where[128];
		snprintf(where, sizeof where, "unix:%s", h.path);
		s.stream = stream_connect(h.loop, str_of(where), &events, &s);
		stream_write(s.stream, buf_str(&out));
		loop_timer_start(h.loop, &h.late, 10000, 0, too_late, &h);
		loop_run(h.loop);
		loop_timer_stop(h.loop, &h.late);
		if (!s.ended)
			fail_msg("still there: %s", row[i].why);
		stream_close(&s.stream);
		buf_fini(&out);
		buf_fini(&s.heard);
	}
	/* The others did not notice. */
	CALL_START(h.channel, renew, &(struct rpc_renew){ S("t") }, on_news, &h);
	wait_for(&h, is_done, 1);
	assert_int_equal(h.down, 0);
	close_house(&h);
	log_open("test", LOG_INFO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_in_flight),
		cmocka_unit_test(restart),
		cmocka_unit_test(credits),
		cmocka_unit_test(cancel),
		cmocka_unit_test(freed_in_callbacks),
		cmocka_unit_test(nonsense),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

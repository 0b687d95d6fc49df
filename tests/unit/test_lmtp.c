/* tests/unit/test_lmtp.c: conversations with the real sessions, before a directory and two shards whose answers are scripted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/must.h"
#include "common/loop/stream.h"
#include "common/rpc/server.h"
#include "frontend/lmtp/lmtp.h"
#include "frontend/route/ask.h"

enum { SHARDS = 2, MOST_BYTES = 4 * 1024 * 1024 };

/* Who exists, where, and how a delivery to them ends. The ticket is the name. */
static const struct { const char *name; enum err known; uint32_t shard; enum err fate; } people[] = {
	{ "ada",     OK,         0, OK          },
	{ "bob",     OK,         1, OK          },
	{ "late",    OK,         0, OK          },    /* the directory takes a while */
	{ "full",    OK,         1, ERR_QUOTA   },
	{ "lost",    OK,         0, ERR_ABSENT  },
	{ "disk",    OK,         0, ERR_NOSPACE },
	{ "two words", OK,       1, OK          },
	{ "off",     ERR_DENIED, 0, OK          },
};
enum { NOBODY = sizeof people / sizeof *people };

struct spooled { struct house *house; uint64_t id; struct buf bytes; };

struct house {
	struct loop       *loop;
	struct route      *route;
	struct config      config;
	struct lmtp       *lmtp;
	struct rpc_server *directory, *shard[SHARDS];
	char               folder[64], where[96];
	struct stream     *client;
	struct str         to_say;          /* byte by byte */
	bool               bytewise, ended, empty, hold;
	struct buf         heard;           /* by the client */
	struct buf         delivered;       /* "ada/folder: prefix and message" each */
	struct spooled    *spools[64];
	unsigned           n_spools, n_broken;      /* broken: given up by the client in the middle */
	struct rpc_call   *late, *held;
	struct loop_timer  late_timer, look, patience;
	struct loop_job    say_job;
	bool (*until)(struct house *h);
};

/* ---- time */

static void look(void *arg)
{
	struct house *h = arg;

	if (h->until(h))
		loop_stop(h->loop);
}

static void too_late(void *arg)
{
	fail_msg("it never came. heard: %.*s", STR_ARG(buf_str(&((struct house *)arg)->heard)));
}

static void run_until(struct house *h, bool (*until)(struct house *h))
{
	h->until = until;
	loop_timer_start(h->loop, &h->look, 1, 1, look, h);
	loop_timer_start(h->loop, &h->patience, 20000, 0, too_late, h);
	loop_run(h->loop);
	loop_timer_stop(h->loop, &h->look);
	loop_timer_stop(h->loop, &h->patience);
}

static bool ready(struct house *h) { return route_ready(h->route); }
static bool ended(struct house *h) { return h->ended; }
static bool broken(struct house *h) { return h->n_broken == 1; }
static bool emptied(struct house *h) { return h->empty; }
static bool soon(struct house *h) { return h->patience.due_ms - loop_now_ms(h->loop) < 19900; }

/* ---- the directory */

static size_t person(struct str name)
{
	size_t i = 0;

	while (i < NOBODY && !str_eq(name, str_of(people[i].name)))
		i++;
	return i;
}

static void tell_who(struct rpc_call *call, struct str recipient)
{
	struct str name, folder;

	str_cut(recipient, '@', &name, &folder);
	str_cut(name, '+', &name, &folder);
	size_t who = person(name);
	if (who < NOBODY && people[who].known == OK)
		answer_granted(call, &(struct rpc_granted){ .user = (uint32_t)who + 1, .shard = people[who].shard, .epoch = 1, .generation = 1,
		                                            .name = name, .folder = folder, .ticket = name, .lifetime_ms = 3600000 });
	server_end(call, who < NOBODY ? people[who].known : ERR_ABSENT, 0);
}

static void answer_late(void *arg)
{
	struct house *h = arg;

	tell_who(h->late, S("late"));
	h->late = NULL;
}

static void directory_call(void *ctx, struct rpc_call *call, uint16_t no, struct str fields)
{
	struct house *h = ctx;
	struct rpc_resolve m;

	if (no != RPC_resolve) {
		server_end(call, OK, 0);
		return;
	}
	assert_true(rpc_get_resolve(fields, &m));
	if (!str_eq(m.recipient, S("late"))) {
		tell_who(call, m.recipient);
		return;
	}
	h->late = call;
	loop_timer_start(h->loop, &h->late_timer, 20, 0, answer_late, h);
}

static void directory_gone(void *ctx, struct rpc_call *call)
{
	struct house *h = ctx;

	if (h->late == call)
		loop_timer_stop(h->loop, &h->late_timer);
}

/* ---- the shards */

static struct spooled *spool_find(struct house *h, uint64_t id)
{
	for (unsigned i = 0; i < h->n_spools; i++)
		if (h->spools[i]->id == id)
			return h->spools[i];
	return NULL;
}

static void shard_spool(struct house *h, struct rpc_call *call, uint64_t id)
{
	struct spooled *s = mem_new(sizeof *s);

	s->house = h;
	s->id = id;
	must(h->n_spools < 64);
	h->spools[h->n_spools++] = s;
	call->ctx = s;
	answer_confirm(call, &(struct rpc_confirm){ 0 });
}

static void shard_deliver(struct house *h, struct rpc_call *call, const struct rpc_deliver *m)
{
	struct spooled *s = m->message.n ? NULL : spool_find(h, m->spool);
	struct str bytes = s ? buf_str(&s->bytes) : m->message;
	enum err fate = people[person(m->ticket)].fate;

	assert_true(s || (m->message.n && m->message.n <= RPC_WHOLE_MAX && m->prefix.n == 0));
	if (fate == OK) {
		buf_printf(&h->delivered, "%.*s/%.*s: %.*s", STR_ARG(m->ticket), STR_ARG(m->folder), STR_ARG(m->prefix));
		buf_add(&h->delivered, str_head(bytes, 200));
		answer_appended(call, &(struct rpc_appended){ 1, 1, 1, 1 });
	}
	server_end(call, fate, 1);
}

static void shard_call(void *ctx, struct rpc_call *call, uint16_t no, struct str fields)
{
	struct house *h = ctx;
	struct rpc_spool spool;
	struct rpc_deliver deliver;

	if (no == RPC_spool && rpc_get_spool(fields, &spool))
		shard_spool(h, call, spool.spool);
	else if (no == RPC_deliver && rpc_get_deliver(fields, &deliver))
		shard_deliver(h, call, &deliver);
	else
		server_end(call, OK, 0);
}

static void shard_more(void *ctx, struct rpc_call *call, uint16_t no, struct str fields)
{
	struct house *h = ctx;
	struct spooled *s = call->ctx;
	struct rpc_data m;

	if (no == RPC_data && rpc_get_data(fields, &m)) {
		buf_add(&s->bytes, m.bytes);
		h->held = call;
		if (!h->hold)
			answer_confirm(call, &(struct rpc_confirm){ s->bytes.n });
	} else {
		answer_spooled(call, &(struct rpc_spooled){ s->bytes.n });
		server_end(call, OK, 0);
	}
}

static void shard_gone(void *ctx, struct rpc_call *call)
{
	struct house *h = ctx;

	if (call->ctx)
		h->n_broken++;
}

/* ---- the client */

static void on_read(void *arg, struct str bytes) { buf_add(&((struct house *)arg)->heard, bytes); }
static void on_end(void *arg, int error)
{
	(void)error;
	((struct house *)arg)->ended = true;
}

static void say_byte(void *arg)
{
	struct house *h = arg;

	if (h->to_say.n == 0 || h->ended)
		return;
	stream_write(h->client, str_head(h->to_say, 1));
	h->to_say = str_skip(h->to_say, 1);
	loop_next(h->loop, &h->say_job, say_byte, h);
}

static void say(struct house *h, struct str bytes)
{
	if (!h->bytewise) {
		stream_write(h->client, bytes);
		return;
	}
	h->to_say = bytes;
	loop_next(h->loop, &h->say_job, say_byte, h);
}

static void come(struct house *h)
{
	static const struct stream_events events = { .on_read = on_read, .on_end = on_end };

	h->ended = false;
	buf_reset(&h->heard);
	buf_reset(&h->delivered);
	h->client = stream_connect(h->loop, str_of(h->where), &events, h);
}

static void leave(struct house *h)
{
	loop_job_stop(&h->say_job);
	stream_close(&h->client);
}

/* ---- the house */

static void listen_all(struct house *h)
{
	static const struct rpc_handler directory = { directory_call, NULL, directory_gone, NULL, NULL };
	static const struct rpc_handler shard = { shard_call, shard_more, shard_gone, NULL, NULL };
	char path[96];

	snprintf(path, sizeof path, "%s/sock/directory-lmtp", h->folder);
	h->directory = rpc_server_new(h->loop, path, 0600, "directory", &directory, h);
	assert_non_null(h->directory);
	for (unsigned i = 0; i < SHARDS; i++) {
		snprintf(path, sizeof path, "%s/sock/shard-%u", h->folder, i);
		h->shard[i] = rpc_server_new(h->loop, path, 0600, "shard", &shard, h);
		assert_non_null(h->shard[i]);
	}
}

static void open_house(struct house *h)
{
	static const struct route_events events = { 0 };
	char path[96];

	log_open("test", LOG_ERROR);
	*h = (struct house){ .folder = "/tmp/roost-test-XXXXXX" };
	assert_non_null(mkdtemp(h->folder));
	snprintf(path, sizeof path, "%s/sock", h->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(h->where, sizeof h->where, "unix:%s/lmtp", h->folder);
	h->loop = loop_new();
	listen_all(h);
	h->route = route_new(h->loop, h->folder, SHARDS, true, "test", &events, h);
	config_init(&h->config);
	free(h->config.host);
	h->config.host = str_heap_z(S("h"));
	h->config.max_message_bytes = MOST_BYTES;
	config_list_add(&h->config.lmtp, str_of(h->where));
	h->lmtp = lmtp_new(h->loop, &h->config, h->route);
	assert_int_equal(lmtp_listeners(h->lmtp), 1);
	run_until(h, ready);
}

static void close_house(struct house *h)
{
	char command[96];

	lmtp_free(&h->lmtp);
	run_until(h, soon);                       /* streams part */
	route_free(&h->route);
	rpc_server_free(&h->directory);
	for (unsigned i = 0; i < SHARDS; i++)
		rpc_server_free(&h->shard[i]);
	loop_free(&h->loop);
	config_fini(&h->config);
	for (unsigned i = 0; i < h->n_spools; i++) {
		buf_fini(&h->spools[i]->bytes);
		free(h->spools[i]);
	}
	buf_fini(&h->heard);
	buf_fini(&h->delivered);
	snprintf(command, sizeof command, "rm -r %s", h->folder);
	assert_int_equal(system(command), 0);
}

/* ---- conversations */

#define GREETING "220 h LMTP Roost is ready\r\n"
#define HELLO "250-h\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250-CHUNKING\r\n250 SIZE 4194304\r\n"
#define BYE "221 2.0.0 bye\r\n"
#define SENT "250 2.1.0 sender ok\r\n"
#define ADA "250 2.1.5 <ada> goes here\r\n"
#define BOB "250 2.1.5 <bob> goes here\r\n"
#define GO "354 go on, end with <CRLF>.<CRLF>\r\n"
#define ORDER "503 5.5.1 out of order\r\n"
#define ADA_GOT "250 2.0.0 <ada> delivered\r\n"
#define BOB_GOT "250 2.0.0 <bob> delivered\r\n"

/* LHLO comes before, QUIT behind: every client says all at once. */
static const struct { const char *say, *hear, *delivered; } dialogues[] = {
	{ "MAIL FROM:<me@x>\r\nRCPT TO:<ada>\r\nDATA\r\nS: a\r\n\r\n..b\r\n.\r\n", SENT ADA GO ADA_GOT,
	  "ada/: Return-Path: <me@x>\r\nDelivered-To: ada\r\nS: a\r\n\r\n.b\r\n" },
	{ "MAIL FROM:<>\r\nRCPT TO:<ada+box@x>\r\nDATA\r\n.\r\n", SENT "250 2.1.5 <ada+box@x> goes here\r\n" GO "250 2.0.0 <ada+box@x> delivered\r\n",
	  "ada/box: Return-Path: <>\r\nDelivered-To: ada\r\n" },
	/* answers in the order of recipients, though the directory answers in another */
	{ "MAIL FROM:<>\r\nRCPT TO:<late>\r\nRCPT TO:<no>\r\nRCPT TO:<ada>\r\nRCPT TO:<>\r\nRCPT TO:<off>\r\nDATA\r\n.\r\nNOOP\r\n",
	  SENT "250 2.1.5 <late> goes here\r\n550 5.1.1 <no> no such user\r\n" ADA "501 5.1.3 address not understood\r\n"
	  "550 5.2.1 <off> is disabled\r\n" GO "250 2.0.0 <late> delivered\r\n" ADA_GOT "250 2.0.0 here\r\n", NULL },
	/* each has a fate of its own, in order, also twice the same */
	{ "MAIL FROM:<>\r\nRCPT TO:<full>\r\nRCPT TO:<ada>\r\nRCPT TO:<lost>\r\nRCPT TO:<disk>\r\nRCPT TO:<ada>\r\nDATA\r\n.\r\n",
	  SENT "250 2.1.5 <full> goes here\r\n" ADA "250 2.1.5 <lost> goes here\r\n250 2.1.5 <disk> goes here\r\n" ADA GO
	  "552 5.2.2 <full> is over quota\r\n" ADA_GOT "451 4.3.0 <lost> not delivered, try again later\r\n"
	  "452 4.3.1 <disk> no space, try again later\r\n" ADA_GOT, NULL },
	{ "MAIL FROM:<>\r\nRCPT TO:<\"two words\"@x>\r\nDATA\r\nhi\r\n.\r\n", SENT "250 2.1.5 <\"two words\"@x> goes here\r\n" GO
	  "250 2.0.0 <\"two words\"@x> delivered\r\n", "two words/: Return-Path: <>\r\nDelivered-To: two words\r\nhi\r\n" },
	/* two messages; RSET forgets */
	{ "MAIL FROM:<>\r\nRCPT TO:<ada>\r\nDATA\r\n1\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<ada>\r\nRSET\r\nRCPT TO:<ada>\r\nMAIL FROM:<b>\r\n"
	  "RCPT TO:<bob>\r\nDATA\r\n2\r\n.\r\n", SENT ADA GO ADA_GOT SENT ADA "250 2.0.0 forgotten\r\n" ORDER SENT BOB GO BOB_GOT,
	  "ada/: Return-Path: <>\r\nDelivered-To: ada\r\n1\r\nbob/: Return-Path: <b>\r\nDelivered-To: bob\r\n2\r\n" },
	/* order */
	{ "RCPT TO:<ada>\r\nDATA\r\nMAIL FROM:<>\r\nMAIL FROM:<>\r\nDATA\r\nRCPT TO:<no>\r\nDATA\r\n", ORDER ORDER SENT ORDER
	  "503 5.5.1 no valid recipients\r\n550 5.1.1 <no> no such user\r\n503 5.5.1 no valid recipients\r\n", "" },
	{ "EHLO x\r\nHELO x\r\nFOO\r\nNOOP\n", "500 5.5.1 command not known\r\n500 5.5.1 command not known\r\n500 5.5.1 command not known\r\n"
	  "500 5.5.2 lines end with CRLF\r\n", "" },
	{ "VRFY ada\r\nHELP\r\nNOOP x\r\nDATA x\r\n", "252 2.5.2 try RCPT\r\n214 2.0.0 LHLO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT\r\n"
	  "250 2.0.0 here\r\n501 5.5.4 arguments not understood\r\n", "" },
	{ "MAIL FROM:<> SIZE=4194305\r\nMAIL FROM:<> RET=HDRS\r\nMAIL FROM:<> SIZE=4194304\r\nRCPT TO:<ada> NOTIFY=NEVER\r\n",
	  "552 5.3.4 message too big\r\n555 5.5.4 parameter not known\r\n" SENT "555 5.5.4 parameter not known\r\n", "" },
	/* RFC 6531 3.5 */
	{ "MAIL FROM:<\xc3\xb6>\r\nMAIL FROM:<o>\r\nRCPT TO:<\xc3\xb6>\r\nRSET\r\nMAIL FROM:<\xc3\xb6> SMTPUTF8\r\nRCPT TO:<\xc3\xb6>\r\n",
	  "550 5.6.7 this sender needs SMTPUTF8\r\n" SENT "553 5.6.7 this recipient needs SMTPUTF8\r\n250 2.0.0 forgotten\r\n" SENT
	  "550 5.1.1 <\xc3\xb6> no such user\r\n", "" },
	/* RFC 3030: chunks; dots are nothing special in them */
	{ "MAIL FROM:<>\r\nRCPT TO:<ada>\r\nRCPT TO:<bob>\r\nBDAT 5\r\n.\r\n.\rBDAT 1\r\n\nBDAT 0 LAST\r\n", SENT ADA BOB
	  "250 2.0.0 go on\r\n250 2.0.0 go on\r\n" ADA_GOT BOB_GOT, NULL },
	{ "MAIL FROM:<>\r\nRCPT TO:<ada>\r\nBDAT 4 LAST\r\nDATANOOP\r\n", SENT ADA ADA_GOT "250 2.0.0 here\r\n",
	  "ada/: Return-Path: <>\r\nDelivered-To: ada\r\nDATA" },
	{ "MAIL FROM:<>\r\nRCPT TO:<ada>\r\nBDAT 1\r\nxDATA\r\nRCPT TO:<bob>\r\nRSET\r\nBDAT 6 LAST\r\nQUIT\r\n", SENT ADA "250 2.0.0 go on\r\n"
	  ORDER ORDER "250 2.0.0 forgotten\r\n" ORDER, "" },
	{ "MAIL FROM:<>\r\nRCPT TO:<no>\r\nBDAT 6 LAST\r\nRSET\r\n", SENT "550 5.1.1 <no> no such user\r\n503 5.5.1 no valid recipients\r\n", "" },
};

static void converse(struct house *h, size_t i)
{
	struct buf said = { 0 }, hear = { 0 };

	buf_printf(&said, "LHLO me\r\n%sQUIT\r\n", dialogues[i].say);
	buf_printf(&hear, GREETING HELLO "%s" BYE, dialogues[i].hear);
	come(h);
	say(h, buf_str(&said));
	run_until(h, ended);
	leave(h);
	if (!str_eq(buf_str(&h->heard), buf_str(&hear)))
		fail_msg("row %zu: heard\n%.*s, not\n%.*s", i, STR_ARG(buf_str(&h->heard)), STR_ARG(buf_str(&hear)));
	if (dialogues[i].delivered && !str_eq(buf_str(&h->delivered), str_of(dialogues[i].delivered)))
		fail_msg("row %zu: delivered\n%.*s", i, STR_ARG(buf_str(&h->delivered)));
	buf_fini(&said);
	buf_fini(&hear);
}

static void conversations(void **state)
{
	struct house h;

	(void)state;
	open_house(&h);
	for (int bytewise = 0; bytewise < 2; bytewise++) {
		h.bytewise = bytewise;
		for (size_t i = 0; i < sizeof dialogues / sizeof *dialogues; i++)
			converse(&h, i);
	}
	assert_int_equal(lmtp_sessions(h.lmtp), 0);
	close_house(&h);
}

static bool heard_ends(struct house *h, struct str end) { return str_ends(buf_str(&h->heard), end); }

/* Strange lines that no table row holds. */
static void lines_without_sense(void **state)
{
	struct house h;
	struct buf said = { 0 };

	(void)state;
	open_house(&h);
	come(&h);
	buf_printf(&said, "MAIL FROM:<>\r\nNOOP %5000d\r\nNOOP\r\nBDAT x\r\nMAIL FROM:<>\r\n", 7);
	say(&h, buf_str(&said));
	run_until(&h, ended);
	leave(&h);
	if (!str_eq(buf_str(&h.heard), S(GREETING ORDER "500 5.5.2 line too long\r\n250 2.0.0 here\r\n501 5.5.4 arguments not understood\r\n")))
		fail_msg("heard %.*s", STR_ARG(buf_str(&h.heard)));
	buf_fini(&said);
	close_house(&h);
}

static bool spool_heard(struct house *h) { return h->n_spools == 1 && h->spools[0]->bytes.n > 0; }

static bool may_send(struct house *h) { return heard_ends(h, S(GO)); }

static void gone_in_the_middle(void **state)
{
	struct house h;
	struct buf text = { 0 };

	(void)state;
	open_house(&h);
	come(&h);
	say(&h, S("LHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<ada>\r\nDATA\r\nhalf a mess"));
	run_until(&h, may_send);
	leave(&h);
	run_until(&h, soon);
	assert_int_equal(h.n_spools, 0);          /* what may be small is held until its end */
	come(&h);
	say(&h, S("LHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<ada>\r\nDATA\r\n"));
	memset(buf_grow(&text, RPC_WHOLE_MAX), 'x', RPC_WHOLE_MAX);
	say(&h, buf_str(&text));
	run_until(&h, spool_heard);
	leave(&h);
	run_until(&h, broken);
	assert_int_equal(h.delivered.n, 0);
	buf_fini(&text);
	assert_int_equal(lmtp_sessions(h.lmtp), 0);
	close_house(&h);
}

/* Around the size up to which a message is held, alone and with somebody else on the same shard. */
static void small_and_large(void **state)
{
	static const struct { size_t bytes; const char *to; unsigned spools; } row[] = {
		{ 1, "RCPT TO:<ada>\r\n", 0 },
		{ RPC_WHOLE_MAX - 8 * 1024 - 2, "RCPT TO:<ada>\r\n", 0 },
		{ RPC_WHOLE_MAX - 8 * 1024 - 1, "RCPT TO:<ada>\r\n", 1 },
		{ 200 * 1024, "RCPT TO:<ada>\r\n", 1 },
		{ 1, "RCPT TO:<ada>\r\nRCPT TO:<bob>\r\n", 0 },
		{ 1, "RCPT TO:<ada>\r\nRCPT TO:<late>\r\n", 1 },
		{ 1, "RCPT TO:<ada>\r\nRCPT TO:<late>\r\nRCPT TO:<bob>\r\n", 1 },
		{ 200 * 1024, "RCPT TO:<ada>\r\nRCPT TO:<bob>\r\n", 2 },
	};
	struct house h;

	(void)state;
	open_house(&h);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct buf text = { 0 };
		unsigned before = h.n_spools;
		come(&h);
		say(&h, S("LHLO me\r\nMAIL FROM:<>\r\n"));
		say(&h, str_of(row[i].to));
		say(&h, S("DATA\r\n"));
		memset(buf_grow(&text, row[i].bytes), 'x', row[i].bytes);
		say(&h, buf_str(&text));
		say(&h, S("\r\n.\r\nQUIT\r\n"));
		run_until(&h, ended);
		leave(&h);
		if (!heard_ends(&h, S(" delivered\r\n" BYE)) || h.n_spools - before != row[i].spools)
			fail_msg("row %zu: %u spools, heard %.*s", i, h.n_spools - before, STR_ARG(buf_str(&h.heard)));
		buf_fini(&text);
	}
	close_house(&h);
}

static void to_a_thousand(void **state)
{
	struct house h;
	struct buf said = { 0 }, hear = { 0 };

	(void)state;
	open_house(&h);
	buf_add(&said, S("LHLO me\r\nMAIL FROM:<>\r\n"));
	buf_add(&hear, S(GREETING HELLO SENT));
	for (int i = 0; i < 1500; i++) {
		buf_printf(&said, "RCPT TO:<%s@%d>\r\n", people[i % 2].name, i);
		buf_printf(&hear, "250 2.1.5 <%s@%d> goes here\r\n", people[i % 2].name, i);
	}
	buf_add(&said, S("DATA\r\nhello\r\n.\r\nQUIT\r\n"));
	buf_add(&hear, S(GO));
	for (int i = 0; i < 1500; i++)
		buf_printf(&hear, "250 2.0.0 <%s@%d> delivered\r\n", people[i % 2].name, i);
	buf_add(&hear, S(BYE));
	come(&h);
	say(&h, buf_str(&said));
	run_until(&h, ended);
	leave(&h);
	assert_true(str_eq(buf_str(&h.heard), buf_str(&hear)));
	assert_int_equal(h.n_spools, SHARDS);
	buf_fini(&said);
	buf_fini(&hear);
	close_house(&h);
}

/* A shard that confirms nothing stops the client; nobody keeps more than the window. */
static void slow_shard(void **state)
{
	struct house h;
	struct buf text = { 0 };

	(void)state;
	open_house(&h);
	h.hold = true;
	come(&h);
	say(&h, S("LHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<ada>\r\nDATA\r\n"));
	memset(buf_grow(&text, 3 * 1024 * 1024), 'x', 3 * 1024 * 1024);
	say(&h, buf_str(&text));
	say(&h, S("\r\n.\r\nQUIT\r\n"));
	run_until(&h, spool_heard);
	run_until(&h, soon);
	assert_int_equal(h.n_spools, 1);
	assert_true(h.spools[0]->bytes.n <= 512 * 1024 && stream_pending(h.client) > 1024 * 1024);
	h.hold = false;
	answer_confirm(h.held, &(struct rpc_confirm){ h.spools[0]->bytes.n });
	run_until(&h, ended);
	leave(&h);
	assert_int_equal(h.spools[0]->bytes.n, text.n + 2);
	assert_true(heard_ends(&h, S(GO ADA_GOT BYE)));
	buf_fini(&text);
	close_house(&h);
}

static void too_big(void **state)
{
	static const struct { const char *before, *behind, *hear; } row[] = {
		{ "DATA\r\n", "\r\n.\r\n", GO "552 5.3.4 <ada> message too big\r\n" BYE },
		{ "BDAT 4194305\r\n", "BDAT 2 LAST\r\nhi", "552 5.3.4 message too big\r\n552 5.3.4 <ada> message too big\r\n" BYE },
	};
	struct house h;
	struct buf text = { 0 };

	(void)state;
	open_house(&h);
	memset(buf_grow(&text, MOST_BYTES + 1), 'x', MOST_BYTES + 1);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		come(&h);
		say(&h, S("LHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<ada>\r\n"));
		say(&h, str_of(row[i].before));
		say(&h, buf_str(&text));
		say(&h, str_of(row[i].behind));
		say(&h, S("QUIT\r\n"));
		run_until(&h, ended);
		leave(&h);
		if (!heard_ends(&h, str_of(row[i].hear)) || h.delivered.n > 0)
			fail_msg("row %zu: heard %.*s", i, STR_ARG(buf_str(&h.heard)));
	}
	buf_fini(&text);
	close_house(&h);
}

static void on_empty(void *ctx) { ((struct house *)ctx)->empty = true; }

static void stopping(void **state)
{
	struct house h;

	(void)state;
	open_house(&h);
	come(&h);
	say(&h, S("LHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<ada>\r\nDATA\r\nhello\r\n"));
	run_until(&h, may_send);
	lmtp_stop(h.lmtp, on_empty, &h);
	run_until(&h, soon);
	assert_false(h.ended);
	say(&h, S(".\r\nMAIL FROM:<>\r\n"));
	run_until(&h, ended);
	leave(&h);
	assert_true(heard_ends(&h, S(GO ADA_GOT "421 4.3.2 shutting down\r\n")));
	run_until(&h, emptied);
	close_house(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversations), cmocka_unit_test(lines_without_sense), cmocka_unit_test(gone_in_the_middle),
		cmocka_unit_test(small_and_large), cmocka_unit_test(to_a_thousand), cmocka_unit_test(slow_shard), cmocka_unit_test(too_big), cmocka_unit_test(stopping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

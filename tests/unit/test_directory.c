/* tests/unit/test_directory.c: a directory in a folder of its own, asked through its doors, with shards of ours that take notes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <jansson.h>

#include "common/base/config.h"
#include "common/base/must.h"
#include "common/loop/loop.h"
#include "common/loop/work.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/seal/ticket.h"
#include "storaged/db/db.h"
#include "storaged/directory/inside.h"
#include "storaged/directory/username.h"

enum { IMAP, LMTP, ADMIN, SHARDS = 2 };

/* What a shard was told last of each user, and how often it was told anything. */
struct shard {
	struct house      *house;
	uint32_t           number;
	struct rpc_server *server;
	uint32_t           generation[5000], dropped[5000];
	uint64_t           quota[5000];
	struct rpc_user_put last[8];             /* of the first users */
	unsigned           puts, drops;
};

struct house {
	char               folder[64];
	struct config      config;
	struct loop       *loop;
	struct directory  *d;
	struct key         master;
	struct channel    *channel[DOORS];
	unsigned           up;
	struct shard       shards[SHARDS];
	enum err           shard_says;
	/* the call being waited for */
	unsigned           open;
	enum err           err;
	uint16_t           no;
	struct buf         answer;
	unsigned           answers, busy;
	struct rpc_cut     cut;
	unsigned           cuts, tls_keys;
	struct loop_timer  late;
};

static char *in_folder(const struct house *h, const char *name)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s/%s", h->folder, name);
	char *path = str_heap_z(buf_str(&b));
	buf_fini(&b);
	return path;
}

static void too_late(void *arg)
{
	(void)arg;
	fail_msg("it never came");
}

static void run(struct house *h)
{
	loop_timer_start(h->loop, &h->late, 20000, 0, too_late, h);
	loop_run(h->loop);
	loop_timer_stop(h->loop, &h->late);
}

static void stop(void *arg) { loop_stop(arg); }

static void run_for(struct house *h, uint64_t ms)
{
	struct loop_timer t = { 0 };

	loop_timer_start(h->loop, &t, ms, 0, stop, h->loop);
	run(h);
}

/* --- shards --- */

static bool ticket_is_admins(struct shard *s, struct str bytes)
{
	struct ticket t;

	return ticket_read(&t, &s->house->master, bytes, 0) == OK && t.rights == RIGHT_ADMIN && t.shard == s->number;
}

static void shard_call(void *ctx, struct rpc_call *call, uint16_t no, struct str fields)
{
	struct shard *s = ctx;
	struct rpc_user_put put;
	struct rpc_user_drop drop;

	if (no == RPC_user_put) {
		rpc_get_user_put(fields, &put);
		assert_true(ticket_is_admins(s, put.ticket));
		s->generation[put.user] = put.generation;
		s->quota[put.user] = put.bytes;
		if (put.user < 8)
			s->last[put.user] = put;
		s->puts++;
	} else {
		assert_int_equal(no, RPC_user_drop);
		rpc_get_user_drop(fields, &drop);
		assert_true(ticket_is_admins(s, drop.ticket));
		s->dropped[drop.user]++;
		s->drops++;
	}
	server_end(call, s->house->shard_says, 1);
}

static void no_more(void *ctx, struct rpc_call *call, uint16_t no, struct str fields)
{
	(void)ctx; (void)call; (void)no; (void)fields;
}
static void no_gone(void *ctx, struct rpc_call *call) { (void)ctx; (void)call; }

static const struct rpc_handler shard_handler = { .call = shard_call, .more = no_more, .gone = no_gone };

static void shards_open(struct house *h)
{
	for (uint32_t i = 0; i < SHARDS; i++) {
		char name[32];
		snprintf(name, sizeof name, "sock/shard-%u", i);
		char *path = in_folder(h, name);
		h->shards[i].house = h;
		h->shards[i].number = i;
		h->shards[i].server = rpc_server_new(h->loop, path, 0600, "shard", &shard_handler, &h->shards[i]);
		assert_non_null(h->shards[i].server);
		free(path);
	}
}

static void shards_close(struct house *h)
{
	for (int i = 0; i < SHARDS; i++)
		rpc_server_free(&h->shards[i].server);
}

/* --- the house --- */

static void on_up(void *ctx)
{
	struct house *h = ctx;

	if (++h->up == DOORS)
		loop_stop(h->loop);
}

static void on_push(void *ctx, uint16_t no, struct str fields)
{
	struct house *h = ctx;

	if (no == RPC_tls_keys) {
		struct rpc_tls_keys keys;
		rpc_get_tls_keys(fields, &keys);
		assert_true(keys.now.n == 32 && keys.before.n == 32 && !str_eq(keys.now, keys.before));
		h->tls_keys++;
		return;
	}
	assert_int_equal(no, RPC_cut);
	rpc_get_cut(fields, &h->cut);
	h->cuts++;
}

static void start(struct house *h)
{
	static const struct channel_events events = { .up = on_up, .push = on_push };
	static const char *const doors[DOORS] = { "sock/directory", "sock/directory-lmtp", "sock/directory-admin" };

	h->loop = loop_new();
	shards_open(h);
	h->d = directory_new(h->loop, &h->config, h->folder);
	assert_non_null(h->d);
	h->up = 0;
	for (int i = 0; i < DOORS; i++) {
		char *path = in_folder(h, doors[i]);
		h->channel[i] = channel_new(h->loop, path, "test", 1, &events, h);
		free(path);
	}
	run(h);
}

static void end(struct house *h)
{
	for (int i = 0; i < DOORS; i++)
		channel_free(&h->channel[i]);
	directory_free(&h->d);
	shards_close(h);
	loop_free(&h->loop);
}

static void house_open(struct house *h)
{
	*h = (struct house){ .folder = "/tmp/roost-test-XXXXXX" };
	assert_non_null(mkdtemp(h->folder));
	char *sock = in_folder(h, "sock"), *key = in_folder(h, "master.key");
	must(system(NULL));
	struct buf cmd = { 0 };
	buf_printf(&cmd, "mkdir %s", sock);
	buf_addc(&cmd, '\0');
	assert_int_equal(system(cmd.p), 0);
	buf_fini(&cmd);
	assert_int_equal(master_key_create(key), OK);
	assert_int_equal(master_key_load(&h->master, key), OK);
	free(sock);
	free(key);
	config_init(&h->config);
	h->config.shards = SHARDS;
	h->config.hash_cost = HASH_COST_MIN;
	h->config.index_map_bytes = 64 << 20;
	config_list_add(&h->config.local_domains, S("example.org"));
	start(h);
}

static void house_close(struct house *h)
{
	struct buf cmd = { 0 };

	end(h);
	config_fini(&h->config);
	buf_fini(&h->answer);
	buf_printf(&cmd, "rm -r %s", h->folder);
	buf_addc(&cmd, '\0');
	assert_int_equal(system(cmd.p), 0);
	buf_fini(&cmd);
}

static void on_news(void *ctx, struct call *call, const struct call_news *news)
{
	struct house *h = ctx;

	(void)call;
	if (news->event == CALL_ANSWER) {
		h->no = news->no;
		h->answers++;
		buf_reset(&h->answer);
		buf_add(&h->answer, news->fields);
		return;
	}
	h->busy += news->err == ERR_BUSY;
	h->err = news->event == CALL_LOST ? ERR_UNKNOWN : news->err;
	if (--h->open == 0)
		loop_stop(h->loop);
}

/* Starts a call and waits for its end; the last answer stays in h->answer. */
#define ASK(h, door, name, ...) \
	((h)->open = 1, (h)->answers = 0, (h)->no = 0, \
	 CALL_START((h)->channel[door], name, (&(struct rpc_##name){ __VA_ARGS__ }), on_news, (h)), run(h), (h)->err)
#define START(h, door, name, ...) \
	((h)->open++, CALL_START((h)->channel[door], name, (&(struct rpc_##name){ __VA_ARGS__ }), on_news, (h)))

static struct rpc_granted granted(struct house *h)
{
	struct rpc_granted g = { 0 };

	assert_int_equal(h->no, RPC_granted);
	assert_true(rpc_get_granted(buf_str(&h->answer), &g));
	return g;
}

static uint32_t rights(struct house *h, struct str ticket)
{
	struct ticket t = { 0 };

	assert_int_equal(ticket_read(&t, &h->master, ticket, 0), OK);
	return t.rights;
}

static enum err add(struct house *h, const char *name, const char *password)
{
	return ASK(h, ADMIN, user_add, .name = str_of(name), .password = str_of(password), .hash_cost = HASH_MIN);
}

static enum err login(struct house *h, const char *name, const char *password)
{
	return ASK(h, IMAP, login, .name = str_of(name), .password = str_of(password), .peer = S("192.0.2.1"));
}

/* --- tests --- */

static void names(void **state)
{
	static const struct { const char *in, *canon; } row[] = {
		{ "demo", "demo" }, { "Demo", "demo" }, { "A.B@Example.ORG", "a.b@example.org" },
		{ "J\xc3\x9cRGEN", "j\xc3\xbcrgen" }, { "ju\xcc\x88rgen", "j\xc3\xbcrgen" }, { "\xef\xbc\xa1", "a" },
		{ "a+b", "a+b" }, { "o'neil", "o'neil" }, { "-", "-" }, { "x=y_z", "x=y_z" },
		{ "", NULL }, { "a b", NULL }, { "a\tb", NULL }, { "a\x7f", NULL }, { "a/b", NULL }, { "a\\b", NULL }, { "a:b", NULL },
		{ "\xef\xbc\x8f", NULL }, { "a\xc2\xa0", NULL }, { "a\xe2\x80\xae", NULL }, { "\xff", NULL },
		{ "@", NULL }, { "a@", NULL }, { "@b", NULL }, { "a@b@c", NULL }, { "<a>", NULL }, { "*", NULL },
	};
	char longest[USERNAME_BYTES + 1];
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		buf_reset(&b);
		bool ok = username_canon(&b, str_of(row[i].in));
		if (ok != (row[i].canon != NULL) || (ok && !str_eq(buf_str(&b), str_of(row[i].canon))) || (!ok && b.n))
			fail_msg("row %zu: %s", i, row[i].in);
	}
	memset(longest, 'a', sizeof longest);
	buf_reset(&b);
	assert_true(username_canon(&b, (struct str){ longest, USERNAME_BYTES }));
	assert_false(username_canon(&b, (struct str){ longest, USERNAME_BYTES + 1 }));
	buf_fini(&b);
}

static void logins(void **state)
{
	static const struct { const char *name, *password; enum err err; const char *canon; } row[] = {
		{ "demo", "secret", OK, "demo" }, { "DEMO", "secret", OK, "demo" },
		{ "demo@localhost", "secret", OK, "demo" }, { "demo@example.org", "secret", OK, "demo" },
		{ "Demo@Example.Org", "secret", OK, "demo" },
		{ "demo@elsewhere.org", "secret", ERR_DENIED, NULL }, { "demo", "Secret", ERR_DENIED, NULL },
		{ "demo", "", ERR_DENIED, NULL }, { "nobody", "secret", ERR_DENIED, NULL }, { "", "secret", ERR_DENIED, NULL },
		{ "full@example.org", "other", OK, "full@example.org" }, { "full", "other", OK, "full" },
		{ "full@localhost", "other", OK, "full" }, { "full@example.org", "another", ERR_DENIED, NULL },
	};
	struct house h;

	(void)state;
	house_open(&h);
	assert_int_equal(add(&h, "Demo", "secret"), OK);
	assert_int_equal(add(&h, "demo", "secret"), ERR_EXISTS);
	assert_int_equal(add(&h, "full@example.org", "other"), OK);
	assert_int_equal(add(&h, "full", "other"), OK);
	assert_int_equal(add(&h, "a b", "secret"), ERR_INPUT);
	assert_int_equal(add(&h, "empty", ""), ERR_INPUT);
	for (size_t i = 0; i < 2 * (sizeof row / sizeof *row); i++) {    /* the second time from the cache */
		size_t r = i % (sizeof row / sizeof *row);
		enum err err = login(&h, row[r].name, row[r].password);
		if (err != row[r].err || (err == OK && !str_eq(granted(&h).name, str_of(row[r].canon))))
			fail_msg("row %zu: %s: %s", r, row[r].name, err_name(err));
		if (err == OK)
			assert_int_equal(rights(&h, granted(&h).ticket), RIGHT_READ | RIGHT_DELIVER | RIGHT_QUOTA);
	}
	assert_true(h.d->cache_hits > 0);
	house_close(&h);
}

static void recipients(void **state)
{
	static const struct { const char *in; enum err err; const char *name, *folder; } row[] = {
		{ "demo", OK, "demo", "" }, { "demo@example.org", OK, "demo", "" }, { "DEMO+Lists@EXAMPLE.org", OK, "demo", "Lists" },
		{ "demo+a+b", OK, "demo", "a+b" }, { "demo+", OK, "demo", "" }, { "demo+a/b@localhost", OK, "demo", "a/b" },
		{ "plus+sign", OK, "plus+sign", "" }, { "plus+sign@localhost", OK, "plus+sign", "" },
		{ "plus+sign+x", OK, "plus", "sign+x" }, { "plus+other", OK, "plus", "other" },
		{ "full+x@elsewhere.net", OK, "full@elsewhere.net", "x" }, { "full", ERR_ABSENT, NULL, NULL },
		{ "+x", ERR_ABSENT, NULL, NULL }, { "", ERR_ABSENT, NULL, NULL }, { "demo@elsewhere.net", ERR_ABSENT, NULL, NULL },
		{ "off", ERR_DENIED, NULL, NULL }, { "off+x", ERR_DENIED, NULL, NULL },
	};
	static const char *const users[] = { "demo", "plus", "plus+sign", "full@elsewhere.net", "off" };
	struct house h;

	(void)state;
	house_open(&h);
	for (size_t i = 0; i < sizeof users / sizeof *users; i++)
		assert_int_equal(add(&h, users[i], "x"), OK);
	assert_int_equal(ASK(&h, ADMIN, user_set, .name = S("off"), .what = 4, .disabled = 1), OK);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		enum err err = ASK(&h, LMTP, resolve, str_of(row[i].in));
		if (err != row[i].err)
			fail_msg("row %zu: %s: %s", i, row[i].in, err_name(err));
		if (err != OK)
			continue;
		struct rpc_granted g = granted(&h);
		if (!str_eq(g.name, str_of(row[i].name)) || !str_eq(g.folder, str_of(row[i].folder)))
			fail_msg("row %zu: %s", i, row[i].in);
		assert_int_equal(rights(&h, g.ticket), RIGHT_DELIVER);
	}
	house_close(&h);
}

static void doors(void **state)
{
	struct house h;

	(void)state;
	house_open(&h);
	assert_int_equal(add(&h, "demo", "x"), OK);
	assert_int_equal(ASK(&h, IMAP, resolve, S("demo")), ERR_DENIED);
	assert_int_equal(ASK(&h, IMAP, admit, S("demo")), ERR_DENIED);
	assert_int_equal(ASK(&h, IMAP, user_add, .name = S("x"), .password = S("x")), ERR_DENIED);
	assert_int_equal(ASK(&h, LMTP, login, .name = S("demo"), .password = S("x")), ERR_DENIED);
	assert_int_equal(ASK(&h, LMTP, user_list, S("")), ERR_DENIED);
	assert_int_equal(ASK(&h, ADMIN, admit, S("demo")), OK);
	assert_int_equal(rights(&h, granted(&h).ticket), RIGHT_READ | RIGHT_DELIVER | RIGHT_QUOTA);
	assert_int_equal(ASK(&h, ADMIN, admit, S("nobody")), ERR_ABSENT);
	assert_int_equal(ASK(&h, IMAP, mbox_list, .ticket = S("x")), ERR_UNKNOWN);   /* breaks the contract: disconnected */
	house_close(&h);
}

/* Whoever is cut can neither renew nor log in with what was true before. */
static void generations(void **state)
{
	struct house h;
	struct buf old = { 0 };

	(void)state;
	house_open(&h);
	assert_int_equal(ASK(&h, IMAP, watch, ), OK);
	assert_int_equal(h.tls_keys, 1);
	assert_int_equal(add(&h, "demo", "one"), OK);
	assert_int_equal(h.cuts, 0);
	uint32_t shard = 0;
	for (uint32_t g = 1; g <= 3; g++) {
		static const char *const passwords[] = { "", "one", "two", "two" };
		assert_int_equal(login(&h, "demo", passwords[g]), OK);
		struct rpc_granted got = granted(&h);
		assert_int_equal(got.generation, g);
		shard = got.shard;
		buf_reset(&old);
		buf_add(&old, got.ticket);
		assert_int_equal(ASK(&h, IMAP, renew, buf_str(&old)), OK);
		assert_int_equal(rights(&h, granted(&h).ticket), RIGHT_READ | RIGHT_DELIVER | RIGHT_QUOTA);
		assert_int_equal(ASK(&h, LMTP, renew, buf_str(&old)), ERR_DENIED);
		if (g == 1)
			assert_int_equal(ASK(&h, ADMIN, user_set, .name = S("demo"), .what = 1, .password = S("two"), .hash_cost = 1), OK);
		else if (g == 2)
			assert_int_equal(ASK(&h, ADMIN, user_set, .name = S("demo"), .what = 4, .disabled = 1), OK);
		else
			assert_int_equal(ASK(&h, ADMIN, user_del, S("demo")), OK);
		assert_int_equal(h.cuts, g);
		assert_int_equal(h.cut.generation, g + 1);
		assert_int_equal(ASK(&h, IMAP, renew, buf_str(&old)), ERR_DENIED);
		assert_int_equal(login(&h, "demo", passwords[g]), ERR_DENIED);
		if (g != 2)
			continue;
		assert_int_equal(h.shards[shard].generation[1], 3);
		assert_int_equal(ASK(&h, ADMIN, user_set, .name = S("demo"), .what = 2 | 4, .quota_bytes = 77, .disabled = 0), OK);
		assert_int_equal(h.shards[shard].quota[1], 77);
		assert_int_equal(h.cuts, 2);
	}
	assert_int_equal(h.shards[shard].dropped[1], 1);
	assert_int_equal(add(&h, "demo", "three"), OK);          /* the name is free, the id is not */
	assert_int_equal(login(&h, "demo", "three"), OK);
	assert_int_equal(granted(&h).user, 2);
	assert_int_equal(ASK(&h, IMAP, renew, buf_str(&old)), ERR_DENIED);
	buf_fini(&old);
	house_close(&h);
}

static void expiry(void **state)
{
	static const struct { int64_t expires_in_ms; enum err err; } row[] = {
		{ 60000, OK }, { -30000, OK }, { -3590000, OK }, { -3610000, ERR_EXPIRED },
	};
	struct house h;
	struct buf b = { 0 };

	(void)state;
	house_open(&h);
	assert_int_equal(add(&h, "demo", "x"), OK);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct ticket t = { .user = 1, .rights = RIGHT_DELIVER, .epoch = 1, .generation = 1 };
		t.expires_ms = h.d->disk->ops->clock_ms(h.d->disk) + (uint64_t)row[i].expires_in_ms;
		buf_reset(&b);
		ticket_sign(&b, &h.master, &t);
		if (ASK(&h, LMTP, renew, buf_str(&b)) != row[i].err)
			fail_msg("row %zu", i);
	}
	assert_int_equal(ASK(&h, LMTP, renew, S("nonsense")), ERR_DENIED);
	buf_fini(&b);
	house_close(&h);
}

/* What the index holds, each row's key and value, as one sum. */
static enum err sum_row(void *ctx, struct row_key key, struct str value)
{
	struct buf *all = ctx;

	buf_u32(all, key.user);
	buf_u8(all, key.table);
	buf_lstr(all, value);
	return OK;
}

static void index_rows(struct house *h, struct buf *all)
{
	char *path = in_folder(h, "directory/index.mdb");
	struct db *db;
	struct lsn at;

	buf_reset(all);
	assert_int_equal(db_open(&db, path, 64 << 20, &at), OK);
	struct db_reader *r = db_reader_new(db);
	assert_int_equal(db_reader_all(r, sum_row, all), OK);
	db_reader_free(&r);
	db_close(&db);
	free(path);
}

static void recovery(void **state)
{
	struct house h;
	struct buf before = { 0 }, after = { 0 };
	char *index, *lock;

	(void)state;
	house_open(&h);
	index = in_folder(&h, "directory/index.mdb");
	lock = in_folder(&h, "directory/index.mdb-lock");
	for (int round = 0; round < 3; round++) {                /* tail only; index and tail; journal only */
		char name[16];
		snprintf(name, sizeof name, "u%d", round);
		assert_int_equal(add(&h, name, "x"), OK);
		assert_int_equal(add(&h, "gone", "x"), OK);
		assert_int_equal(ASK(&h, ADMIN, user_del, S("gone")), OK);
		assert_int_equal(ASK(&h, ADMIN, user_set, .name = str_of(name), .what = 1, .password = S("y"), .hash_cost = 1), OK);
		if (round == 1)
			run_for(&h, 1500);                       /* past a checkpoint */
		end(&h);
		if (round == 2) {
			assert_int_equal(unlink(index), 0);
			assert_int_equal(unlink(lock), 0);
		}
		start(&h);
		assert_int_equal(h.d->people.living, round + 1);
		assert_int_equal(h.d->people.last_id, 2 * (round + 1));
		assert_int_equal(login(&h, name, "y"), OK);
		assert_int_equal(granted(&h).generation, 2);
	}
	run_for(&h, 1500);
	end(&h);
	index_rows(&h, &before);
	assert_int_equal(unlink(index), 0);
	start(&h);
	run_for(&h, 1500);
	end(&h);
	index_rows(&h, &after);
	assert_true(before.n > 0 && str_eq(buf_str(&before), buf_str(&after)));
	start(&h);
	buf_fini(&before);
	buf_fini(&after);
	free(index);
	free(lock);
	house_close(&h);
}

/* A shard that is away, or refuses, keeps the admin waiting; a directory that starts again tells it by itself. */
static void shard_away(void **state)
{
	struct house h;

	(void)state;
	house_open(&h);
	shards_close(&h);
	run_for(&h, 20);
	START(&h, ADMIN, user_add, .name = S("a"), .password = S("x"), .hash_cost = 1);
	START(&h, ADMIN, user_add, .name = S("b"), .password = S("x"), .hash_cost = 1);
	run_for(&h, 100);
	assert_int_equal(h.open, 2);
	assert_int_equal(h.d->people.living, 2);
	h.shard_says = ERR_NOSPACE;
	shards_open(&h);
	run_for(&h, 700);
	assert_int_equal(h.open, 2);
	assert_true(h.shards[0].puts > 0 && h.shards[1].puts > 0);
	h.shard_says = OK;
	run(&h);
	assert_int_equal(h.err, OK);

	shards_close(&h);
	run_for(&h, 20);
	START(&h, ADMIN, user_set, .name = S("a"), .what = 4, .disabled = 1);
	START(&h, ADMIN, user_del, S("b"));
	run_for(&h, 100);
	assert_int_equal(h.open, 2);
	end(&h);
	h.open = 0;
	h.shards[0].puts = h.shards[1].puts = 0;
	start(&h);
	run_for(&h, 100);
	assert_int_equal(h.shards[0].puts + h.shards[1].puts, 1);
	assert_int_equal(h.shards[0].drops + h.shards[1].drops, 1);
	end(&h);
	start(&h);
	run_for(&h, 100);                                        /* and then never again */
	assert_int_equal(h.shards[0].puts + h.shards[1].puts, 1);
	assert_int_equal(h.shards[0].drops + h.shards[1].drops, 1);
	assert_int_equal(h.d->people.by_id.n, 1);
	house_close(&h);
}

/* What the shard of a user was told last. */
static const struct rpc_user_put *told(const struct house *h, uint32_t user)
{
	return &h->shards[people_get(&h->d->people, user)->shard].last[user];
}

#define QUOTA_IS(h, user, b, m, x) \
	do { \
		for (int i = 0; i < 2000 && (told(h, user)->bytes != (b) || told(h, user)->messages != (m)); i++) \
			run_for(h, 5); \
		assert_int_equal(told(h, user)->bytes, b); \
		assert_int_equal(told(h, user)->messages, m); \
		assert_int_equal(told(h, user)->mailboxes, x); \
	} while (0)

/* A user's own limits come before those of their class, that before the class of their domain, that before "default". */
static void quotas(void **state)
{
	struct house h;
	const uint64_t inherit = UINT64_MAX;

	(void)state;
	house_open(&h);
	assert_int_equal(add(&h, "ann", "x"), OK);                                       /* 1 */
	assert_int_equal(add(&h, "bob@x.example", "x"), OK);                             /* 2 */
	QUOTA_IS(&h, 1, 0, 0, 0);
	assert_int_equal(told(&h, 1)->soft_percent, QUOTA_INITIAL.soft_percent);
	assert_int_equal(ASK(&h, ADMIN, class_set, .name = S("default"), .what = 1 | 8, .bytes = 10, .soft_percent = 50), OK);
	QUOTA_IS(&h, 1, 10, 0, 0);
	QUOTA_IS(&h, 2, 10, 0, 0);
	assert_int_equal(told(&h, 2)->soft_percent, 50);
	assert_int_equal(ASK(&h, ADMIN, domain_set, S("x.example"), S("staff")), ERR_CANNOT);
	assert_int_equal(ASK(&h, ADMIN, class_set, .name = S("staff"), .what = 1 | 2, .bytes = 20, .messages = 21), OK);
	assert_int_equal(ASK(&h, ADMIN, domain_set, S("X.EXAMPLE"), S("staff")), OK);
	QUOTA_IS(&h, 1, 10, 0, 0);
	QUOTA_IS(&h, 2, 20, 21, 0);
	assert_int_equal(ASK(&h, ADMIN, quota_set, .name = S("bob@x.example"), .what = 4, .mailboxes = 5), OK);
	QUOTA_IS(&h, 2, 20, 21, 5);
	assert_int_equal(ASK(&h, ADMIN, class_set, .name = S("vip"), .what = 2, .messages = 99), OK);
	assert_int_equal(ASK(&h, ADMIN, quota_set, .name = S("bob@x.example"), .what = 8 | 4, .mailboxes = inherit, .class = S("vip")), OK);
	QUOTA_IS(&h, 2, 0, 99, 0);
	assert_int_equal(ASK(&h, ADMIN, quota_set, .name = S("ann"), .what = 8, .class = S("none")), ERR_CANNOT);
	assert_int_equal(ASK(&h, ADMIN, quota_set, .name = S("ann"), .what = 16), ERR_INPUT);
	assert_int_equal(ASK(&h, ADMIN, class_del, S("vip")), ERR_CANNOT);               /* bob has it */
	assert_int_equal(ASK(&h, ADMIN, class_del, S("staff")), ERR_CANNOT);             /* the domain has it */
	assert_int_equal(ASK(&h, ADMIN, class_del, S("default")), ERR_CANNOT);
	assert_int_equal(ASK(&h, ADMIN, class_del, S("nosuch")), ERR_ABSENT);
	end(&h);
	start(&h);
	assert_int_equal(ASK(&h, ADMIN, quota_set, .name = S("bob@x.example"), .what = 8, .class = S("")), OK);
	QUOTA_IS(&h, 2, 20, 21, 0);
	assert_int_equal(ASK(&h, ADMIN, class_del, S("vip")), OK);
	assert_int_equal(ASK(&h, ADMIN, domain_set, S("x.example"), S("")), OK);
	QUOTA_IS(&h, 2, 10, 0, 0);
	assert_int_equal(ASK(&h, ADMIN, class_set, .name = S("No"), .what = 1), ERR_INPUT);
	assert_int_equal(ASK(&h, ADMIN, class_set, .name = S("no"), .what = 8, .soft_percent = 101), ERR_INPUT);
	assert_int_equal(ASK(&h, IMAP, class_set, .name = S("no"), .what = 1), ERR_DENIED);
	house_close(&h);
}

/* An IMAP session may ask for the quota of others if its user is an admin, as of now. */
static void admins(void **state)
{
	struct house h;
	struct buf ticket = { 0 }, narrow = { 0 };

	(void)state;
	house_open(&h);
	assert_int_equal(add(&h, "boss", "x"), OK);
	assert_int_equal(add(&h, "ann", "x"), OK);
	assert_int_equal(ASK(&h, ADMIN, user_set, .name = S("boss"), .what = 8), OK);
	assert_int_equal(ASK(&h, ADMIN, user_set, .name = S("boss"), .what = 8 | 1), ERR_INPUT);
	assert_int_equal(login(&h, "boss", "x"), OK);
	assert_int_equal(granted(&h).admin, 1);
	buf_add(&ticket, granted(&h).ticket);
	assert_int_equal(ASK(&h, IMAP, root, .ticket = buf_str(&ticket), .name = S("ann")), OK);
	assert_int_equal(rights(&h, granted(&h).ticket), RIGHT_QUOTA);
	buf_add(&narrow, granted(&h).ticket);
	assert_int_equal(ASK(&h, IMAP, root, .ticket = buf_str(&ticket), .name = S("nobody")), ERR_ABSENT);
	assert_int_equal(ASK(&h, IMAP, root, .ticket = S("made up"), .name = S("nobody")), ERR_DENIED);
	assert_int_equal(ASK(&h, IMAP, root, .ticket = buf_str(&narrow), .name = S("ann")), ERR_DENIED);      /* that one opens nothing here */
	assert_int_equal(ASK(&h, LMTP, root, .ticket = buf_str(&ticket), .name = S("ann")), ERR_DENIED);
	assert_int_equal(ASK(&h, IMAP, root, .ticket = buf_str(&ticket), .name = S("ann"), .set = 1, .bytes = 5, .mailboxes = 6), OK);
	assert_int_equal(granted(&h).user, 2);
	QUOTA_IS(&h, 2, 5, 0, 6);
	assert_int_equal(ASK(&h, ADMIN, user_set, .name = S("boss"), .what = 16), OK);
	assert_int_equal(ASK(&h, IMAP, root, .ticket = buf_str(&ticket), .name = S("ann")), ERR_DENIED);
	buf_fini(&ticket);
	buf_fini(&narrow);
	house_close(&h);
}

/* 2,000 users in one breath, spread evenly; and the same name over and over, of which one wins. */
static void many(void **state)
{
	enum { N = 2000 };
	struct house h;

	(void)state;
	house_open(&h);
	uint64_t started = loop_now_ms(h.loop);
	for (int i = 0; i < N; i++) {
		char name[16];
		snprintf(name, sizeof name, "user%d", i);
		START(&h, ADMIN, user_add, .name = str_of(name), .password = S("x"), .hash_cost = 1);
	}
	run(&h);
	print_message("%d users in %lu ms\n", N, loop_now_ms(h.loop) - started);
	assert_true(loop_now_ms(h.loop) - started < 10000);
	assert_int_equal(h.d->people.living, N);
	assert_int_equal(h.d->people.on_shard[0], N / 2);
	for (int i = 0; i < N; i++)
		START(&h, ADMIN, user_add, .name = S("one"), .password = S("x"), .hash_cost = 1);
	run(&h);
	assert_int_equal(h.d->people.living, N + 1);
	assert_int_equal(ASK(&h, ADMIN, user_list, S("")), OK);
	assert_int_equal(h.answers, N + 1);
	struct rpc_user_is last;
	rpc_get_user_is(buf_str(&h.answer), &last);
	assert_true(str_eq(last.name, S("user999")));
	assert_int_equal(ASK(&h, ADMIN, user_list, S("USER7")), OK);
	assert_int_equal(h.answers, 1);
	assert_int_equal(ASK(&h, ADMIN, user_list, S("user-7")), ERR_ABSENT);
	house_close(&h);
}

/* Callers vanish in the middle of everything. */
static void vanish(void **state)
{
	struct house h;

	(void)state;
	house_open(&h);
	for (int i = 0; i < 100; i++) {
		char name[16];
		snprintf(name, sizeof name, "user%d", i);
		START(&h, ADMIN, user_add, .name = str_of(name), .password = S("x"), .hash_cost = i % 10 ? 1 : 2);
		START(&h, IMAP, login, .name = str_of(name), .password = S("x"));
		START(&h, ADMIN, user_list, S(""));
	}
	run_for(&h, 5);
	channel_free(&h.channel[IMAP]);
	channel_free(&h.channel[ADMIN]);
	run_for(&h, 200);
	house_close(&h);
}

static void busy(void **state)
{
	struct house h;

	(void)state;
	house_open(&h);
	for (int i = 0; i < 3 * HASHER_CHECKS_MOST; i++)
		START(&h, IMAP, login, .name = S("nobody"), .password = S("x"));
	run(&h);
	assert_in_range(h.busy, 1, 2 * HASHER_CHECKS_MOST);
	assert_int_equal(login(&h, "nobody", "x"), ERR_DENIED);
	assert_int_equal(hasher_waiting(h.d->hasher), 0);
	house_close(&h);
}

static uint64_t login_us(struct house *h, const char *name)
{
	uint64_t started = h->d->disk->ops->tick_us(h->d->disk);

	assert_int_equal(login(h, name, "wrong"), ERR_DENIED);
	return h->d->disk->ops->tick_us(h->d->disk) - started;
}

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* A name that does not exist takes as long as a wrong password: its dummy hash is a real one. The fastest of some, in turns: what else
 * the machine does makes a try slower, and lasts. */
static void unknown_takes_as_long(void **state)
{
	uint64_t known = UINT64_MAX, unknown = UINT64_MAX;
	struct house h;

	(void)state;
	house_open(&h);
	h.config.hash_cost = HASH_COST_INTERACTIVE;
	assert_int_equal(ASK(&h, ADMIN, user_add, .name = S("demo"), .password = S("x")), OK);
	for (int i = 0; i < 4; i++) {
		known = least(known, login_us(&h, "demo"));
		unknown = least(unknown, login_us(&h, "nobody"));
	}
	print_message("wrong password %lu us, unknown name %lu us\n", known, unknown);
	assert_in_range(unknown, known / 4, known * 4);
	house_close(&h);
}

/* The folder of a directory that runs is not taken over, and the one that runs does not notice. */
static void one_at_a_time(void **state)
{
	struct house h;

	(void)state;
	house_open(&h);
	log_open("test", LOG_ERROR + 1);
	assert_null(directory_new(h.loop, &h.config, h.folder));
	log_open("test", LOG_ERROR);
	assert_int_equal(add(&h, "demo", "x"), OK);
	house_close(&h);
}

static void status(void **state)
{
	static const char *const keys[] = { "role", "users", "logins", "login_failures", "cache_hits", "hash_queue", "lag_us", "journal" };
	struct house h;
	struct rpc_status_is m;

	(void)state;
	house_open(&h);
	assert_int_equal(ASK(&h, LMTP, status, ), OK);
	rpc_get_status_is(buf_str(&h.answer), &m);
	json_t *json = json_loadb(m.json.p, m.json.n, 0, NULL);
	assert_non_null(json);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		assert_non_null(json_object_get(json, keys[i]));
	json_decref(json);
	house_close(&h);
}

static void verifier(void **state)
{
	struct verifier *v = verifier_new();

	(void)state;
	assert_false(verifier_knows(v, 1, 1, S("a")));
	verifier_learn(v, 1, 1, S("a"));
	assert_true(verifier_knows(v, 1, 1, S("a")));
	assert_false(verifier_knows(v, 1, 1, S("b")));
	assert_false(verifier_knows(v, 1, 2, S("a")));
	assert_false(verifier_knows(v, 2, 1, S("a")));
	verifier_learn(v, 1, 2, S("b"));
	assert_false(verifier_knows(v, 1, 1, S("a")));
	assert_true(verifier_knows(v, 1, 2, S("b")));
	verifier_forget(v, 1);
	assert_false(verifier_knows(v, 1, 2, S("b")));
	verifier_free(&v);
}

static int begin(void **state)
{
	(void)state;
	log_open("test", LOG_ERROR);
	must(seal_open(NULL, NULL));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(verifier),
		cmocka_unit_test(logins),
		cmocka_unit_test(recipients),
		cmocka_unit_test(doors),
		cmocka_unit_test(generations),
		cmocka_unit_test(expiry),
		cmocka_unit_test(recovery),
		cmocka_unit_test(shard_away),
		cmocka_unit_test(quotas),
		cmocka_unit_test(admins),
		cmocka_unit_test(many),
		cmocka_unit_test(vanish),
		cmocka_unit_test(busy),
		cmocka_unit_test(unknown_takes_as_long),
		cmocka_unit_test(one_at_a_time),
		cmocka_unit_test(status),
	};
	return cmocka_run_group_tests(tests, begin, NULL);
}

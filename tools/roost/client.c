/* tools/roost/client.c: one loop, a channel a door. */
#include "tools/roost/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/loop/loop.h"
#include "common/seal/seal.h"
#include "tools/roost/service.h"
#include "tools/roost/tell.h"

#define CONNECT_MOST_MS 15000       /* a storaged may be replaying its journal */
#define ANSWER_MOST_MS 120000
#define TRIES_MOST 10

struct door {
	struct client  *client;
	struct channel *channel;
	char           *name;
	SLIST_ENTRY(door) next;
};

struct client {
	struct loop *loop;
	char        *dir;
	uint64_t     incarnation, last_req;
	SLIST_HEAD(, door) doors;
};

struct client *client_open(const struct args *a)
{
	char *dir = service_dir(args_value(a, OPT_DIR));

	if (!dir)
		return NULL;
	if (!service_running(dir) || !seal_open(NULL, NULL)) {
		free(dir);
		return NULL;
	}
	struct client *c = mem_new(sizeof *c);
	log_open("roost", LOG_WARN);          /* what channels log is not for whoever typed a command */
	seal_random(&c->incarnation, sizeof c->incarnation);
	c->loop = loop_new();
	c->dir = dir;
	SLIST_INIT(&c->doors);
	return c;
}

void client_close(struct client **cp)
{
	struct client *c = *cp;
	struct door *d;

	*cp = NULL;
	if (!c)
		return;
	while ((d = SLIST_FIRST(&c->doors))) {
		SLIST_REMOVE_HEAD(&c->doors, next);
		channel_free(&d->channel);
		free(d->name);
		free(d);
	}
	loop_free(&c->loop);
	free(c->dir);
	free(c);
}

const char *client_dir(const struct client *c) { return c->dir; }

void client_run(struct client *c) { loop_run(c->loop); }

void client_wake(struct client *c) { loop_stop(c->loop); }

uint64_t client_next_req(struct client *c) { return ++c->last_req; }

struct channel *door_channel(const struct door *d) { return d->channel; }

static void wake(void *ctx) { client_wake(ctx); }

static void door_up(void *ctx) { client_wake(((struct door *)ctx)->client); }

static bool door_wait(struct door *d, uint64_t timeout_ms)
{
	struct loop_timer late = { 0 };

	loop_timer_start(d->client->loop, &late, timeout_ms, 0, wake, d->client);
	while (!channel_is_up(d->channel) && loop_timer_running(&late))
		client_run(d->client);
	loop_timer_stop(d->client->loop, &late);
	return channel_is_up(d->channel);
}

static struct door *door_new(struct client *c, const char *name)
{
	static const struct channel_events events = { .up = door_up };
	struct door *d = mem_new(sizeof *d);
	struct buf path = { 0 };

	buf_printf(&path, "%s/sock/%s", c->dir, name);
	buf_addc(&path, '\0');
	d->client = c;
	d->name = str_heap_z(str_of(name));
	d->channel = channel_new(c->loop, path.p, "roost", c->incarnation, &events, d);
	SLIST_INSERT_HEAD(&c->doors, d, next);
	buf_fini(&path);
	return d;
}

static struct door *door_find(struct client *c, const char *name)
{
	struct door *d;

	SLIST_FOREACH(d, &c->doors, next)
		if (str_eq(str_of(d->name), str_of(name)))
			return d;
	return NULL;
}

struct door *client_door(struct client *c, const char *name, uint64_t timeout_ms)
{
	struct door *d = door_find(c, name);

	if (!d)
		d = door_new(c, name);
	return door_wait(d, timeout_ms) ? d : NULL;
}

static struct door *door_or_tell(struct client *c, const char *name)
{
	struct door *d = client_door(c, name, CONNECT_MOST_MS);

	if (!d)
		tell("%s/sock/%s does not answer; `roost status` tells more", c->dir, name);
	return d;
}

struct door *client_directory(struct client *c) { return door_or_tell(c, "directory-admin"); }

struct door *client_shard(struct client *c, uint32_t n)
{
	char name[24];

	snprintf(name, sizeof name, "shard-%u", n);
	return door_or_tell(c, name);
}

bool door_reopen(struct door *d) { return door_or_tell(d->client, d->name) != NULL; }

/* --- one call, waited for ---------------------------------------------------------------------------------------- */

struct waiting { struct client *client; answer_fn *fn; void *ctx; bool ended; enum err err; };

static void on_news(void *ctx, struct call *call, const struct call_news *news)
{
	struct waiting *w = ctx;

	(void)call;
	if (news->event == CALL_ANSWER) {
		if (w->fn)
			w->fn(w->ctx, news->no, news->fields);
		return;
	}
	w->ended = true;
	w->err = news->event == CALL_LOST ? ERR_UNKNOWN : news->err;
	client_wake(w->client);
}

static enum err call_and_wait(struct door *d, uint16_t no, struct str fields, answer_fn *fn, void *ctx)
{
	struct waiting w = { .client = d->client, .fn = fn, .ctx = ctx, .err = ERR_BUSY };
	struct loop_timer late = { 0 };
	struct call *call = door_reopen(d) ? call_start(d->channel, no, fields, on_news, &w) : NULL;

	if (!call)
		return ERR_BUSY;
	loop_timer_start(d->client->loop, &late, ANSWER_MOST_MS, 0, wake, d->client);
	while (!w.ended && loop_timer_running(&late))
		client_run(d->client);
	loop_timer_stop(d->client->loop, &late);
	if (!w.ended)
		call_drop(&call);
	return w.err;
}

enum err door_call(struct door *d, uint16_t no, struct buf *fields, answer_fn *fn, void *ctx)
{
	enum err err = call_and_wait(d, no, buf_str(fields), fn, ctx);

	buf_fini(fields);
	return err;
}

enum err door_ask(struct door *d, uint16_t no, struct buf *fields, answer_fn *fn, void *ctx)
{
	enum err err = call_and_wait(d, no, buf_str(fields), fn, ctx);

	for (unsigned tries = 1; err == ERR_UNKNOWN && tries < TRIES_MOST; tries++) {
		if (fn)
			fn(ctx, 0, S(""));
		err = call_and_wait(d, no, buf_str(fields), fn, ctx);
	}
	buf_fini(fields);
	return err;
}

/* --- a ticket ---------------------------------------------------------------------------------------------------- */

static void take_grant(void *ctx, uint16_t no, struct str fields)
{
	struct grant *g = ctx;
	struct rpc_granted m;

	if (no != RPC_granted || !rpc_get_granted(fields, &m))
		return;
	g->user = m.user;
	g->shard = m.shard;
	buf_reset(&g->ticket);
	buf_add(&g->ticket, m.ticket);
}

enum err client_admit(struct client *c, const char *name, struct grant *g)
{
	struct door *d = client_directory(c);
	struct buf fields = { 0 };

	if (!d)
		return ERR_BUSY;
	rpc_put_admit(&fields, &(struct rpc_admit){ str_of(name) });
	enum err err = door_ask(d, RPC_admit, &fields, take_grant, g);
	if (err == ERR_ABSENT)
		tell("there is no user \"%s\"; `roost user list` shows who there is", name);
	else if (err != OK)
		tell("%s: %s", name, tell_err(err));
	return err;
}

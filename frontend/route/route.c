/* frontend/route/route.c: a channel to each daemon, and who must be told when one comes back. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "common/base/must.h"
#include "frontend/route/inside.h"

#define GIVE_UP_MS (60 * 60 * 1000)
#define SWEEP_MS 15000

void call_ignored(void *ctx, struct call *call, const struct call_news *news)
{
	(void)ctx;
	(void)call;
	(void)news;
}

static void directory_up(void *ctx)
{
	struct door *d = ctx;
	struct rpc_watch watch;

	CALL_START(d->channel, watch, &watch, call_ignored, NULL);
	queries_send(d->route);
}

static void directory_push(void *ctx, uint16_t no, struct str fields)
{
	struct door *d = ctx;
	const struct route_events *events = d->route->events;
	struct rpc_cut m;
	struct rpc_tls_keys keys;

	if (no == RPC_cut && rpc_get_cut(fields, &m)) {
		resolved_cut(d->route, m.user);
		if (events->cut)
			events->cut(d->route->ctx, m.user, m.generation);
	}
	if (no == RPC_tls_keys && rpc_get_tls_keys(fields, &keys) && events->tls_keys)
		events->tls_keys(d->route->ctx, keys.now, keys.before);
}

/* Cuts may be missed from here on. */
static void directory_down(void *ctx) { resolved_forget(((struct door *)ctx)->route, UINT64_MAX); }

/* Spools first, then bells, then asks: an ask's answer must find its spool, and no change may slip
 * between a read and its bell. */
static void shard_up(void *ctx)
{
	struct door *d = ctx;
	struct route *r = d->route;
	struct account *a;

	spools_up(r, d->shard);
	TAILQ_FOREACH(a, &r->accounts, in_route) {
		if (a->shard != d->shard)
			continue;
		listens_renew(a);
		account_kick(a);
	}
	if (r->events->shard_up)
		r->events->shard_up(r->ctx, d->shard);
}

static void shard_push(void *ctx, uint16_t no, struct str fields)
{
	struct door *d = ctx;
	struct rpc_bell m;

	if (no != RPC_bell || !rpc_get_bell(fields, &m))
		return;
	if (!route_listens(d->route, m.user, m.mailbox))
		route_unlisten_stray(d->route, d->shard, m.user, m.mailbox);   /* its client left before the select was answered */
	else if (d->route->events->bell)
		d->route->events->bell(d->route->ctx, m.user, m.mailbox, m.modseq, m.gone != 0);
}

/* The first ask of this account that has waited too long. */
static struct ask *late_ask(struct account *a, uint64_t now_ms)
{
	struct ask *ask = TAILQ_FIRST(&a->asks);

	while (ask && !ask_is_late(ask, now_ms))
		ask = ask_next(ask);
	return ask;
}

static void sweep(void *arg)
{
	struct route *r = arg;
	struct account *a, *next;
	struct ask *late;

	for (a = TAILQ_FIRST(&r->accounts); a; a = next) {
		a->refs++;                /* its asks' callbacks may release it */
		while ((late = late_ask(a, loop_now_ms(r->loop))))
			ask_end(late, ERR_UNKNOWN);
		next = TAILQ_NEXT(a, in_route);
		account_release(&a);
	}
	resolved_forget(r, loop_now_ms(r->loop));
}

static void door_open(struct door *d, struct route *r, const char *folder, const char *name, const char *who,
                      uint64_t incarnation, const struct channel_events *events)
{
	struct buf path = { 0 };

	buf_printf(&path, "%s/sock/%s", folder, name);
	buf_addc(&path, '\0');
	d->route = r;
	d->channel = channel_new(r->loop, path.p, who, incarnation, events, d);
	buf_fini(&path);
}

static void doors_open(struct route *r, const char *folder, bool lmtp, const char *who)
{
	static const struct channel_events directory = { directory_up, directory_down, directory_push };
	static const struct channel_events shard = { shard_up, NULL, shard_push };
	uint64_t incarnation;
	char name[32];

	must(getrandom(&incarnation, sizeof incarnation, 0) == sizeof incarnation);
	door_open(&r->directory, r, folder, lmtp ? "directory-lmtp" : "directory", who, incarnation, &directory);
	for (unsigned i = 0; i < r->n_shards; i++) {
		snprintf(name, sizeof name, "shard-%u", i);
		r->shards[i].shard = i;
		door_open(&r->shards[i], r, folder, name, who, incarnation, &shard);
	}
}

struct route *route_new(struct loop *loop, const char *folder, unsigned n_shards, bool lmtp, const char *who,
                        const struct route_events *events, void *ctx)
{
	struct route *r = mem_new(sizeof *r + n_shards * sizeof r->shards[0]);

	r->loop = loop;
	r->events = events;
	r->ctx = ctx;
	r->next_req = r->next_spool = 1;
	r->give_up_ms = GIVE_UP_MS;
	r->n_shards = n_shards;
	TAILQ_INIT(&r->queries);
	TAILQ_INIT(&r->accounts);
	TAILQ_INIT(&r->changes);
	TAILQ_INIT(&r->spools);
	TAILQ_INIT(&r->quiet);
	TAILQ_INIT(&r->resolved_order);
	doors_open(r, folder, lmtp, who);
	loop_timer_start(loop, &r->sweep, SWEEP_MS, SWEEP_MS, sweep, r);
	return r;
}

void route_free(struct route **rp)
{
	struct route *r = *rp;

	*rp = NULL;
	if (!r)
		return;
	resolved_forget(r, UINT64_MAX);
	must(TAILQ_EMPTY(&r->accounts) && TAILQ_EMPTY(&r->queries) && TAILQ_EMPTY(&r->spools));   /* sessions end first */
	loop_timer_stop(r->loop, &r->sweep);
	listens_end(r);
	channel_free(&r->directory.channel);
	for (unsigned i = 0; i < r->n_shards; i++)
		channel_free(&r->shards[i].channel);
	map_fini(&r->by_user);
	map_fini(&r->resolved);
	map_fini(&r->listens);
	free(r);
}

bool route_ready(const struct route *r)
{
	bool ready = channel_is_up(r->directory.channel);

	for (unsigned i = 0; i < r->n_shards; i++)
		ready = ready && channel_is_up(r->shards[i].channel);
	return ready;
}

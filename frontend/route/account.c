/* frontend/route/account.c: where a user lives, and the ticket that opens the door there. */
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "frontend/route/inside.h"

#define RENEW_PAUSE_MS 200      /* between renewals that a shard's refusal asks for */
#define RENEW_RETRY_MS 1000     /* after the directory was too busy */
#define ROOM_GOOD_MS 2000       /* what was heard of a quota is worth something for so long: others fill it, ... */
#define UNLIMITED_GOOD_MS 60000 /* ... and, which is rarer, limits are set */
#define ROOM_SPARE (1024 * 1024)

static void renew(void *arg);

/* A fresh ticket; what waited for it goes. False: a shard we do not know. */
static bool account_set(struct account *a, const struct rpc_granted *g)
{
	bool moved = a->shard != g->shard;

	if (g->shard >= a->route->n_shards) {
		log_error("granted", "user=%u shard=%u known=%u", g->user, g->shard, a->route->n_shards);
		return false;
	}
	a->shard = g->shard;
	a->epoch = g->epoch;
	a->admin = g->admin != 0;
	if (!g->limited) {
		a->room = (struct rpc_room){ .bytes = UINT64_MAX };
		a->room_ms = loop_now_ms(a->route->loop);
	}
	buf_reset(&a->ticket);
	buf_add(&a->ticket, g->ticket);
	a->stale = false;
	loop_timer_start(a->route->loop, &a->renew, g->lifetime_ms / 2, 0, renew, a);
	if (moved)
		listens_renew(a);
	account_kick(a);
	return true;
}

/* Sessions of an older generation keep their own account: they are about to be cut, the new one is not. */
static struct account *find_shared(struct route *r, const struct rpc_granted *g)
{
	struct account *a = map_get(&r->by_user, g->user);

	return a && a->generation == g->generation && !a->dead ? a : NULL;
}

static struct account *account_new(struct route *r, const struct rpc_granted *g)
{
	struct account *a = mem_new(sizeof *a);

	a->route = r;
	a->user = g->user;
	a->generation = g->generation;
	a->name = str_heap_z(g->name);
	a->folder = str_heap_z(g->folder);
	TAILQ_INIT(&a->asks);
	TAILQ_INIT(&a->listens);
	TAILQ_INSERT_TAIL(&r->accounts, a, in_route);
	return a;
}

struct account *account_of(struct route *r, const struct rpc_granted *g, bool shared)
{
	struct account *a = shared ? find_shared(r, g) : NULL;

	if (!a)
		a = account_new(r, g);
	a->refs++;
	if (!account_set(a, g)) {
		account_release(&a);
		return NULL;
	}
	if (shared)
		map_put(&r->by_user, a->user, a);
	return a;
}

/* One ask a turn: its callback may ask again, and be refused again, without end. */
static void bury(void *arg)
{
	struct account *a = arg;
	struct ask *ask;

	a->refs++;                        /* callbacks may release it */
	spools_refuse(a);
	ask = TAILQ_FIRST(&a->asks);
	while (ask && !ask_waits(ask))
		ask = ask_next(ask);
	if (ask) {
		account_dead_soon(a);
		ask_refuse(ask);
	}
	account_release(&a);
}

void account_dead_soon(struct account *a)
{
	loop_next(a->route->loop, &a->bury, bury, a);
}

static void renewed(void *ctx, enum err err, const struct rpc_granted *g)
{
	struct account *a = ctx;

	a->renewal = NULL;
	if (err == OK && account_set(a, g))
		return;
	if (err == ERR_DENIED || err == ERR_EXPIRED || err == ERR_ABSENT) {
		log_info("ticket_refused", "user=%u err=%s", a->user, err_name(err));
		a->dead = true;
		account_dead_soon(a);
		/* The cut that says so may never come: the directory told it while we were not connected. */
		if (a->route->events->cut)
			a->route->events->cut(a->route->ctx, a->user, a->generation + 1);
	} else {
		loop_timer_start(a->route->loop, &a->renew, RENEW_RETRY_MS, 0, renew, a);
	}
}

static void renew(void *arg)
{
	struct account *a = arg;
	struct rpc_renew m = { buf_str(&a->ticket) };
	struct buf fields = { 0 };

	a->renewed_ms = loop_now_ms(a->route->loop);
	rpc_put_renew(&fields, &m);
	if (!a->renewal)
		a->renewal = query_new(a->route, RPC_renew, &fields, 0, renewed, a);
	buf_fini(&fields);
}

void account_stale(struct account *a)
{
	uint64_t next_ms = a->renewed_ms + RENEW_PAUSE_MS, now = loop_now_ms(a->route->loop);

	if (a->stale || a->dead)
		return;
	a->stale = true;
	loop_timer_start(a->route->loop, &a->renew, next_ms > now ? next_ms - now : 1, 0, renew, a);
}

struct channel *account_channel(const struct account *a) { return a->route->shards[a->shard].channel; }

void account_kick(struct account *a)
{
	struct ask *ask;

	spools_kick(a);
	for (ask = TAILQ_FIRST(&a->asks); ask; ask = ask_next(ask))
		ask_send(ask);
}

void account_unneeded(struct account *a)
{
	if (a->refs > 0 || !TAILQ_EMPTY(&a->asks))
		return;
	listens_drop(a);
	if (map_get(&a->route->by_user, a->user) == a)
		map_del(&a->route->by_user, a->user);
	TAILQ_REMOVE(&a->route->accounts, a, in_route);
	loop_timer_stop(a->route->loop, &a->renew);
	loop_job_stop(&a->bury);
	query_drop(&a->renewal);
	buf_fini(&a->ticket);
	free(a->name);
	free(a->folder);
	free(a);
}

struct account *account_hold(struct account *a)
{
	a->refs++;
	return a;
}

void account_release(struct account **ap)
{
	struct account *a = *ap;

	*ap = NULL;
	if (!a)
		return;
	must(a->refs > 0);
	a->refs--;
	account_unneeded(a);
}

uint32_t   account_user(const struct account *a) { return a->user; }
uint32_t   account_shard(const struct account *a) { return a->shard; }
uint32_t   account_generation(const struct account *a) { return a->generation; }
bool       account_is_admin(const struct account *a) { return a->admin; }
struct str account_name(const struct account *a) { return str_of(a->name); }
struct str account_folder(const struct account *a) { return str_of(a->folder); }

void account_room_heard(struct account *a, struct str fields)
{
	if (rpc_get_room(fields, &a->room))
		a->room_ms = loop_now_ms(a->route->loop);
}

const struct rpc_room *account_room(const struct account *a) { return a->room_ms ? &a->room : NULL; }

bool account_has_room(const struct account *a, uint64_t bytes)
{
	uint64_t age_ms = loop_now_ms(a->route->loop) - a->room_ms;
	uint64_t good_ms = a->room.bytes == UINT64_MAX ? UNLIMITED_GOOD_MS : ROOM_GOOD_MS;

	return a->room_ms && age_ms < good_ms && a->room.bytes >= ROOM_SPARE && bytes <= (a->room.bytes - ROOM_SPARE) / 16;
}

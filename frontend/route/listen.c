/* frontend/route/listen.c: which mailboxes we want to hear the bell of.
 *
 * A select makes the shard listen, so that a session costs no call for its bell; after a reconnect it is asked for again by
 * `listen`. Who comes back soon is spared the way there and back: what nobody wants any more stays for a moment, *quiet*,
 * and then all of that is taken back together.
 */
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "frontend/route/inside.h"

#define QUIET_MS 1000

struct listen {
	struct account *account;        /* of the user; the latest that asked. NULL: quiet */
	TAILQ_ENTRY(listen) in_list;    /* the account's, or the route's quiet ones */
	uint32_t    user, shard, mailbox;
	unsigned    count;
	struct ask *ask;                /* on its way to the shard */
};

static uint64_t key_of(uint32_t user, uint32_t mailbox) { return (uint64_t)user << 32 | mailbox; }

/* A mailbox that is gone has no bell; its sessions learn that from `changes`. */
static void listen_heard(void *ctx, struct ask *ask, const struct ask_news *news)
{
	struct listen *l = ctx;

	(void)ask;
	if (!news->end)
		return;
	l->ask = NULL;
	if (news->err != OK)
		log_debug("listen", "user=%u mailbox=%u err=%s", l->user, l->mailbox, err_name(news->err));
}

static void listen_send(struct listen *l)
{
	struct rpc_listen m = { .mailbox = l->mailbox };
	struct buf fields = { 0 };

	if (l->ask)
		return;                   /* goes again by itself */
	rpc_put_listen(&fields, &m);
	l->ask = ask_new(l->account, RPC_listen, false, &fields, NULL, listen_heard, l);
}

void route_unlisten_stray(struct route *r, uint32_t shard, uint32_t user, uint32_t mailbox)
{
	struct rpc_unlisten m = { user, mailbox };

	r->unlistens++;
	CALL_START(r->shards[shard].channel, unlisten, &m, call_ignored, NULL);
}

bool route_listens(const struct route *r, uint32_t user, uint32_t mailbox)
{
	return map_get(&r->listens, key_of(user, mailbox)) != NULL;
}

static void quiet_end(void *arg)
{
	struct route *r = arg;
	struct listen *l;

	while ((l = TAILQ_FIRST(&r->quiet))) {
		TAILQ_REMOVE(&r->quiet, l, in_list);
		map_del(&r->listens, key_of(l->user, l->mailbox));
		route_unlisten_stray(r, l->shard, l->user, l->mailbox);
		free(l);
	}
}

void listens_end(struct route *r)
{
	loop_timer_stop(r->loop, &r->quiet_timer);
	quiet_end(r);
}

static void listen_quiet(struct listen *l)
{
	struct account *a = l->account;
	struct route *r = a->route;
	struct ask *ask = l->ask;

	l->ask = NULL;
	l->account = NULL;
	l->shard = a->shard;
	TAILQ_REMOVE(&a->listens, l, in_list);
	TAILQ_INSERT_TAIL(&r->quiet, l, in_list);
	if (!loop_timer_running(&r->quiet_timer))
		loop_timer_start(r->loop, &r->quiet_timer, QUIET_MS, 0, quiet_end, r);
	ask_drop(&ask);                   /* last: it may be what kept the account */
}

/* After a new password two accounts of one user overlap; the newer one's ticket will live longer. */
static void listen_join(struct listen *l, struct account *a)
{
	if (l->account == a || l->ask)
		return;
	if (l->account)
		TAILQ_REMOVE(&l->account->listens, l, in_list);
	else
		TAILQ_REMOVE(&a->route->quiet, l, in_list);
	TAILQ_INSERT_TAIL(&a->listens, l, in_list);
	l->account = a;
}

static struct listen *listen_new(struct account *a, uint32_t mailbox)
{
	struct listen *l = mem_new(sizeof *l);

	l->account = a;
	l->user = a->user;
	l->mailbox = mailbox;
	TAILQ_INSERT_TAIL(&a->listens, l, in_list);
	map_put(&a->route->listens, key_of(a->user, mailbox), l);
	return l;
}

uint64_t route_unlistens(const struct route *r) { return r->unlistens; }

bool route_listen(struct route *r, struct account *a, uint32_t mailbox, uint64_t unlistens)
{
	struct listen *l = map_get(&r->listens, key_of(a->user, mailbox));

	if (l)
		listen_join(l, a);
	else
		l = listen_new(a, mailbox);
	l->count++;
	if (r->unlistens == unlistens)
		return true;
	listen_send(l);
	return false;
}

void route_unlisten(struct route *r, struct account *a, uint32_t mailbox)
{
	struct listen *l = map_get(&r->listens, key_of(a->user, mailbox));

	must(!l || l->count > 0);
	if (l && --l->count == 0)
		listen_quiet(l);
}

void listens_renew(struct account *a)
{
	struct listen *l;

	TAILQ_FOREACH(l, &a->listens, in_list)
		listen_send(l);
}

void listens_drop(struct account *a)
{
	struct listen *l;

	while ((l = TAILQ_FIRST(&a->listens)))
		listen_quiet(l);
}

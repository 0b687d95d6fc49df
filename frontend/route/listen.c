/* frontend/route/listen.c: which mailboxes we want to hear the bell of. */
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "frontend/route/inside.h"

struct listen {
	struct account *account;        /* of the user; the latest that asked */
	TAILQ_ENTRY(listen) in_account;
	uint32_t    mailbox;
	unsigned    count;
	struct ask *ask;                /* on its way to the shard */
};

static uint64_t key_of(const struct account *a, uint32_t mailbox) { return (uint64_t)a->user << 32 | mailbox; }

/* A mailbox that is gone has no bell; its sessions learn that from `changes`. */
static void listen_heard(void *ctx, struct ask *ask, const struct ask_news *news)
{
	struct listen *l = ctx;

	(void)ask;
	if (!news->end)
		return;
	l->ask = NULL;
	if (news->err != OK)
		log_debug("listen", "user=%u mailbox=%u err=%s", l->account->user, l->mailbox, err_name(news->err));
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

static void listen_free(struct listen *l)
{
	struct account *a = l->account;
	struct rpc_unlisten m = { a->user, l->mailbox };

	CALL_START(account_channel(a), unlisten, &m, call_ignored, NULL);
	map_del(&a->route->listens, key_of(a, l->mailbox));
	TAILQ_REMOVE(&a->listens, l, in_account);
	struct ask *ask = l->ask;
	free(l);
	ask_drop(&ask);                   /* last: it may be what kept the account */
}

static struct listen *listen_new(struct account *a, uint32_t mailbox)
{
	struct listen *l = mem_new(sizeof *l);

	l->account = a;
	l->mailbox = mailbox;
	TAILQ_INSERT_TAIL(&a->listens, l, in_account);
	map_put(&a->route->listens, key_of(a, mailbox), l);
	listen_send(l);
	return l;
}

void route_listen(struct route *r, struct account *a, uint32_t mailbox)
{
	struct listen *l = map_get(&r->listens, key_of(a, mailbox));

	if (!l)
		l = listen_new(a, mailbox);
	l->count++;
	/* After a new password two accounts of one user overlap; the newer one's ticket will live longer. */
	if (l->account != a && !l->ask) {
		TAILQ_REMOVE(&l->account->listens, l, in_account);
		TAILQ_INSERT_TAIL(&a->listens, l, in_account);
		l->account = a;
	}
}

void route_unlisten(struct route *r, struct account *a, uint32_t mailbox)
{
	struct listen *l = map_get(&r->listens, key_of(a, mailbox));

	must(!l || l->count > 0);
	if (l && --l->count == 0)
		listen_free(l);
}

void listens_renew(struct account *a)
{
	struct listen *l;

	TAILQ_FOREACH(l, &a->listens, in_account)
		listen_send(l);
}

void listens_drop(struct account *a)
{
	struct listen *l;

	while ((l = TAILQ_FIRST(&a->listens)))
		listen_free(l);
}

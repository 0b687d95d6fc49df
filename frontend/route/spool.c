/* frontend/route/spool.c: one message received by a shard, to be delivered to many. */
#include <stdlib.h>

#include "common/base/must.h"
#include "frontend/route/inside.h"

struct spool {
	struct account *account;        /* whose ticket opens it */
	TAILQ_ENTRY(spool) in_route;
	uint64_t      id;               /* the same after a reconnect, so delivers need not change */
	struct upload upload;
	struct call  *call;
	unsigned      refs;             /* the owner, delivers, a callback that runs */
	bool          ended, end_sent;  /* spool_end was called; storaged was told */
	bool          whole;            /* this connection's storaged has all of it */
	bool          told;             /* the owner heard that, or an error */
	bool          lost;             /* too large to be sent again: delivers are on their own */
	bool          freed;
	spool_fn     *fn;
	void         *ctx;
};

static struct route *route_of(const struct spool *s) { return s->account->route; }

bool spool_blocks(const struct spool *s) { return !s->whole && !s->lost; }

void spool_hold(struct spool *s) { s->refs++; }

void spool_release(struct spool *s)
{
	if (--s->refs > 0)
		return;
	TAILQ_REMOVE(&route_of(s)->spools, s, in_route);
	upload_fini(&s->upload);
	account_release(&s->account);
	free(s);
}

static void spool_tell(struct spool *s, enum err err)
{
	if (s->freed || s->told)
		return;
	s->told = err != OK || s->whole;
	s->fn(s->ctx, err, s->whole);
}

static void spool_flush(struct spool *s)
{
	upload_flush(&s->upload, s->call);
	if (!s->call || !s->upload.open || !s->ended || s->end_sent)
		return;
	s->end_sent = true;
	call_more(s->call, RPC_data_end, (struct str){ NULL, 0 });
}

static void spool_confirmed(struct spool *s, struct str fields)
{
	struct rpc_confirm m;

	if (!rpc_get_confirm(fields, &m) || !upload_confirm(&s->upload, m.offset))
		return;
	spool_flush(s);
	if (!s->ended)
		spool_tell(s, OK);
}

/* Every account: recipients of one message live on one shard, but are many. */
static void delivers_kick(struct spool *s)
{
	struct route *r = route_of(s);
	struct account *a;

	TAILQ_FOREACH(a, &r->accounts, in_route)
		if (a->shard == s->account->shard)
			account_kick(a);
}

/* Delivers need not wait any longer: the shard will say what became of them. */
static void spool_fail(struct spool *s, enum err err)
{
	s->lost = true;
	spool_tell(s, err);
	delivers_kick(s);
}

static void spool_over(struct spool *s)
{
	if (s->account->dead)
		account_dead_soon(s->account);
	upload_lost(&s->upload);
	s->end_sent = s->whole = false;
	if (s->upload.base > 0 && !s->lost)
		spool_fail(s, ERR_BUSY);
}

static void spool_done(struct spool *s, enum err err)
{
	if (err == ERR_EXPIRED || err == ERR_MOVED || err == ERR_UNKNOWN) {
		account_stale(s->account);
		spool_over(s);
	} else if (err != OK) {
		spool_fail(s, err);
	} else {
		s->whole = true;
		spool_tell(s, OK);
		delivers_kick(s);
	}
}

static void spool_hear(void *ctx, struct call *call, const struct call_news *news)
{
	struct spool *s = ctx;

	(void)call;
	s->refs++;
	if (news->event != CALL_ANSWER)
		s->call = NULL;
	if (news->event == CALL_LOST)
		spool_over(s);
	else if (news->event == CALL_DONE)
		spool_done(s, news->err);
	else if (news->no == RPC_confirm)
		spool_confirmed(s, news->fields);
	spool_release(s);
}

static void spool_send(struct spool *s)
{
	struct account *a = s->account;
	struct rpc_spool m = { buf_str(&a->ticket), s->id };

	if (!s->call && !s->whole && !s->lost && !s->freed && !a->stale && !a->dead)
		s->call = CALL_START(account_channel(a), spool, &m, spool_hear, s);
}

void spools_up(struct route *r, uint32_t shard)
{
	struct spool *s, *next;

	for (s = TAILQ_FIRST(&r->spools); s; s = next) {
		s->refs++;                /* its owner may free it when it hears that it is lost */
		if (s->account->shard == shard) {
			spool_over(s);
			spool_send(s);
		}
		next = TAILQ_NEXT(s, in_route);
		spool_release(s);
	}
}

void spools_refuse(struct account *a)
{
	struct spool *s, *next;

	for (s = TAILQ_FIRST(&a->route->spools); s; s = next) {
		s->refs++;
		if (s->account == a && !s->call && spool_blocks(s))
			spool_fail(s, ERR_DENIED);
		next = TAILQ_NEXT(s, in_route);
		spool_release(s);
	}
}

void spools_kick(struct account *a)
{
	struct spool *s;

	TAILQ_FOREACH(s, &a->route->spools, in_route)
		if (s->account == a)
			spool_send(s);
}

struct spool *route_spool(struct route *r, struct account *any_recipient, spool_fn *fn, void *ctx)
{
	struct spool *s = mem_new(sizeof *s);

	s->account = account_hold(any_recipient);
	s->id = r->next_spool++;
	s->refs = 1;
	s->fn = fn;
	s->ctx = ctx;
	TAILQ_INSERT_TAIL(&r->spools, s, in_route);
	if (any_recipient->dead)
		account_dead_soon(any_recipient);
	spool_send(s);
	return s;
}

void spool_data(struct spool *s, struct str bytes)
{
	upload_give(&s->upload, bytes);
	spool_flush(s);
}

size_t spool_room(const struct spool *s) { return upload_room(&s->upload); }

void spool_end(struct spool *s)
{
	s->ended = true;
	spool_flush(s);
}

void spool_free(struct spool **sp)
{
	struct spool *s = *sp;
	struct rpc_spool_drop m;

	*sp = NULL;
	if (!s)
		return;
	m.spool = s->id;
	if (s->whole || s->call)
		CALL_START(account_channel(s->account), spool_drop, &m, call_ignored, NULL);
	call_drop(&s->call);
	s->freed = true;
	spool_release(s);
}

struct ask *spool_deliver(struct spool *s, struct account *a, const struct rpc_deliver *m, ask_fn *fn, void *ctx)
{
	struct rpc_deliver filled = *m;
	struct buf fields = { 0 };

	filled.ticket = (struct str){ NULL, 0 };
	filled.spool = s->id;
	rpc_put_deliver(&fields, &filled);
	return ask_new(a, RPC_deliver, true, &fields, s, fn, ctx);
}

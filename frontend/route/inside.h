/* frontend/route/inside.h: what the files of this room share; nobody else includes it.
 *
 * route   the daemons and the lists of all below       route.c
 * query   one call to the directory that survives       query.c   (under login.c and account.c)
 * account one user's place and ticket                   account.c
 * resolved recipients looked up lately                  resolved.c
 * ask     one call to a shard that survives             ask.c
 * upload  bytes kept until confirmed                    upload.c  (under ask.c and spool.c)
 * spool   one message for many                          spool.c
 * listen  one mailbox whose bell we want                listen.c
 */
#pragma once

#include <sys/queue.h>

#include "common/base/map.h"
#include "common/loop/loop.h"
#include "common/rpc/channel.h"
#include "frontend/route/ask.h"
#include "frontend/route/upload.h"

struct door {                           /* a daemon and our channel to it */
	struct route   *route;
	struct channel *channel;
	uint32_t        shard;
};

struct route {
	struct loop *loop;
	const struct route_events *events;
	void        *ctx;
	uint64_t     next_req, next_spool;
	uint64_t     give_up_ms;        /* an ask's patience: an hour (DESIGN invariant 5) */
	struct loop_timer sweep;
	TAILQ_HEAD(, query)   queries;
	TAILQ_HEAD(, account) accounts;
	TAILQ_HEAD(, ask)     changes;  /* unanswered, by ascending req: the first one is the mark */
	TAILQ_HEAD(, spool)   spools;
	struct map   by_user;           /* logged-in accounts that further logins share */
	struct map   resolved;          /* by a sum of the recipient's name */
	TAILQ_HEAD(, resolved) resolved_order;
	struct map   listens;           /* by user and mailbox */
	TAILQ_HEAD(, listen)  quiet;    /* those that nobody wants any more */
	struct loop_timer quiet_timer;
	uint64_t     unlistens;         /* sent so far */
	struct door  directory;
	unsigned     n_shards;
	struct door  shards[];
};

/* --- query: answered by `granted`. fn is the last that is heard of it; granted is NULL unless OK. */
typedef void query_fn(void *ctx, enum err err, const struct rpc_granted *granted);
struct query;
/* Takes the fields. patience_ms 0: for ever; else ERR_BUSY after it. */
struct query *query_new(struct route *r, uint16_t no, struct buf *fields, uint32_t patience_ms, query_fn *fn, void *ctx);
void query_drop(struct query **q);
void queries_send(struct route *r);                            /* the directory is up */

/* --- account */
struct account {
	struct route *route;
	TAILQ_ENTRY(account) in_route;
	TAILQ_HEAD(, ask)    asks;      /* oldest first */
	TAILQ_HEAD(, listen) listens;
	unsigned   refs;
	uint32_t   user, shard, epoch, generation;
	char      *name, *folder;
	struct buf ticket;
	bool       admin;
	bool       stale;               /* a shard refused the ticket: asks wait for the renewal */
	bool       dead;                /* the directory refused the renewal: asks end with ERR_DENIED */
	uint64_t   renewed_ms;          /* when the last renewal was asked for */
	struct rpc_room room;           /* how full the quota was, ... */
	uint64_t   room_ms;             /* ... and when; 0: never heard */
	struct loop_timer renew;
	struct query     *renewal;
	struct loop_job   bury;
};
struct account *account_of(struct route *r, const struct rpc_granted *g, bool shared);
struct channel *account_channel(const struct account *a);
void account_stale(struct account *a);                         /* renew, then send its asks again */
void account_kick(struct account *a);                          /* send what waits */
void account_unneeded(struct account *a);                      /* frees it if nobody holds it */
void account_room_heard(struct account *a, struct str fields);  /* of a message `room` */
void account_dead_soon(struct account *a);                     /* ends what waits for its ticket, in turns to come */

/* --- resolved */
struct account *resolved_get(struct route *r, struct str recipient);    /* held for the caller; NULL: ask the directory */
void resolved_put(struct route *r, struct str recipient, struct account *a);
void resolved_cut(struct route *r, uint32_t user);
void resolved_forget(struct route *r, uint64_t now_ms);        /* what is no longer good by then; UINT64_MAX: all */

/* --- ask */
struct ask *ask_new(struct account *a, uint16_t no, bool change, struct buf *fields, struct spool *spool, ask_fn *fn, void *ctx);
void ask_send(struct ask *a);                                  /* unless it was sent or something is missing */
struct ask *ask_next(const struct ask *a);                     /* of the same account */
void ask_end(struct ask *a, enum err err);                     /* tells and frees */
bool ask_waits(const struct ask *a);
void ask_refuse(struct ask *a);                                /* ask_end: its account is dead */
bool ask_is_late(const struct ask *a, uint64_t now_ms);

/* --- spool */
bool spool_blocks(const struct spool *s);                      /* a deliver must wait for it */
void spool_hold(struct spool *s);
void spool_release(struct spool *s);
void spools_up(struct route *r, uint32_t shard);               /* a new connection: what the old one held is gone */
void spools_kick(struct account *a);
void spools_refuse(struct account *a);                         /* the account is dead */

/* --- listen */
void listens_renew(struct account *a);
void listens_end(struct route *r);
bool route_listens(const struct route *r, uint32_t user, uint32_t mailbox);
void route_unlisten_stray(struct route *r, uint32_t shard, uint32_t user, uint32_t mailbox);
void listens_drop(struct account *a);                          /* the account ends */

/* Ends calls nobody wants the answer of. */
void call_ignored(void *ctx, struct call *call, const struct call_news *news);

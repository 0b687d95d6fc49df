/* frontend/route/ask.h: calls that survive: which shard, which ticket, again after a restart.
 *
 * A `struct route` knows every daemon of the house and keeps one channel to each. An `account` is one logged-in
 * user (shared by that user's sessions in this process): where they live and a ticket, renewed at half its life.
 * An `ask` is one call on behalf of an account. It waits while the daemon is away, is sent again by its request id
 * when the connection broke, renews the ticket on ERR_EXPIRED, and after an hour gives up with ERR_UNKNOWN;
 * what fits no frame ends with ERR_LIMIT.
 * Request numbers and the mark (lowest unanswered) are kept here and nowhere else.
 *
 * Owner: the session owns its asks; ask_drop at any time. Callbacks run on the loop. An ask callback with `end` is the
 * last; the ask is freed when it returns. Asks of one account reach the shard in the order they were made, also after a restart:
 * a select, or a listen and then ask_changes, miss nothing. When the directory refuses to renew the ticket (user gone or disabled),
 * asks end with ERR_DENIED, or ERR_UNKNOWN if one may have happened. Sessions end before route_free.
 */
#pragma once

#include <stdbool.h>

#include "common/base/err.h"
#include "common/base/str.h"
#include "common/mail/ids.h"
#include "common/rpc/rpc.h"

struct loop;
struct route;
struct account;
struct ask;

struct route_events {
	void (*bell)(void *ctx, uint32_t user, uint32_t mailbox, uint64_t modseq, bool gone);
	void (*cut)(void *ctx, uint32_t user, uint32_t generation);  /* end sessions below this now; also when a renewal is refused */
	/* What TLS tickets are sealed with now, and were before: 32 octets each. */
	void (*tls_keys)(void *ctx, struct str now, struct str before);
	/* A shard came back (restart, reconnect): listens were renewed, but bells may have been missed. */
	void (*shard_up)(void *ctx, uint32_t shard);
};
/* folder: the service folder; its sockets are folder/sock/directory (or directory-lmtp) and folder/sock/shard-N. */
struct route *route_new(struct loop *loop, const char *folder, unsigned n_shards, bool lmtp, const char *who,
                        const struct route_events *events, void *ctx);
void route_free(struct route **r);
bool route_ready(const struct route *r);                       /* directory and all shards are connected */

/* --- logging in -------------------------------------------------------------------------------------------------
 * done gets OK and an account (reference held by the receiver), or ERR_DENIED, ERR_BUSY... Never blocks. */
typedef void login_fn(void *ctx, enum err err, struct account *account);
struct login;                                                  /* in progress; NULL after done */
struct login *route_login(struct route *r, struct str name, struct str password, struct str peer, login_fn *done, void *ctx);
/* LMTP: a recipient. *folder* of the result is account_folder(). ERR_ABSENT: no such user. */
struct login *route_resolve(struct route *r, struct str recipient, login_fn *done, void *ctx);
/* An admin looks at the quota of another, or sets it (m->set): an account of that user which can ask quota_get and nothing else. m->ticket is
 * filled in. ERR_DENIED: no admin; ERR_ABSENT: no such user. */
struct login *route_root(struct route *r, const struct account *admin, const struct rpc_root *m, login_fn *done, void *ctx);
void login_drop(struct login **l);

struct account *account_hold(struct account *a);
void account_release(struct account **a);                      /* the last one out stops the renewals */
uint32_t   account_user(const struct account *a);
uint32_t   account_shard(const struct account *a);
uint32_t   account_generation(const struct account *a);
bool       account_is_admin(const struct account *a);          /* as of the last ticket */
struct str account_name(const struct account *a);              /* canonical */
struct str account_folder(const struct account *a);            /* of a resolve; else empty */
/* How full the user's quota was when a ticket was granted or a select, append or copy was last answered: such answers (rpc.def: room) are
 * kept here and told to nobody else. NULL: not heard yet. */
const struct rpc_room *account_room(const struct account *a);
/* Has it been heard just now, and does so much surely fit, whatever others add meanwhile? */
bool account_has_room(const struct account *a, uint64_t bytes);

/* --- asking ---------------------------------------------------------------------------------------------------------
 * Fill the fields of the message except ticket, req, idx and mark: those are filled in here, again at each sending. */
struct ask_news { bool end; uint16_t no; struct str fields; enum err err; bool again; };
/* again: the daemon went away while answers were streaming and the call starts over: forget the answers heard so far.
 * Only for reads; a streaming FETCH may decide in the callback to ask_drop and begin anew from where it was. */
typedef void ask_fn(void *ctx, struct ask *ask, const struct ask_news *news);

#define RPC_MSG(name, no) struct ask *ask_##name(struct route *r, struct account *a, const struct rpc_##name *m, ask_fn *fn, void *ctx);
#define RPC_U32(f)
#define RPC_U64(f)
#define RPC_STR(f)
#define RPC_END
/* Only those that carry a ticket and go to a shard: */
RPC_MSG(mbox_list, 40) RPC_MSG(mbox_create, 42) RPC_MSG(mbox_delete, 43) RPC_MSG(mbox_rename, 44) RPC_MSG(subscribe, 45)
RPC_MSG(select, 46) RPC_MSG(changes, 48) RPC_MSG(fetch, 50) RPC_MSG(store, 54) RPC_MSG(expunge, 56) RPC_MSG(copy, 58)
RPC_MSG(search, 60) RPC_MSG(append, 62) RPC_MSG(deliver, 69) RPC_MSG(quota_get, 83)
#include "common/rpc/undef.h"

void ask_credit(struct ask *a, uint32_t bytes);                /* fetch: room for more */
void ask_drop(struct ask **a);                                 /* NULL inside is fine */

/* --- uploads: append -----------------------------------------------------------------------------------------------
 * A small message may come inside (m->message). Else ask_append's callback hears confirm(0) ("go on"), later confirms, then appended and the end. Give bytes with ask_data;
 * ask keeps what is not confirmed (<= 512 KiB; messages up to 256 KiB whole) and resumes by itself after a restart. If the shard
 * no longer has what was confirmed the end is ERR_BUSY, and the message is certainly not there. */
void   ask_data(struct ask *a, struct str bytes);
size_t ask_data_room(const struct ask *a);                     /* bytes it takes now; 0: stop reading the client; an ask_news
                                                                * with no == RPC_confirm says there may be room again */

/* --- LMTP: one message to many ----------------------------------------------------------------------------------------
 * A spool is one message being received by one shard. Up to 256 KiB are kept here until spool_free, so that a restart of the
 * shard is unseen; a larger one is lost with the shard (ERR_ABSENT to the delivers not yet answered). */
struct spool;
typedef void spool_fn(void *ctx, enum err err, bool whole);    /* room for more (whole false), or spooled (whole true), or err */
struct spool *route_spool(struct route *r, struct account *any_recipient, spool_fn *fn, void *ctx);
void   spool_data(struct spool *s, struct str bytes);
size_t spool_room(const struct spool *s);
void   spool_end(struct spool *s);
void   spool_free(struct spool **s);                           /* after the last deliver was answered */
/* m->spool is filled in from s. */
struct ask *spool_deliver(struct spool *s, struct account *a, const struct rpc_deliver *m, ask_fn *fn, void *ctx);

/* --- bells ------------------------------------------------------------------------------------------------------------
 * A select makes the shard ring for its mailbox. Whoever opens that mailbox then says so with route_listen, counted; after the
 * last route_unlisten the bell is taken back, though not at once. Renewed after a reconnect.
 * `unlistens` is what route_unlistens said before the select was asked. True: the bell rings for all that happened after the
 * select; false: it had been taken back meanwhile and is asked for anew, so something may have been missed. */
uint64_t route_unlistens(const struct route *r);
bool route_listen(struct route *r, struct account *a, uint32_t mailbox, uint64_t unlistens);
void route_unlisten(struct route *r, struct account *a, uint32_t mailbox);

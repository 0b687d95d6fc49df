/* common/rpc/server.h: the answering end: listens on a Unix socket, hears calls, answers them.
 *
 * A peer that breaks the contract (bad frame, unknown message, undecodable fields, no hello, a call id not
 * ascending) is logged once and disconnected. Answers written in one turn of the loop leave in one write.
 *
 * A `struct rpc_call` is the answerer's handle on one open call. It lives until server_end or until the
 * handler's `gone` was called (the caller cancelled or its connection broke); after either nobody may touch it.
 * server_end does not call `gone`. Handlers may be told of messages only that exist and decode (rpc_valid), so rpc_get_*
 * of the right name never fails in them; which messages make sense where is theirs to say (peer_drop).
 * While a peer does not read its answers, nothing more is read from it. rpc_server_free is not for inside a handler.
 */
#pragma once

#include "common/base/err.h"
#include "common/base/str.h"
#include "common/rpc/rpc.h"

struct loop;
struct rpc_server;
struct rpc_peer;

struct rpc_call {
	struct rpc_peer *peer;
	uint32_t id;
	uint64_t credit_bytes;       /* bytes of fields the caller still has room for. server_answer subtracts; what overshoots is owed and
	                              * taken from the next credit. A handler may set it, from fetch's `credit` */
	void *ctx;                   /* the handler's; NULL at first */
};

struct rpc_handler {
	/* A new call. `fields` is borrowed until return. Answer now or later. */
	void (*call)(void *ctx, struct rpc_call *call, uint16_t no, struct str fields);
	/* More under an open call's id: data, data_end. (credit is added to call->credit_bytes first, then told here too.) */
	void (*more)(void *ctx, struct rpc_call *call, uint16_t no, struct str fields);
	/* The caller cancelled or vanished: forget the call. It is freed on return. */
	void (*gone)(void *ctx, struct rpc_call *call);
	void (*peer_up)(void *ctx, struct rpc_peer *peer);           /* after hello; NULL allowed */
	void (*peer_down)(void *ctx, struct rpc_peer *peer);         /* after `gone` of its calls; NULL allowed */
};

/* mode: of the socket file (0600, 0660). False in *ok semantics: NULL when it cannot listen (logged). */
struct rpc_server *rpc_server_new(struct loop *loop, const char *socket_path, unsigned mode, const char *who,
                                  const struct rpc_handler *handler, void *ctx);
void rpc_server_free(struct rpc_server **s);
void rpc_server_close(struct rpc_server *s);                 /* stop accepting; peers stay */
uint64_t rpc_server_heard(const struct rpc_server *s, uint16_t no);          /* messages of this number, ever */

uint64_t    peer_incarnation(const struct rpc_peer *p);
const char *peer_who(const struct rpc_peer *p);
void        peer_drop(struct rpc_peer *p);                   /* it broke a rule only the handler knows */

void server_answer(struct rpc_call *call, uint16_t no, struct str fields);
void server_end(struct rpc_call *call, enum err err, uint64_t lsn);          /* done; the call is freed */
/* Typed: answer_row(call, &row), push_bell(peer, &bell). */
#define RPC_MSG(name, no) \
	void answer_##name(struct rpc_call *call, const struct rpc_##name *m); \
	void push_##name(struct rpc_peer *p, const struct rpc_##name *m);
#define RPC_U32(f)
#define RPC_U64(f)
#define RPC_STR(f)
#define RPC_END
#include "common/rpc/rpc.def"
#include "common/rpc/undef.h"

/* common/rpc/channel.h: the calling end of an RPC connection, over a Unix socket.
 *
 * Reconnects by itself, at once and then with back-off (10 ms .. 500 ms), until freed. Frames written in
 * one turn of the loop leave in one write. A call is not retried here: when the connection breaks,
 * every open call hears CALL_LOST (outcome unknown) and whoever made it decides (frontend/route does).
 * A peer that breaks the contract loses the connection; the process lives on.
 *
 * Owner: the creator. Callbacks run on the loop; a call may be dropped and others started inside them.
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/str.h"
#include "common/rpc/rpc.h"

struct loop;
struct channel;
struct call;

enum call_event {
	CALL_ANSWER,     /* no, fields: one answer; borrowed until the callback returns                 */
	CALL_DONE,       /* err, lsn: the end; the call is freed when the callback returns               */
	CALL_LOST,       /* the connection broke before the end: outcome unknown; freed likewise         */
};
struct call_news { enum call_event event; uint16_t no; struct str fields; enum err err; uint64_t lsn; };
typedef void call_fn(void *ctx, struct call *call, const struct call_news *news);

struct channel_events {
	void (*up)(void *ctx);                                        /* connected, hello exchanged; NULL allowed */
	void (*down)(void *ctx);                                      /* after every open call heard CALL_LOST    */
	void (*push)(void *ctx, uint16_t no, struct str fields);      /* call id 0: bell, cut                     */
};

struct channel *channel_new(struct loop *loop, const char *socket_path, const char *who, uint64_t incarnation,
                            const struct channel_events *events, void *ctx);
void channel_free(struct channel **c);
bool channel_is_up(const struct channel *c);

/* Start a call: fields as encoded by rpc_put_<name>. On a channel that is down: NULL. */
struct call *call_start(struct channel *c, uint16_t no, struct str fields, call_fn *fn, void *ctx);
/* More under the call's id: data, data_end, credit. */
void call_more(struct call *call, uint16_t no, struct str fields);
/* Tell the peer `cancel` and never hear of it again. Clears the pointer. NULL inside is fine. */
void call_drop(struct call **call);
/* Bytes written but not yet taken by the kernel: for back-pressure. */
/* Typed sugar: CALL_START(c, login, &m, fn, ctx) encodes into a scratch buffer and starts. */
#define CALL_START(c, name, m, fn, ctx) call_start_##name((c), (m), (fn), (ctx))
#define RPC_MSG(name, no) struct call *call_start_##name(struct channel *c, const struct rpc_##name *m, call_fn *fn, void *ctx);
#define RPC_U32(f)
#define RPC_U64(f)
#define RPC_STR(f)
#define RPC_END
#include "common/rpc/rpc.def"
#include "common/rpc/undef.h"

/* common/rpc/rpc.h: the messages of rpc.def as structs, to bytes and back.
 *
 * A decoded struct borrows its strings from the bytes. Encoders append the fields only; framing is
 * channel.h's. What decodes encodes back to the same bytes (a fuzzer says so).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/rd.h"
#include "common/base/str.h"

enum { RPC_VERSION = 1, RPC_FRAME_MAX = 16 << 20, RPC_WHOLE_MAX = 32 << 10 };

/* enum rpc_no: RPC_hello = 1, ... */
#define RPC_MSG(name, no) RPC_##name = no,
#define RPC_U32(f)
#define RPC_U64(f)
#define RPC_STR(f)
#define RPC_END
enum rpc_no {
#include "common/rpc/rpc.def"
};
#include "common/rpc/undef.h"

/* struct rpc_hello { uint32_t version_least; ... } */
#define RPC_MSG(name, no) struct rpc_##name {
#define RPC_U32(f) uint32_t f;
#define RPC_U64(f) uint64_t f;
#define RPC_STR(f) struct str f;
#define RPC_END    };
#include "common/rpc/rpc.def"
#include "common/rpc/undef.h"

/* void rpc_put_hello(out, m); bool rpc_get_hello(bytes, m): false: the peer broke the contract. */
#define RPC_MSG(name, no) \
	void rpc_put_##name(struct buf *out, const struct rpc_##name *m); \
	bool rpc_get_##name(struct str in, struct rpc_##name *m);
#define RPC_U32(f)
#define RPC_U64(f)
#define RPC_STR(f)
#define RPC_END
#include "common/rpc/rpc.def"
#include "common/rpc/undef.h"

const char *rpc_name(uint16_t no);                               /* "hello", or NULL: no such message */
/* Known, and its fields are whole: what channel.h and server.h check before they pass a message on. */
bool rpc_valid(uint16_t no, struct str in);
/* One line of key=value for logs: lengths, never contents, of strings. False: malformed. */
bool rpc_log(struct buf *out, uint16_t no, struct str in);
/* Decodes and encodes again: for the fuzzer. False: malformed. */
bool rpc_again(struct buf *out, uint16_t no, struct str in);

/* common/rpc/rpc.c: everything that grows from rpc.def: encode, decode, log line. */
#include "common/rpc/rpc.h"

#include <stddef.h>

/* Structs without fields (cancel) leave m unused. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

#define RPC_MSG(name, no) void rpc_put_##name(struct buf *out, const struct rpc_##name *m) {
#define RPC_U32(f) buf_u32(out, m->f);
#define RPC_U64(f) buf_u64(out, m->f);
#define RPC_STR(f) buf_lstr(out, m->f);
#define RPC_END    }
#include "common/rpc/rpc.def"
#include "common/rpc/undef.h"

#define RPC_MSG(name, no) bool rpc_get_##name(struct str in, struct rpc_##name *m) { struct rd r = rd_of(in);
#define RPC_U32(f) m->f = rd_u32(&r);
#define RPC_U64(f) m->f = rd_u64(&r);
#define RPC_STR(f) m->f = rd_str(&r);
#define RPC_END    return rd_done(&r); }
#include "common/rpc/rpc.def"
#include "common/rpc/undef.h"

#define RPC_MSG(name, no) static void log_##name(struct buf *out, const struct rpc_##name *m) { buf_printf(out, "%s", #name);
#define RPC_U32(f) buf_printf(out, " %s=%u", #f, m->f);
#define RPC_U64(f) buf_printf(out, " %s=%llu", #f, (unsigned long long)m->f);
#define RPC_STR(f) buf_printf(out, " %s_bytes=%zu", #f, m->f.n);
#define RPC_END    }
#include "common/rpc/rpc.def"
#include "common/rpc/undef.h"

#define RPC_U32(f)
#define RPC_U64(f)
#define RPC_STR(f)
#define RPC_END

const char *rpc_name(uint16_t no)
{
	switch (no) {
#define RPC_MSG(name, number) case number: return #name;
#include "common/rpc/rpc.def"
#undef RPC_MSG
	default: return NULL;
	}
}

bool rpc_valid(uint16_t no, struct str in)
{
	switch (no) {
#define RPC_MSG(name, number) \
	case number: { \
		struct rpc_##name m; \
		return rpc_get_##name(in, &m); \
	}
#include "common/rpc/rpc.def"
#undef RPC_MSG
	default: return false;
	}
}

bool rpc_log(struct buf *out, uint16_t no, struct str in)
{
	switch (no) {
#define RPC_MSG(name, number) \
	case number: { \
		struct rpc_##name m; \
		if (!rpc_get_##name(in, &m)) \
			return false; \
		log_##name(out, &m); \
		return true; \
	}
#include "common/rpc/rpc.def"
#undef RPC_MSG
	default: return false;
	}
}

bool rpc_again(struct buf *out, uint16_t no, struct str in)
{
	switch (no) {
#define RPC_MSG(name, number) \
	case number: { \
		struct rpc_##name m; \
		if (!rpc_get_##name(in, &m)) \
			return false; \
		rpc_put_##name(out, &m); \
		return true; \
	}
#include "common/rpc/rpc.def"
#undef RPC_MSG
	default: return false;
	}
}

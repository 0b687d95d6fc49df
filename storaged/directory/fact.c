/* storaged/directory/fact.c: everything that grows from directory.def. */
#include "storaged/directory/fact.h"

enum { FACT_VERSION = 1 };

#define RPC_MSG(name, no) void fact_put_##name(struct buf *out, const struct fact_##name *f) { buf_u8(out, FACT_VERSION); buf_u8(out, no);
#define RPC_U32(m) buf_u32(out, f->m);
#define RPC_U64(m) buf_u64(out, f->m);
#define RPC_STR(m) buf_lstr(out, f->m);
#define RPC_END    }
#include "storaged/directory/directory.def"
#include "common/rpc/undef.h"

#define RPC_MSG(name, no) bool fact_get_##name(struct str fields, struct fact_##name *f) { struct rd r = rd_of(fields);
#define RPC_U32(m) f->m = rd_u32(&r);
#define RPC_U64(m) f->m = rd_u64(&r);
#define RPC_STR(m) f->m = rd_str(&r);
#define RPC_END    return rd_done(&r); }
#include "storaged/directory/directory.def"
#include "common/rpc/undef.h"

bool fact_open(struct str record, uint8_t *no, struct str *fields)
{
	struct rd r = rd_of(record);
	uint8_t version = rd_u8(&r);

	*no = rd_u8(&r);
	*fields = str_skip(record, 2);
	return !r.bad && version == FACT_VERSION;
}

/* storaged/mbox/record.c: everything that grows from record.def, and the record around it. */
#include "storaged/mbox/record.h"

enum { RECORD_VERSION = 1 };

/* An operation without fields leaves m unused. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

static size_t op_begin(struct buf *ops, uint8_t no)
{
	buf_u8(ops, no);
	buf_u32(ops, 0);
	return ops->n;
}

static void op_end(struct buf *ops, size_t start)
{
	buf_set_u32(ops, start - 4, (uint32_t)(ops->n - start));
}

#define RPC_MSG(name, no) void rec_add_##name(struct buf *ops, const struct rec_##name *m) { size_t start = op_begin(ops, no);
#define RPC_U32(f) buf_u32(ops, m->f);
#define RPC_U64(f) buf_u64(ops, m->f);
#define RPC_STR(f) buf_lstr(ops, m->f);
#define RPC_END    op_end(ops, start); }
#include "storaged/mbox/record.def"
#include "common/rpc/undef.h"

#define RPC_MSG(name, no) bool rec_get_##name(struct str fields, struct rec_##name *m) { struct rd r = rd_of(fields);
#define RPC_U32(f) m->f = rd_u32(&r);
#define RPC_U64(f) m->f = rd_u64(&r);
#define RPC_STR(f) m->f = rd_str(&r);
#define RPC_END    return rd_done(&r); }
#include "storaged/mbox/record.def"
#include "common/rpc/undef.h"

void record_write(struct buf *out, const struct record *r)
{
	buf_u8(out, RECORD_VERSION);
	buf_u32(out, r->user);
	buf_u64(out, r->time_ms);
	buf_u64(out, r->request.incarnation);
	buf_u64(out, r->request.req);
	buf_u32(out, r->request.idx);
	buf_u64(out, r->request.mark);
	buf_u16(out, r->answer_no);
	buf_lstr(out, r->answer);
	buf_add(out, r->ops);
}

bool record_read(struct record *r, struct str in)
{
	struct rd rd = rd_of(in);

	uint8_t version = rd_u8(&rd);
	r->user = rd_u32(&rd);
	r->time_ms = rd_u64(&rd);
	r->request.incarnation = rd_u64(&rd);
	r->request.req = rd_u64(&rd);
	r->request.idx = rd_u32(&rd);
	r->request.mark = rd_u64(&rd);
	r->answer_no = rd_u16(&rd);
	r->answer = rd_str(&rd);
	r->ops = rd_bytes(&rd, rd.bad ? 0 : (size_t)(rd.end - rd.p));
	return !rd.bad && version == RECORD_VERSION && r->user != 0;
}

bool record_op(struct rd *ops, uint8_t *no, struct str *fields)
{
	if (!rd_more(ops))
		return false;
	*no = rd_u8(ops);
	*fields = rd_str(ops);
	return !ops->bad;
}

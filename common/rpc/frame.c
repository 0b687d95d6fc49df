/* common/rpc/frame.c: bytes to frames, without copying those that arrive whole. */
#include "common/rpc/frame.h"

#include <string.h>

#include "common/base/must.h"
#include "common/base/rd.h"
#include "common/rpc/rpc.h"

#define LENGTH_BYTES 4

/* The size of the frame that starts here, its length included. 0: its length is still to come; SIZE_MAX: bad. */
static size_t frame_bytes(struct str in)
{
	struct rd r = rd_of(in);
	uint32_t n = rd_u32(&r);

	if (r.bad)
		return 0;
	if (n < FRAME_HEAD_BYTES - LENGTH_BYTES || n > RPC_FRAME_MAX)
		return SIZE_MAX;
	return (size_t)n + LENGTH_BYTES;
}

static void frame_parse(struct str whole, struct frame *out)
{
	struct rd r = rd_of(str_skip(whole, LENGTH_BYTES));

	out->call = rd_u32(&r);
	out->no = rd_u16(&r);
	out->fields = str_skip(whole, FRAME_HEAD_BYTES);
}

static void take(struct frame_reader *r, struct str *in, size_t upto)
{
	struct str more = str_head(*in, upto - r->part.n);

	buf_add(&r->part, more);
	*in = str_skip(*in, more.n);
}

static enum frame_got next_of_parts(struct frame_reader *r, struct str *in, struct frame *out)
{
	if (r->part.n < LENGTH_BYTES)
		take(r, in, LENGTH_BYTES);
	size_t n = frame_bytes(buf_str(&r->part));
	if (n == SIZE_MAX)
		return FRAME_BAD;
	if (n == 0)
		return FRAME_MORE;
	take(r, in, n);
	if (r->part.n < n)
		return FRAME_MORE;
	frame_parse(buf_str(&r->part), out);
	r->lent = true;
	return FRAME_WHOLE;
}

enum frame_got frame_next(struct frame_reader *r, struct str *in, struct frame *out)
{
	if (r->lent)
		buf_fini(&r->part);
	r->lent = false;
	if (in->n == 0)
		return FRAME_MORE;
	if (r->part.n > 0)
		return next_of_parts(r, in, out);
	size_t n = frame_bytes(*in);
	if (n == SIZE_MAX)
		return FRAME_BAD;
	if (n == 0 || n > in->n) {
		buf_reserve(&r->part, n);
		take(r, in, in->n);
		return FRAME_MORE;
	}
	frame_parse(str_head(*in, n), out);
	*in = str_skip(*in, n);
	return FRAME_WHOLE;
}

void frame_reader_fini(struct frame_reader *r)
{
	buf_fini(&r->part);
	r->lent = false;
}

struct str frame_head(char head[FRAME_HEAD_BYTES], uint32_t call, uint16_t no, size_t fields_bytes)
{
	size_t n = fields_bytes + FRAME_HEAD_BYTES - LENGTH_BYTES;

	must(n <= RPC_FRAME_MAX);
	uint32_t length = __builtin_bswap32((uint32_t)n), id = __builtin_bswap32(call);
	uint16_t number = __builtin_bswap16(no);
	memcpy(head, &length, 4);
	memcpy(head + 4, &id, 4);
	memcpy(head + 8, &number, 2);
	return (struct str){ head, FRAME_HEAD_BYTES };
}

void frame_put(struct buf *out, uint32_t call, uint16_t no, struct str fields)
{
	char head[FRAME_HEAD_BYTES];

	buf_add(out, frame_head(head, call, no, fields.n));
	buf_add(out, fields);
}

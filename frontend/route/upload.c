/* frontend/route/upload.c: a window over a stream of bytes. */
#include "frontend/route/upload.h"

#include "common/base/must.h"
#include "common/rpc/channel.h"

#define DATA_BYTES (64 * 1024 - 64)     /* a frame of rpc.def's `data` */

void upload_fini(struct upload *u) { buf_fini(&u->kept); }

size_t upload_room(const struct upload *u)
{
	return UPLOAD_WINDOW_BYTES - (size_t)(upload_given(u) - u->confirmed);
}

static void forget_confirmed(struct upload *u)
{
	if (upload_given(u) <= UPLOAD_WHOLE_BYTES || u->confirmed == u->base)
		return;
	buf_drop(&u->kept, (size_t)(u->confirmed - u->base));
	u->base = u->confirmed;
}

void upload_give(struct upload *u, struct str bytes)
{
	must(bytes.n <= upload_room(u));
	buf_add(&u->kept, bytes);
	forget_confirmed(u);
}

bool upload_confirm(struct upload *u, uint64_t offset)
{
	if (offset < u->base || offset > (u->open ? u->sent : upload_given(u)))
		return false;
	if (!u->open)
		u->sent = u->confirmed = offset;
	else if (offset > u->confirmed)
		u->confirmed = offset;
	u->open = true;
	forget_confirmed(u);
	return true;
}

void upload_flush(struct upload *u, struct call *call)
{
	struct buf fields = { 0 };

	if (!u->open || !call)
		return;
	while (u->sent < upload_given(u)) {
		struct str waiting = str_skip(buf_str(&u->kept), (size_t)(u->sent - u->base));
		struct rpc_data m = { str_head(waiting, DATA_BYTES) };
		buf_reset(&fields);
		rpc_put_data(&fields, &m);
		call_more(call, RPC_data, buf_str(&fields));
		u->sent += m.bytes.n;
	}
	buf_fini(&fields);
}

void upload_lost(struct upload *u) { u->open = false; }

/* tools/roost/sending.c: data frames within the window of rpc.def. */
#include "tools/roost/sending.h"

#define DATA_BYTES (64 * 1024)
#define WINDOW_BYTES (512 * 1024)

bool sending_confirmed(struct sending *s, struct call *call, uint64_t offset)
{
	struct buf fields = { 0 };
	bool had_sent_all = s->sent == s->bytes.n && s->bytes.n > 0;

	if (s->sent < offset && offset <= s->bytes.n)
		s->sent = offset;              /* a resumed upload */
	while (s->sent < s->bytes.n && s->sent < offset + WINDOW_BYTES) {
		struct str part = str_head(str_skip(s->bytes, s->sent), DATA_BYTES);
		buf_reset(&fields);
		rpc_put_data(&fields, &(struct rpc_data){ part });
		call_more(call, RPC_data, buf_str(&fields));
		s->sent += part.n;
	}
	buf_fini(&fields);
	return s->sent == s->bytes.n && !had_sent_all;
}

/* tests/fuzz/fuzz_fetch_row.c: what reads as a row packs to the same bytes. */
#include <string.h>

#include "common/base/must.h"
#include "common/mail/fetch_row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says which fields were asked for. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd in = rd_of((struct str){ (const char *)data, size });
	uint32_t fields = rd_u8(&in);
	struct fetch_row row;
	struct buf out = { 0 };

	while (rd_more(&in)) {
		const uint8_t *from = in.p;
		if (!fetch_row_get(&in, fields, &row))
			break;
		buf_reset(&out);
		fetch_row_put(&out, &row, fields);
		must(out.n == (size_t)(in.p - from) && memcmp(out.p, from, out.n) == 0);
		flagset_fini(&row.flags);
	}
	buf_fini(&out);
	return 0;
}

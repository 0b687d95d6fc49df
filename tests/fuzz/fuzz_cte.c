/* tests/fuzz/fuzz_cte.c: decoding in one piece, byte by byte and counting only all agree. */
#include <stdint.h>
#include <stdlib.h>

#include "common/base/must.h"
#include "common/mail/cte.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(enum cte cte, struct str in)
{
	struct cte_decoder whole, bytes, count;
	struct buf a = { 0 }, b = { 0 };

	cte_init(&whole, cte);
	cte_feed(&whole, in, &a);
	cte_end(&whole, &a);
	cte_init(&bytes, cte);
	cte_init(&count, cte);
	for (size_t i = 0; i < in.n; i++) {
		cte_feed(&bytes, (struct str){ in.p + i, 1 }, &b);
		must(bytes.held_n <= CTE_HOLD + 4);
	}
	cte_end(&bytes, &b);
	cte_feed(&count, in, NULL);
	cte_end(&count, NULL);
	must(str_eq(buf_str(&a), buf_str(&b)));
	must(whole.out_bytes == a.n && bytes.out_bytes == a.n && count.out_bytes == a.n);
	must(whole.broken == bytes.broken && whole.broken == count.broken);
	buf_fini(&a);
	buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (enum cte cte = CTE_7BIT; cte < CTE_COUNT; cte++)
		check(cte, (struct str){ (const char *)data, size });
	return 0;
}

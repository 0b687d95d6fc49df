/* storaged/search/grams.c: noted as bytes, which is quicker, and packed to bits. */
#include "storaged/search/grams.h"

#include <assert.h>
#include <string.h>

#include "common/base/must.h"

enum { HASH_BITS = 13 };
static_assert(8 * GRAMS_BYTES == 1 << HASH_BITS, "a bit for each hash");

static uint32_t gram_next(uint32_t gram, char c) { return gram << 8 | (uint8_t)ascii_lower(c); }

static uint32_t gram_hash(uint32_t gram) { return (gram << 8) * 0x9e3779b1u >> (32 - HASH_BITS); }

void grams_reset(struct grams *g) { memset(g->seen, false, sizeof g->seen); }

void grams_note(struct grams *g, struct str text)
{
	uint32_t gram = 0;

	for (size_t i = 0; i < text.n; i++) {
		gram = gram_next(gram, text.p[i]);
		if (i >= GRAM_BYTES - 1)
			g->seen[gram_hash(gram)] = true;
	}
}

void grams_pack(struct buf *out, const struct grams *g)
{
	char *to = buf_grow(out, GRAMS_BYTES);

	memset(to, 0, GRAMS_BYTES);
	for (size_t i = 0; i < sizeof g->seen; i++)
		to[i / 8] |= (char)(g->seen[i] << i % 8);
}

bool grams_may_hold(struct str packed, struct str key)
{
	uint32_t gram = 0;

	must(packed.n == GRAMS_BYTES);
	for (size_t i = 0; i < key.n; i++) {
		gram = gram_next(gram, key.p[i]);
		uint32_t bit = gram_hash(gram);
		if (i >= GRAM_BYTES - 1 && !(packed.p[bit / 8] >> bit % 8 & 1))
			return false;
	}
	return true;
}

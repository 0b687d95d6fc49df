/* storaged/search/grams.c: noted as bytes, which is quicker, and packed to bits. */
#include "storaged/search/grams.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#include "common/base/must.h"

/* GRAMS_ASKED: who has so many of a key's is looked into. */
enum { HASH_BITS = 13, GRAMS_ASKED = 64 };
static_assert(8 * GRAMS_BYTES == 1 << HASH_BITS, "a bit for each hash");

/* Of the first three bytes, without the bit that tells capitals: what else differs in it alone is one gram, too, and that does no harm. */
static uint32_t gram_hash(uint32_t four)
{
	return ((le32toh(four) | 0x202020) << 8) * 0x9e3779b1u >> (32 - HASH_BITS);
}

static uint32_t three_hash(const char *p)
{
	uint32_t four = 0;

	memcpy(&four, p, GRAM_BYTES);
	return gram_hash(four);
}

void grams_reset(struct grams *g) { memset(g->seen, false, sizeof g->seen); }

void grams_note(struct grams *g, struct str text)
{
	uint32_t four;

	for (size_t i = 0; i + sizeof four <= text.n; i++) {
		memcpy(&four, text.p + i, sizeof four);
		g->seen[gram_hash(four)] = true;
	}
	if (text.n >= GRAM_BYTES)
		g->seen[three_hash(text.p + text.n - GRAM_BYTES)] = true;
}

/* The factor moves the lowest bit of each of eight bytes to a place of its own in the highest byte. */
void grams_pack(struct buf *out, const struct grams *g)
{
	char *to = buf_grow(out, GRAMS_BYTES);
	uint64_t eight;

	for (size_t i = 0; i < GRAMS_BYTES; i++) {
		memcpy(&eight, g->seen + i * sizeof eight, sizeof eight);
		to[i] = (char)(le64toh(eight) * 0x0102040810204080u >> 56);
	}
}

bool grams_may_hold(struct str packed, struct str key)
{
	must(packed.n == GRAMS_BYTES);
	for (size_t i = 0; i + GRAM_BYTES <= key.n && i < GRAMS_ASKED; i++) {
		uint32_t bit = three_hash(key.p + i);
		if (!(packed.p[bit / 8] >> bit % 8 & 1))
			return false;
	}
	return true;
}

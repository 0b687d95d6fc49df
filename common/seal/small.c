/* common/seal/small.c: one piece, a short header. */
#include "common/seal/small.h"

#include "common/base/must.h"
#include "common/base/rd.h"
#include "common/seal/aead.h"
#include "common/seal/pack.h"

enum { SMALL_VERSION = 0x21, SMALL_HEAD = 3 + SALT_BYTES, PACK_ABOVE = 200, FLAG_ZSTD = 1 };

void small_seal(struct buf *out, const struct key *user_key, struct user_id user, enum seal_purpose purpose, struct str plain)
{
	uint8_t salt[SALT_BYTES];
	struct buf packed = { 0 };
	size_t start = out->n;
	struct aead a;

	must(plain.n <= SMALL_BYTES);
	bool zstd = plain.n > PACK_ABOVE && pack(&packed, plain, PACK_QUICK);
	struct str text = zstd ? buf_str(&packed) : plain;
	buf_reserve(out, SMALL_HEAD + text.n + TAG_BYTES);     /* so that the head stays put */
	seal_random(salt, sizeof salt);
	must(aead_init(&a, user_key, user, purpose, seal_preferred(), salt));
	buf_u8(out, SMALL_VERSION);
	buf_u8(out, (uint8_t)a.algorithm);
	buf_u8(out, zstd ? FLAG_ZSTD : 0);
	buf_add(out, (struct str){ (const char *)salt, sizeof salt });
	aead_seal(&a, out, (struct str){ out->p + start, SMALL_HEAD }, 0, text);
	aead_fini(&a);
	buf_fini(&packed);
}

enum err small_open(struct buf *out, const struct key *user_key, struct user_id user, enum seal_purpose purpose, struct str sealed)
{
	struct rd r = rd_of(sealed);
	uint8_t version = rd_u8(&r), algorithm = rd_u8(&r), flags = rd_u8(&r);
	const uint8_t *salt = (const uint8_t *)rd_bytes(&r, SALT_BYTES).p;
	struct buf packed = { 0 };
	struct aead a;

	if (r.bad || version != SMALL_VERSION || (flags & ~FLAG_ZSTD) || !aead_init(&a, user_key, user, purpose, algorithm, salt))
		return ERR_CORRUPT;
	struct str head = str_head(sealed, SMALL_HEAD), text = str_skip(sealed, SMALL_HEAD);
	bool ok = flags & FLAG_ZSTD ? aead_open(&a, &packed, head, 0, text) && unpack(out, buf_str(&packed), SMALL_BYTES)
	                            : aead_open(&a, out, head, 0, text);
	aead_fini(&a);
	buf_fini(&packed);
	return ok ? OK : ERR_CORRUPT;
}

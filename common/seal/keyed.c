/* common/seal/keyed.c: BLAKE2b with key and personalisation. */
#include "common/seal/keyed.h"

#include <sodium.h>
#include <string.h>

#include "common/base/must.h"

void keyed_hash(uint8_t out[32], const struct key *k, const char *use, struct str what)
{
	static const uint8_t no_salt[crypto_generichash_blake2b_SALTBYTES];
	uint8_t personal[crypto_generichash_blake2b_PERSONALBYTES] = { 0 };

	must(strlen(use) <= sizeof personal);
	memcpy(personal, use, strlen(use));
	crypto_generichash_blake2b_salt_personal(out, 32, (const unsigned char *)what.p, what.n, k->b, sizeof k->b, no_salt, personal);
}

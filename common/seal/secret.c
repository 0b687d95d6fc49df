/* common/seal/secret.c: MACs by keyed BLAKE2b, passwords by argon2id, table hashes by SipHash. */
#include "common/seal/secret.h"

#include <sodium.h>

#include "common/base/must.h"
#include "common/seal/keyed.h"

_Static_assert((int)HASH_TEXT_BYTES == (int)crypto_pwhash_STRBYTES, "room for libsodium's text");

void mac_make(uint8_t out[MAC_BYTES], const struct key *k, struct str what)
{
	keyed_hash(out, k, KEYED_MAC, what);
}

bool mac_check(const uint8_t mac[MAC_BYTES], const struct key *k, struct str what)
{
	uint8_t true_mac[MAC_BYTES];

	mac_make(true_mac, k, what);
	return crypto_verify_32(mac, true_mac) == 0;
}

bool password_hash(char out[HASH_TEXT_BYTES], struct str password, enum hash_cost cost)
{
	static const struct { unsigned long long ops; size_t memory; } costs[] = {
		[HASH_MIN]         = { crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN },
		[HASH_INTERACTIVE] = { crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE },
		[HASH_MODERATE]    = { crypto_pwhash_OPSLIMIT_MODERATE, crypto_pwhash_MEMLIMIT_MODERATE },
	};

	must(cost >= HASH_MIN && cost <= HASH_MODERATE);
	return crypto_pwhash_str_alg(out, password.p, password.n, costs[cost].ops, costs[cost].memory, crypto_pwhash_ALG_ARGON2ID13) == 0;
}

bool password_check(const char *hash, struct str password)
{
	return crypto_pwhash_str_verify(hash, password.p, password.n) == 0;
}

uint64_t seal_hash64(const uint8_t key[16], struct str what)
{
	uint64_t h;

	_Static_assert(sizeof h == crypto_shorthash_BYTES && crypto_shorthash_KEYBYTES == 16, "SipHash-2-4");
	crypto_shorthash((unsigned char *)&h, (const unsigned char *)what.p, what.n, key);
	return h;
}

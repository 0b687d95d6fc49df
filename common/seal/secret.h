/* common/seal/secret.h: proofs of knowing a secret: MACs, password hashes; and hashes that outsiders cannot aim. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"
#include "common/seal/key.h"

enum { MAC_BYTES = 32 };
void mac_make(uint8_t out[MAC_BYTES], const struct key *k, struct str what);
bool mac_check(const uint8_t mac[MAC_BYTES], const struct key *k, struct str what);                        /* constant time */

enum hash_cost { HASH_MIN = 1, HASH_INTERACTIVE, HASH_MODERATE };
enum { HASH_TEXT_BYTES = 128 };
/* argon2id, slow on purpose: on a worker. False: out of memory. out is a C string. */
bool password_hash(char out[HASH_TEXT_BYTES], struct str password, enum hash_cost cost);
bool password_check(const char *hash, struct str password);

/* 64-bit keyed hash for tables over outside data (SipHash). */
uint64_t seal_hash64(const uint8_t key[16], struct str what);

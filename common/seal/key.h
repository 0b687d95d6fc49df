/* common/seal/key.h: keys: born, derived, wrapped by other keys, kept in the master key file.
 *
 * A struct key is 32 secret bytes; whoever holds one wipes it with key_wipe.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/str.h"

struct key { uint8_t b[32]; };

void key_random(struct key *k);
void key_wipe(struct key *k);
/* Keyed BLAKE2b of number and purpose (at most 64 characters): one key makes many, and none leads back. */
struct key key_derive(const struct key *from, const char *purpose, uint64_t number);

enum { WRAPPED_BYTES = 24 + 32 + 16 };
/* label is authenticated: what was wrapped under one label does not unwrap under another. */
void key_wrap(uint8_t out[WRAPPED_BYTES], const struct key *by, uint64_t label, const struct key *k);
/* False: wrong key, wrong label, or damage; *k is zeroed. */
bool key_unwrap(struct key *k, const struct key *by, uint64_t label, const uint8_t in[WRAPPED_BYTES]);

/* The master key file: 32 random bytes in hex and a newline, mode 0600.
 * Create never overwrites (ERR_EXISTS) and is durable when it returns. */
enum err master_key_create(const char *path);
/* ERR_ABSENT; ERR_DENIED: others than its owner may read it; ERR_CORRUPT: not a key. */
enum err master_key_load(struct key *k, const char *path);

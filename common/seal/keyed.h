/* common/seal/keyed.h: keyed BLAKE2b, one name per use so that no two uses of a key can ever meet. Inside the room only. */
#pragma once

#include "common/seal/key.h"

#define KEYED_SUBKEY "roost subkey"    /* of one sealing: aead.c */
#define KEYED_DERIVE "roost derive"    /* key_derive             */
#define KEYED_MAC    "roost mac"       /* mac_make               */

void keyed_hash(uint8_t out[32], const struct key *k, const char *use, struct str what);

/* storaged/keys/keyring.h: the data keys of a shard's users, and the key file they live in (DESIGN section 4, "Keys").
 *
 * The master key wraps the shard key, which wraps each user's data key. Unwrapped keys stand in one locked slab for as long as the
 * keyring is open. The file is one of two slots, keys.a and keys.b in the disk's root (the shard's folder): adding
 * appends to it; destroying writes the others under a new shard key into the free slot and then wipes the old one.
 *
 * Always: a user's key is on stable storage before keyring_get gives it, and after keyring_destroy returned OK no
 * byte on the disk leads to it.
 * Owner: the shard. Threads: every function may be called from any thread; those that return enum err block on the disk, so call them on a
 * worker. Changes go one at a time, under a mutex; lookups take a reader lock that a change holds only to publish, never over I/O.
 * Needs seal_open.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/mail/ids.h"
#include "common/seal/key.h"

struct disk;
struct keyring;

/* Makes the file if there is none. ERR_DENIED: not this master key, or another shard's file; ERR_CORRUPT: the file is damaged beyond
 * its entries (a damaged entry costs its user, is logged, and the others open). Finishes what a crash interrupted. */
enum err keyring_open(struct keyring **out, struct disk *disk, const struct key *master, uint32_t shard);
void keyring_close(struct keyring **k);                       /* wipes every key in memory */

/* A copy, which the caller wipes. False: the user has no key here (any more). */
bool keyring_get(struct keyring *k, struct user_id user, struct key *out);
/* New random keys, one sync for all of them; who has one keeps it. OK: durable. Otherwise none of them was added; ask again. */
enum err keyring_add(struct keyring *k, const struct user_id *users, size_t n);
/* OK: the key is gone for ever, or never was. Otherwise unknown: ask again until OK. */
enum err keyring_destroy(struct keyring *k, struct user_id user);

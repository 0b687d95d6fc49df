/* storaged/serve/blobcache.h: what searches learned of messages, so that the next search need not open them.
 *
 * For the loop. What is known of a blob never changes, and a blob's number is never used again: nothing here can be outdated. It
 * is made of plaintext, though, so it is forgotten when nobody has searched for a while, and when a user is removed. Memory is bounded:
 * BLOBCACHE_SLOTS slots of one size, taken as they fill; what is longer is not kept, and newer takes the place of older.
 *
 * Owner: the shard's searches (decisions 0012 and 0021).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"

struct blobcache;

enum { BLOBCACHE_SLOTS = 1 << 16 };

struct blobcache *blobcache_new(uint32_t longest);           /* octets that may be kept of one blob */
void blobcache_free(struct blobcache **c);
void blobcache_forget(struct blobcache *c);                  /* everything */
void blobcache_put(struct blobcache *c, uint32_t user, uint64_t blob, struct str known);
/* Lent until the next put or forget; empty: not here. */
struct str blobcache_get(const struct blobcache *c, uint32_t user, uint64_t blob);

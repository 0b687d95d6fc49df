/* storaged/serve/digestcache.h: digests that searches made lately, so that the next search need open no summary.
 *
 * For the loop. The digest of a blob never changes, and a blob's number is never used again: nothing here can be outdated. It
 * is plaintext, though, so it is forgotten when nobody has searched for a while, and when a user is removed. Memory is bounded:
 * 16 MiB at most, taken as it fills; long digests are not kept, and newer ones take the place of older ones.
 *
 * Owner: the shard (decision 0012).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"

struct digestcache;

struct digestcache *digestcache_new(void);
void digestcache_free(struct digestcache **c);
void digestcache_forget(struct digestcache *c);            /* everything */
void digestcache_put(struct digestcache *c, uint32_t user, uint64_t blob, struct str digest);
/* Lent until the next put or forget; empty: not here. */
struct str digestcache_get(const struct digestcache *c, uint32_t user, uint64_t blob);

/* storaged/serve/placecache.h: where messages that were read lately lie, so that reading one again asks no index.
 *
 * A message's places never change while its blob lives (compaction, when it comes, forgets them here). Fixed size: a newer entry
 * takes the slot of an older one. Many of up to two runs, which is nearly all messages; a few large ones, of which parts are read.
 *
 * Owner: the shard. Loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"

struct placecache;

struct placecache *placecache_new(void);
void placecache_free(struct placecache **c);
void placecache_put(struct placecache *c, uint32_t user, uint64_t blob, struct str where);      /* a T_WHERE row */
bool placecache_get(const struct placecache *c, uint32_t user, uint64_t blob, struct str *where);   /* borrowed */

/* storaged/serve/placecache.c: one slot for each of many hashes. */
#include "storaged/serve/placecache.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "storaged/mbox/rows.h"

/* LARGE: up to 32 MiB. */
enum { SLOTS = 1 << 14, RUNS = 2, LARGE_SLOTS = 1 << 6, LARGE_RUNS = 128 };

struct slot { uint64_t blob; uint32_t user, n; };   /* user 0: empty */
struct small { struct slot slot; char where[RUNS * WHERE_BYTES]; };
struct large { struct slot slot; char where[LARGE_RUNS * WHERE_BYTES]; };
struct placecache { struct small small[SLOTS]; struct large large[LARGE_SLOTS]; };

struct placecache *placecache_new(void) { return mem_new(sizeof(struct placecache)); }

void placecache_free(struct placecache **c)
{
	free(*c);
	*c = NULL;
}

static uint64_t hash_of(uint32_t user, uint64_t blob) { return blob + (uint64_t)user * 0x9e3779b97f4a7c15u; }

static bool is_of(const struct slot *s, uint32_t user, uint64_t blob) { return s->user == user && s->blob == blob; }

static void slot_fill(struct slot *s, char *to, uint32_t user, uint64_t blob, struct str where)
{
	*s = (struct slot){ blob, user, (uint32_t)where.n };
	memcpy(to, where.p, where.n);
}

void placecache_put(struct placecache *c, uint32_t user, uint64_t blob, struct str where)
{
	struct small *small = &c->small[hash_of(user, blob) % SLOTS];
	struct large *large = &c->large[hash_of(user, blob) % LARGE_SLOTS];

	if (where.n > 0 && where.n <= sizeof small->where)
		slot_fill(&small->slot, small->where, user, blob, where);
	else if (where.n > 0 && where.n <= sizeof large->where)
		slot_fill(&large->slot, large->where, user, blob, where);
}

bool placecache_get(const struct placecache *c, uint32_t user, uint64_t blob, struct str *where)
{
	const struct small *small = &c->small[hash_of(user, blob) % SLOTS];
	const struct large *large = &c->large[hash_of(user, blob) % LARGE_SLOTS];
	bool is_small = is_of(&small->slot, user, blob);

	*where = is_small ? (struct str){ small->where, small->slot.n } : (struct str){ large->where, large->slot.n };
	return is_small || is_of(&large->slot, user, blob);
}

/* storaged/serve/placecache.c: one slot for each of many hashes. */
#include "storaged/serve/placecache.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "storaged/mbox/rows.h"

enum { SLOTS = 1 << 14, RUNS = 2 };

struct slot { uint64_t blob; uint32_t user; uint16_t n; char where[RUNS * WHERE_BYTES]; };   /* user 0: empty */
struct placecache { struct slot slots[SLOTS]; };

struct placecache *placecache_new(void) { return mem_new(sizeof(struct placecache)); }

void placecache_free(struct placecache **c)
{
	free(*c);
	*c = NULL;
}

static size_t slot_of(uint32_t user, uint64_t blob)
{
	return (size_t)((blob + (uint64_t)user * 0x9e3779b97f4a7c15u) % SLOTS);
}

void placecache_put(struct placecache *c, uint32_t user, uint64_t blob, struct str where)
{
	struct slot *s = &c->slots[slot_of(user, blob)];

	if (where.n == 0 || where.n > sizeof s->where)
		return;
	s->user = user;
	s->blob = blob;
	s->n = (uint16_t)where.n;
	memcpy(s->where, where.p, where.n);
}

bool placecache_get(const struct placecache *c, uint32_t user, uint64_t blob, struct str *where)
{
	const struct slot *s = &c->slots[slot_of(user, blob)];

	*where = (struct str){ s->where, s->n };
	return s->user == user && s->blob == blob;
}

/* storaged/serve/digestcache.c: one slot for each of many hashes. */
#include "storaged/serve/digestcache.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/base/must.h"

enum { SLOTS = 1 << 16, SLOT_BYTES = 256 };

struct slot { uint64_t blob; uint32_t user; uint16_t n; char digest[SLOT_BYTES - 14]; };   /* user 0: empty */
static_assert(sizeof(struct slot) == SLOT_BYTES, "no padding");

enum { TABLE_BYTES = SLOTS * SLOT_BYTES };
struct digestcache { struct slot *slots; };              /* a mapping: pages are taken when written, and given back at once */

struct digestcache *digestcache_new(void)
{
	struct digestcache *c = mem_new(sizeof *c);

	c->slots = mmap(NULL, TABLE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(c->slots != MAP_FAILED);
	madvise(c->slots, TABLE_BYTES, MADV_DONTDUMP);
	return c;
}

/* The kernel clears what it takes back. */
void digestcache_forget(struct digestcache *c) { must(madvise(c->slots, TABLE_BYTES, MADV_DONTNEED) == 0); }

void digestcache_free(struct digestcache **c)
{
	if (*c)
		munmap((*c)->slots, TABLE_BYTES);
	free(*c);
	*c = NULL;
}

/* Blobs of one user that came one after the other lie side by side. */
static struct slot *slot_of(const struct digestcache *c, uint32_t user, uint64_t blob)
{
	return &c->slots[(size_t)((blob + (uint64_t)user * 0x9e3779b97f4a7c15u) % SLOTS)];
}

void digestcache_put(struct digestcache *c, uint32_t user, uint64_t blob, struct str digest)
{
	struct slot *s = slot_of(c, user, blob);

	if (digest.n > sizeof s->digest)
		return;
	s->user = user;
	s->blob = blob;
	s->n = (uint16_t)digest.n;
	memcpy(s->digest, digest.p, digest.n);
}

struct str digestcache_get(const struct digestcache *c, uint32_t user, uint64_t blob)
{
	const struct slot *s = slot_of(c, user, blob);

	if (s->user != user || s->blob != blob)
		return (struct str){ NULL, 0 };
	return (struct str){ s->digest, s->n };
}

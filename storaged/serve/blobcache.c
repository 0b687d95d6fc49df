/* storaged/serve/blobcache.c: one slot for each of many hashes. */
#include "storaged/serve/blobcache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/base/must.h"

struct slot { uint64_t blob; uint32_t user, n; char known[]; };   /* user 0: empty */

/* The slots are a mapping: pages are taken when written, and given back at once. */
struct blobcache { char *slots; size_t slot_bytes; uint32_t longest; };

struct blobcache *blobcache_new(uint32_t longest)
{
	struct blobcache *c = mem_new(sizeof *c);

	must(longest % _Alignof(struct slot) == 0);
	c->longest = longest;
	c->slot_bytes = sizeof(struct slot) + longest;
	c->slots = mmap(NULL, BLOBCACHE_SLOTS * c->slot_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(c->slots != MAP_FAILED);
	madvise(c->slots, BLOBCACHE_SLOTS * c->slot_bytes, MADV_DONTDUMP);
	return c;
}

/* The kernel clears what it takes back. */
void blobcache_forget(struct blobcache *c)
{
	must(madvise(c->slots, BLOBCACHE_SLOTS * c->slot_bytes, MADV_DONTNEED) == 0);
}

void blobcache_free(struct blobcache **c)
{
	if (*c)
		munmap((*c)->slots, BLOBCACHE_SLOTS * (*c)->slot_bytes);
	free(*c);
	*c = NULL;
}

/* Blobs of one user that came one after the other lie side by side. */
static struct slot *slot_of(const struct blobcache *c, uint32_t user, uint64_t blob)
{
	uint64_t no = (blob + (uint64_t)user * 0x9e3779b97f4a7c15u) % BLOBCACHE_SLOTS;

	return (struct slot *)(c->slots + no * c->slot_bytes);
}

void blobcache_put(struct blobcache *c, uint32_t user, uint64_t blob, struct str known)
{
	struct slot *s = slot_of(c, user, blob);

	if (known.n > c->longest)
		return;
	s->user = user;
	s->blob = blob;
	s->n = (uint32_t)known.n;
	memcpy(s->known, known.p, known.n);
}

struct str blobcache_get(const struct blobcache *c, uint32_t user, uint64_t blob)
{
	const struct slot *s = slot_of(c, user, blob);

	if (s->user != user || s->blob != blob)
		return (struct str){ NULL, 0 };
	return (struct str){ s->known, s->n };
}

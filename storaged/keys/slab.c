/* storaged/keys/slab.c: open addressing, linear probing, at most half full. */
#include "storaged/keys/slab.h"

#include <string.h>
#include <sys/mman.h>

#include "common/base/must.h"

void *locked_new(size_t bytes, bool *locked)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(p != MAP_FAILED);
	*locked = mlock(p, bytes) == 0;
	madvise(p, bytes, MADV_DONTDUMP);
	return p;
}

void locked_free(void *p, size_t bytes)
{
	if (!p)
		return;
	explicit_bzero(p, bytes);
	munmap(p, bytes);
}

void slab_fini(struct slab *s)
{
	locked_free(s->slots, s->cap * sizeof *s->slots);
	*s = (struct slab){ 0 };
}

/* Ids ascend from 1: a multiplication spreads them. cap is a power of two. */
static size_t home_of(const struct slab *s, uint32_t user)
{
	return (size_t)((user * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (s->cap - 1);
}

/* Where the user stands, or the free slot where they would. */
static struct slab_slot *slot_of(const struct slab *s, uint32_t user)
{
	size_t i = home_of(s, user);

	while (s->slots[i].user && s->slots[i].user != user)
		i = (i + 1) & (s->cap - 1);
	return &s->slots[i];
}

static void slab_grow(struct slab *s)
{
	struct slab bigger = { .cap = s->cap ? 2 * s->cap : 64, .n = s->n };
	const struct slab_slot *slot;

	bigger.slots = locked_new(bigger.cap * sizeof *bigger.slots, &bigger.locked);
	for (size_t at = 0; (slot = slab_each(s, &at)) != NULL;)
		*slot_of(&bigger, slot->user) = *slot;
	slab_fini(s);
	*s = bigger;
}

const struct key *slab_get(const struct slab *s, struct user_id user)
{
	if (s->n == 0 || user.n == 0)
		return NULL;
	const struct slab_slot *slot = slot_of(s, user.n);
	return slot->user ? &slot->key : NULL;
}

struct key *slab_put(struct slab *s, struct user_id user)
{
	must(user.n != 0);
	if (2 * (s->n + 1) > s->cap)
		slab_grow(s);
	struct slab_slot *slot = slot_of(s, user.n);
	s->n += slot->user == 0;
	slot->user = user.n;
	return &slot->key;
}

/* The slots behind a freed one move up, so that no search ends too early at the gap. */
void slab_del(struct slab *s, struct user_id user)
{
	if (!slab_get(s, user))
		return;
	size_t mask = s->cap - 1, gap = (size_t)(slot_of(s, user.n) - s->slots);
	for (size_t i = (gap + 1) & mask; s->slots[i].user; i = (i + 1) & mask) {
		size_t home = home_of(s, s->slots[i].user);
		if (((i - home) & mask) < ((i - gap) & mask))
			continue;               /* it stands behind the gap by right */
		s->slots[gap] = s->slots[i];
		gap = i;
	}
	explicit_bzero(&s->slots[gap], sizeof s->slots[gap]);
	s->n--;
}

const struct slab_slot *slab_each(const struct slab *s, size_t *at)
{
	while (*at < s->cap) {
		const struct slab_slot *slot = &s->slots[(*at)++];
		if (slot->user)
			return slot;
	}
	return NULL;
}

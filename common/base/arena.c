/* common/base/arena.c: blocks in a chain, cut from the front, freed together. */
#include "common/base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(16) char bytes[];
};

/* The first block holds a small command, which may wait for weeks (IDLE). */
enum { FIRST_BYTES = 104, BLOCK_BYTES = 1000, BLOCK_MAX = 64 * 1024 };

void arena_init(struct arena *a) { *a = (struct arena){ NULL, 0 }; }

void arena_reset(struct arena *a)
{
	for (struct arena_block *b = a->head, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	a->head = NULL;
	a->total_bytes = 0;
}

void arena_fini(struct arena *a) { arena_reset(a); }

static struct arena_block *block_add(struct arena *a, size_t bytes)
{
	/* Blocks grow with the arena, so that a large command needs few of them. */
	size_t size = !a->head ? FIRST_BYTES : a->total_bytes < BLOCK_BYTES ? BLOCK_BYTES : a->total_bytes;

	if (size > BLOCK_MAX)
		size = BLOCK_MAX;
	if (size < bytes)
		size = bytes;
	must(size < SIZE_MAX - sizeof(struct arena_block));
	struct arena_block *b = malloc(sizeof *b + size);
	must(b != NULL);
	*b = (struct arena_block){ a->head, 0, size };
	a->head = b;
	a->total_bytes += size;
	return b;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
	must(bytes <= SIZE_MAX / 2);
	bytes = (bytes + 15) & ~(size_t)15;
	struct arena_block *b = a->head;
	if (!b || b->size - b->used < bytes)
		b = block_add(a, bytes);
	void *p = b->bytes + b->used;
	b->used += bytes;
	return p;
}

void *arena_zalloc(struct arena *a, size_t bytes)
{
	return memset(arena_alloc(a, bytes), 0, bytes);
}

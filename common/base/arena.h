/* common/base/arena.h: memory that ends all at once.
 *
 * One command, one arena: what a command allocates is forgotten by one arena_reset,
 * on success, failure and disconnect alike.
 *
 * Owner: whoever embeds it. Pointers die at reset. An idle arena (reset) holds no memory
 * beyond one small block, and none at all after arena_fini.
 */
#pragma once

#include <stddef.h>

struct arena_block;
struct arena { struct arena_block *head; size_t total_bytes; };

void  arena_init(struct arena *a);
void  arena_reset(struct arena *a);                        /* frees every block */
void  arena_fini(struct arena *a);
void *arena_alloc(struct arena *a, size_t bytes);          /* 16-byte aligned, not zeroed; never NULL */
void *arena_zalloc(struct arena *a, size_t bytes);

/* common/base/map.h: 64-bit keys to pointers, in one flat table (open addressing).
 *
 * Owner: whoever embeds it; zero-initialised is a valid empty map. It never owns what it points
 * to. NULL is not a value: getting NULL means "absent".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot { uint64_t key; void *value; };
struct map { struct map_slot *slots; size_t cap, n; };

void   map_fini(struct map *m);
void  *map_get(const struct map *m, uint64_t key);
void   map_put(struct map *m, uint64_t key, void *value);   /* replaces; value must not be NULL */
void  *map_del(struct map *m, uint64_t key);                /* what stood there, or NULL */
/* Walk: start with *at = 0; false at the end. map_del of the entry just given is not allowed while walking. */
bool   map_each(const struct map *m, size_t *at, uint64_t *key, void **value);

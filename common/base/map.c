/* common/base/map.c: linear probing with backward-shift deletion. */
#include "common/base/map.h"

#include <stdlib.h>

#include "common/base/must.h"

static size_t home(const struct map *m, uint64_t key)
{
	key ^= key >> 32;
	key *= 0x9e3779b97f4a7c15u;
	key ^= key >> 29;
	return (size_t)key & (m->cap - 1);
}

static size_t find(const struct map *m, uint64_t key)
{
	size_t i = home(m, key);

	while (m->slots[i].value && m->slots[i].key != key)
		i = (i + 1) & (m->cap - 1);
	return i;
}

void map_fini(struct map *m)
{
	free(m->slots);
	*m = (struct map){ NULL, 0, 0 };
}

void *map_get(const struct map *m, uint64_t key)
{
	return m->cap ? m->slots[find(m, key)].value : NULL;
}

static void grow(struct map *m)
{
	struct map old = *m;

	m->cap = old.cap ? old.cap * 2 : 4;
	m->slots = mem_new(m->cap * sizeof *m->slots);
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i].value)
			m->slots[find(m, old.slots[i].key)] = old.slots[i];
	free(old.slots);
}

void map_put(struct map *m, uint64_t key, void *value)
{
	must(value != NULL);
	if (m->n * 4 >= m->cap * 3)
		grow(m);
	size_t i = find(m, key);
	if (!m->slots[i].value)
		m->n++;
	m->slots[i] = (struct map_slot){ key, value };
}

void *map_del(struct map *m, uint64_t key)
{
	if (!m->cap)
		return NULL;
	size_t i = find(m, key);
	void *gone = m->slots[i].value;
	if (!gone)
		return NULL;
	/* Close the gap: pull back every follower whose home does not lie behind the hole. */
	for (size_t j = i;;) {
		j = (j + 1) & (m->cap - 1);
		if (!m->slots[j].value)
			break;
		size_t h = home(m, m->slots[j].key);
		if (((j - h) & (m->cap - 1)) >= ((j - i) & (m->cap - 1))) {
			m->slots[i] = m->slots[j];
			i = j;
		}
	}
	m->slots[i].value = NULL;
	m->n--;
	return gone;
}

bool map_each(const struct map *m, size_t *at, uint64_t *key, void **value)
{
	for (; *at < m->cap; ++*at) {
		if (m->slots[*at].value) {
			*key = m->slots[*at].key;
			*value = m->slots[*at].value;
			++*at;
			return true;
		}
	}
	return false;
}

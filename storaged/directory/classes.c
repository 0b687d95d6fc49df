/* storaged/directory/classes.c: two sorted arrays. */
#include "storaged/directory/classes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"

static_assert(offsetof(struct class, name) == 0 && offsetof(struct class_domain, name) == 0, "name_at finds both");

/* Where the name stands or belongs in an array, ascending, of n structs that begin with it. */
static size_t name_at(const void *array, size_t n, size_t bytes, struct str name, bool *found)
{
	size_t lo = 0, hi = n;

	*found = false;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		char *const *at = (char *const *)((const char *)array + mid * bytes);
		int order = str_cmp(str_of(*at), name);
		*found = *found || order == 0;
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static size_t class_at(const struct classes *c, struct str name, bool *found)
{
	return name_at(c->at, c->n, sizeof *c->at, name, found);
}

static size_t domain_at(const struct classes *c, struct str name, bool *found)
{
	return name_at(c->domains, c->n_domains, sizeof *c->domains, name, found);
}

void classes_init(struct classes *c)
{
	*c = (struct classes){ NULL, NULL, 0, 0 };
	classes_set(c, S("default"), &QUOTA_INITIAL, true, 0);
}

void classes_fini(struct classes *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->at[i].name);
	for (size_t i = 0; i < c->n_domains; i++) {
		free(c->domains[i].name);
		free(c->domains[i].class);
	}
	free(c->at);
	free(c->domains);
	*c = (struct classes){ NULL, NULL, 0, 0 };
}

bool class_name_ok(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!(name.p[i] >= 'a' && name.p[i] <= 'z') && !(name.p[i] >= '0' && name.p[i] <= '9') &&
		    (name.p[i] == '\0' || !strchr("-_.", name.p[i])))
			return false;
	return name.n > 0 && name.n <= CLASS_NAME_BYTES;
}

const struct class *classes_find(const struct classes *c, struct str name)
{
	bool found;
	size_t at = class_at(c, name, &found);

	return found ? &c->at[at] : NULL;
}

const struct class_domain *classes_domain(const struct classes *c, struct str domain)
{
	bool found;
	size_t at = domain_at(c, domain, &found);

	return found ? &c->domains[at] : NULL;
}

bool classes_in_domain(const struct classes *c, struct str name)
{
	for (size_t i = 0; i < c->n_domains; i++)
		if (str_eq(str_of(c->domains[i].class), name))
			return true;
	return false;
}

void classes_set(struct classes *c, struct str name, const struct quota *q, bool by_config, uint64_t lsn)
{
	bool found;
	size_t at = class_at(c, name, &found);

	if (!found) {
		c->at = mem_resize(c->at, (c->n + 1) * sizeof *c->at);
		memmove(c->at + at + 1, c->at + at, (c->n - at) * sizeof *c->at);
		c->n++;
		c->at[at].name = str_heap_z(name);
	}
	c->at[at].quota = *q;
	c->at[at].by_config = by_config;
	c->at[at].changed = lsn;
}

void classes_del(struct classes *c, struct str name)
{
	bool found;
	size_t at = class_at(c, name, &found);

	if (!found)
		return;
	free(c->at[at].name);
	memmove(c->at + at, c->at + at + 1, (c->n - at - 1) * sizeof *c->at);
	c->n--;
}

void classes_set_domain(struct classes *c, struct str domain, struct str class, uint64_t lsn)
{
	bool found;
	size_t at = domain_at(c, domain, &found);

	if (!found) {
		c->domains = mem_resize(c->domains, (c->n_domains + 1) * sizeof *c->domains);
		memmove(c->domains + at + 1, c->domains + at, (c->n_domains - at) * sizeof *c->domains);
		c->n_domains++;
		c->domains[at] = (struct class_domain){ .name = str_heap_z(domain) };
	}
	free(c->domains[at].class);
	c->domains[at].class = str_heap_z(class);
	c->domains[at].changed = lsn;
}

/* --- a row --- */

void classes_pack(struct buf *out, const struct classes *c)
{
	buf_u32(out, (uint32_t)c->n);
	for (size_t i = 0; i < c->n; i++) {
		const struct class *k = &c->at[i];
		buf_lstr(out, str_of(k->name));
		for (int r = 0; r < QUOTA_RESOURCES; r++)
			buf_u64(out, k->quota.limit[r]);
		buf_u32(out, k->quota.soft_percent);
		buf_u32(out, k->quota.grace_percent);
		buf_u32(out, k->quota.warn);
		buf_u8(out, k->by_config);
		buf_u64(out, k->changed);
	}
	for (size_t i = 0; i < c->n_domains; i++) {
		buf_lstr(out, str_of(c->domains[i].name));
		buf_lstr(out, str_of(c->domains[i].class));
		buf_u64(out, c->domains[i].changed);
	}
}

static void class_unpack(struct classes *c, struct rd *r)
{
	struct str name = rd_str(r);
	struct quota q = { .soft_percent = 0 };

	for (int i = 0; i < QUOTA_RESOURCES; i++)
		q.limit[i] = rd_u64(r);
	q.soft_percent = rd_u32(r);
	q.grace_percent = rd_u32(r);
	q.warn = rd_u32(r);
	bool by_config = rd_u8(r);
	uint64_t changed = rd_u64(r);
	if (!r->bad)
		classes_set(c, name, &q, by_config, changed);
}

bool classes_unpack(struct classes *c, struct str row)
{
	struct rd r = rd_of(row);

	for (uint32_t n = rd_u32(&r); n > 0 && !r.bad; n--)
		class_unpack(c, &r);
	while (rd_more(&r)) {
		struct str name = rd_str(&r), class = rd_str(&r);
		uint64_t changed = rd_u64(&r);
		if (!r.bad)
			classes_set_domain(c, name, class, changed);
	}
	return rd_done(&r);
}

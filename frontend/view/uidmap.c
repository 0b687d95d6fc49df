/* frontend/view/uidmap.c: ranges with the number of members before each. */
#include "frontend/view/uidmap.h"

#include <stdlib.h>

#include "common/base/must.h"

struct uidmap {
	unsigned      refs;
	uint32_t      n;
	struct uidset uids;
	uint32_t     *before;     /* one per range: members in the ranges before it */
};

struct uidmap *uidmap_new(const struct uidset *uids)
{
	struct uidmap *m = mem_new(sizeof *m);

	m->refs = 1;
	uidset_copy(&m->uids, uids);
	m->before = mem_resize(NULL, uids->n * sizeof *m->before);
	for (size_t i = 0; i < uids->n; i++) {
		m->before[i] = m->n;
		m->n += uids->r[i].hi - uids->r[i].lo + 1;
	}
	return m;
}

struct uidmap *uidmap_hold(struct uidmap *m)
{
	m->refs++;
	return m;
}

void uidmap_release(struct uidmap **m)
{
	struct uidmap *u = *m;

	*m = NULL;
	if (!u || --u->refs > 0)
		return;
	uidset_fini(&u->uids);
	free(u->before);
	free(u);
}

uint32_t uidmap_count(const struct uidmap *m) { return m->n; }
uint32_t uidmap_max(const struct uidmap *m) { return uidset_max(&m->uids); }
const struct uidset *uidmap_uids(const struct uidmap *m) { return &m->uids; }

/* The range that holds this position, which exists. */
static size_t range_at(const struct uidmap *m, uint32_t seqno)
{
	size_t lo = 0, hi = m->uids.n;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		if (m->before[mid] < seqno)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

uint32_t uidmap_uid(const struct uidmap *m, uint32_t seqno)
{
	if (seqno == 0 || seqno > m->n)
		return 0;
	size_t i = range_at(m, seqno);
	return m->uids.r[i].lo + (seqno - m->before[i] - 1);
}

uint32_t uidmap_seqno(const struct uidmap *m, uint32_t uid)
{
	size_t lo = 0, hi = m->uids.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct range *r = &m->uids.r[mid];
		if (uid < r->lo)
			hi = mid;
		else if (uid > r->hi)
			lo = mid + 1;
		else
			return m->before[mid] + (uid - r->lo) + 1;
	}
	return 0;
}

bool uidmap_has(const struct uidmap *m, uint32_t uid) { return uidmap_seqno(m, uid) != 0; }

void uidmap_add_span(const struct uidmap *m, uint32_t lo, uint32_t hi, struct uidset *out)
{
	must(lo > 0 && lo <= hi && hi <= m->n);
	for (size_t i = range_at(m, lo); i < m->uids.n && m->before[i] < hi; i++) {
		struct range r = m->uids.r[i];
		uint32_t last = m->before[i] + (r.hi - r.lo) + 1;
		if (last > hi)
			r.hi -= last - hi;
		if (m->before[i] + 1 < lo)
			r.lo += lo - m->before[i] - 1;
		uidset_add_range(out, r.lo, r.hi);
	}
}

void uidmap_to_seqnos(const struct uidmap *m, struct uidset *uids)
{
	struct uidset places = { 0 };

	for (size_t i = 0; i < uids->n; i++)          /* all of a range are members, so they stand in a row */
		uidset_add_range(&places, uidmap_seqno(m, uids->r[i].lo), uidmap_seqno(m, uids->r[i].hi));
	uidset_fini(uids);
	*uids = places;
}

bool uidmap_read_set(struct uidset *out, struct str in)
{
	uidset_reset(out);
	return in.n == 0 || uidset_unpack(out, in, SIZE_MAX);
}

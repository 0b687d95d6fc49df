/* frontend/view/view.c: taking in, letting go, translating. */
#include "frontend/view/view.h"

#include <stdlib.h>

#include "common/base/must.h"

void view_open(struct view *v, struct uidmap *truth, uint64_t modseq)
{
	must(!v->told);
	*v = (struct view){ .told = uidmap_hold(truth), .modseq = modseq };
}

void view_close(struct view *v)
{
	uidmap_release(&v->told);
	uidset_fini(&v->pending);
	uidset_fini(&v->recent);
	uidset_fini(&v->saved);
	*v = (struct view){ 0 };
}

static void told_set(struct view *v, struct uidmap *m)
{
	uidmap_release(&v->told);
	v->told = m;
}

/* Those of `truth` at or above `from`. */
static void recent_add(struct view *v, const struct uidmap *truth, uint32_t from)
{
	struct uidset born = { 0 };

	if (from == 0 || from > uidmap_max(truth))
		return;
	uidset_add_range(&born, from, UINT32_MAX);
	uidset_intersect(&born, uidmap_uids(truth));
	uidset_union(&v->recent, &born);
	uidset_fini(&born);
}

void view_recent(struct view *v, uint32_t from) { recent_add(v, v->told, from); }

bool view_take(struct view *v, struct uidmap *truth, uint64_t modseq, uint64_t expunge_modseq, uint32_t recent_from)
{
	uint32_t n = uidmap_count(v->told);

	if (modseq < v->modseq)
		return false;
	if (recent_from != UINT32_MAX)
		recent_add(v, truth, recent_from > uidmap_max(v->told) ? recent_from : uidmap_max(v->told) + 1);
	if (truth != v->told) {
		struct uidset told = { 0 };
		uidset_copy(&told, uidmap_uids(v->told));
		uidset_copy(&v->pending, &told);
		uidset_subtract(&v->pending, uidmap_uids(truth));
		uidset_union(&told, uidmap_uids(truth));
		told_set(v, v->pending.n ? uidmap_new(&told) : uidmap_hold(truth));
		uidset_fini(&told);
	}
	if (v->pending.n == 0) {
		uidset_fini(&v->pending);
	} else if (!v->pending_from) {
		/* Shared answers may reach further back than this view: what it knew already is not pending. */
		v->pending_from = expunge_modseq > v->modseq ? expunge_modseq : v->modseq + 1;
	}
	v->modseq = modseq;
	return uidmap_count(v->told) > n;
}

void view_stored(struct view *v, uint64_t before, uint64_t modseq)
{
	if (v->modseq == before && modseq > before)
		v->modseq = modseq;
}

void view_let_go(struct view *v, uint32_t from, struct uidmap *truth)
{
	struct uidset gone = { 0 }, left = { 0 };

	if (v->pending.n == 0)
		return;
	uidset_add_range(&gone, from, UINT32_MAX);
	uidset_intersect(&gone, &v->pending);
	uidset_subtract(&v->pending, &gone);
	uidset_subtract(&v->recent, &gone);
	uidset_subtract(&v->saved, &gone);
	uidset_copy(&left, uidmap_uids(v->told));
	uidset_subtract(&left, &gone);
	told_set(v, truth && v->pending.n == 0 ? uidmap_hold(truth) : uidmap_new(&left));
	uidset_fini(&left);
	uidset_fini(&gone);
	if (v->pending.n == 0) {
		uidset_fini(&v->pending);
		v->pending_from = 0;
	}
}

void view_lose_all(struct view *v)
{
	uidset_copy(&v->pending, uidmap_uids(v->told));
	if (v->pending.n && !v->pending_from)
		v->pending_from = v->modseq + 1;
}

/* What was to be told before still is: some of it twice, rather than any of it never. */
void view_behind(struct view *v, uint64_t since, uint32_t from, uint32_t to)
{
	bool already = v->behind_from != 0;

	if (from == 0 || from > to)
		return;
	v->behind_since = already && v->behind_since < since ? v->behind_since : since;
	v->behind_from = already && v->behind_from < from ? v->behind_from : from;
	v->behind_to = already && v->behind_to > to ? v->behind_to : to;
}

void view_catch_up(struct view *v, uint32_t from) { v->behind_from = from <= v->behind_to ? from : 0; }

uint64_t view_modseq(const struct view *v)
{
	uint64_t told = v->pending_from ? v->pending_from - 1 : v->modseq;

	return v->behind_from && v->behind_since < told ? v->behind_since : told;
}

static bool positions(const struct view *v, const struct seqset *in, struct uidset *out)
{
	uint32_t n = uidmap_count(v->told);
	struct uidset places = { 0 };
	struct range *r = mem_resize(NULL, in->n * sizeof *r);
	bool ok = true;

	for (size_t i = 0; i < in->n && ok; i++) {
		uint32_t lo = in->r[i].lo == SEQ_STAR ? n : in->r[i].lo, hi = in->r[i].hi == SEQ_STAR ? n : in->r[i].hi;
		ok = lo >= 1 && hi >= 1 && lo <= n && hi <= n;
		r[i] = lo <= hi ? (struct range){ lo, hi } : (struct range){ hi, lo };
	}
	if (ok) {
		uidset_build(&places, r, in->n);
		for (size_t i = 0; i < places.n; i++)
			uidmap_add_span(v->told, places.r[i].lo, places.r[i].hi, out);
		uidset_fini(&places);
	}
	free(r);
	return ok;
}

static void uids(const struct view *v, const struct seqset *in, struct uidset *out)
{
	uint32_t last = uidmap_max(v->told);
	struct range *r = mem_resize(NULL, in->n * sizeof *r);

	if (last > 0) {
		for (size_t i = 0; i < in->n; i++) {
			uint32_t lo = in->r[i].lo == SEQ_STAR ? last : in->r[i].lo, hi = in->r[i].hi == SEQ_STAR ? last : in->r[i].hi;
			r[i] = lo <= hi ? (struct range){ lo, hi } : (struct range){ hi, lo };
		}
		uidset_build(out, r, in->n);
		uidset_intersect(out, uidmap_uids(v->told));
	}
	free(r);
}

bool view_uids(const struct view *v, const struct seqset *in, bool by_uid, struct uidset *out)
{
	uidset_reset(out);
	if (in->saved) {
		uidset_copy(out, &v->saved);
		return true;
	}
	if (!by_uid)
		return positions(v, in, out);
	uids(v, in, out);
	return true;
}

/* common/mail/uidset.c: sets of UIDs as sorted ranges. */
#include "common/mail/uidset.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"

void uidset_fini(struct uidset *s)
{
	free(s->r);
	*s = (struct uidset){ NULL, 0, 0 };
}

void uidset_reset(struct uidset *s) { s->n = 0; }

static void reserve(struct uidset *s, size_t n)
{
	if (n <= s->cap)
		return;
	size_t cap = s->cap * 2 > n ? s->cap * 2 : n;
	s->r = mem_resize(s->r, cap * sizeof *s->r);
	s->cap = cap;
}

/* Would a range that starts at lo join one that ends at hi? In 64 bits, as hi may be the last number. */
static bool joins(uint32_t hi, uint32_t lo) { return lo <= (uint64_t)hi + 1; }

/* Adds a range that starts at or after the start of the last one. */
static void append(struct uidset *s, uint32_t lo, uint32_t hi)
{
	struct range *last = s->n ? &s->r[s->n - 1] : NULL;

	if (last && joins(last->hi, lo)) {
		if (hi > last->hi)
			last->hi = hi;
		return;
	}
	if (s->n == s->cap)
		reserve(s, s->n + 1);
	s->r[s->n++] = (struct range){ lo, hi };
}

/* The first range that ends at or after uid; n when there is none. */
static size_t find(const struct uidset *s, uint32_t uid)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (s->r[mid].hi < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Ranges [at, at + old) make room for `new` ones. */
static void splice(struct uidset *s, size_t at, size_t old, size_t new)
{
	reserve(s, s->n - old + new);
	memmove(s->r + at + new, s->r + at + old, (s->n - at - old) * sizeof *s->r);
	s->n = s->n - old + new;
}

void uidset_add(struct uidset *s, uint32_t uid) { uidset_add_range(s, uid, uid); }

void uidset_add_range(struct uidset *s, uint32_t lo, uint32_t hi)
{
	must(lo > 0 && lo <= hi);
	if (s->n == 0 || lo >= s->r[s->n - 1].lo) {
		append(s, lo, hi);
		return;
	}
	size_t at = find(s, lo - 1), end = at;      /* lo - 1: a range ending there is adjacent */
	while (end < s->n && joins(hi, s->r[end].lo))
		end++;
	if (end > at) {
		lo = s->r[at].lo < lo ? s->r[at].lo : lo;
		hi = s->r[end - 1].hi > hi ? s->r[end - 1].hi : hi;
	}
	splice(s, at, end - at, 1);
	s->r[at] = (struct range){ lo, hi };
}

static int by_lo(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return (x->lo > y->lo) - (x->lo < y->lo);
}

static bool ascending(const struct range *ranges, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (ranges[i].lo < ranges[i - 1].lo)
			return false;
	return true;
}

/* Clients nearly always write their sets in order: sorting is half the cost of a long one. */
void uidset_build(struct uidset *s, struct range *ranges, size_t n)
{
	uidset_reset(s);
	if (!ascending(ranges, n))
		qsort(ranges, n, sizeof *ranges, by_lo);
	for (size_t i = 0; i < n; i++) {
		must(ranges[i].lo > 0 && ranges[i].lo <= ranges[i].hi);
		append(s, ranges[i].lo, ranges[i].hi);
	}
}

bool uidset_has(const struct uidset *s, uint32_t uid)
{
	size_t at = find(s, uid);

	return at < s->n && s->r[at].lo <= uid;
}

uint32_t uidset_from(const struct uidset *s, uint32_t uid)
{
	size_t at = find(s, uid);

	if (at == s->n)
		return 0;
	return s->r[at].lo > uid ? s->r[at].lo : uid;
}

uint64_t uidset_word(const struct uidset *s, uint32_t first)
{
	uint32_t last = first + 63;
	uint64_t bits = 0;

	for (size_t at = find(s, first); at < s->n && s->r[at].lo <= last; at++) {
		uint32_t lo = s->r[at].lo > first ? s->r[at].lo - first : 0, hi = s->r[at].hi < last ? s->r[at].hi - first : 63;
		bits |= (~0ull >> (63 - (hi - lo))) << lo;
	}
	return bits;
}

/* Run by run. */
void uidset_add_word(struct uidset *s, uint32_t first, uint64_t bits)
{
	while (bits) {
		uint32_t lo = (uint32_t)__builtin_ctzll(bits);
		uint64_t zeros = ~(bits >> lo);
		uint32_t n = zeros ? (uint32_t)__builtin_ctzll(zeros) : 64;
		if (lo + n > 64)
			n = 64 - lo;
		uidset_add_range(s, first + lo, first + lo + n - 1);
		bits = lo + n == 64 ? 0 : bits >> (lo + n) << (lo + n);
	}
}

uint64_t uidset_count(const struct uidset *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += (uint64_t)s->r[i].hi - s->r[i].lo + 1;
	return n;
}

uint32_t uidset_max(const struct uidset *s) { return s->n ? s->r[s->n - 1].hi : 0; }

bool uidset_eq(const struct uidset *a, const struct uidset *b)
{
	return a->n == b->n && (a->n == 0 || memcmp(a->r, b->r, a->n * sizeof *a->r) == 0);
}

void uidset_copy(struct uidset *to, const struct uidset *from)
{
	if (to == from)
		return;
	reserve(to, from->n);
	if (from->n)
		memcpy(to->r, from->r, from->n * sizeof *from->r);
	to->n = from->n;
}

/* `made` takes the place of *s. */
static void replace(struct uidset *s, struct uidset made)
{
	uidset_fini(s);
	*s = made;
}

void uidset_union(struct uidset *to, const struct uidset *with)
{
	struct uidset made = { 0 };
	size_t i = 0, j = 0;

	if (with->n == 0)
		return;
	reserve(&made, to->n + with->n);
	while (i < to->n || j < with->n) {
		bool first = j == with->n || (i < to->n && to->r[i].lo <= with->r[j].lo);
		struct range next = first ? to->r[i++] : with->r[j++];
		append(&made, next.lo, next.hi);
	}
	replace(to, made);
}

void uidset_subtract(struct uidset *from, const struct uidset *what)
{
	struct uidset made = { 0 };
	size_t j = 0;

	if (from->n == 0 || what->n == 0)
		return;
	for (size_t i = 0; i < from->n; i++) {
		uint32_t hi = from->r[i].hi;
		uint64_t lo = from->r[i].lo;            /* what is left starts here; may pass the last number */
		while (j < what->n && what->r[j].hi < lo)
			j++;
		for (; j < what->n && what->r[j].lo <= hi; j++) {
			if (what->r[j].lo > lo)
				append(&made, (uint32_t)lo, what->r[j].lo - 1);
			lo = (uint64_t)what->r[j].hi + 1;
			if (lo > hi)
				break;                  /* this range of `what` may reach into the next of `from` */
		}
		if (lo <= hi)
			append(&made, (uint32_t)lo, hi);
	}
	replace(from, made);
}

void uidset_intersect(struct uidset *s, const struct uidset *with)
{
	struct uidset made = { 0 };

	for (size_t i = 0, j = s->n ? find(with, s->r[0].lo) : 0; i < s->n && j < with->n; ) {
		struct range a = s->r[i], b = with->r[j];
		uint32_t lo = a.lo > b.lo ? a.lo : b.lo;
		uint32_t hi = a.hi < b.hi ? a.hi : b.hi;
		if (lo <= hi)
			append(&made, lo, hi);
		if (a.hi < b.hi)
			i++;
		else
			j++;
	}
	replace(s, made);
}

void uidset_pack(struct buf *out, const struct uidset *s)
{
	must(s->n <= UINT32_MAX);
	buf_reserve(out, 4 + s->n * 8);
	buf_u32(out, (uint32_t)s->n);
	for (size_t i = 0; i < s->n; i++) {
		buf_u32(out, s->r[i].lo);
		buf_u32(out, s->r[i].hi);
	}
}

static bool read_ranges(struct uidset *s, struct rd *in, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct range r = { rd_u32(in), 0 };
		r.hi = rd_u32(in);
		if (in->bad || r.lo == 0 || r.lo > r.hi || (i > 0 && joins(s->r[i - 1].hi, r.lo)))
			return false;
		s->r[s->n++] = r;
	}
	return rd_done(in);
}

bool uidset_unpack(struct uidset *s, struct str in, size_t max_ranges)
{
	struct rd rd = rd_of(in);
	uint32_t n = rd_u32(&rd);

	uidset_reset(s);
	if (rd.bad || n > max_ranges || in.n != 4 + (uint64_t)n * 8)    /* before memory is taken for n */
		return false;
	reserve(s, n);
	if (!read_ranges(s, &rd, n)) {
		uidset_reset(s);
		return false;
	}
	return true;
}

void uidset_print(struct buf *out, const struct uidset *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (i > 0)
			buf_addc(out, ',');
		buf_dec(out, s->r[i].lo);
		if (s->r[i].hi > s->r[i].lo) {
			buf_addc(out, ':');
			buf_dec(out, s->r[i].hi);
		}
	}
}

bool uidset_next_range(const struct uidset *s, struct uidset_iter *it, uint32_t most, struct range *r)
{
	if (it->range >= s->n)
		return false;
	*r = s->r[it->range];
	r->lo += it->off;
	if (r->hi - r->lo < most) {
		*it = (struct uidset_iter){ it->range + 1, 0 };
	} else {
		r->hi = r->lo + most - 1;
		it->off += most;
	}
	return true;
}

bool uidset_next(const struct uidset *s, struct uidset_iter *it, uint32_t *uid)
{
	struct range r;
	bool more = uidset_next_range(s, it, 1, &r);

	if (more)
		*uid = r.lo;
	return more;
}

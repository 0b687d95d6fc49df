/* tests/fuzz/fuzz_uidset.c: sets agree with a bitmap; what unpacks packs to the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "common/mail/uidset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SPACE = 256 };
struct pair { struct uidset set; bool bit[SPACE + 1]; };     /* the same set, twice */

static void pair_check(const struct pair *p)
{
	struct uidset_iter it = { 0 };
	uint32_t uid, n = 0, last = 0;

	for (uint32_t i = 0; i <= SPACE; i++) {
		must(uidset_has(&p->set, i) == p->bit[i]);
		n += p->bit[i];
	}
	must(uidset_count(&p->set) == n);
	for (; uidset_next(&p->set, &it, &uid); last = uid, n--)
		must(uid > last && p->bit[uid]);
	must(n == 0 && last == uidset_max(&p->set));
	for (size_t i = 1; i < p->set.n; i++)
		must(p->set.r[i].lo > p->set.r[i - 1].hi + 1);
}

static void pair_add(struct pair *p, uint32_t lo, uint32_t hi)
{
	uidset_add_range(&p->set, lo, hi);
	for (uint32_t i = lo; i <= hi; i++)
		p->bit[i] = true;
}

static void pair_apply(struct pair *a, const struct pair *b, int op)
{
	void (*const apply[])(struct uidset *, const struct uidset *) = {
		uidset_union, uidset_subtract, uidset_intersect, uidset_copy,
	};

	apply[op](&a->set, &b->set);
	for (size_t i = 0; i <= SPACE; i++) {
		bool out[] = { a->bit[i] || b->bit[i], a->bit[i] && !b->bit[i], a->bit[i] && b->bit[i], b->bit[i] };
		a->bit[i] = out[op];
	}
}

static void check_algebra(const uint8_t *data, size_t size)
{
	struct pair p[2] = { 0 };

	for (size_t i = 0; i + 3 <= size; i += 3) {
		struct pair *a = &p[data[i] & 1], *b = &p[~data[i] & 1];
		uint32_t lo = data[i + 1] + 1u, hi = lo + data[i + 2] % 8;
		switch (data[i] >> 1 & 7) {
		case 0: case 1: case 2: case 3:
			pair_add(a, lo, hi > SPACE ? SPACE : hi);
			break;
		default:
			pair_apply(a, b, (data[i] >> 1 & 7) - 4);
		}
		pair_check(a);
	}
	uidset_fini(&p[0].set);
	uidset_fini(&p[1].set);
}

static void check_pack(struct str in)
{
	struct uidset s = { 0 }, built = { 0 };
	struct buf out = { 0 };

	if (uidset_unpack(&s, in, 1000)) {
		uidset_pack(&out, &s);
		must(str_eq(buf_str(&out), in));
		for (size_t i = 0; i < s.n / 2; i++) {
			struct range r = s.r[i];
			s.r[i] = s.r[s.n - 1 - i];
			s.r[s.n - 1 - i] = r;
		}
		uidset_build(&built, s.r, s.n);
		must(uidset_eq(&built, &s));
	} else {
		must(s.n == 0);
	}
	uidset_fini(&s);
	uidset_fini(&built);
	buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_algebra(data, size);
	check_pack((struct str){ (const char *)data, size });
	return 0;
}

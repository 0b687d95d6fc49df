/* storaged/mbox/page.c: bits, columns, and the way between columns and structs. */
#include "storaged/mbox/page.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "common/mail/flags.h"

enum { WORDS = PAGE_UIDS / 64 };

struct page *page_new(uint32_t no)
{
	struct page *p = mem_new(sizeof *p);

	p->no = no;
	return p;
}

void page_free(struct page **p)
{
	free((*p)->m);
	free((char *)(*p)->packed.p);
	free(*p);
	*p = NULL;
}

/* --- bits --- */

static void bit_set(struct page_bits *b, uint32_t uid, bool on)
{
	uint64_t bit = 1ull << uid % 64, *w = &b->w[uid % PAGE_UIDS / 64];

	*w = on ? *w | bit : *w & ~bit;
}

bool page_has(const struct page *p, uint32_t uid)
{
	return uid / PAGE_UIDS == p->no && p->living.w[uid % PAGE_UIDS / 64] >> uid % 64 & 1;
}

uint16_t page_at(const struct page *p, uint32_t uid)
{
	uint32_t at = uid % PAGE_UIDS, n = 0;

	for (uint32_t i = 0; i < at / 64; i++)
		n += (uint32_t)__builtin_popcountll(p->living.w[i]);
	return (uint16_t)(n + (uint32_t)__builtin_popcountll(p->living.w[at / 64] & ((1ull << at % 64) - 1)));
}

void page_uids(const struct page *p, struct uidset *out)
{
	for (uint32_t i = 0; i < WORDS; i++)
		uidset_add_word(out, p->no * PAGE_UIDS + i * 64, p->living.w[i]);
}

uint32_t page_first_unseen(const struct page *p)
{
	for (uint32_t i = 0; i < WORDS; i++)
		if (p->unseen.w[i])
			return p->no * PAGE_UIDS + i * 64 + (uint32_t)__builtin_ctzll(p->unseen.w[i]);
	return 0;
}

/* --- messages --- */

struct msg *page_add(struct page *p, const struct msg *m)
{
	must(m->uid / PAGE_UIDS == p->no && page_at(p, m->uid) == p->n && !page_has(p, m->uid));
	page_msgs(p);
	if (p->n == p->cap) {
		p->cap = p->cap ? (uint16_t)(p->cap * 2) : 4;
		p->m = mem_resize(p->m, p->cap * sizeof *p->m);
	}
	p->m[p->n] = *m;
	bit_set(&p->living, m->uid, true);
	page_flagged(p, m);
	return &p->m[p->n++];
}

void page_del(struct page *p, uint16_t at)
{
	struct msg *m = page_msgs(p) + at;

	bit_set(&p->living, m->uid, false);
	bit_set(&p->unseen, m->uid, false);
	bit_set(&p->deleted, m->uid, false);
	p->n--;
	memmove(m, m + 1, (size_t)(p->n - at) * sizeof *m);
}

void page_flagged(struct page *p, const struct msg *m)
{
	bit_set(&p->unseen, m->uid, !(m->word & FLAG_SEEN));
	bit_set(&p->deleted, m->uid, m->word & FLAG_DELETED);
}

/* --- columns --- */

/* Unsigned LEB128: columns are mostly small steps. */
static void put_var(struct buf *b, uint64_t v)
{
	char out[10];
	size_t n = 0;

	do {
		out[n++] = (char)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
		v >>= 7;
	} while (v);
	buf_add(b, (struct str){ out, n });
}

static uint64_t get_var(struct rd *r)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t c = rd_u8(r);
		v |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return v;
	}
	r->bad = true;
	return 0;
}

/* Signed values in few bytes whichever their sign. */
static uint64_t zigzag(int64_t v) { return (uint64_t)v << 1 ^ (uint64_t)(v >> 63); }
static int64_t unzigzag(uint64_t v) { return (int64_t)(v >> 1) ^ -(int64_t)(v & 1); }

/* Words of zeros are not written: small mailboxes have small rows. */
static void put_bits(struct buf *b, const struct page_bits *bits)
{
	uint8_t used = 0;

	for (int i = 0; i < WORDS; i++)
		used |= (uint8_t)((bits->w[i] != 0) << i);
	buf_addc(b, (char)used);
	for (int i = 0; i < WORDS; i++)
		if (bits->w[i])
			buf_u64(b, bits->w[i]);
}

static void get_bits(struct rd *r, struct page_bits *bits)
{
	uint8_t used = rd_u8(r);

	r->bad |= used >> WORDS != 0;
	for (int i = 0; i < WORDS; i++)
		bits->w[i] = used >> i & 1 ? rd_u64(r) : 0;
}

static void put_flags(struct buf *out, const struct msg *m, const struct map *more)
{
	if (m->word & FLAG_MORE)
		flagset_pack(out, map_get(more, m->uid));
	else
		buf_u32(out, m->word);
}

void page_pack(struct buf *out, struct page *p, const struct map *more)
{
	const struct msg *m = page_msgs(p), *end = m + p->n;
	struct msg before = { 0 };
	bool any_more = false;

	for (const struct msg *x = m; x < end; x++)
		any_more |= (x->word & FLAG_MORE) != 0;
	buf_addc(out, any_more);
	buf_u64(out, p->max_modseq);
	put_bits(out, &p->living);
	put_bits(out, &p->unseen);
	put_bits(out, &p->deleted);
	/* Each message as differences to the one before it: about ten bytes. */
	for (; m < end; before = *m++) {
		put_var(out, zigzag((int64_t)(m->modseq - before.modseq)));
		put_var(out, zigzag((int64_t)(m->blob - before.blob)));
		put_var(out, zigzag(m->date - before.date));
		put_var(out, zigzag(m->saved - m->date));
		put_var(out, m->size);
		put_flags(out, m, more);
	}
}

static void get_flags(struct rd *r, struct msg *m, struct map *more)
{
	struct flagset f = { 0, 0, NULL };

	if (!flagset_unpack(&f, r))
		r->bad = true;
	m->word = f.word;
	if (!f.n_more)
		return;
	if (!more) {
		r->bad = true;
		flagset_fini(&f);
		return;
	}
	struct flagset *kept = mem_new(sizeof *kept);
	*kept = f;
	map_put(more, m->uid, kept);
}

/* False: malformed; what was read so far stands. more NULL: no message has more keywords than a word holds. */
static bool columns_read(struct page *p, struct str columns, struct map *more)
{
	struct rd r = rd_of(columns);
	struct msg before = { 0 };
	uint16_t n = 0;

	p->m = mem_new(p->n * sizeof *p->m);
	p->cap = p->n;
	for (uint32_t i = 0; i < WORDS; i++) {
		for (uint64_t w = p->living.w[i]; w && !r.bad; w &= w - 1) {
			struct msg *m = &p->m[n++];
			m->uid = p->no * PAGE_UIDS + i * 64 + (uint32_t)__builtin_ctzll(w);
			m->modseq = before.modseq + (uint64_t)unzigzag(get_var(&r));
			m->blob = before.blob + (uint64_t)unzigzag(get_var(&r));
			m->date = before.date + unzigzag(get_var(&r));
			m->saved = m->date + unzigzag(get_var(&r));
			m->size = get_var(&r);
			get_flags(&r, m, more);
			before = *m;
		}
	}
	return rd_done(&r);
}

struct msg *page_msgs(struct page *p)
{
	if (p->m || p->n == 0)
		return p->m;
	must(columns_read(p, p->packed, NULL));      /* of a row whose checksum was right */
	free((char *)p->packed.p);
	p->packed = (struct str){ NULL, 0 };
	return p->m;
}

struct page *page_unpack(uint32_t no, struct str row, struct map *more)
{
	struct page *p = page_new(no);
	struct rd r = rd_of(row);
	bool any_more = rd_u8(&r) != 0;

	p->max_modseq = rd_u64(&r);
	get_bits(&r, &p->living);
	get_bits(&r, &p->unseen);
	get_bits(&r, &p->deleted);
	for (int i = 0; i < WORDS; i++) {
		p->n += (uint16_t)__builtin_popcountll(p->living.w[i]);
		r.bad |= ((p->unseen.w[i] | p->deleted.w[i]) & ~p->living.w[i]) != 0;
	}
	struct str columns = rd_bytes(&r, r.bad ? 0 : (size_t)(r.end - r.p));
	r.bad |= p->n == 0 || page_has(p, 0);
	/* The further keywords have their place in the mailbox, so these pages, which are rare, are opened at once. */
	if (!r.bad && any_more)
		r.bad = !columns_read(p, columns, more);
	else if (!r.bad)
		p->packed = (struct str){ str_heap_z(columns), columns.n };
	if (r.bad)
		page_free(&p);
	return p;
}

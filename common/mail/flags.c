/* common/mail/flags.c: flag words, keyword lists, keyword tables. */
#include "common/mail/flags.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"

static const struct { uint32_t bit; struct str name; } system_flags[] = {
	{ FLAG_ANSWERED, { "\\Answered", 9 } },
	{ FLAG_FLAGGED,  { "\\Flagged",  8 } },
	{ FLAG_DELETED,  { "\\Deleted",  8 } },
	{ FLAG_SEEN,     { "\\Seen",     5 } },
	{ FLAG_DRAFT,    { "\\Draft",    6 } },
};
enum { N_SYSTEM = sizeof system_flags / sizeof *system_flags };

void flagset_fini(struct flagset *f)
{
	free(f->more);
	*f = (struct flagset){ 0, 0, NULL };
}

/* Gives the list its new length; the word's "more" bit follows. */
static void more_resize(struct flagset *f, size_t n)
{
	must(n <= FLAG_KEYWORDS_MAX - FLAG_WORD_KEYWORDS);
	if (n == 0) {
		free(f->more);
		f->more = NULL;
	} else {
		f->more = mem_resize(f->more, n * sizeof *f->more);
	}
	f->n_more = (uint16_t)n;
	f->word = n ? f->word | FLAG_MORE : f->word & ~(uint32_t)FLAG_MORE;
}

void flagset_copy(struct flagset *to, const struct flagset *from)
{
	if (to == from)
		return;
	more_resize(to, from->n_more);
	if (from->n_more)
		memcpy(to->more, from->more, from->n_more * sizeof *from->more);
	to->word = from->word;
}

bool flagset_eq(const struct flagset *a, const struct flagset *b)
{
	return a->word == b->word && a->n_more == b->n_more &&
	       (a->n_more == 0 || memcmp(a->more, b->more, a->n_more * sizeof *a->more) == 0);
}

/* Where in the list keyword k stands, or would. */
static size_t more_find(const struct flagset *f, unsigned k)
{
	size_t lo = 0, hi = f->n_more;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (f->more[mid] < k)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool flagset_has(const struct flagset *f, unsigned keyword)
{
	if (keyword < FLAG_WORD_KEYWORDS)
		return f->word & (uint32_t)FLAG_KEYWORD0 << keyword;
	size_t at = more_find(f, keyword);
	return at < f->n_more && f->more[at] == keyword;
}

void flagset_set(struct flagset *f, unsigned keyword)
{
	must(keyword < FLAG_KEYWORDS_MAX);
	if (keyword < FLAG_WORD_KEYWORDS) {
		f->word |= (uint32_t)FLAG_KEYWORD0 << keyword;
		return;
	}
	if (flagset_has(f, keyword))
		return;
	size_t at = more_find(f, keyword), tail = f->n_more - at;
	more_resize(f, (size_t)f->n_more + 1);
	memmove(f->more + at + 1, f->more + at, tail * sizeof *f->more);
	f->more[at] = (uint16_t)keyword;
}

void flagset_add(struct flagset *to, const struct flagset *what)
{
	size_t i = 0, j = 0, n = 0;

	to->word |= what->word & ~(uint32_t)FLAG_MORE;
	if (what->n_more == 0)
		return;
	uint16_t *both = mem_new(((size_t)to->n_more + what->n_more) * sizeof *both);
	while (i < to->n_more || j < what->n_more) {
		bool next_is_what = i == to->n_more || (j < what->n_more && what->more[j] < to->more[i]);
		both[n] = next_is_what ? what->more[j++] : to->more[i++];
		if (j < what->n_more && what->more[j] == both[n])
			j++;
		n++;
	}
	more_resize(to, n);
	memcpy(to->more, both, n * sizeof *both);
	free(both);
}

void flagset_remove(struct flagset *from, const struct flagset *what)
{
	size_t j = 0, left = 0;

	from->word &= ~what->word | FLAG_MORE;
	for (size_t i = 0; i < from->n_more; i++) {
		while (j < what->n_more && what->more[j] < from->more[i])
			j++;
		if (j == what->n_more || what->more[j] != from->more[i])
			from->more[left++] = from->more[i];
	}
	more_resize(from, left);
}

void flagset_pack(struct buf *out, const struct flagset *f)
{
	must(!(f->word & FLAG_MORE) == !f->n_more);
	buf_u32(out, f->word);
	if (f->n_more)
		buf_u16(out, f->n_more);
	for (size_t i = 0; i < f->n_more; i++)
		buf_u16(out, f->more[i]);
}

static bool more_unpack(struct flagset *f, struct rd *in)
{
	uint16_t n = rd_u16(in);

	if (n == 0 || n > FLAG_KEYWORDS_MAX - FLAG_WORD_KEYWORDS)
		return false;
	more_resize(f, n);
	for (size_t i = 0; i < n; i++) {
		f->more[i] = rd_u16(in);
		uint16_t least = i ? (uint16_t)(f->more[i - 1] + 1) : FLAG_WORD_KEYWORDS;
		if (f->more[i] < least || f->more[i] >= FLAG_KEYWORDS_MAX)
			return false;
	}
	return true;
}

bool flagset_unpack(struct flagset *f, struct rd *in)
{
	flagset_fini(f);
	f->word = rd_u32(in);
	if (!in->bad && (!(f->word & FLAG_MORE) || more_unpack(f, in)) && !in->bad)
		return true;
	flagset_fini(f);
	return false;
}

uint32_t flag_by_name(struct str name)
{
	for (size_t i = 0; i < N_SYSTEM; i++)
		if (str_ieq(name, system_flags[i].name))
			return system_flags[i].bit;
	return 0;
}

struct str flag_name(uint32_t bit)
{
	for (size_t i = 0; i < N_SYSTEM; i++)
		if (system_flags[i].bit == bit)
			return system_flags[i].name;
	must(!"a system flag");
	return S("");
}

bool flag_keyword_valid(struct str name)
{
	if (name.n == 0 || name.n > FLAG_KEYWORD_BYTES_MAX)
		return false;
	for (size_t i = 0; i < name.n; i++)     /* RFC 9051 section 9: ATOM-CHAR */
		if (name.p[i] <= ' ' || name.p[i] > '~' || memchr("(){%*\"\\]", name.p[i], 8))
			return false;
	return true;
}

void keywords_fini(struct keywords *k)
{
	for (size_t i = 0; i < k->n; i++)
		free((char *)k->names[i].p);
	free(k->names);
	free(k->hash);
	*k = (struct keywords){ 0 };
}

void keywords_copy(struct keywords *to, const struct keywords *from)
{
	if (to == from)
		return;
	keywords_fini(to);
	for (size_t i = 0; i < from->n; i++)
		keywords_add(to, from->names[i]);
}

/* FNV-1a over lower case. A table holds 2048 names at most, so chosen collisions gain nothing. */
static uint32_t name_hash(struct str name)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < name.n; i++)
		h = (h ^ (uint8_t)ascii_lower(name.p[i])) * 16777619u;
	return h ^ h >> 15;
}

/* The slot that holds name's number + 1, or the empty slot (0) where it belongs. */
static uint32_t *slot_of(const struct keywords *k, struct str name)
{
	size_t i = name_hash(name) & (k->hash_cap - 1);

	while (k->hash[i] && !str_ieq(k->names[k->hash[i] - 1], name))
		i = (i + 1) & (k->hash_cap - 1);
	return &k->hash[i];
}

int keywords_find(const struct keywords *k, struct str name)
{
	return k->n ? (int)*slot_of(k, name) - 1 : -1;
}

/* Doubles both tables; the hash stays at most half full. */
static void keywords_grow(struct keywords *k)
{
	k->cap = k->cap ? k->cap * 2 : 8;
	k->names = mem_resize(k->names, k->cap * sizeof *k->names);
	k->hash_cap = k->cap * 2;
	free(k->hash);
	k->hash = mem_new(k->hash_cap * sizeof *k->hash);
	for (size_t i = 0; i < k->n; i++)
		*slot_of(k, k->names[i]) = (uint32_t)i + 1;
}

int keywords_add(struct keywords *k, struct str name)
{
	int old = keywords_find(k, name);

	if (old >= 0)
		return old;
	if (k->n == FLAG_KEYWORDS_MAX)
		return -1;
	if (k->n == k->cap)
		keywords_grow(k);
	*slot_of(k, name) = (uint32_t)k->n + 1;
	k->names[k->n] = (struct str){ str_heap_z(name), name.n };
	return (int)k->n++;
}

void keywords_pack(struct buf *out, const struct keywords *k)
{
	buf_u16(out, (uint16_t)k->n);
	for (size_t i = 0; i < k->n; i++)
		buf_lstr(out, k->names[i]);
}

bool keywords_unpack(struct keywords *k, struct str in)
{
	struct rd rd = rd_of(in);
	uint16_t n = rd_u16(&rd);

	keywords_fini(k);
	for (int i = 0; i < n && !rd.bad; i++) {
		struct str name = rd_str(&rd);
		if (!flag_keyword_valid(name) || keywords_add(k, name) != i)    /* the same twice, or too many */
			rd.bad = true;
	}
	if (rd_done(&rd))
		return true;
	keywords_fini(k);
	return false;
}

static void print_word(struct buf *out, size_t start, struct str word)
{
	if (out->n > start)
		buf_addc(out, ' ');
	buf_add(out, word);
}

void flagset_print(struct buf *out, const struct flagset *f, const struct keywords *k)
{
	size_t start = out->n;

	for (size_t i = 0; i < N_SYSTEM; i++)
		if (f->word & system_flags[i].bit)
			print_word(out, start, system_flags[i].name);
	for (size_t i = 0; i < FLAG_WORD_KEYWORDS && i < k->n; i++)
		if (flagset_has(f, (unsigned)i))
			print_word(out, start, k->names[i]);
	for (size_t i = 0; i < f->n_more && f->more[i] < k->n; i++)
		print_word(out, start, k->names[f->more[i]]);
}

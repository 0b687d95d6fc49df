/* storaged/search/scan.c: substring search by first and last byte, 32 places at a time. */
#include "storaged/search/scan.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "common/mail/fold.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* -- keys -- */

/* Knuth, Morris, Pratt: where to go on in the key after a mismatch. */
static void find_borders(struct scan_key *k)
{
	const char *t = k->text.p;
	uint32_t j = 0;

	for (size_t i = 1; i < k->text.n; i++) {
		while (j > 0 && t[i] != t[j])
			j = k->border[j - 1];
		if (t[i] == t[j])
			j++;
		k->border[i] = j;
	}
}

void scan_key_init(struct scan_key *k, struct str text)
{
	struct buf folded = { 0 };
	struct folds known = { 0 };

	fold_text(&folded, text, &known);
	folds_fini(&known);
	must(folded.n < UINT32_MAX);
	k->text = buf_str(&folded);                     /* its memory is the key's from here on */
	k->border = mem_new(folded.n * sizeof *k->border + 1);
	find_borders(k);
}

void scan_key_fini(struct scan_key *k)
{
	free((char *)k->text.p);
	free(k->border);
	*k = (struct scan_key){ 0 };
}

/* -- one key in one text -- */

/* The first place from `at` on where the key's first and last byte stand; text.n if there is none. */
typedef size_t candidate_fn(const struct scan_key *k, struct str text, size_t at);

static size_t candidate_plain(const struct scan_key *k, struct str text, size_t at)
{
	size_t last = k->text.n - 1;

	for (; at + last < text.n; at++)
		if (ascii_lower(text.p[at]) == k->text.p[0] && ascii_lower(text.p[at + last]) == k->text.p[last])
			return at;
	return text.n;
}

#if defined(__x86_64__)
/* What to set in a text's byte so that it equals the key's byte in either case; nothing for what is no letter. */
static char case_bit(char folded)
{
	return folded >= 'a' && folded <= 'z' ? 0x20 : 0;
}

__attribute__((target("avx2")))
static size_t candidate_avx2(const struct scan_key *k, struct str text, size_t at)
{
	size_t last = k->text.n - 1;
	const __m256i first_byte = _mm256_set1_epi8(k->text.p[0]);
	const __m256i last_byte = _mm256_set1_epi8(k->text.p[last]);
	const __m256i first_case = _mm256_set1_epi8(case_bit(k->text.p[0]));
	const __m256i last_case = _mm256_set1_epi8(case_bit(k->text.p[last]));

	for (; at + last + 32 <= text.n; at += 32) {
		__m256i a = _mm256_loadu_si256((const __m256i *)(text.p + at));
		__m256i b = _mm256_loadu_si256((const __m256i *)(text.p + at + last));
		a = _mm256_cmpeq_epi8(_mm256_or_si256(a, first_case), first_byte);
		b = _mm256_cmpeq_epi8(_mm256_or_si256(b, last_case), last_byte);
		unsigned hits = (unsigned)_mm256_movemask_epi8(_mm256_and_si256(a, b));
		if (hits)
			return at + (size_t)__builtin_ctz(hits);
	}
	return candidate_plain(k, text, at);
}
#endif

static candidate_fn *candidate_best(void)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2"))
		return candidate_avx2;
#endif
	return candidate_plain;
}

/* How many bytes of the key stand at p. */
static size_t agreement(const struct scan_key *k, const char *p)
{
	size_t i = 0;

	while (i < k->text.n && ascii_lower(p[i]) == k->text.p[i])
		i++;
	return i;
}

/* Slower than looking for candidates, but never looks at a byte of the text twice. */
static bool find_linear(const struct scan_key *k, struct str text)
{
	size_t j = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = ascii_lower(text.p[i]);
		while (j > 0 && c != k->text.p[j])
			j = k->border[j - 1];
		if (c == k->text.p[j])
			j++;
		if (j == k->text.n)
			return true;
	}
	return false;
}

/* A key and a text of one letter alone would agree almost everywhere, at quadratic cost: after too much of that
 * the rest is done the linear way. */
static bool find_with(candidate_fn *candidate, const struct scan_key *k, struct str text)
{
	size_t spent = 0;

	if (k->text.n == 0)
		return true;
	for (size_t at = candidate(k, text, 0); at < text.n; at = candidate(k, text, at + 1)) {
		size_t same = agreement(k, text.p + at);
		if (same == k->text.n)
			return true;
		spent += same;
		if (spent > 4 * text.n)
			return find_linear(k, str_skip(text, at + 1));
	}
	return false;
}

bool scan_find(const struct scan_key *k, struct str text)
{
	return find_with(candidate_best(), k, text);
}

bool scan_find_plain(const struct scan_key *k, struct str text)
{
	return find_with(candidate_plain, k, text);
}

/* -- several keys in a text of pieces -- */

void scan_fini(struct scan *s)
{
	free(s->target);
	buf_fini(&s->window);
	*s = (struct scan){ 0 };
}

void scan_reset(struct scan *s)
{
	s->n = s->longest = 0;
	buf_reset(&s->window);
}

void scan_add(struct scan *s, const struct scan_key *k, bool *found)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 4;
		s->target = mem_resize(s->target, s->cap * sizeof *s->target);
	}
	s->target[s->n++] = (struct scan_target){ k, found };
	if (k->text.n > s->longest)
		s->longest = k->text.n;
}

static bool look(struct scan *s)
{
	size_t kept = 0;

	if (s->grams)
		grams_note(s->grams, buf_str(&s->window));
	for (size_t i = 0; i < s->n; i++) {
		struct scan_target t = s->target[i];
		if (scan_find(t.key, buf_str(&s->window)))
			*t.found = true;
		else
			s->target[kept++] = t;
	}
	bool any = kept < s->n;
	s->n = kept;
	return any;
}

/* A key, or a gram, that ends in what comes next begins in the last bytes of the window: those stay. */
static void slide(struct scan *s)
{
	size_t keep = s->longest > GRAM_BYTES ? s->longest - 1 : GRAM_BYTES - 1;

	if (s->window.n > keep)
		buf_drop(&s->window, s->window.n - keep);
}

bool scan_push(struct scan *s, struct str piece)
{
	bool any = false;

	while (piece.n > 0 && s->n > 0) {
		/* At least twice the longest key is new in each window, or long keys would cost much for each short piece. */
		struct str now = str_head(piece, SCAN_WINDOW_BYTES + 3 * s->longest - s->window.n);
		buf_add(&s->window, now);
		piece = str_skip(piece, now.n);
		if (s->window.n < SCAN_WINDOW_BYTES + 3 * s->longest)
			break;
		any |= look(s);
		slide(s);
	}
	return any;
}

bool scan_end(struct scan *s)
{
	bool any = s->n > 0 && look(s);

	buf_reset(&s->window);
	return any;
}

/* common/mail/fold.c: folding text for SEARCH. */
#include "common/mail/fold.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "common/base/must.h"

/* Up and down again, since several small letters share a capital: final sigma and sigma, long s and s. */
static uint32_t fold_case(utf8proc_int32_t cp)
{
	return (uint32_t)utf8proc_tolower(utf8proc_toupper(cp));
}

static void fold_char(uint32_t cp, struct buf *out)
{
	enum { PARTS_MAX = 32 };                        /* the longest in Unicode has 18 */
	utf8proc_int32_t part[PARTS_MAX];
	int boundary = 0;
	utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)cp, part, PARTS_MAX,
						     UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, &boundary);

	must(n >= 0 && n <= PARTS_MAX);
	for (utf8proc_ssize_t i = 0; i < n; i++)
		utf8_add(out, fold_case(part[i]));
}

/* -- what was worked out before -- */

enum { BLOCK_CHARS = FOLD_REMEMBERED / FOLD_BLOCKS, LONG = UINT8_MAX };

void folds_fini(struct folds *known)
{
	for (size_t i = 0; i < FOLD_BLOCKS; i++)
		free(known->block[i]);
	*known = (struct folds){ 0 };
}

static struct fold_char *block_make(uint32_t no)
{
	struct fold_char *block = mem_new(BLOCK_CHARS * sizeof *block);
	struct buf folded = { 0 };

	for (uint32_t i = 0; i < BLOCK_CHARS; i++) {
		uint32_t cp = no * BLOCK_CHARS + i;
		buf_reset(&folded);
		if (cp < 0xd800 || cp > 0xdfff)         /* surrogates are no characters */
			fold_char(cp, &folded);
		block[i].n = folded.n <= sizeof block[i].utf8 ? (uint8_t)folded.n : LONG;
		if (block[i].n != LONG)
			memcpy(block[i].utf8, folded.p, folded.n);
	}
	buf_fini(&folded);
	return block;
}

static const struct fold_char *fold_known(struct folds *known, uint32_t cp)
{
	struct fold_char **block = &known->block[cp / BLOCK_CHARS];

	if (!*block)
		*block = block_make(cp / BLOCK_CHARS);
	return &(*block)[cp % BLOCK_CHARS];
}

/* -- many at once -- */

static uint64_t eight_of(const char *p)
{
	uint64_t eight;

	memcpy(&eight, p, sizeof eight);
	return eight;
}

static bool are_ascii(uint64_t eight) { return !(eight & 0x8080808080808080u); }

/* Adding lifts a byte's highest bit from 'A' on, and from behind 'Z' on: between them the bit of small letters is set. */
static uint64_t eight_lower(uint64_t eight)
{
	const uint64_t each = 0x0101010101010101u;
	uint64_t from_a = eight + (0x80 - 'A') * each, behind_z = eight + (0x80 - 'Z' - 1) * each;

	return eight | (from_a & ~behind_z & 0x80 * each) >> 2;
}

/* At most this much is taken at a time, so that room for it can be made before. */
enum { CHUNK_BYTES = 2048 };

/* How much of it there is: eight at a time, then one by one. */
static size_t fold_ascii(struct str in, char *to)
{
	size_t n = 0;

	for (; n + 8 <= in.n && are_ascii(eight_of(in.p + n)); n += 8) {
		uint64_t lower = eight_lower(eight_of(in.p + n));
		memcpy(to + n, &lower, sizeof lower);
	}
	for (; n < in.n && !(in.p[n] & 0x80); n++)
		to[n] = ascii_lower(in.p[n]);
	return n;
}

/* A whole character that is remembered: its bytes, and how many it became. 0: something else stands here. */
static size_t fold_one(struct folds *known, struct str in, char *to, size_t *made)
{
	uint32_t cp;
	size_t bytes = utf8_char(in, &cp);

	if (bytes == 0 || cp >= FOLD_REMEMBERED)
		return 0;
	const struct fold_char *c = fold_known(known, cp);
	if (c->n == LONG)
		return 0;
	memcpy(to, c->utf8, sizeof c->utf8);
	*made = c->n;
	return bytes;
}

/* Takes ASCII and remembered characters from the front of `in`; stops where something else is to be done. */
static size_t fold_chunk(struct folds *known, struct str in, struct buf *out)
{
	struct str at = in;

	buf_reserve(out, (in.n / 2 + 1) * sizeof(struct fold_char));      /* two bytes may become one of them */
	char *to = out->p + out->n;
	while (at.n > 0) {
		size_t bytes = fold_ascii(at, to), made = bytes;
		if (bytes == 0)
			bytes = fold_one(known, at, to, &made);
		if (bytes == 0)
			break;
		to += made;
		at = (struct str){ at.p + bytes, at.n - bytes };
	}
	out->n = (size_t)(to - out->p);
	return in.n - at.n;
}

void fold_push(struct fold *f, struct str in, struct buf *out)
{
	struct utf8_step step;

	while (in.n > 0) {
		size_t n = f->in.n_held ? 0 : fold_chunk(f->known, str_head(in, CHUNK_BYTES), out);
		in = str_skip(in, n);
		if (n == 0 && utf8_take(&f->in, &in, &step))
			fold_char(step.cp, out);
	}
}

void fold_end(struct fold *f, struct buf *out)
{
	struct utf8_step step;

	if (utf8_take_end(&f->in, &step))
		utf8_add(out, step.cp);
}

void fold_text(struct buf *out, struct str in, struct folds *known)
{
	struct fold f = { .known = known };

	fold_push(&f, in, out);
	fold_end(&f, out);
}

/* common/base/buf.h: bytes that grow at the end and are taken from the front; also writes numbers.
 *
 * Owner: whoever embeds it; zero-initialised is a valid empty buf. Numbers are big-endian,
 * the mirror of rd.h. A str lent by buf_str dies at the next change.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/base/str.h"

struct buf { char *p; size_t n, cap; };

void       buf_fini(struct buf *b);                        /* frees; the buf is empty and usable again */
void       buf_reset(struct buf *b);                       /* empty, keeps its memory */
void       buf_more(struct buf *b, size_t more);           /* buf_reserve's slow way */
void       buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void       buf_vprintf(struct buf *b, const char *fmt, va_list ap);
void       buf_dec(struct buf *b, uint64_t n);             /* decimal digits, fast */
void       buf_drop(struct buf *b, size_t bytes);          /* forgets bytes at the front */
void       buf_lstr(struct buf *b, struct str s);          /* u32 length, then the bytes; read by rd_str */
void       buf_set_u32(struct buf *b, size_t at, uint32_t v);    /* overwrites four bytes written before */
static inline struct str buf_str(const struct buf *b) { return (struct str){ b->p, b->n }; }

/* What follows is called for every word of every answer: inline, a word known here costs a few stores. */

/* Room for `more` bytes beyond n. */
static inline void buf_reserve(struct buf *b, size_t more)
{
	if (b->cap - b->n < more)
		buf_more(b, more);
}

/* Adds uninitialised bytes, returns where they start: never NULL. */
static inline char *buf_grow(struct buf *b, size_t bytes)
{
	buf_reserve(b, bytes ? bytes : 1);
	char *at = b->p + b->n;
	b->n += bytes;
	return at;
}

static inline void buf_add(struct buf *b, struct str s)
{
	if (s.n)
		memcpy(buf_grow(b, s.n), s.p, s.n);
}

static inline void buf_addc(struct buf *b, char c) { *buf_grow(b, 1) = c; }
static inline void buf_u8(struct buf *b, uint8_t v) { *buf_grow(b, 1) = (char)v; }

static inline void buf_u16(struct buf *b, uint16_t v)
{
	v = __builtin_bswap16(v);
	memcpy(buf_grow(b, 2), &v, 2);
}

static inline void buf_u32(struct buf *b, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(buf_grow(b, 4), &v, 4);
}

static inline void buf_u64(struct buf *b, uint64_t v)
{
	v = __builtin_bswap64(v);
	memcpy(buf_grow(b, 8), &v, 8);
}

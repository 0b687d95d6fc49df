/* common/base/buf.c: a growing run of bytes. */
#include "common/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"

void buf_fini(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ NULL, 0, 0 };
}

void buf_reset(struct buf *b) { b->n = 0; }

void buf_reserve(struct buf *b, size_t more)
{
	if (b->cap - b->n >= more)
		return;
	must(more < SIZE_MAX / 4 && b->n < SIZE_MAX / 4);
	size_t cap = b->cap ? b->cap : 64;
	while (cap - b->n < more)
		cap *= 2;
	b->p = mem_resize(b->p, cap);
	b->cap = cap;
}

char *buf_grow(struct buf *b, size_t bytes)
{
	buf_reserve(b, bytes ? bytes : 1);      /* so that there is a place to point to */
	char *at = b->p + b->n;
	b->n += bytes;
	return at;
}

void buf_add(struct buf *b, struct str s)
{
	if (s.n)
		memcpy(buf_grow(b, s.n), s.p, s.n);
}

void buf_addc(struct buf *b, char c) { *buf_grow(b, 1) = c; }

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;

	va_copy(again, ap);
	buf_reserve(b, 64);
	int n = vsnprintf(b->p + b->n, b->cap - b->n, fmt, ap);
	must(n >= 0);
	if ((size_t)n >= b->cap - b->n) {
		buf_reserve(b, (size_t)n + 1);
		vsnprintf(b->p + b->n, b->cap - b->n, fmt, again);
	}
	va_end(again);
	b->n += (size_t)n;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void buf_dec(struct buf *b, uint64_t n)
{
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + n % 10);
	} while (n /= 10);
	buf_add(b, (struct str){ digits + at, sizeof digits - at });
}

void buf_drop(struct buf *b, size_t bytes)
{
	must(bytes <= b->n);
	b->n -= bytes;
	if (b->n)
		memmove(b->p, b->p + bytes, b->n);
}

void buf_u8(struct buf *b, uint8_t v) { *buf_grow(b, 1) = (char)v; }

void buf_u16(struct buf *b, uint16_t v)
{
	v = __builtin_bswap16(v);
	memcpy(buf_grow(b, 2), &v, 2);
}

void buf_u32(struct buf *b, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(buf_grow(b, 4), &v, 4);
}

void buf_u64(struct buf *b, uint64_t v)
{
	v = __builtin_bswap64(v);
	memcpy(buf_grow(b, 8), &v, 8);
}

void buf_lstr(struct buf *b, struct str s)
{
	must(s.n <= UINT32_MAX);
	buf_u32(b, (uint32_t)s.n);
	buf_add(b, s);
}

void buf_set_u32(struct buf *b, size_t at, uint32_t v)
{
	must(at + 4 <= b->n);
	v = __builtin_bswap32(v);
	memcpy(b->p + at, &v, 4);
}

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

void buf_more(struct buf *b, size_t more)
{
	must(more < SIZE_MAX / 4 && b->n < SIZE_MAX / 4);
	size_t cap = b->cap ? b->cap : more > 64 ? more : 64;     /* the first time all that is asked for: often nothing follows */
	while (cap - b->n < more)
		cap *= 2;
	b->p = mem_resize(b->p, cap);
	b->cap = cap;
}

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
	static const char pairs[201] =
		"0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
		"5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";
	char digits[20];
	size_t at = sizeof digits;

	for (; n >= 100; n /= 100)
		memcpy(digits + (at -= 2), pairs + n % 100 * 2, 2);
	if (n >= 10)
		memcpy(digits + (at -= 2), pairs + n * 2, 2);
	else
		digits[--at] = (char)('0' + n);
	buf_add(b, (struct str){ digits + at, sizeof digits - at });
}

void buf_drop(struct buf *b, size_t bytes)
{
	must(bytes <= b->n);
	b->n -= bytes;
	if (b->n)
		memmove(b->p, b->p + bytes, b->n);
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

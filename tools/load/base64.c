/* tools/load/base64.c: three bytes are four letters. */
#include "tools/load/base64.h"

#include <string.h>

#include "common/base/must.h"

static const char letter[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static char *encode(const unsigned char *p, size_t n, char *to)
{
	for (; n >= 3; n -= 3, p += 3) {
		uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
		*to++ = letter[v >> 18];
		*to++ = letter[v >> 12 & 63];
		*to++ = letter[v >> 6 & 63];
		*to++ = letter[v & 63];
	}
	if (n == 0)
		return to;
	uint32_t v = (uint32_t)p[0] << 16 | (n > 1 ? (uint32_t)p[1] << 8 : 0);
	*to++ = letter[v >> 18];
	*to++ = letter[v >> 12 & 63];
	*to++ = n > 1 ? letter[v >> 6 & 63] : '=';
	*to++ = '=';
	return to;
}

void base64_add(struct str raw, struct buf *out)
{
	char *to = buf_grow(out, (raw.n + 2) / 3 * 4);

	encode((const unsigned char *)raw.p, raw.n, to);
}

void base64_in_place(struct buf *out, size_t at, size_t raw_at)
{
	unsigned char line[BASE64_LINE_RAW];
	char *to = out->p + at;

	while (raw_at < out->n) {
		size_t n = out->n - raw_at < sizeof line ? out->n - raw_at : sizeof line;
		memcpy(line, out->p + raw_at, n);
		raw_at += n;
		to = encode(line, n, to);
		*to++ = '\r';
		*to++ = '\n';
		must(to <= out->p + raw_at);
	}
	out->n = (size_t)(to - out->p);
}

void base64_noise(struct dice *d, struct str magic, size_t lines, struct buf *out)
{
	enum { PER_ROLL = 10 };                  /* letters of six bits in 64 */
	char *begin = buf_grow(out, lines * BASE64_LINE_BYTES), *to = begin;

	for (size_t i = 0; i < lines; i++, to += 2) {
		for (char *end = to + BASE64_LINE_CHARS; to < end;) {
			uint64_t roll = dice_roll(d);
			for (int k = 0; k < PER_ROLL && to < end; k++, roll >>= 6)
				*to++ = letter[roll & 63];
		}
		memcpy(to, "\r\n", 2);
	}
	if (lines > 0)
		memcpy(begin, magic.p, magic.n);
}

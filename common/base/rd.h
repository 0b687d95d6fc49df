/* common/base/rd.h: reads numbers from bytes we do not trust. `bad` sticks.
 *
 * After a failure every read gives zero, so a caller checks once, at the end. A loop asks
 * rd_more, never how many bytes are left, or it may spin for ever.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/base/str.h"

struct rd { const uint8_t *p, *end; bool bad; };

static inline struct rd rd_of(struct str s)
{
	return (struct rd){ (const uint8_t *)s.p, s.n ? (const uint8_t *)s.p + s.n : (const uint8_t *)s.p, false };
}
static inline bool rd_more(const struct rd *r) { return !r->bad && r->p < r->end; }
static inline bool rd_done(const struct rd *r) { return !r->bad && r->p == r->end; }

static inline struct str rd_bytes(struct rd *r, size_t n)
{
	if (r->bad || (size_t)(r->end - r->p) < n) {
		r->bad = true;
		return (struct str){ NULL, 0 };
	}
	struct str s = { (const char *)r->p, n };
	if (n)
		r->p += n;
	return s;
}

static inline uint8_t rd_u8(struct rd *r)
{
	struct str s = rd_bytes(r, 1);
	return s.n ? (uint8_t)s.p[0] : 0;
}

static inline uint16_t rd_u16(struct rd *r)
{
	struct str s = rd_bytes(r, 2);
	uint16_t v = 0;
	if (s.n)
		memcpy(&v, s.p, 2);
	return __builtin_bswap16(v);
}

static inline uint32_t rd_u32(struct rd *r)
{
	struct str s = rd_bytes(r, 4);
	uint32_t v = 0;
	if (s.n)
		memcpy(&v, s.p, 4);
	return __builtin_bswap32(v);
}

static inline uint64_t rd_u64(struct rd *r)
{
	struct str s = rd_bytes(r, 8);
	uint64_t v = 0;
	if (s.n)
		memcpy(&v, s.p, 8);
	return __builtin_bswap64(v);
}

/* u32 length, then the bytes: the mirror of buf_lstr. Borrowed. */
static inline struct str rd_str(struct rd *r)
{
	uint32_t n = rd_u32(r);
	return rd_bytes(r, n);
}

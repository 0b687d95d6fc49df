/* common/seal/lines.c: four letters are three bytes, line by line. */
#include "common/seal/lines.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "common/base/rd.h"

enum { HEAD_BYTES = 4 + 4 + 1, QUADS_MOST = 19 /* of 76 letters: RFC 2045 section 6.8 */, END_BYTES = 2 };

static const char letter[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* One more than what a letter stands for; 0: it is none. */
static const uint8_t value[256] = {
	['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
	['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
	['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, ['+'] = 63, ['/'] = 64,
};

static size_t line_bytes(unsigned quads) { return 4 * (size_t)quads + END_BYTES; }

static bool is_line(const char *p, unsigned quads)
{
	const uint8_t *c = (const uint8_t *)p;
	bool good = p[4 * quads] == '\r' && p[4 * quads + 1] == '\n';

	for (unsigned i = 0; good && i < 4 * quads; i += 4)
		good = value[c[i]] && value[c[i + 1]] && value[c[i + 2]] && value[c[i + 3]];
	return good;
}

/* The lines around the middle: where too few are, they would not pay. */
static struct str lines_find(struct str plain, unsigned *quads)
{
	const char *begin = plain.p, *end = plain.p + plain.n, *from = begin + plain.n / 2;
	const char *first = memchr(from, '\n', (size_t)(end - from));
	const char *second = first ? memchr(first + 1, '\n', (size_t)(end - first - 1)) : NULL;
	size_t bytes = second ? (size_t)(second - first) : 0;

	*quads = (unsigned)(bytes / 4);
	if (bytes % 4 != END_BYTES || *quads < 1 || *quads > QUADS_MOST)
		return (struct str){ begin, 0 };
	const char *lo = first + 1, *hi = lo;
	while ((size_t)(end - hi) >= bytes && is_line(hi, *quads))
		hi += bytes;
	while ((size_t)(lo - begin) >= bytes && is_line(lo - bytes, *quads))
		lo -= bytes;
	return (struct str){ lo, (size_t)(hi - lo) };
}

static void line_undo(uint8_t *to, const char *line, unsigned quads)
{
	const uint8_t *c = (const uint8_t *)line;

	for (; quads; quads--, c += 4, to += 3) {
		uint32_t v = (uint32_t)(value[c[0]] - 1) << 18 | (uint32_t)(value[c[1]] - 1) << 12 | (uint32_t)(value[c[2]] - 1) << 6 | (uint32_t)(value[c[3]] - 1);
		to[0] = (uint8_t)(v >> 16);
		to[1] = (uint8_t)(v >> 8);
		to[2] = (uint8_t)v;
	}
}

/* Makes lines of letters, from the first on; how many of n. */
typedef size_t lines_fn(char *to, const uint8_t *from, unsigned quads, size_t n);

static void line_make(char *to, const uint8_t *from, unsigned quads)
{
	for (; quads; quads--, from += 3, to += 4) {
		uint32_t v = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
		to[0] = letter[v >> 18];
		to[1] = letter[v >> 12 & 63];
		to[2] = letter[v >> 6 & 63];
		to[3] = letter[v & 63];
	}
	memcpy(to, "\r\n", END_BYTES);
}

static size_t lines_make(char *to, const uint8_t *from, unsigned quads, size_t n)
{
	for (size_t i = 0; i < n; i++)
		line_make(to + i * line_bytes(quads), from + i * 3 * quads, quads);
	return n;
}

#if defined(__x86_64__)
/* W. Mula, D. Lemire: Faster Base64 Encoding and Decoding Using AVX2 Instructions, 2018. Looks at 28 bytes to make letters of 24. */
__attribute__((target("avx2")))
static void eight_quads_make(char *to, const uint8_t *from)
{
	const __m256i spread = _mm256_broadcastsi128_si256(_mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10));
	/* What to add to make a letter: a to z, ten digits, plus, slash, and A to Z at 13. */
	const __m256i shift = _mm256_broadcastsi128_si256(_mm_setr_epi8('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
	                                                                '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0));
	__m256i v = _mm256_set_m128i(_mm_loadu_si128((const __m128i *)(from + 12)), _mm_loadu_si128((const __m128i *)from));

	v = _mm256_shuffle_epi8(v, spread);
	__m256i high = _mm256_mulhi_epu16(_mm256_and_si256(v, _mm256_set1_epi32(0x0fc0fc00)), _mm256_set1_epi32(0x04000040));
	__m256i low = _mm256_mullo_epi16(_mm256_and_si256(v, _mm256_set1_epi32(0x003f03f0)), _mm256_set1_epi32(0x01000010));
	v = _mm256_or_si256(high, low);                /* six bits in each byte */
	__m256i kind = _mm256_subs_epu8(v, _mm256_set1_epi8(51));
	__m256i capital = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), v);
	kind = _mm256_or_si256(kind, _mm256_and_si256(capital, _mm256_set1_epi8(13)));
	_mm256_storeu_si256((__m256i *)to, _mm256_add_epi8(v, _mm256_shuffle_epi8(shift, kind)));
}

/* The last eight quads of a line may be partly made already. Not the last line: it looks at four bytes beyond each. */
__attribute__((target("avx2")))
static size_t lines_make_avx2(char *to, const uint8_t *from, unsigned quads, size_t n)
{
	size_t i = 0;

	for (; quads >= 8 && i + 1 < n; i++, from += 3 * quads, to += line_bytes(quads)) {
		for (unsigned done = 0; done + 8 < quads; done += 8)
			eight_quads_make(to + 4 * done, from + 3 * done);
		eight_quads_make(to + 4 * (quads - 8), from + 3 * (quads - 8));
		memcpy(to + 4 * quads, "\r\n", END_BYTES);
	}
	return i;
}
#endif

static lines_fn *lines_make_best(void)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2"))
		return lines_make_avx2;
#endif
	return lines_make;
}

bool lines_pack(struct buf *out, struct str plain)
{
	unsigned quads;

	if (plain.n == 0)                /* it may point nowhere */
		return false;
	struct str lines = lines_find(plain, &quads);
	size_t n = lines.n / line_bytes(quads), before = (size_t)(lines.p - plain.p);

	if (n * (quads + END_BYTES) < HEAD_BYTES + plain.n / 5)
		return false;
	buf_u32(out, (uint32_t)plain.n);
	buf_u32(out, (uint32_t)before);
	buf_u8(out, (uint8_t)quads);
	buf_add(out, str_head(plain, before));
	uint8_t *to = (uint8_t *)buf_grow(out, n * 3 * quads);
	for (size_t i = 0; i < n; i++)
		line_undo(to + i * 3 * quads, lines.p + i * line_bytes(quads), quads);
	buf_add(out, str_skip(plain, before + lines.n));
	return true;
}

/* Each line is END_BYTES and a byte a quad shorter than it was: so many bytes tell how many lines there are. */
bool lines_unpack(struct buf *out, struct str packed, size_t max_bytes)
{
	struct rd r = rd_of(packed);
	uint32_t plain = rd_u32(&r), before = rd_u32(&r);
	unsigned quads = rd_u8(&r);
	struct str lead = rd_bytes(&r, before);
	size_t kept = packed.n - HEAD_BYTES;

	if (r.bad || quads < 1 || quads > QUADS_MOST || plain > max_bytes || plain < kept || (plain - kept) % (quads + END_BYTES))
		return false;
	size_t n = (plain - kept) / (quads + END_BYTES);
	struct str bytes = rd_bytes(&r, n * 3 * quads);
	if (r.bad)
		return false;
	buf_reserve(out, plain + 1);
	buf_add(out, lead);
	char *to = buf_grow(out, n * line_bytes(quads));
	const uint8_t *from = (const uint8_t *)bytes.p;
	size_t made = lines_make_best()(to, from, quads, n);
	lines_make(to + made * line_bytes(quads), from + made * 3 * quads, quads, n - made);
	buf_add(out, (struct str){ (const char *)r.p, (size_t)(r.end - r.p) });
	return true;
}

#include "common/mail/cte.h"

#include <string.h>

enum cte cte_by_name(struct str name)
{
	static const struct { struct str name; enum cte cte; } row[] = {
		{ { "7bit", 4 },              CTE_7BIT   },
		{ { "8bit", 4 },              CTE_8BIT   },
		{ { "binary", 6 },            CTE_BINARY },
		{ { "quoted-printable", 16 }, CTE_QP     },
		{ { "base64", 6 },            CTE_BASE64 },
	};

	if (name.n == 0)
		return CTE_7BIT;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (str_ieq(name, row[i].name))
			return row[i].cte;
	return CTE_UNKNOWN;
}

void cte_init(struct cte_decoder *d, enum cte cte)
{
	memset(d, 0, sizeof *d);
	d->cte = cte;
}

static void emit(struct cte_decoder *d, struct str s, struct buf *out)
{
	d->out_bytes += s.n;
	if (out)
		buf_add(out, s);
}

/* -- base64 (RFC 2045 section 6.8) -- */

enum { B64_BLANK = 64, B64_PAD = 65, B64_JUNK = 66 };

static const uint8_t b64_value[256] = {
#define FOUR(c, v) [c] = v, [c + 1] = v + 1, [c + 2] = v + 2, [c + 3] = v + 3
	FOUR('A', 0), FOUR('E', 4), FOUR('I', 8), FOUR('M', 12), FOUR('Q', 16), FOUR('U', 20), ['Y'] = 24, ['Z'] = 25,
	FOUR('a', 26), FOUR('e', 30), FOUR('i', 34), FOUR('m', 38), FOUR('q', 42), FOUR('u', 46), ['y'] = 50, ['z'] = 51,
	FOUR('0', 52), FOUR('4', 56), ['8'] = 60, ['9'] = 61, ['+'] = 62, ['/'] = 63, ['='] = B64_PAD,
	['\t'] = B64_BLANK, ['\n'] = B64_BLANK, ['\r'] = B64_BLANK, [' '] = B64_BLANK,
	[0 ... '\t' - 1] = B64_JUNK, ['\n' + 1 ... '\r' - 1] = B64_JUNK, ['\r' + 1 ... ' ' - 1] = B64_JUNK, [' ' + 1 ... '+' - 1] = B64_JUNK,
	['+' + 1 ... '/' - 1] = B64_JUNK, ['9' + 1 ... '=' - 1] = B64_JUNK, ['=' + 1 ... 'A' - 1] = B64_JUNK, ['Z' + 1 ... 'a' - 1] = B64_JUNK,
	['z' + 1 ... 255] = B64_JUNK,
#undef FOUR
};

/* Writes what an unfinished group holds. A single letter holds no whole byte. */
static void b64_flush(struct cte_decoder *d, struct buf *out)
{
	uint32_t q = d->quantum << 6 * (4 - d->letters);
	char bytes[3] = { (char)(q >> 16), (char)(q >> 8), (char)q };

	if (d->letters == 1)
		d->broken = true;
	if (d->letters > 1)
		emit(d, (struct str){ bytes, d->letters - 1 }, out);
	d->letters = d->quantum = 0;
}

/* After padding a new run of letters may follow: some senders join encoded pieces. */
static void b64_byte(struct cte_decoder *d, unsigned v, struct buf *out)
{
	if (v < 64) {
		d->quantum = (d->quantum << 6 | v) & 0xffffff;
		if (++d->letters == 4)
			b64_flush(d, out);
	} else if (v == B64_PAD) {
		b64_flush(d, out);
	} else if (v == B64_JUNK) {
		d->broken = true;
	}
}

enum { B64_BLOCK = 2048, B64_LETTER = 1, B64_SPACE = 1 << 16 };   /* sums of a block fit a uint32_t */
static const uint32_t b64_class[256] = {
	['A' ... 'Z'] = B64_LETTER, ['a' ... 'z'] = B64_LETTER, ['/' ... '9'] = B64_LETTER, ['+'] = B64_LETTER,
	[' '] = B64_SPACE, ['\t'] = B64_SPACE, ['\r'] = B64_SPACE, ['\n'] = B64_SPACE,
};

/* Counts letters; true if nothing but letters and blanks stands here. */
static bool b64_count(struct str block, uint32_t *letters)
{
	const unsigned char *p = (const unsigned char *)block.p;
	uint32_t sum = 0;

	for (size_t i = 0; i < block.n; i++)
		sum += b64_class[p[i]];
	*letters = sum % B64_SPACE;
	return sum / B64_SPACE + *letters == block.n;
}

static void b64_letters(struct cte_decoder *d, uint32_t letters)
{
	letters += d->letters;
	d->out_bytes += letters / 4 * 3;
	d->letters = letters % 4;
}

static void b64_measure(struct cte_decoder *d, struct str in)
{
	while (in.n > 0) {
		struct str block = str_head(in, B64_BLOCK);
		uint32_t letters;

		if (b64_count(block, &letters))
			b64_letters(d, letters);
		else
			for (size_t i = 0; i < block.n; i++)
				b64_byte(d, b64_value[(unsigned char)block.p[i]], NULL);
		in = str_skip(in, block.n);
	}
}

enum { LANES = 16, LANE_MOST = 255 };
typedef uint8_t lanes __attribute__((vector_size(LANES)));      /* in whatever the CPU has for it; true is 255, which is -1 */

struct b64_counts { lanes letters, lfs; };

/* Letters and line ends only? Counts the letters and LFs. */
static bool b64_lanes(const char *p, struct b64_counts *counts)
{
	lanes c;
	uint64_t half[2];

	memcpy(&c, p, LANES);
	lanes letter = (lanes)((c | 0x20) - 'a' < 26) | (lanes)(c - '/' < 11) | (lanes)(c == '+');
	lanes lf = (lanes)(c == '\n');
	lanes good = letter | lf | (lanes)(c == '\r');
	memcpy(half, &good, LANES);
	counts->letters -= letter;
	counts->lfs -= lf;
	return (half[0] & half[1]) == UINT64_MAX;
}

static uint32_t lanes_sum(lanes counted)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < LANES; i++)
		sum += counted[i];
	return sum;
}

/* Whole lines among the first bytes, as many as lanes can count. */
static size_t b64_lines(struct str in, uint32_t *letters, uint64_t *lfs)
{
	struct b64_counts counts = { 0 }, before = counts;
	size_t n = 0;

	for (; n < LANE_MOST * LANES && in.n - n >= LANES && b64_lanes(in.p + n, &counts); n += LANES)
		before = counts;
	*letters = lanes_sum(before.letters);
	*lfs = lanes_sum(before.lfs);
	for (; n > 0 && in.p[n - 1] != '\n'; n--)        /* of the line that is not whole */
		*letters -= in.p[n - 1] != '\r';
	return n;
}

size_t cte_count_lines(struct cte_decoder *d, struct str in, uint64_t *lfs)
{
	uint32_t letters;
	size_t n = d->cte == CTE_BASE64 ? b64_lines(in, &letters, lfs) : 0;

	if (n > 0)
		b64_letters(d, letters);
	return n;
}

/* Whole groups at the front of what follows a whole group. */
static size_t b64_groups(struct cte_decoder *d, struct str in, struct buf *out)
{
	const unsigned char *p = (const unsigned char *)in.p, *v = b64_value;
	size_t n = 0;

	buf_reserve(out, in.n);
	char *to = out->p + out->n;
	for (; n + 4 <= in.n && (v[p[0]] | v[p[1]] | v[p[2]] | v[p[3]]) < 64; p += 4, n += 4) {
		uint32_t q = (uint32_t)v[p[0]] << 18 | (uint32_t)v[p[1]] << 12 | (uint32_t)v[p[2]] << 6 | v[p[3]];
		*to++ = (char)(q >> 16);
		*to++ = (char)(q >> 8);
		*to++ = (char)q;
	}
	out->n += n / 4 * 3;
	d->out_bytes += n / 4 * 3;
	return n;
}

static void b64_feed(struct cte_decoder *d, struct str in, struct buf *out)
{
	while (in.n > 0) {
		if (d->letters == 0)
			in = str_skip(in, b64_groups(d, in, out));
		if (in.n > 0)
			b64_byte(d, b64_value[(unsigned char)in.p[0]], out);
		in = str_skip(in, 1);
	}
}

/* -- quoted-printable (RFC 2045 section 6.7) -- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int hex_value(char c)
{
	static const int8_t one_more[256] = {
		['0'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ['A'] = 11, 12, 13, 14, 15, 16, ['a'] = 11, 12, 13, 14, 15, 16,
	};

	return one_more[(unsigned char)c] - 1;
}

/* Blanks at the end of s, which may be those of a line, do not count. */
static size_t without_blanks_behind(struct str s)
{
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s.n;
}

/* How many bytes stand for themselves, whatever follows the input. */
static size_t qp_plain(struct str in)
{
	static const bool special[256] = { ['='] = true, ['\r'] = true, ['\n'] = true };
	size_t i = 0;

	for (;; i++) {
		while (i < in.n && !special[(unsigned char)in.p[i]])
			i++;
		if (i < in.n && in.p[i] == '=')
			return i;
		if (i == in.n || (i > 0 && is_blank(in.p[i - 1])))
			return without_blanks_behind(str_head(in, i));
	}
}

/* An escape, or a soft line break, that is all there. 0: neither. */
static size_t qp_whole(struct cte_decoder *d, struct str in, struct buf *out)
{
	if (in.n < 3 || in.p[0] != '=')
		return 0;
	if (in.p[1] == '\r' && in.p[2] == '\n')
		return 3;
	if (hex_value(in.p[1]) < 0 || hex_value(in.p[2]) < 0)
		return 0;
	char byte = (char)(hex_value(in.p[1]) << 4 | hex_value(in.p[2]));
	emit(d, (struct str){ &byte, 1 }, out);
	return 3;
}

/* Counts what needs no memory, and no room for it: bytes that stand for themselves, whole escapes. How many bytes it took. */
static size_t qp_count(struct cte_decoder *d, struct str in)
{
	const char *p = in.p;
	uint64_t made = 0;
	size_t i = 0;

	while (i + 2 < in.n) {
		bool soft = p[i] == '=' && p[i + 1] == '\r' && p[i + 2] == '\n';
		if (p[i] == '=' && !soft && (hex_value(p[i + 1]) | hex_value(p[i + 2])) < 0)
			break;
		if (is_blank(p[i]) && (is_blank(p[i + 1]) || p[i + 1] == '\r' || p[i + 1] == '\n'))
			break;
		i += p[i] == '=' ? 3 : 1;
		made += !soft;
	}
	d->out_bytes += made;
	return i;
}

static void qp_let_go(struct cte_decoder *d, struct buf *out)
{
	emit(d, (struct str){ d->held, d->held_n }, out);
	d->held_n = 0;
}

static void qp_fresh(struct cte_decoder *d, char c, struct buf *out)
{
	if (c == '=' || is_blank(c))
		d->held[d->held_n++] = c;
	else
		emit(d, (struct str){ &c, 1 }, out);
}

/* Blanks, then perhaps CR: do they end their line? True: c was held back too. */
static bool qp_hold(struct cte_decoder *d, char c)
{
	if (d->held[d->held_n - 1] == '\r' || !(is_blank(c) || c == '\r') || d->held_n > CTE_HOLD)
		return false;
	d->held[d->held_n++] = c;
	return true;
}

/* Something begun with '=' goes on. False: it was no escape; nothing was taken. */
static bool qp_escape(struct cte_decoder *d, char c, struct buf *out)
{
	if (d->held_n == 2 && hex_value(d->held[1]) >= 0) {
		if (hex_value(c) < 0)
			return false;
		char byte = (char)(hex_value(d->held[1]) << 4 | hex_value(c));
		d->held_n = 0;
		emit(d, (struct str){ &byte, 1 }, out);
		return true;
	}
	if (c == '\n') {                        /* a soft line break, perhaps with blanks before its end */
		d->held_n = 0;
		return true;
	}
	if (d->held_n == 1 && hex_value(c) >= 0) {
		d->held[d->held_n++] = c;
		return true;
	}
	return qp_hold(d, c);
}

static void qp_byte(struct cte_decoder *d, char c, struct buf *out)
{
	if (d->held_n == 0) {
		qp_fresh(d, c, out);
	} else if (d->held[0] == '=') {
		if (!qp_escape(d, c, out)) {
			d->broken = true;
			qp_let_go(d, out);
			qp_fresh(d, c, out);
		}
	} else if (c == '\n') {                 /* blanks at a line's end are not part of it */
		emit(d, d->held[d->held_n - 1] == '\r' ? S("\r\n") : S("\n"), out);
		d->held_n = 0;
	} else if (!qp_hold(d, c)) {
		qp_let_go(d, out);
		qp_fresh(d, c, out);
	}
}

static void qp_feed(struct cte_decoder *d, struct str in, struct buf *out)
{
	while (in.n > 0) {
		size_t n = 0;
		if (d->held_n == 0) {
			if (!out)
				in = str_skip(in, qp_count(d, in));
			size_t plain = qp_plain(in);
			emit(d, str_head(in, plain), out);
			in = str_skip(in, plain);
			n = qp_whole(d, in, out);
		}
		if (n == 0 && in.n > 0) {
			qp_byte(d, in.p[0], out);
			n = 1;
		}
		in = str_skip(in, n);
	}
}

/* A last '=' is a soft line break whose line end belongs to the boundary. */
static void qp_end(struct cte_decoder *d, struct buf *out)
{
	if (d->held_n >= 2 && d->held[0] == '=' && hex_value(d->held[1]) >= 0) {
		d->broken = true;
		qp_let_go(d, out);
	}
	d->held_n = 0;
}

void cte_feed(struct cte_decoder *d, struct str in, struct buf *out)
{
	if (d->cte == CTE_QP)
		qp_feed(d, in, out);
	else if (d->cte == CTE_BASE64 && out)
		b64_feed(d, in, out);
	else if (d->cte == CTE_BASE64)
		b64_measure(d, in);
	else
		emit(d, in, out);
}

void cte_end(struct cte_decoder *d, struct buf *out)
{
	if (d->cte == CTE_QP)
		qp_end(d, out);
	else if (d->cte == CTE_BASE64)
		b64_flush(d, out);
}

/* common/mail/utf8.c: decoding and checking UTF-8. */
#include "common/mail/utf8.h"

#include <string.h>

#include "common/base/must.h"

/* What a first byte promises: the length, and the bounds of the second byte (Unicode table 3-7), which
 * alone keep out overlong forms, surrogates and numbers above U+10FFFF. 0: no character starts so. */
struct lead { uint8_t bytes, least, most; };

static struct lead lead_of(uint8_t c)
{
	if (c < 0x80)
		return (struct lead){ 1, 0, 0 };
	if (c < 0xc2 || c > 0xf4)
		return (struct lead){ 0, 0, 0 };
	if (c < 0xe0)
		return (struct lead){ 2, 0x80, 0xbf };
	if (c < 0xf0)
		return (struct lead){ 3, c == 0xe0 ? 0xa0 : 0x80, c == 0xed ? 0x9f : 0xbf };
	return (struct lead){ 4, c == 0xf0 ? 0x90 : 0x80, c == 0xf4 ? 0x8f : 0xbf };
}

enum utf8_got utf8_next(struct str s, uint32_t *cp, size_t *bytes)
{
	const uint8_t *p = (const uint8_t *)s.p;
	struct lead lead = lead_of(p[0]);
	uint32_t v = p[0];

	*bytes = 1;
	if (lead.bytes == 0)
		return UTF8_BAD;
	if (lead.bytes > 1)
		v &= 0x7fu >> lead.bytes;
	for (; *bytes < lead.bytes; ++*bytes) {
		if (*bytes == s.n)
			return UTF8_CUT;
		uint8_t c = p[*bytes];
		if (*bytes == 1 ? c < lead.least || c > lead.most : (c & 0xc0) != 0x80)
			return UTF8_BAD;
		v = v << 6 | (c & 0x3f);
	}
	*cp = v;
	return UTF8_CHAR;
}

size_t utf8_ascii_run(struct str s)
{
	size_t i = 0;
	uint64_t four[4];

	for (; i + sizeof four <= s.n; i += sizeof four) {
		memcpy(four, s.p + i, sizeof four);
		if ((four[0] | four[1] | four[2] | four[3]) & 0x8080808080808080u)
			break;
	}
	while (i < s.n && (uint8_t)s.p[i] < 0x80)
		i++;
	return i;
}

bool utf8_valid(struct str s)
{
	uint32_t cp;
	size_t bytes;

	while ((s = str_skip(s, utf8_ascii_run(s))).n > 0) {
		if (utf8_next(s, &cp, &bytes) != UTF8_CHAR)
			return false;
		s = str_skip(s, bytes);
	}
	return true;
}

void utf8_add(struct buf *out, uint32_t cp)
{
	must(cp <= 0x10ffff && (cp < 0xd800 || cp > 0xdfff));
	if (cp < 0x80) {
		buf_addc(out, (char)cp);
	} else if (cp < 0x800) {
		buf_u8(out, (uint8_t)(0xc0 | cp >> 6));
		buf_u8(out, (uint8_t)(0x80 | (cp & 0x3f)));
	} else if (cp < 0x10000) {
		buf_u8(out, (uint8_t)(0xe0 | cp >> 12));
		buf_u8(out, (uint8_t)(0x80 | (cp >> 6 & 0x3f)));
		buf_u8(out, (uint8_t)(0x80 | (cp & 0x3f)));
	} else {
		buf_u8(out, (uint8_t)(0xf0 | cp >> 18));
		buf_u8(out, (uint8_t)(0x80 | (cp >> 12 & 0x3f)));
		buf_u8(out, (uint8_t)(0x80 | (cp >> 6 & 0x3f)));
		buf_u8(out, (uint8_t)(0x80 | (cp & 0x3f)));
	}
}

static void step_make(struct utf8_step *step, bool bad, uint32_t cp, const char *bytes, size_t n)
{
	*step = (struct utf8_step){ .cp = bad ? UTF8_REPLACEMENT : cp, .bad = bad, .n = (uint8_t)n };
	memcpy(step->bytes, bytes, n);
}

/* Goes on with a character of which the start is held. */
static bool take_held(struct utf8_in *u, struct str *in, struct utf8_step *step)
{
	uint32_t cp = 0;
	size_t bytes;

	while (in->n > 0) {
		u->held[u->n_held++] = in->p[0];
		enum utf8_got got = utf8_next((struct str){ u->held, u->n_held }, &cp, &bytes);
		if (got != UTF8_BAD)            /* if BAD, the new byte is to blame and begins anew */
			*in = str_skip(*in, 1);
		if (got == UTF8_CUT)
			continue;
		step_make(step, got == UTF8_BAD, cp, u->held, bytes);
		u->n_held = 0;
		return true;
	}
	return false;
}

bool utf8_take(struct utf8_in *u, struct str *in, struct utf8_step *step)
{
	uint32_t cp = 0;
	size_t bytes;

	if (u->n_held)
		return take_held(u, in, step);
	if (in->n == 0)
		return false;
	enum utf8_got got = utf8_next(*in, &cp, &bytes);
	if (got == UTF8_CUT) {
		memcpy(u->held, in->p, bytes);
		u->n_held = (uint8_t)bytes;
	} else {
		step_make(step, got == UTF8_BAD, cp, in->p, bytes);
	}
	*in = str_skip(*in, bytes);
	return got != UTF8_CUT;
}

bool utf8_take_end(struct utf8_in *u, struct utf8_step *step)
{
	if (u->n_held == 0)
		return false;
	step_make(step, true, 0, u->held, u->n_held);
	u->n_held = 0;
	return true;
}

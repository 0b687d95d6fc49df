/* common/mail/utf8.h: the shape of UTF-8 (RFC 3629): no surrogates, nothing overlong, nothing above U+10FFFF.
 *
 * Pure functions; nobody owns anything.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/str.h"

enum { UTF8_REPLACEMENT = 0xfffd, UTF8_BYTES_MAX = 4 };
enum utf8_got { UTF8_CHAR, UTF8_BAD, UTF8_CUT };

/* Looks at the front of s, which is not empty. CHAR: *cp, in *bytes bytes. BAD: *bytes bytes that one
 * U+FFFD replaces (the maximal subpart of Unicode 3.9). CUT: all of s is the start of a character. */
enum utf8_got utf8_next(struct str s, uint32_t *cp, size_t *bytes);
bool          utf8_valid(struct str s);
size_t        utf8_ascii_run(struct str s);                  /* how many bytes at the front are ASCII */
void          utf8_add(struct buf *out, uint32_t cp);        /* cp is a scalar value */

static inline bool utf8_follows(char c) { return (c & 0xc0) == 0x80; }

/* utf8_next for those who ask for every character: its bytes, or 0 unless CHAR. */
static inline size_t utf8_char(struct str s, uint32_t *cp)
{
	uint8_t lead = (uint8_t)s.p[0];
	size_t bytes;

	if (lead >= 0xc2 && lead < 0xe0 && s.n >= 2 && utf8_follows(s.p[1])) {
		*cp = (lead & 0x1fu) << 6 | (s.p[1] & 0x3f);
		return 2;
	}
	/* 0xe0 and 0xed have bounds of their own for what follows */
	if (lead > 0xe0 && lead < 0xf0 && lead != 0xed && s.n >= 3 && utf8_follows(s.p[1]) && utf8_follows(s.p[2])) {
		*cp = (lead & 0xfu) << 12 | (s.p[1] & 0x3fu) << 6 | (s.p[2] & 0x3f);
		return 3;
	}
	return utf8_next(s, cp, &bytes) == UTF8_CHAR ? bytes : 0;
}

/* A text arriving in pieces cut anywhere. Zero-initialised is its start. */
struct utf8_in { char held[UTF8_BYTES_MAX]; uint8_t n_held; };
/* One character, or bytes that are none; then cp is U+FFFD. */
struct utf8_step { uint32_t cp; bool bad; uint8_t n; char bytes[UTF8_BYTES_MAX]; };
/* Takes the next step from *in. False: *in is used up; the start of a character is held back. */
bool utf8_take(struct utf8_in *u, struct str *in, struct utf8_step *step);
/* At the end: what was held back, as a bad step. False: nothing was. */
bool utf8_take_end(struct utf8_in *u, struct utf8_step *step);

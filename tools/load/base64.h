/* tools/load/base64.h: writes base64 (RFC 2045 6.8), quickly. */
#pragma once

#include "common/base/buf.h"
#include "common/base/str.h"
#include "tools/load/dice.h"

enum { BASE64_LINE_RAW = 57, BASE64_LINE_CHARS = 76, BASE64_LINE_BYTES = 78 };   /* the last with CRLF */

void base64_add(struct str raw, struct buf *out);               /* in one line */
#define BASE64_GAP(lines) ((lines) * (BASE64_LINE_BYTES - BASE64_LINE_RAW) + 4)
/* The raw bytes at the end of `out`, from `raw_at` on, become lines with CRLF that begin at `at`. The gap between the two must be
 * at least BASE64_GAP(lines), so that no byte is overwritten before it has been read. */
void base64_in_place(struct buf *out, size_t at, size_t raw_at);
/* Whole lines of what cannot be compressed, the first beginning with the letters `magic`. */
void base64_noise(struct dice *d, struct str magic, size_t lines, struct buf *out);

/* frontend/lmtp/dots.h: the message behind DATA: where it ends, and which dots are not its own (RFC 5321 4.5.2).
 *
 * Pure. Only CRLF "." CRLF ends it, and only a dot right behind a CRLF (or at the start) is taken away: a lone CR or LF
 * is a byte of the message like any other, so nobody can smuggle a second message into the first. Octets pass as they are.
 *
 * Owner: whoever embeds it. Always: no more bytes come out than went in.
 */
#pragma once

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/str.h"

enum dots_at { DOTS_LINE, DOTS_DOT, DOTS_DOT_CR, DOTS_TEXT, DOTS_TEXT_CR, DOTS_END };

struct dots { enum dots_at at; };       /* zero-initialised is the start of a message */

/* Takes bytes from the front of *in and appends those of the message to out; stops behind the end. True: it was reached. */
bool dots_feed(struct dots *d, struct str *in, struct buf *out);

/* common/mail/fold.h: text as SEARCH compares it, without case.
 *
 * Push-style: fed pieces of UTF-8 cut anywhere, the output is the same as fed at once. Invalid bytes
 * become U+FFFD. Both the text and the key are folded; then a match is a plain substring.
 *
 * The folding is that of RFC 5051 (i;unicode-casemap) but to lower case: compatibility decomposition,
 * then simple case mapping of each part. So u-umlaut is "u" and a mark: the key "u" finds u-umlaut, the key
 * u-umlaut does not find "u"; and sharp s is not "ss". Two other servers agree on just that much.
 *
 * Owner: whoever embeds it; zero-initialised is the start of a text.
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/str.h"
#include "common/mail/utf8.h"

struct fold { struct utf8_in in; };

void fold_push(struct fold *f, struct str in, struct buf *out);
void fold_end(struct fold *f, struct buf *out);              /* a character cut short becomes U+FFFD; ready for a new text */
void fold_text(struct buf *out, struct str in);              /* all at once */

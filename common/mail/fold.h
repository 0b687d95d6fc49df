/* common/mail/fold.h: text as SEARCH compares it: two texts that differ only in case or accents fold to the same bytes.
 *
 * Push-style: fed pieces of UTF-8 cut anywhere, the output is the same as fed at once. Invalid bytes
 * become U+FFFD. Both the text and the key are folded; then a match is a plain substring.
 *
 * Owner: whoever embeds it; zero-initialised is the start of a text.
 */
#pragma once

#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/str.h"

struct fold { char held[4]; uint8_t n_held; };               /* the start of a cut character */

void fold_push(struct fold *f, struct str in, struct buf *out);
void fold_end(struct fold *f, struct buf *out);              /* a character cut short becomes U+FFFD; ready for a new text */
void fold_text(struct buf *out, struct str in);              /* all at once */

/* common/mail/fold.h: text as SEARCH compares it, without case.
 *
 * Push-style: fed pieces of UTF-8 cut anywhere, the output is the same as fed at once. Invalid bytes
 * become U+FFFD. Both the text and the key are folded; then a match is a plain substring.
 *
 * The folding is that of RFC 5051 (i;unicode-casemap) but to lower case: compatibility decomposition,
 * then simple case mapping of each part. So u-umlaut is "u" and a mark: the key "u" finds u-umlaut, the key
 * u-umlaut does not find "u"; and sharp s is not "ss". Two other servers agree on just that much.
 *
 * What characters fold to is worked out by utf8proc once and then remembered, for the 131,072 that are written most. That never
 * changes, so whoever folds much keeps it: some 50 KiB for the mail of most, 2 MiB if every script of the world is met.
 *
 * Owner: whoever embeds them. Zero-initialised folds have seen nothing yet; a fold with its `known` set is the start of a text.
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/str.h"
#include "common/mail/utf8.h"

enum { FOLD_REMEMBERED = 0x20000, FOLD_BLOCKS = 2048 };
struct folds { struct fold_char { char utf8[15]; uint8_t n; } *block[FOLD_BLOCKS]; };
void folds_fini(struct folds *known);

struct fold { struct folds *known; struct utf8_in in; };

void fold_push(struct fold *f, struct str in, struct buf *out);
void fold_end(struct fold *f, struct buf *out);              /* a character cut short becomes U+FFFD; ready for a new text */
void fold_text(struct buf *out, struct str in, struct folds *known);      /* all at once */

/* common/mail/charset.h: text of any charset becomes UTF-8, and nothing can fail.
 *
 * Pushed in pieces cut anywhere; bytes that mean nothing become U+FFFD and conversion goes on, so the
 * output is always valid UTF-8. us-ascii and utf-8 never touch iconv; charsets of one byte a character only when they are
 * opened. Text that claims to be ASCII but is
 * not (also unknown-8bit, or no charset) is UTF-8 where it is well-formed and windows-1252 elsewhere.
 * A charset nobody knows is read as UTF-8; charset_known tells beforehand, so the caller may decide otherwise.
 *
 * Owner: whoever called charset_new.
 */
#pragma once

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/str.h"

struct charset;

enum { CHARSET_NAME_MAX = 40 };                              /* no longer name is known */

bool charset_known(struct str name);                         /* may be used in SEARCH CHARSET or a Content-Type */

struct charset *charset_new(struct str name);                /* never NULL; empty name: us-ascii */
void charset_free(struct charset **c);
void charset_push(struct charset *c, struct str in, struct buf *out);
void charset_end(struct charset *c, struct buf *out);        /* what was cut short becomes U+FFFD; ready for a new text */
void charset_reset(struct charset *c);                       /* ready for a new text, after one that was left in its middle */

bool charset_is_utf8(const struct charset *c);
/* ASCII, should it come now, would stay as it is. False: perhaps not. */
bool charset_keeps_ascii(const struct charset *c);

/* All at once. */
void charset_convert(struct buf *out, struct str name, struct str text);

/* common/mail/words.h: header values as people read them: encoded words (RFC 2047) to UTF-8.
 *
 * Liberal, since real mail is: encoded words inside quotes or without blanks around them, bad base64,
 * raw 8-bit bytes. Nothing fails; output is valid UTF-8, appended to `out`. O(length).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/str.h"
#include "common/mail/charsets.h"

/* Takes out the line ends of folded lines (RFC 5322 2.2.3); the blanks that follow them stay. */
void words_unfold(struct buf *out, struct str value);
/* A header's value, unfolded and decoded. Multi-byte characters split across adjacent words are joined. */
void words_decode(struct buf *out, struct str value, struct charsets *charsets);

/* common/mail/words.h: header values as people read them: encoded words (RFC 2047) and parameters
 * (RFC 2231) to UTF-8.
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

/* One parameter as it was parsed: "filename*0*" and its value without quotes. Borrowed. */
struct words_param { struct str name, value; };
/* The value of `name`, from "name*0*"... or "name*" or "name" (RFC 2231 3 and 4). False: absent. */
bool words_param_get(struct buf *out, const struct words_param *list, size_t n, struct str name, struct charsets *charsets);

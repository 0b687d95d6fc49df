/* common/mail/content.h: the values of MIME's own header fields (RFC 2045 5.1, RFC 2183, RFC 3282).
 *
 * Names and values come out as they stand, without quotes; RFC 2231 pieces are left alone.
 * Owner: the arena.
 */
#pragma once

#include "common/base/arena.h"
#include "common/mail/mime.h"

/* "text/plain; charset=utf-8". False: no type of two words; nothing is set. */
bool content_type(struct arena *a, struct str value, struct mime_part *p);
/* "attachment; filename=x" */
void content_disposition(struct arena *a, struct str value, struct mime_part *p);
struct mime_word *content_language(struct arena *a, struct str value);
struct str content_encoding(struct arena *a, struct str value);   /* its first word */

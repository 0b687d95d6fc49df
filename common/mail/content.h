/* common/mail/content.h: the values of MIME's own header fields (RFC 2045 5.1, RFC 2183, RFC 3282).
 *
 * Names and values come out as they stand, without quotes; RFC 2231's pieces are joined, not decoded.
 * Owner: the arena.
 */
#pragma once

#include "common/base/arena.h"
#include "common/mail/mime.h"

/* "text/plain; charset=utf-8". False: broken before its parameters; nothing is set (RFC 2045 5.2: then the default holds). */
bool content_type(struct arena *a, struct str value, struct mime_part *p);
/* "attachment; filename=x" */
void content_disposition(struct arena *a, struct str value, struct mime_part *p);
struct mime_word *content_language(struct arena *a, struct str value);
struct str content_encoding(struct arena *a, struct str value);   /* empty: none, or no single word */

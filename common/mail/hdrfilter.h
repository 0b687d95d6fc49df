/* common/mail/hdrfilter.h: keeps chosen fields of a header (HEADER.FIELDS and .NOT, RFC 3501 6.4.5).
 *
 * Fed a header cut at any byte, it writes the chosen fields as they stand, continuation lines
 * included, then the blank line. Only a field's name is ever held back, so a line may have any length.
 *
 * Owner: the caller, who frees it. Names are copied and compare without case.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/str.h"

struct hdrfilter;

/* keep: the named fields are kept; else they are dropped and all others kept. */
struct hdrfilter *hdrfilter_new(const struct str *names, size_t n, bool keep);
void hdrfilter_free(struct hdrfilter **f);
void hdrfilter_feed(struct hdrfilter *f, struct str in, struct buf *out);   /* after the blank line: ignored */
void hdrfilter_end(struct hdrfilter *f, struct buf *out);                   /* writes the blank line if none came */

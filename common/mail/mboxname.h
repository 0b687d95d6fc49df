/* common/mail/mboxname.h: mailbox names: how they look on the wire, which are allowed, how LIST matches them.
 *
 * Inside Roost a name is normal: NFC UTF-8, components joined by '/', none empty, no control
 * characters, a first component INBOX in capitals, at most MBOXNAME_BYTES_MAX bytes and
 * MBOXNAME_LEVELS_MAX levels. Old sessions speak modified UTF-7 (RFC 3501 5.1.3) instead of UTF-8.
 *
 * Outputs are appended to `out`; after false `out` is as it was. Strings lent are parts of the input.
 */
#pragma once

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/str.h"

enum { MBOXNAME_SEPARATOR = '/', MBOXNAME_BYTES_MAX = 1000, MBOXNAME_LEVELS_MAX = 100 };

/* Modified UTF-7 to UTF-8, strictly: false for 8-bit and control bytes, '&' without '-', printable ASCII in
 * base64, one run cut in two, unpaired surrogates, bits left over. LIST patterns pass as well as names. */
bool mboxname_from_utf7(struct buf *out, struct str wire);
void mboxname_to_utf7(struct buf *out, struct str name);      /* name is valid UTF-8 */

/* Makes a name normal; one trailing '/' is dropped (RFC 9051 6.3.4). False: no mailbox can be called that. */
bool mboxname_normal(struct buf *out, struct str utf8);
/* A LIST pattern to NFC, so that it meets normal names. False: not UTF-8. */
bool mboxname_pattern_normal(struct buf *out, struct str utf8);

/* These take normal names. */
bool mboxname_is_inbox(struct str name);
bool mboxname_parent(struct str name, struct str *parent);    /* "a/b/c" to "a/b"; false: top level */
bool mboxname_is_child(struct str name, struct str ancestor); /* anywhere below, not itself */
/* '*' matches anything, '%' anything without '/'. O(pattern * name) at worst. A first component INBOX is
 * compared without case. */
bool mboxname_match(struct str pattern, struct str name);

/* frontend/imap/mailbox_name.h: mailbox names between the wire's spelling and ours (mboxname.h's normal form).
 *
 * utf8: the session enabled IMAP4rev2, so names are UTF-8 on the wire, not modified UTF-7 (RFC 9051 appendix A.1).
 */
#pragma once

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/base/str.h"

/* False: malformed, or no mailbox can be called that. *out lives in the arena. */
bool mailbox_decode(struct arena *a, struct str wire, bool utf8, struct str *out);
/* A LIST reference and pattern, joined (RFC 9051 6.3.9). False: malformed. */
bool mailbox_decode_pattern(struct arena *a, struct str reference, struct str pattern, bool utf8, struct str *out);

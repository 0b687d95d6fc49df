/* common/mail/charsets.h: charsets that were wanted lately, opened: opening one loads tables from files, and takes longer than a letter.
 *
 * Owner: whoever embeds it, and calls charsets_fini; zero-initialised is empty. Memory: CHARSETS_KEPT charsets at most.
 */
#pragma once

#include "common/mail/charset.h"

enum { CHARSETS_KEPT = 24 };
struct charsets { struct charset_kept { struct charset *charset; size_t name_bytes; char name[CHARSET_NAME_MAX]; } kept[CHARSETS_KEPT]; };

void charsets_fini(struct charsets *cs);
/* Lends the charset, ready for a new text, until the next one is wanted. */
struct charset *charsets_get(struct charsets *cs, struct str name);

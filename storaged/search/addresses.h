/* storaged/search/addresses.h: an address field as text, from a summary's ENVELOPE words.
 *
 * FROM, TO, CC and BCC are about the envelope structure (RFC 9051 6.4.4), which a summary holds: no message
 * is opened for them. Comments, quotes and routes are not part of it.
 */
#pragma once

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/str.h"

enum address_field { ADDRESS_FROM, ADDRESS_TO, ADDRESS_CC, ADDRESS_BCC, ADDRESS_FIELDS };   /* as in OP_ADDRESS */

/* Appends "name <box@host>, <box@host>, " and so on, a group as "name: <box@host>, ; ", encoded words as they
 * stand; nothing when nobody is named. Words that are not an ENVELOPE give some text, in time and space linear in them. */
void addresses_text(struct buf *out, struct str envelope, enum address_field field);

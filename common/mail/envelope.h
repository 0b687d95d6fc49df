/* common/mail/envelope.h: a message's ENVELOPE as IMAP words (RFC 3501 7.4.2, RFC 9051 7.5.2).
 *
 * The words are valid whatever the message holds: what does not fit a quoted string becomes a
 * literal, NULs vanish. Sender and Reply-To default to From.
 */
#pragma once

#include "common/base/buf.h"
#include "common/mail/mime.h"

/* Of the root, or of the message in a MIME_MESSAGE part. NULL gives the envelope of an empty message. */
void envelope_render(struct buf *out, const struct mime_part *message);

/* One nstring: NIL if empty, else quoted or literal. Also used by bodystructure. */
void envelope_nstring(struct buf *out, struct str s);
void envelope_string(struct buf *out, struct str s);  /* never NIL */

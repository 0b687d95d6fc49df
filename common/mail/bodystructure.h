/* common/mail/bodystructure.h: BODY and BODYSTRUCTURE as IMAP words (RFC 3501 7.4.2, RFC 9051 7.5.2).
 *
 * The words are valid whatever the message holds: a multipart without parts shows one empty
 * text/plain, a message part without a message shows an empty one, as clients expect both.
 */
#pragma once

#include "common/base/buf.h"
#include "common/mail/mime.h"

enum body_form { BODY_PLAIN, BODY_EXTENDED };         /* BODY; BODYSTRUCTURE */

void bodystructure_render(struct buf *out, const struct mime_part *root, enum body_form form);

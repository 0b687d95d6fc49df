/* common/seal/lines.h: lines of base64, kept as the bytes they stand for. For pack.c only.
 *
 * Most of what mail weighs is attachments, and all that zstd can take out of most of them is their base64, slowly. A piece of one is some
 * text, lines of equal length, some text again. Only what comes back octet for octet is taken.
 *
 * Layout: u32 plain bytes, u32 bytes of the text before, u8 quads of a line, the text before, the lines' bytes, the text behind.
 */
#pragma once

#include <stdbool.h>

#include "common/base/buf.h"

/* Appends plain with its lines undone, if that saves a fifth. False: it does not; nothing appended. */
bool lines_pack(struct buf *out, struct str plain);
/* Appends what lines_pack packed, at most max_bytes of it. False: malformed, or larger; nothing appended. */
bool lines_unpack(struct buf *out, struct str packed, size_t max_bytes);

/* common/seal/pack.h: makes bytes fewer, where that pays. For run.c and small.c only. */
#pragma once

#include <stdbool.h>

#include "common/base/buf.h"

/* Up to 16 KiB both mean zstd's level -1 with a dictionary (decision 0017). Above, PACK_QUICK is level -1 without it, which opens
 * fastest: a listing opens thousands of summaries. PACK_SMALL is level 1; and it also undoes base64. */
enum pack_effort { PACK_QUICK = -1, PACK_SMALL = 1 };

/* Appends plain compressed: true; or, where that saves less than 5 %, as it is: false. */
bool pack(struct buf *out, struct str plain, enum pack_effort effort);
/* Appends what pack compressed, at most max_bytes of it. False: pack never made this, or it is larger; nothing appended. */
bool unpack(struct buf *out, struct str packed, size_t max_bytes);

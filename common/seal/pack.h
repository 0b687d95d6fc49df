/* common/seal/pack.h: zstd, where it pays. For run.c and small.c only. */
#pragma once

#include <stdbool.h>

#include "common/base/buf.h"

/* Appends plain compressed: true; or, where that saves less than 5 %, as it is: false. */
bool pack(struct buf *out, struct str plain);
/* Appends what pack compressed, at most max_bytes of it. False: not zstd, or larger; nothing appended. */
bool unpack(struct buf *out, struct str packed, size_t max_bytes);

/* common/seal/dictionary.h: what nearly all mail says, so that zstd need not keep it in each message. For pack.c only.
 *
 * Never changed and never taken out, for messages on disk were packed with it: a better one gets a number of its own. The number
 * is made of its hash, and stands in every frame (decision 0017).
 */
#pragma once

#include "common/base/buf.h"

enum { DICTIONARY_NUMBER = 47250 };

void dictionary_write(struct buf *out);      /* in zstd's format */

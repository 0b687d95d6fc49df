/* storaged/search/grams.h: which runs of three bytes stand in a text, as bits by their hash: where one of a key's is missing, the key is.
 *
 * A text has far fewer different ones than bytes, so that the bits tell much even of long letters; of megabytes they tell nothing,
 * which is slow and never wrong.
 *
 * Owner: whoever embeds it. Texts are folded (common/mail/fold.h), save that ASCII letters may be capitals; keys are folded.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/str.h"

enum { GRAM_BYTES = 3, GRAMS_BYTES = 1024 };                 /* of one; of all, packed */

struct grams { bool seen[8 * GRAMS_BYTES]; };

void grams_reset(struct grams *g);
void grams_note(struct grams *g, struct str text);
void grams_pack(struct buf *out, const struct grams *g);
/* False: no text that was noted holds the key. */
bool grams_may_hold(struct str packed, struct str key);

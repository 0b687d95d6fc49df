/* storaged/search/digest.h: what searches most often ask of a summary, ready to be scanned: folded texts, and a day.
 *
 * Made from a summary; small, and never different for the same message, so that whoever searches again may keep it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/str.h"
#include "common/mail/summary.h"
#include "storaged/search/addresses.h"
#include "storaged/search/reader.h"

struct digest {
	bool sent_known;                      /* the Date field is a date */
	int32_t sent_day;
	struct str subject;                   /* folded; empty: none */
	struct str address[ADDRESS_FIELDS];   /* folded; empty: nobody */
};

/* Appends the packed digest. */
void digest_pack(struct buf *out, const struct summary *s, struct reader *reader);
/* Borrows from `packed`. False: malformed. */
bool digest_unpack(struct digest *d, struct str packed);

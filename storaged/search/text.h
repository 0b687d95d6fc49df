/* storaged/search/text.h: one part's encoded bytes on their way to a scan: transfer encoding undone, charset made
 * UTF-8, folded.
 *
 * Runs of ASCII, where a charset leaves them as they are, go straight to the scan, which needs them no other way.
 *
 * Owner: whoever embeds it, and calls text_fini; zero-initialised is ready for text_begin.
 */
#pragma once

#include <stdbool.h>

#include "common/mail/charset.h"
#include "common/mail/cte.h"
#include "common/mail/fold.h"
#include "storaged/search/scan.h"

struct text {
	struct scan *to;
	struct cte_decoder cte;
	struct charset *charset;
	struct buf charset_name;       /* of `charset`, which is kept for the next part */
	bool ascii_same;               /* in this charset ASCII bytes are ASCII letters, wherever they stand */
	struct fold fold;
	struct buf decoded, unicode, folded;
};

void text_fini(struct text *t);
void text_begin(struct text *t, enum cte cte, struct str charset, struct scan *to);
/* True: the scan found something. */
bool text_push(struct text *t, struct str piece);
bool text_end(struct text *t);

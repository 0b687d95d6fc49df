/* storaged/search/text.h: one part's encoded bytes on their way to a scan: transfer encoding undone, charset made
 * UTF-8, folded.
 *
 * Plain ASCII, where the charset leaves it as it is, goes straight to the scan, which needs it no other way.
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
	struct scan *to;               /* lent, as is the charset */
	struct cte_decoder cte;
	struct charset *charset;
	struct fold fold;
	struct buf decoded, unicode, folded;
};

void text_fini(struct text *t);
/* Whatever text was before is left. The charset is ready for a new text. */
void text_begin(struct text *t, enum cte cte, struct charset *charset, struct folds *folds, struct scan *to);
/* True: the scan found something. */
bool text_push(struct text *t, struct str piece);
bool text_end(struct text *t);

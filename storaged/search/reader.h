/* storaged/search/reader.h: what reading mail takes besides the mail: charsets that are open, and how characters fold.
 *
 * Owner: a run, which calls reader_fini; zero-initialised is ready. For one thread at a time. Bounded: see charsets.h and fold.h.
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/str.h"
#include "common/mail/charsets.h"
#include "common/mail/fold.h"

struct reader {
	struct charsets charsets;
	struct folds folds;
	struct buf decoded;
};

void reader_fini(struct reader *r);
/* Appends a header field's value, or all of the field, decoded and folded. */
void reader_header(struct reader *r, struct str raw, struct buf *out);

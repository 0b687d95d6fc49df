/* storaged/search/reader.c: header fields as a search compares them. */
#include "storaged/search/reader.h"

#include "common/mail/words.h"

void reader_fini(struct reader *r)
{
	charsets_fini(&r->charsets);
	folds_fini(&r->folds);
	buf_fini(&r->decoded);
}

void reader_header(struct reader *r, struct str raw, struct buf *out)
{
	buf_reset(&r->decoded);
	words_decode(&r->decoded, raw, &r->charsets);
	fold_text(out, buf_str(&r->decoded), &r->folds);
}

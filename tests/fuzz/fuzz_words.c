/* tests/fuzz/fuzz_words.c: whatever a header or a body holds, what comes out is UTF-8; pushed in pieces cut
 * anywhere, charsets and folding give what they give at once. */
#include <stdlib.h>

#include "common/base/must.h"
#include "common/mail/charset.h"
#include "common/mail/fold.h"
#include "common/mail/utf8.h"
#include "common/mail/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_words(struct str in)
{
	struct buf out = { 0 };
	struct charsets charsets = { 0 };

	words_decode(&out, in, &charsets);
	must(utf8_valid(buf_str(&out)));
	buf_fini(&out);
	charsets_fini(&charsets);
}

static void check_charset(struct str name, struct str in, size_t cut)
{
	struct charset *c = charset_new(name);
	struct buf whole = { 0 }, parts = { 0 };

	charset_push(c, in, &whole);
	charset_end(c, &whole);
	must(utf8_valid(buf_str(&whole)));
	charset_push(c, str_head(in, cut), &parts);
	charset_push(c, str_skip(in, cut), &parts);
	charset_end(c, &parts);
	must(str_eq(buf_str(&whole), buf_str(&parts)));
	buf_fini(&whole);
	buf_fini(&parts);
	charset_free(&c);
}

static void check_fold(struct str in, size_t cut)
{
	struct folds known = { 0 };
	struct fold f = { .known = &known };
	struct buf whole = { 0 }, parts = { 0 };

	fold_text(&whole, in, &known);
	must(utf8_valid(buf_str(&whole)));
	fold_push(&f, str_head(in, cut), &parts);
	fold_push(&f, str_skip(in, cut), &parts);
	fold_end(&f, &parts);
	must(str_eq(buf_str(&whole), buf_str(&parts)));
	buf_fini(&whole);
	buf_fini(&parts);
	folds_fini(&known);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const charsets[] = {
		"utf-8", "us-ascii", "iso-8859-1", "iso-2022-jp", "gb18030", "utf-7", "utf-16", "x-sjis", "big5-hkscs", "no-such",
	};

	if (size < 2)
		return 0;
	struct str in = { (const char *)data + 2, size - 2 };
	size_t cut = data[0] % (in.n + 1);
	check_words(in);
	check_charset(str_of(charsets[data[1] % (sizeof charsets / sizeof *charsets)]), in, cut);
	check_fold(in, cut);
	return 0;
}

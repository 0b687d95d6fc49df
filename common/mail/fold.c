/* common/mail/fold.c: folding text for SEARCH. */
#include "common/mail/fold.h"

#include <utf8proc.h>

#include "common/base/must.h"

static void fold_ascii(struct str s, struct buf *out)
{
	char *to = buf_grow(out, s.n);

	for (size_t i = 0; i < s.n; i++)
		to[i] = ascii_lower(s.p[i]);
}

/* Up and down again, since several small letters share a capital: final sigma and sigma, long s and s. */
static uint32_t fold_case(utf8proc_int32_t cp)
{
	return (uint32_t)utf8proc_tolower(utf8proc_toupper(cp));
}

static void fold_char(uint32_t cp, struct buf *out)
{
	enum { PARTS_MAX = 32 };                        /* the longest in Unicode has 18 */
	utf8proc_int32_t part[PARTS_MAX];
	int boundary = 0;
	utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)cp, part, PARTS_MAX,
						     UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, &boundary);

	must(n >= 0 && n <= PARTS_MAX);
	for (utf8proc_ssize_t i = 0; i < n; i++)
		utf8_add(out, fold_case(part[i]));
}

void fold_push(struct fold *f, struct str in, struct buf *out)
{
	struct utf8_step step;

	while (in.n > 0) {
		size_t ascii = f->in.n_held ? 0 : utf8_ascii_run(in);
		if (ascii > 0) {
			fold_ascii(str_head(in, ascii), out);
			in = str_skip(in, ascii);
		} else if (utf8_take(&f->in, &in, &step)) {
			fold_char(step.cp, out);
		}
	}
}

void fold_end(struct fold *f, struct buf *out)
{
	struct utf8_step step;

	if (utf8_take_end(&f->in, &step))
		utf8_add(out, step.cp);
}

void fold_text(struct buf *out, struct str in)
{
	struct fold f = { 0 };

	fold_push(&f, in, out);
	fold_end(&f, out);
}

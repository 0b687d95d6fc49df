/* storaged/search/text.c: the way of one part's text, with a short cut for ASCII. */
#include "storaged/search/text.h"

#include "common/mail/utf8.h"

void text_fini(struct text *t)
{
	buf_fini(&t->decoded);
	buf_fini(&t->unicode);
	buf_fini(&t->folded);
}

void text_begin(struct text *t, enum cte cte, struct charset *charset, struct folds *folds, struct scan *to)
{
	t->to = to;
	t->charset = charset;
	t->fold = (struct fold){ .known = folds };
	cte_init(&t->cte, cte);
}

static bool push_unicode(struct text *t, struct str s)
{
	buf_reset(&t->folded);
	fold_push(&t->fold, s, &t->folded);
	return scan_push(t->to, buf_str(&t->folded));
}

static bool push_decoded(struct text *t, struct str s)
{
	if (charset_keeps_ascii(t->charset) && t->fold.in.n_held == 0 && utf8_ascii_run(s) == s.n)
		return scan_push(t->to, s);
	if (charset_is_utf8(t->charset))                /* what is not well-formed becomes the same by folding */
		return push_unicode(t, s);
	buf_reset(&t->unicode);
	charset_push(t->charset, s, &t->unicode);
	return push_unicode(t, buf_str(&t->unicode));
}

static bool transparent(enum cte cte)
{
	return cte != CTE_QP && cte != CTE_BASE64;
}

bool text_push(struct text *t, struct str piece)
{
	if (transparent(t->cte.cte))
		return push_decoded(t, piece);
	buf_reset(&t->decoded);
	cte_feed(&t->cte, piece, &t->decoded);
	return push_decoded(t, buf_str(&t->decoded));
}

bool text_end(struct text *t)
{
	bool any;

	buf_reset(&t->decoded);
	cte_end(&t->cte, &t->decoded);
	any = push_decoded(t, buf_str(&t->decoded));
	buf_reset(&t->unicode);
	charset_end(t->charset, &t->unicode);
	any |= push_unicode(t, buf_str(&t->unicode));
	buf_reset(&t->folded);
	fold_end(&t->fold, &t->folded);
	any |= scan_push(t->to, buf_str(&t->folded));
	return scan_end(t->to) || any;
}

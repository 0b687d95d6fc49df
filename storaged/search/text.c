/* storaged/search/text.c: the way of one part's text, with a short cut for ASCII. */
#include "storaged/search/text.h"

#include "common/mail/utf8.h"

void text_fini(struct text *t)
{
	charset_free(&t->charset);
	buf_fini(&t->charset_name);
	buf_fini(&t->decoded);
	buf_fini(&t->unicode);
	buf_fini(&t->folded);
}

/* Only charsets of which it is certain; the others merely take the long way. */
static bool keeps_ascii(struct str charset)
{
	static const struct str family[] = { { "iso-8859-", 9 }, { "windows-125", 11 }, { "koi8-", 5 } };

	if (charset.n == 0 || str_ieq(charset, S("us-ascii")) || str_ieq(charset, S("utf-8")))
		return true;
	for (size_t i = 0; i < sizeof family / sizeof *family; i++)
		if (str_istarts(charset, family[i]))
			return true;
	return false;
}

/* The text before may have been left in its middle, when nothing more was wanted of it. */
static void forget(struct text *t)
{
	if (t->charset)
		charset_end(t->charset, &t->unicode);
	buf_reset(&t->unicode);
	t->fold = (struct fold){ 0 };
}

void text_begin(struct text *t, enum cte cte, struct str charset, struct scan *to)
{
	forget(t);
	t->to = to;
	cte_init(&t->cte, cte);
	if (t->charset && str_eq(charset, buf_str(&t->charset_name)))
		return;
	charset_free(&t->charset);
	t->charset = charset_new(charset);
	buf_reset(&t->charset_name);
	buf_add(&t->charset_name, charset);
	t->ascii_same = keeps_ascii(charset);
}

/* UTF-8 of whole characters, as charsets give it. */
static bool push_unicode(struct text *t)
{
	if (t->unicode.n == 0)
		return false;
	buf_reset(&t->folded);
	fold_push(&t->fold, buf_str(&t->unicode), &t->folded);
	buf_reset(&t->unicode);
	return scan_push(t->to, buf_str(&t->folded));
}

static size_t high_run(struct str s)
{
	size_t n = 0;

	while (n < s.n && (uint8_t)s.p[n] >= 0x80)
		n++;
	return n;
}

/* In turns: bytes that need the charset, and ASCII, which ends a character that was cut short before it. */
static bool push_mixed(struct text *t, struct str s)
{
	bool any = false;

	while (s.n > 0) {
		size_t n = high_run(s);
		charset_push(t->charset, str_head(s, n), &t->unicode);
		s = str_skip(s, n);
		if (s.n == 0)
			break;
		charset_end(t->charset, &t->unicode);
		any |= push_unicode(t);
		n = utf8_ascii_run(s);
		any |= scan_push(t->to, str_head(s, n));
		s = str_skip(s, n);
	}
	return push_unicode(t) || any;
}

static bool push_decoded(struct text *t, struct str s)
{
	if (t->ascii_same)
		return push_mixed(t, s);
	charset_push(t->charset, s, &t->unicode);
	return push_unicode(t);
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
	charset_end(t->charset, &t->unicode);
	any |= push_unicode(t);
	return scan_end(t->to) || any;
}

/* frontend/lmtp/dots.c: five states; text is copied in runs up to the next CR. */
#include "frontend/lmtp/dots.h"

static enum dots_at text_behind(char c) { return c == '\r' ? DOTS_TEXT_CR : DOTS_TEXT; }

/* Up to and with the next CR. */
static void take_text(struct dots *d, struct str *in, struct buf *out)
{
	ptrdiff_t cr = str_find(*in, '\r');
	size_t n = cr < 0 ? in->n : (size_t)cr + 1;

	d->at = cr < 0 ? DOTS_TEXT : DOTS_TEXT_CR;
	buf_add(out, str_head(*in, n));
	*in = str_skip(*in, n);
}

static void take_one(struct dots *d, char c, struct buf *out)
{
	if (d->at == DOTS_LINE && c == '.') {
		d->at = DOTS_DOT;                        /* the end, or a dot that was put there: never ours */
		return;
	}
	if (d->at == DOTS_DOT && c == '\r') {
		d->at = DOTS_DOT_CR;                     /* held back: perhaps the end's */
		return;
	}
	if (d->at == DOTS_DOT_CR) {
		if (c == '\n') {
			d->at = DOTS_END;
			return;
		}
		buf_addc(out, '\r');
	}
	buf_addc(out, c);
	d->at = d->at == DOTS_TEXT_CR && c == '\n' ? DOTS_LINE : text_behind(c);
}

bool dots_feed(struct dots *d, struct str *in, struct buf *out)
{
	while (in->n > 0 && d->at != DOTS_END) {
		if (d->at == DOTS_TEXT) {
			take_text(d, in, out);
			continue;
		}
		take_one(d, *in->p, out);
		*in = str_skip(*in, 1);
	}
	return d->at == DOTS_END;
}

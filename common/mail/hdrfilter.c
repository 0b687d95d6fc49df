#include "common/mail/hdrfilter.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"

enum { NAME_HOLD = 1000 };                    /* a longer name is nobody's */

enum hdrfilter_at {
	AT_LINE,                              /* at a line's first byte                           */
	AT_CR,                                /* after a CR that may start the blank line         */
	AT_NAME,                              /* in a name, held back                             */
	AT_REST,                              /* in the line, whose fate is known: `keeping`      */
	AT_BODY                               /* after the blank line                             */
};

struct hdrfilter {
	struct str       *names;
	size_t            n;
	bool              keep;
	enum hdrfilter_at at;
	bool              keeping;            /* the field we are in is written */
	struct buf        held;
};

struct hdrfilter *hdrfilter_new(const struct str *names, size_t n, bool keep)
{
	struct hdrfilter *f = mem_new(sizeof *f);

	f->names = mem_new((n + 1) * sizeof *f->names);
	f->n = n;
	f->keep = keep;
	f->keeping = !keep;                   /* a continuation of nothing belongs to no named field */
	for (size_t i = 0; i < n; i++)
		f->names[i] = (struct str){ str_heap_z(names[i]), names[i].n };
	return f;
}

void hdrfilter_free(struct hdrfilter **fp)
{
	struct hdrfilter *f = *fp;

	if (!f)
		return;
	for (size_t i = 0; i < f->n; i++)
		free((char *)f->names[i].p);
	free(f->names);
	buf_fini(&f->held);
	free(f);
	*fp = NULL;
}

/* Blanks may stand before the colon (RFC 5322 4.5.8). */
static bool is_wanted(const struct hdrfilter *f, struct str name)
{
	name = str_trim(name);
	for (size_t i = 0; i < f->n; i++)
		if (str_ieq(f->names[i], name))
			return f->keep;
	return !f->keep;
}

static void decide(struct hdrfilter *f, bool keeping, struct buf *out)
{
	f->keeping = keeping;
	if (keeping)
		buf_add(out, buf_str(&f->held));
	buf_reset(&f->held);
	f->at = AT_REST;
}

static void line_starts(struct hdrfilter *f, char c, struct buf *out)
{
	buf_reset(&f->held);
	if (c == '\r') {
		buf_addc(&f->held, c);
		f->at = AT_CR;
	} else if (c == '\n') {
		buf_addc(out, c);
		f->at = AT_BODY;
	} else if (c == ' ' || c == '\t') {
		f->at = AT_REST;              /* shares the fate of the line before */
		if (f->keeping)
			buf_addc(out, c);
	} else {
		f->at = AT_NAME;
	}
}

/* The name, or a piece of it. A line without a colon is a field without a name: named by nobody. */
static void name_feed(struct hdrfilter *f, struct str *in, struct buf *out)
{
	size_t n = 0;

	while (n < in->n && in->p[n] != ':' && in->p[n] != '\n' && f->held.n + n < NAME_HOLD)
		n++;
	buf_add(&f->held, str_head(*in, n));
	*in = str_skip(*in, n);
	if (in->n > 0)
		decide(f, in->p[0] == ':' ? is_wanted(f, buf_str(&f->held)) : !f->keep, out);
}

static void rest_feed(struct hdrfilter *f, struct str *in, struct buf *out)
{
	ptrdiff_t lf = str_find(*in, '\n');
	size_t n = lf < 0 ? in->n : (size_t)lf + 1;

	if (f->keeping)
		buf_add(out, str_head(*in, n));
	if (lf >= 0)
		f->at = AT_LINE;
	*in = str_skip(*in, n);
}

static void cr_feed(struct hdrfilter *f, struct str *in, struct buf *out)
{
	if (in->p[0] != '\n') {
		f->at = AT_NAME;              /* a stray CR: part of a name that will match nothing */
		return;
	}
	buf_add(out, S("\r\n"));
	f->at = AT_BODY;
}

void hdrfilter_feed(struct hdrfilter *f, struct str in, struct buf *out)
{
	while (in.n > 0 && f->at != AT_BODY) {
		switch (f->at) {
		case AT_LINE:
			line_starts(f, in.p[0], out);
			if (f->at != AT_NAME)
				in = str_skip(in, 1);
			break;
		case AT_CR:
			cr_feed(f, &in, out);
			break;
		case AT_NAME:
			name_feed(f, &in, out);
			break;
		case AT_REST:
			rest_feed(f, &in, out);
			break;
		case AT_BODY:
			break;
		}
	}
}

void hdrfilter_end(struct hdrfilter *f, struct buf *out)
{
	if (f->at == AT_NAME || f->at == AT_CR)
		decide(f, !f->keep, out);
	if (f->at != AT_BODY)
		buf_add(out, S("\r\n"));
	f->at = AT_BODY;
}

#include "common/mail/bodystructure.h"

#include "common/mail/envelope.h"

static void render_part(struct buf *out, const struct mime_part *p, enum body_form form);

static void add_number(struct buf *out, uint64_t n)
{
	buf_addc(out, ' ');
	buf_dec(out, n);
}

static void add_param(struct buf *out, struct str name, struct str value, bool first)
{
	buf_addc(out, first ? '(' : ' ');
	envelope_string(out, name);
	buf_addc(out, ' ');
	envelope_string(out, value);
}

/* Text without a charset is US-ASCII (RFC 2045 5.2), and said to be, as clients are used to. */
static void add_params(struct buf *out, const struct mime_param *list, bool text)
{
	bool named = !text, first = true;

	for (; list; list = list->next, first = false) {
		add_param(out, list->name, list->value, first);
		named = named || str_ieq(list->name, S("charset"));
	}
	if (!named)
		add_param(out, S("charset"), S("us-ascii"), first);
	buf_add(out, named && first ? S("NIL") : S(")"));
}

static void add_language(struct buf *out, const struct mime_word *w)
{
	if (!w) {
		buf_add(out, S("NIL"));
	} else if (!w->next) {
		envelope_string(out, w->word);
	} else {
		for (char before = '('; w; w = w->next, before = ' ') {
			buf_addc(out, before);
			envelope_string(out, w->word);
		}
		buf_addc(out, ')');
	}
}

static void add_disposition(struct buf *out, const struct mime_part *p)
{
	if (p->disposition.n == 0) {
		buf_add(out, S("NIL"));
		return;
	}
	buf_addc(out, '(');
	envelope_string(out, p->disposition);
	buf_addc(out, ' ');
	add_params(out, p->disposition_params, false);
	buf_addc(out, ')');
}

/* disposition language location: what both kinds of extension data end with */
static void add_extension(struct buf *out, const struct mime_part *p)
{
	buf_addc(out, ' ');
	add_disposition(out, p);
	buf_addc(out, ' ');
	add_language(out, p->language);
	buf_addc(out, ' ');
	envelope_nstring(out, p->location);
}

/* The part of a message that has none: body-type-mpart and body-type-msg want one (RFC 3501 9). */
static void add_empty_text(struct buf *out, enum body_form form)
{
	buf_add(out, S("(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0"));
	if (form == BODY_EXTENDED)
		buf_add(out, S(" NIL NIL NIL NIL"));
	buf_addc(out, ')');
}

static void render_multipart(struct buf *out, const struct mime_part *p, enum body_form form)
{
	buf_addc(out, '(');
	for (const struct mime_part *c = p->child; c; c = c->next)
		render_part(out, c, form);
	if (!p->child)
		add_empty_text(out, form);
	buf_addc(out, ' ');
	envelope_string(out, p->subtype);
	if (form == BODY_EXTENDED) {
		buf_addc(out, ' ');
		add_params(out, p->params, false);
		add_extension(out, p);
	}
	buf_addc(out, ')');
}

static void add_message(struct buf *out, const struct mime_part *message, enum body_form form)
{
	buf_addc(out, ' ');
	envelope_render(out, message);
	buf_addc(out, ' ');
	if (message)
		render_part(out, message, form);
	else
		add_empty_text(out, form);
}

static void render_single(struct buf *out, const struct mime_part *p, enum body_form form)
{
	bool text = str_ieq(p->type, S("text"));

	buf_addc(out, '(');
	envelope_string(out, p->type);
	buf_addc(out, ' ');
	envelope_string(out, p->subtype);
	buf_addc(out, ' ');
	add_params(out, p->params, text);
	buf_addc(out, ' ');
	envelope_nstring(out, p->id);
	buf_addc(out, ' ');
	envelope_nstring(out, p->description);
	buf_addc(out, ' ');
	envelope_string(out, p->encoding.n > 0 ? p->encoding : S("7bit"));
	add_number(out, p->body_bytes);
	if (p->kind == MIME_MESSAGE)
		add_message(out, p->child, form);
	if (text || p->kind == MIME_MESSAGE)
		add_number(out, p->lines);
	if (form == BODY_EXTENDED) {
		buf_addc(out, ' ');
		envelope_nstring(out, p->md5);
		add_extension(out, p);
	}
	buf_addc(out, ')');
}

static void render_part(struct buf *out, const struct mime_part *p, enum body_form form)
{
	if (p->kind == MIME_MULTIPART)
		render_multipart(out, p, form);
	else
		render_single(out, p, form);
}

void bodystructure_render(struct buf *out, const struct mime_part *root, enum body_form form)
{
	render_part(out, root, form);
}

#include "tools/load/heads.h"

#include "common/base/buf.h"
#include "common/base/sum.h"
#include "common/mail/bodystructure.h"
#include "common/mail/envelope.h"

enum { DEPTH_MAX = 64 };                     /* lists within lists; what lies deeper is not looked at */

/* ---- into one form ---- */

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* White space is one blank, wherever and however much; quoted characters stand for themselves. */
static void add_text(struct str s, struct buf *out)
{
	s = str_trim(s);
	buf_addc(out, '"');
	for (size_t i = 0; i < s.n; i++)
		if (!is_blank(s.p[i]) && s.p[i] != '\\')
			buf_addc(out, s.p[i]);
		else if (is_blank(s.p[i]) && !is_blank(s.p[i - 1]))
			buf_addc(out, ' ');
	buf_addc(out, '"');
}

static void add_values(struct str in, unsigned depth, struct buf *out);

static void add_value(const struct value *v, unsigned depth, struct buf *out)
{
	if (v->kind == VALUE_LIST && depth < DEPTH_MAX) {
		buf_addc(out, '(');
		add_values(v->text, depth + 1, out);
		buf_addc(out, ')');
	} else if (v->text.n == 0 || (v->kind == VALUE_ATOM && str_ieq(v->text, S("NIL")))) {
		buf_addc(out, '-');
	} else {
		add_text(v->text, out);
	}
}

static void add_values(struct str in, unsigned depth, struct buf *out)
{
	struct value v;

	while (value_take(&in, &v))
		add_value(&v, depth, out);
}

/* Without case: of types, parameters, encodings. */
static void add_lower(struct str *in, unsigned values, unsigned depth, struct buf *out)
{
	size_t begin = out->n;
	struct value v;

	while (values-- > 0 && value_take(in, &v))
		add_value(&v, depth, out);
	for (; begin < out->n; begin++)
		out->p[begin] = ascii_lower(out->p[begin]);
}

/* Type, subtype, parameters; id, description, encoding, octets. The charset that is meant where none is named need not be said. */
static void add_basic_fields(struct str *in, unsigned depth, struct buf *out)
{
	static const struct str meant = S("(\"charset\"\"us-ascii\")");

	add_lower(in, 3, depth, out);
	if (str_ends(buf_str(out), meant)) {
		out->n -= meant.n;
		buf_addc(out, '-');
	}
	add_lower(in, 4, depth, out);
}

static void add_structure(struct str in, unsigned depth, struct buf *out);

/* A message in a message: its envelope, its structure. */
static void add_message(struct str *in, unsigned depth, struct buf *out)
{
	struct value envelope, body;

	if (!value_take(in, &envelope) || !value_take(in, &body))
		return;
	add_values(envelope.text, depth + 1, out);
	add_structure(body.text, depth + 1, out);
}

/* The inside of a body's parentheses. What follows the parts' subtype, or the basic fields, is extension data. */
static void add_structure(struct str in, unsigned depth, struct buf *out)
{
	struct str at = in;
	struct value v;

	if (depth >= DEPTH_MAX || !value_take(&at, &v))
		return;
	buf_addc(out, '(');
	if (v.kind == VALUE_LIST) {
		for (at = in; at.n > 0 && at.p[0] == '(' && value_take(&at, &v);)
			add_structure(v.text, depth + 1, out);
		add_lower(&at, 1, depth, out);
	} else {
		bool is_message = str_ieq(v.text, S("message")) && value_take(&at, &v) && str_ieq(v.text, S("rfc822"));
		add_basic_fields(&in, depth, out);
		if (is_message)
			add_message(&in, depth, out);
	}
	buf_addc(out, ')');
}

/* ---- into numbers ---- */

static uint32_t number_of(struct buf *form)
{
	uint32_t n = (uint32_t)sum64(buf_str(form)) | 1;

	buf_reset(form);
	return n;
}

struct heads heads_of_row(const struct row *r)
{
	struct heads h = { 0, 0 };
	struct buf form = { 0 };

	if (r->has & ROW_ENVELOPE) {
		add_values(r->envelope, 0, &form);
		h.envelope = number_of(&form);
	}
	if (r->has & ROW_STRUCTURE) {
		add_structure(r->structure, 0, &form);
		h.structure = number_of(&form);
	}
	buf_fini(&form);
	return h;
}

/* Inside the parentheses of a list. */
static struct str inside(const struct buf *list)
{
	return (struct str){ list->p + 1, list->n - 2 };
}

struct heads heads_of_letter(struct str octets)
{
	struct buf envelope = { 0 }, structure = { 0 };
	struct mime *m = mime_new();

	mime_feed(m, octets);
	const struct mime_part *root = mime_end(m);
	envelope_render(&envelope, root);
	bodystructure_render(&structure, root, BODY_PLAIN);
	struct heads h = heads_of_row(&(struct row){ .has = ROW_ENVELOPE | ROW_STRUCTURE, .envelope = inside(&envelope), .structure = inside(&structure) });
	buf_fini(&envelope);
	buf_fini(&structure);
	mime_free(&m);
	return h;
}

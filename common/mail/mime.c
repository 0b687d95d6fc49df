#include "common/mail/mime.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/must.h"
#include "common/mail/content.h"

/* The fields of every part, beside enum mime_field; numbered after them. */
enum content_field {
	CONTENT_TYPE = MIME_FIELD_COUNT, CONTENT_ENCODING, CONTENT_ID, CONTENT_DESCRIPTION,
	CONTENT_DISPOSITION, CONTENT_MD5, CONTENT_LANGUAGE, CONTENT_LOCATION,
	FIELD_COUNT, FIELD_NONE = FIELD_COUNT
};

#define NAME(lit) { (lit), sizeof(lit) - 1 }
static const struct str field_name[FIELD_COUNT] = {
	[MIME_DATE] = NAME("Date"), [MIME_SUBJECT] = NAME("Subject"), [MIME_FROM] = NAME("From"), [MIME_SENDER] = NAME("Sender"),
	[MIME_REPLY_TO] = NAME("Reply-To"), [MIME_TO] = NAME("To"), [MIME_CC] = NAME("Cc"), [MIME_BCC] = NAME("Bcc"),
	[MIME_IN_REPLY_TO] = NAME("In-Reply-To"), [MIME_MESSAGE_ID] = NAME("Message-ID"), [MIME_REFERENCES] = NAME("References"),
	[CONTENT_TYPE] = NAME("Content-Type"), [CONTENT_ENCODING] = NAME("Content-Transfer-Encoding"),
	[CONTENT_ID] = NAME("Content-ID"), [CONTENT_DESCRIPTION] = NAME("Content-Description"),
	[CONTENT_DISPOSITION] = NAME("Content-Disposition"), [CONTENT_MD5] = NAME("Content-MD5"),
	[CONTENT_LANGUAGE] = NAME("Content-Language"), [CONTENT_LOCATION] = NAME("Content-Location"),
};

/* Of a line, as much as a boundary or a field's name may need: "--", the boundary, "--". */
enum { LINE_HEAD = MIME_BOUNDARY_MAX + 4 };

struct open_boundary { struct mime_part *part; struct str boundary; };

struct mime {
	struct arena      arena;
	struct mime_part *root, *part;        /* part: the innermost one we are in */
	uint32_t          n_parts;
	uint64_t          at, lfs;            /* bytes and LFs behind us */
	bool              in_header;

	/* The multiparts we are in whose end has not come, outermost first. */
	struct open_boundary open[MIME_DEPTH_MAX];
	size_t            n_open;
	struct mime_part *starts_in;          /* a boundary was seen: after its line a part of this one starts */

	/* The line we are in. */
	bool              in_line;            /* some of its bytes came */
	bool              cr;                 /* a CR came that may belong to the line's end */
	bool              looking;            /* its head is still being collected in `line` */
	uint64_t          line_at;
	struct buf        line;
	bool              is_boundary;        /* this line is one */
	unsigned          eol;                /* bytes of the last line's end; a boundary may take it. A boundary's own: 0 */
	bool              eol_waits;          /* ... and has not been decoded */

	/* The header field we are in. */
	unsigned          field;
	struct buf        value;
	struct str        values[FIELD_COUNT];   /* of this header, so far */

	struct cte_decoder decoder;           /* of the leaf we are in */
};

/* -- parts -- */

/* While header and body last, head_lines and lines hold the LFs before them. */
static void part_new(struct mime *m, struct mime_part *parent, bool message)
{
	struct mime_part *p = arena_zalloc(&m->arena, sizeof *p);

	p->parent = parent;
	p->head_at = m->at;
	p->head_lines = m->lfs;
	if (message)
		p->fields = arena_zalloc(&m->arena, MIME_FIELD_COUNT * sizeof *p->fields);
	if (parent) {
		p->depth = parent->depth + 1;
		if (parent->last_child)
			parent->last_child->next = p;
		else
			parent->child = p;
		parent->last_child = p;
	}
	m->n_parts++;
	m->part = p;
	m->in_header = true;
	m->field = FIELD_NONE;
	memset(m->values, 0, sizeof m->values);
}

/* What stands where no usable Content-Type does (RFC 2045 5.2, RFC 2046 5.1.5). */
static void type_default(struct mime_part *p)
{
	bool digest = p->parent && mime_type_is(p->parent, S("multipart"), S("digest"));

	p->type = digest ? S("message") : S("text");
	p->subtype = digest ? S("rfc822") : S("plain");
}

static enum mime_kind kind_of(const struct mime_part *p)
{
	if (str_ieq(p->type, S("multipart")))
		return MIME_MULTIPART;
	if (mime_type_is(p, S("message"), S("rfc822")) || mime_type_is(p, S("message"), S("global")))
		return MIME_MESSAGE;
	return MIME_LEAF;
}

static struct str list_join(struct arena *a, struct str one, struct str two)
{
	if (one.n == 0 || one.n + two.n > MIME_VALUE_MAX)
		return str_dup(a, two);
	char *p = arena_alloc(a, one.n + 1 + two.n);
	memcpy(p, one.p, one.n);
	p[one.n] = ',';
	if (two.n > 0)
		memcpy(p + one.n + 1, two.p, two.n);
	return (struct str){ p, one.n + 1 + two.n };
}

/* Address lists that come in several fields are one list; of other fields the last counts. */
static void field_store(struct mime *m)
{
	struct str *value = m->field != FIELD_NONE ? &m->values[m->field] : NULL;
	bool addresses = m->field >= MIME_FROM && m->field <= MIME_BCC;

	if (value && m->arena.total_bytes < MIME_TOTAL_MAX) {
		struct str before = addresses ? *value : S("");
		*value = list_join(&m->arena, before, buf_str(&m->value));
	}
	m->field = FIELD_NONE;
	buf_reset(&m->value);
}

/* The header of m->part ends before byte `end`, which has `lfs` LFs before it; its fields take effect. */
static void header_done(struct mime *m, uint64_t end, uint64_t lfs)
{
	struct mime_part *p = m->part;
	const struct str *v = m->values;

	field_store(m);
	m->in_header = false;
	p->head_bytes = end - p->head_at;
	p->head_lines = lfs - p->head_lines;
	p->body_at = end;
	p->lines = lfs;
	if (p->fields)
		memcpy(p->fields, v, MIME_FIELD_COUNT * sizeof *v);
	if (!content_type(&m->arena, v[CONTENT_TYPE], p))
		type_default(p);
	p->kind = kind_of(p);
	p->encoding = content_encoding(&m->arena, v[CONTENT_ENCODING]);
	p->cte = cte_by_name(p->encoding);
	p->id = v[CONTENT_ID];
	p->description = v[CONTENT_DESCRIPTION];
	p->md5 = v[CONTENT_MD5];
	p->location = v[CONTENT_LOCATION];
	content_disposition(&m->arena, v[CONTENT_DISPOSITION], p);
	p->language = content_language(&m->arena, v[CONTENT_LANGUAGE]);
}

static void body_starts(struct mime *m)
{
	struct mime_part *p = m->part;
	struct str boundary = str_head(mime_param(p->params, S("boundary")), MIME_BOUNDARY_MAX);

	if (p->fields)
		m->eol = 0;                   /* a message keeps its blank line, also before a boundary */
	m->eol_waits = false;
	cte_init(&m->decoder, p->kind == MIME_LEAF ? p->cte : CTE_BINARY);
	if (p->depth >= MIME_DEPTH_MAX || m->n_parts >= MIME_PARTS_MAX)
		return;
	if (p->kind == MIME_MULTIPART && boundary.n > 0)
		m->open[m->n_open++] = (struct open_boundary){ p, boundary };
	else if (p->kind == MIME_MESSAGE)
		part_new(m, p, true);
}

/* The bytes of m->part end before `end`, which has `lfs` LFs before it; its parent becomes the innermost. */
static void part_done(struct mime *m, uint64_t end, uint64_t lfs)
{
	struct mime_part *p = m->part;

	if (end < p->head_at) {               /* a message that never began, in a part without a body */
		p->head_at = end;
		p->head_lines = lfs;
	}
	if (m->in_header)
		header_done(m, end, lfs);
	if (end < p->body_at) {               /* the blank line is the boundary's, and there is no body */
		p->head_bytes = end - p->head_at;
		p->body_at = end;
		p->lines = lfs;
	}
	p->body_bytes = end - p->body_at;
	p->lines = lfs - p->lines;
	p->decoded_bytes = p->body_bytes;
	if (p->kind == MIME_LEAF && (p->cte == CTE_QP || p->cte == CTE_BASE64)) {
		cte_end(&m->decoder, NULL);
		p->decoded_bytes = p->body_bytes > 0 ? m->decoder.out_bytes : 0;
		p->broken = m->decoder.broken;
	}
	m->part = p->parent;
}

/* -- boundaries (RFC 2046 section 5.1.1) -- */

/* A boundary may be the beginning of another one: the longest that fits is meant. */
static const struct open_boundary *boundary_find(const struct mime *m, struct str line)
{
	const struct open_boundary *best = NULL;

	if (!str_starts(line, S("--")))
		return NULL;
	line = str_skip(line, 2);
	for (size_t i = m->n_open; i-- > 0;)
		if (str_starts(line, m->open[i].boundary) && (!best || best->boundary.n < m->open[i].boundary.n))
			best = &m->open[i];
	return best;
}

/* The line end before a boundary belongs to it. */
static void boundary_line(struct mime *m, const struct open_boundary *b)
{
	bool closes = str_starts(str_skip(buf_str(&m->line), 2 + b->boundary.n), S("--"));

	while (m->part != b->part)
		part_done(m, m->line_at - m->eol, m->lfs - (m->eol > 0));
	m->n_open = (size_t)(b - m->open) + !closes;
	if (!closes)
		m->starts_in = b->part;
	m->is_boundary = true;
	cte_init(&m->decoder, CTE_BINARY);
}

/* -- lines -- */

static void body_bytes(struct mime *m, struct str s)
{
	if (m->decoder.cte != CTE_QP && m->decoder.cte != CTE_BASE64)
		return;
	if (m->eol_waits)
		cte_feed(&m->decoder, m->eol == 2 ? S("\r\n") : S("\n"), NULL);
	m->eol_waits = false;
	cte_feed(&m->decoder, s, NULL);
}

static void value_bytes(struct mime *m, struct str s)
{
	if (m->field != FIELD_NONE)
		buf_add(&m->value, str_head(s, MIME_VALUE_MAX - m->value.n));
}

static unsigned field_by_name(const struct mime *m, struct str name)
{
	for (unsigned f = m->part->fields ? 0 : (unsigned)CONTENT_TYPE; f < FIELD_COUNT; f++)
		if (str_ieq(name, field_name[f]))
			return f;
	return FIELD_NONE;
}

/* The head of a header line. One without a colon is no field, but does not end the header. */
static void header_line(struct mime *m, struct str line)
{
	struct str name, rest;

	if (line.p[0] == ' ' || line.p[0] == '\t') {
		value_bytes(m, line);           /* unfolded: RFC 5322 2.2.3 */
		return;
	}
	field_store(m);
	if (str_cut(line, ':', &name, &rest)) {
		m->field = field_by_name(m, str_trim(name));
		while (rest.n > 0 && (rest.p[0] == ' ' || rest.p[0] == '\t'))
			rest = str_skip(rest, 1);
		value_bytes(m, rest);
	}
}

/* Enough of the line is in m->line to know what it is. */
static void line_known(struct mime *m)
{
	const struct open_boundary *b = m->n_parts < MIME_PARTS_MAX ? boundary_find(m, buf_str(&m->line)) : NULL;

	m->looking = false;
	if (b)
		boundary_line(m, b);
	else if (m->in_header)
		header_line(m, buf_str(&m->line));
	else
		body_bytes(m, buf_str(&m->line));
	buf_reset(&m->line);
}

/* Bytes of a line, without its end. */
static void line_bytes(struct mime *m, struct str s)
{
	if (s.n == 0)
		return;
	if (!m->in_line) {
		m->in_line = true;
		m->line_at = m->at;
		m->looking = m->in_header || (m->n_open > 0 && s.p[0] == '-');
	}
	m->at += s.n;
	if (m->looking) {
		size_t n = s.n < LINE_HEAD - m->line.n ? s.n : LINE_HEAD - m->line.n;
		buf_add(&m->line, str_head(s, n));
		s = str_skip(s, n);
		if (m->line.n == LINE_HEAD)
			line_known(m);
	}
	if (s.n == 0 || m->starts_in)
		return;
	if (m->in_header)
		value_bytes(m, s);
	else
		body_bytes(m, s);
}

/* LF, or CRLF. */
static void line_end(struct mime *m, unsigned eol)
{
	bool blank = !m->in_line;

	if (m->looking)
		line_known(m);
	else if (blank && !m->in_header)
		body_bytes(m, S(""));
	m->in_line = false;
	m->at += eol;
	m->lfs++;
	m->eol = m->is_boundary ? 0 : eol;
	m->eol_waits = true;
	m->is_boundary = false;
	if (m->starts_in) {
		part_new(m, m->starts_in, false);
		m->starts_in = NULL;
	} else if (m->in_header && blank) {
		header_done(m, m->at, m->lfs);
		body_starts(m);
	}
}

/* Lines of a body of which none can be a boundary, many at once. How many bytes. */
static size_t many_lines(struct mime *m, struct str in)
{
	bool line_starts = !m->in_line && !m->cr && !m->starts_in;
	uint64_t lfs;
	size_t n = line_starts ? cte_count_lines(&m->decoder, in, &lfs) : 0;

	if (n == 0)
		return 0;
	m->at += n;
	m->lfs += lfs;
	m->eol = n > 1 && in.p[n - 2] == '\r' ? 2 : 1;
	m->eol_waits = true;
	return n;
}

/* A CR is kept back until we know whether LF follows. */
void mime_feed(struct mime *m, struct str in)
{
	while (in.n > 0) {
		size_t many = many_lines(m, in);
		if (many > 0) {
			in = str_skip(in, many);
			continue;
		}
		if (m->cr && in.p[0] == '\n') {
			m->cr = false;
			line_end(m, 2);
			in = str_skip(in, 1);
			continue;
		}
		if (m->cr)
			line_bytes(m, S("\r"));
		const char *lf = memchr(in.p, '\n', in.n);
		size_t n = lf ? (size_t)(lf - in.p) : in.n;
		m->cr = n > 0 && in.p[n - 1] == '\r';
		line_bytes(m, str_head(in, n - m->cr));
		if (lf) {
			line_end(m, 1 + m->cr);
			m->cr = false;
		}
		in = str_skip(in, n + (lf != NULL));
	}
}

/* -- the whole -- */

struct mime *mime_new(void)
{
	struct mime *m = mem_new(sizeof *m);

	arena_init(&m->arena);
	part_new(m, NULL, true);
	m->root = m->part;
	return m;
}

void mime_free(struct mime **mp)
{
	struct mime *m = *mp;

	if (!m)
		return;
	arena_fini(&m->arena);
	buf_fini(&m->line);
	buf_fini(&m->value);
	free(m);
	*mp = NULL;
}

const struct mime_part *mime_end(struct mime *m)
{
	if (m->cr)
		line_bytes(m, S("\r"));
	if (m->looking)
		line_known(m);
	if (m->starts_in)
		part_new(m, m->starts_in, false);
	else
		body_bytes(m, S(""));
	while (m->part)
		part_done(m, m->at, m->lfs);
	return m->root;
}

uint64_t mime_bytes(const struct mime *m)
{
	return m->at;
}

bool mime_type_is(const struct mime_part *p, struct str type, struct str subtype)
{
	return str_ieq(p->type, type) && str_ieq(p->subtype, subtype);
}

struct str mime_param(const struct mime_param *list, struct str name)
{
	for (; list; list = list->next)
		if (str_ieq(list->name, name))
			return list->value;
	return S("");
}

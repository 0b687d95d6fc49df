#include "common/mail/envelope.h"

#include "common/mail/mailaddr.h"

/* A quoted string holds no NUL, CR, LF nor 8-bit byte (RFC 3501 9, QUOTED-CHAR). *escapes: some of it must be escaped. */
static bool fits_quotes(struct str s, bool *escapes)
{
	*escapes = false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\0' || s.p[i] == '\r' || s.p[i] == '\n' || (unsigned char)s.p[i] >= 0x80)
			return false;
		*escapes |= s.p[i] == '"' || s.p[i] == '\\';
	}
	return true;
}

static void add_escaped(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_addc(out, '\\');
		buf_addc(out, s.p[i]);
	}
}

static void add_quoted(struct buf *out, struct str s, bool escapes)
{
	buf_addc(out, '"');
	if (escapes)
		add_escaped(out, s);
	else
		buf_add(out, s);
	buf_addc(out, '"');
}

/* A literal holds anything but NUL (CHAR8). */
static void add_literal(struct buf *out, struct str s)
{
	size_t nuls = 0;

	for (size_t i = 0; i < s.n; i++)
		nuls += s.p[i] == '\0';
	buf_addc(out, '{');
	buf_dec(out, s.n - nuls);
	buf_add(out, S("}\r\n"));
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\0')
			buf_addc(out, s.p[i]);
}

void envelope_string(struct buf *out, struct str s)
{
	bool escapes;

	if (fits_quotes(s, &escapes))
		add_quoted(out, s, escapes);
	else
		add_literal(out, s);
}

void envelope_nstring(struct buf *out, struct str s)
{
	if (s.n == 0)
		buf_add(out, S("NIL"));
	else
		envelope_string(out, s);
}

/* (name route mailbox host): a group starts with a NIL host, and ends with all NIL. */
static void add_address(struct buf *out, const struct mailaddr *a)
{
	buf_addc(out, '(');
	envelope_nstring(out, a->name);
	buf_addc(out, ' ');
	envelope_nstring(out, a->route);
	buf_addc(out, ' ');
	if (a->kind == MAILADDR_GROUP_END)
		buf_add(out, S("NIL"));
	else
		envelope_string(out, a->mailbox);
	buf_addc(out, ' ');
	if (a->kind == MAILADDR_BOX)
		envelope_string(out, a->host);
	else
		buf_add(out, S("NIL"));
	buf_addc(out, ')');
}

/* False: nobody is named there; nothing was written. */
static bool add_addresses(struct buf *out, struct str value)
{
	struct arena arena;

	arena_init(&arena);
	struct mailaddr *a = mailaddr_parse(&arena, value);
	bool any = a != NULL;
	if (any) {
		buf_addc(out, '(');
		for (; a; a = a->next)
			add_address(out, a);
		buf_addc(out, ')');
	}
	arena_fini(&arena);
	return any;
}

/* Octets of `out`: From as it was rendered. */
struct rendered { size_t at, n; };

static void add_again(struct buf *out, struct rendered r)
{
	char *to = buf_grow(out, r.n);

	memcpy(to, out->p + r.at, r.n);
}

/* Who sent it and gets replies is whom From names, where nobody else is named (RFC 3501 7.4.2). */
static void add_field(struct buf *out, const struct str *fields, enum mime_field f, struct rendered from)
{
	if (f == MIME_DATE || f == MIME_SUBJECT || f == MIME_IN_REPLY_TO || f == MIME_MESSAGE_ID)
		envelope_nstring(out, fields[f]);
	else if (add_addresses(out, fields[f]))
		return;
	else if (f == MIME_SENDER || f == MIME_REPLY_TO)
		add_again(out, from);
	else
		buf_add(out, S("NIL"));
}

void envelope_render(struct buf *out, const struct mime_part *message)
{
	static const struct str none[MIME_FIELD_COUNT];
	const struct str *fields = message && message->fields ? message->fields : none;
	struct rendered from = { 0, 0 };

	buf_addc(out, '(');
	for (enum mime_field f = MIME_DATE; f <= MIME_MESSAGE_ID; f++) {
		if (f != MIME_DATE)
			buf_addc(out, ' ');
		size_t at = out->n;
		add_field(out, fields, f, from);
		if (f == MIME_FROM)
			from = (struct rendered){ at, out->n - at };
	}
	buf_addc(out, ')');
}

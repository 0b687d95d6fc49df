#include "common/mail/mailaddr.h"

#include "common/base/buf.h"
#include "common/mail/lexer.h"

/* What stands where a domain is missing: NIL would mean a group (RFC 3501 7.4.2). */
#define NO_DOMAIN S("unspecified-domain")

struct reader {
	struct arena    *arena;
	struct str       in;
	struct mailaddr **tail;
	size_t           n;
	bool             in_group;
	struct str       comment;     /* the last one seen beside this address: its name, for want of a better */
	struct buf       phrase;      /* words so far: a name, a group's name, or a local part */
	size_t           last_word;   /* where its last word starts */
};

static void add(struct reader *r, enum mailaddr_kind kind, struct str name, struct str route, struct str mailbox,
                struct str host)
{
	if (r->n++ >= MAILADDR_MAX)
		return;
	struct mailaddr *a = arena_zalloc(r->arena, sizeof *a);
	a->kind = kind;
	a->name = str_dup(r->arena, name);
	a->route = str_dup(r->arena, route);
	a->mailbox = str_dup(r->arena, mailbox);
	a->host = str_dup(r->arena, host);
	*r->tail = a;
	r->tail = &a->next;
}

static bool at(const struct reader *r, char c)
{
	return r->in.n > 0 && r->in.p[0] == c;
}

static bool take(struct reader *r, char c)
{
	if (!at(r, c))
		return false;
	r->in = str_skip(r->in, 1);
	return true;
}

static void take_atom(struct reader *r, struct str stops, struct buf *out)
{
	size_t n = 0;

	while (n < r->in.n && !lexer_blank(r->in.p[n]) && r->in.p[n] != '(' && r->in.p[n] != '"' &&
	       str_find(stops, r->in.p[n]) < 0)
		n++;
	buf_add(out, str_head(r->in, n));
	r->in = str_skip(r->in, n);
}

/* Atoms and quoted strings up to one of `stops`; what touches is one word. */
static void take_words(struct reader *r, struct str stops, struct buf *out, size_t *last_word)
{
	*last_word = out->n;
	for (;;) {
		const char *before = r->in.p;
		lexer_skip(&r->in, &r->comment);
		if (r->in.n == 0 || str_find(stops, r->in.p[0]) >= 0)
			return;
		if (out->n > 0 && r->in.p != before) {
			buf_addc(out, ' ');
			*last_word = out->n;
		}
		if (at(r, '"'))
			lexer_quoted(&r->in, out);
		else
			take_atom(r, stops, out);
	}
}

/* Behind '@'. Blanks and comments between its labels vanish (obs-domain). */
static void take_domain(struct reader *r, struct buf *out)
{
	for (;;) {
		lexer_skip(&r->in, &r->comment);
		if (at(r, '[')) {
			struct str literal = r->in;
			ptrdiff_t end = str_find(literal, ']');
			literal = str_head(literal, end < 0 ? literal.n : (size_t)end + 1);
			buf_add(out, literal);
			r->in = str_skip(r->in, literal.n);
		} else {
			buf_add(out, lexer_until(&r->in, "(<>@,:;["));
		}
		lexer_skip(&r->in, &r->comment);
		if (!at(r, '.') && !at(r, '[') && (out->n == 0 || out->p[out->n - 1] != '.'))
			return;
		if (r->in.n == 0 || str_find(S("<>@,:;"), r->in.p[0]) >= 0)
			return;
	}
}

/* "@one,@two:" (RFC 5322 4.4 obs-route). */
static void take_route(struct reader *r, struct buf *out)
{
	size_t n = 0;

	while (at(r, '@') && n < r->in.n && str_find(S("<>:;\"("), r->in.p[n]) < 0)
		n++;
	if (n == 0 || n == r->in.n || r->in.p[n] != ':')
		return;
	for (size_t i = 0; i < n; i++)
		if (!lexer_blank(r->in.p[i]))
			buf_addc(out, r->in.p[i]);
	r->in = str_skip(r->in, n + 1);
}

/* Behind '<', whose name is the phrase before it. */
static void take_angle(struct reader *r)
{
	struct buf route = { 0 }, local = { 0 }, host = { 0 };
	size_t last_word;

	lexer_skip(&r->in, &r->comment);
	take_route(r, &route);
	take_words(r, S("<>@,"), &local, &last_word);
	bool domain = take(r, '@');
	if (domain)
		take_domain(r, &host);
	while (r->in.n > 0 && !at(r, '>') && !at(r, ','))
		r->in = str_skip(r->in, 1);
	take(r, '>');
	lexer_skip(&r->in, &r->comment);
	add(r, MAILADDR_BOX, buf_str(&r->phrase), buf_str(&route), buf_str(&local), domain ? buf_str(&host) : NO_DOMAIN);
	buf_fini(&route);
	buf_fini(&local);
	buf_fini(&host);
}

/* "local@domain" without brackets; words before it can only be a name. */
static void take_bare(struct reader *r)
{
	struct str name = str_trim(str_head(buf_str(&r->phrase), r->last_word));
	struct str local = str_skip(buf_str(&r->phrase), r->last_word);
	struct buf host = { 0 };

	take(r, '@');
	take_domain(r, &host);
	add(r, MAILADDR_BOX, name.n > 0 ? name : r->comment, S(""), local, buf_str(&host));
	buf_fini(&host);
}

static void close_group(struct reader *r)
{
	if (r->in_group)
		add(r, MAILADDR_GROUP_END, S(""), S(""), S(""), S(""));
	r->in_group = false;
}

static void take_address(struct reader *r)
{
	buf_reset(&r->phrase);
	r->comment = S("");
	take_words(r, r->in_group ? S("<>@,:;") : S("<>@,:"), &r->phrase, &r->last_word);
	if (take(r, '<')) {
		take_angle(r);
	} else if (at(r, '@')) {
		take_bare(r);
	} else if (!r->in_group && take(r, ':')) {
		add(r, MAILADDR_GROUP, S(""), S(""), buf_str(&r->phrase), S(""));
		r->in_group = true;
		return;
	} else if (r->phrase.n > 0) {
		add(r, MAILADDR_BOX, S(""), S(""), buf_str(&r->phrase), NO_DOMAIN);
	}
	if (take(r, ';'))
		close_group(r);
	else if (!at(r, '<') && r->in.n > 0 && str_find(S(",>:@"), r->in.p[0]) >= 0)
		r->in = str_skip(r->in, 1);
}

struct mailaddr *mailaddr_parse(struct arena *a, struct str value)
{
	struct mailaddr *first = NULL;
	struct reader r = { .arena = a, .in = value, .tail = &first };

	lexer_skip(&r.in, &r.comment);
	while (r.in.n > 0 && r.n < MAILADDR_MAX) {
		take_address(&r);
		lexer_skip(&r.in, &r.comment);
	}
	close_group(&r);
	buf_fini(&r.phrase);
	return first;
}

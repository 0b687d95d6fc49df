/* storaged/search/addresses.c: reads just as much of the ENVELOPE words as a search needs. */
#include "storaged/search/addresses.h"

/* -- IMAP words: each takes its word and a blank behind it from the front, or nothing -- */

static bool take(struct str *in, char c)
{
	if (in->n == 0 || in->p[0] != c)
		return false;
	*in = str_skip(*in, 1);
	return true;
}

static void quoted(struct str *in, struct buf *out)
{
	while (in->n > 0 && !take(in, '"')) {
		take(in, '\\');
		buf_add(out, str_head(*in, 1));
		*in = str_skip(*in, 1);
	}
}

static void literal(struct str *in, struct buf *out)
{
	struct str digits;
	uint64_t n = 0;

	str_cut(*in, '}', &digits, in);
	take(in, '\r');
	take(in, '\n');
	if (!str_u64(digits, &n) || n > in->n)
		n = in->n;
	buf_add(out, str_head(*in, n));
	*in = str_skip(*in, n);
}

/* False: NIL. */
static bool nstring(struct str *in, struct buf *out)
{
	bool nil = in->n == 0 || in->p[0] == 'N';

	if (take(in, '"'))
		quoted(in, out);
	else if (take(in, '{'))
		literal(in, out);
	else
		*in = str_skip(*in, 3);
	take(in, ' ');
	return !nil;
}

/* -- addresses -- */

/* The four words of an address (RFC 9051 7.5.2); those of a group's begin and end have no host. */
struct words { struct buf name, route, box, host; };

static void words_fini(struct words *w)
{
	buf_fini(&w->name);
	buf_fini(&w->route);
	buf_fini(&w->box);
	buf_fini(&w->host);
}

static void add_box(struct buf *out, const struct words *w)
{
	if (w->name.n > 0) {
		buf_add(out, buf_str(&w->name));
		buf_addc(out, ' ');
	}
	buf_addc(out, '<');
	buf_add(out, buf_str(&w->box));
	if (w->host.n > 0) {
		buf_addc(out, '@');
		buf_add(out, buf_str(&w->host));
	}
	buf_add(out, S(">, "));
}

static void take_address(struct str *in, struct words *w, struct buf *out)
{
	buf_reset(&w->name);
	buf_reset(&w->route);
	buf_reset(&w->box);
	buf_reset(&w->host);
	nstring(in, &w->name);
	nstring(in, &w->route);
	bool box = nstring(in, &w->box);
	bool host = nstring(in, &w->host);
	take(in, ')');
	if (!out)
		return;
	if (host) {
		add_box(out, w);
		return;
	}
	buf_add(out, box ? buf_str(&w->box) : S("; "));
	if (box)
		buf_add(out, S(": "));
}

/* NIL, or "(" addresses ")". Without `out` they are only passed by. */
static void take_addresses(struct str *in, struct buf *out)
{
	struct words w = { 0 };

	if (take(in, '(')) {
		while (take(in, '('))
			take_address(in, &w, out);
		take(in, ')');
	} else {
		*in = str_skip(*in, 3);
	}
	take(in, ' ');
	words_fini(&w);
}

void addresses_text(struct buf *out, struct str envelope, enum address_field field)
{
	enum { FROM, SENDER, REPLY_TO, TO, CC, BCC };
	static const int place[ADDRESS_FIELDS] = { FROM, TO, CC, BCC };
	struct buf passed = { 0 };

	take(&envelope, '(');
	nstring(&envelope, &passed);                    /* date */
	nstring(&envelope, &passed);                    /* subject */
	for (int at = FROM; at <= place[field]; at++)
		take_addresses(&envelope, at == place[field] ? out : NULL);
	buf_fini(&passed);
}

/* common/mail/mboxname.c: mailbox names on the wire, at rest, and against patterns. */
#include "common/mail/mboxname.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "common/base/must.h"
#include "common/mail/utf8.h"

/* RFC 3501 5.1.3: base64 with ',' for '/' and no padding. */
static const char base64[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static int base64_value(char c)
{
	const char *at = memchr(base64, c, sizeof base64);

	return at ? (int)(at - base64) : -1;
}

static bool is_printable(uint32_t cp) { return cp >= 0x20 && cp <= 0x7e; }

/* UTF-16 units arriving one by one; `high` waits for its other half. */
struct units { struct buf *out; uint16_t high; };

static bool units_add(struct units *u, uint16_t unit)
{
	bool is_low = unit >= 0xdc00 && unit <= 0xdfff;

	if (is_low != (u->high != 0))
		return false;                           /* half a pair */
	if (unit >= 0xd800 && unit <= 0xdbff) {
		u->high = unit;
		return true;
	}
	utf8_add(u->out, is_low ? 0x10000 + ((uint32_t)(u->high - 0xd800) << 10) + (unit - 0xdc00u) : unit);
	u->high = 0;
	return true;
}

/* What stands between '&' and '-'. */
static bool decode_run(struct buf *out, struct str run)
{
	struct units u = { out, 0 };
	uint32_t bits = 0;
	int n_bits = 0;

	for (size_t i = 0; i < run.n; i++) {
		int v = base64_value(run.p[i]);
		if (v < 0)
			return false;
		bits = bits << 6 | (uint32_t)v;
		n_bits += 6;
		if (n_bits < 16)
			continue;
		n_bits -= 16;
		if (!units_add(&u, (uint16_t)(bits >> n_bits)))
			return false;
	}
	return u.high == 0;
}

static bool decode_utf7(struct buf *out, struct str wire)
{
	struct str run;

	while (wire.n > 0) {
		char c = wire.p[0];
		wire = str_skip(wire, 1);
		if (!is_printable((uint8_t)c))
			return false;
		if (c != '&') {
			buf_addc(out, c);
			continue;
		}
		if (!str_cut(wire, '-', &run, &wire))
			return false;
		if (run.n == 0)
			buf_addc(out, '&');
		else if (!decode_run(out, run))
			return false;
	}
	return true;
}

/* Every name has exactly one spelling, so the strict test is to spell what was read and compare: that
 * refuses ASCII in base64, a run cut in two, and left-over bits, without a rule for each. */
bool mboxname_from_utf7(struct buf *out, struct str wire)
{
	struct buf again = { 0 };
	size_t start = out->n;
	bool ok = decode_utf7(out, wire);

	if (ok) {
		mboxname_to_utf7(&again, str_skip(buf_str(out), start));
		ok = str_eq(buf_str(&again), wire);
	}
	if (!ok)
		out->n = start;
	buf_fini(&again);
	return ok;
}

/* A run of base64 being written; n_bits bits of it wait. */
struct run { struct buf *out; uint32_t bits; int n_bits; bool open; };

static void run_add(struct run *r, uint16_t unit)
{
	if (!r->open)
		buf_addc(r->out, '&');
	r->open = true;
	r->bits = r->bits << 16 | unit;
	r->n_bits += 16;
	for (; r->n_bits >= 6; r->n_bits -= 6)
		buf_addc(r->out, base64[r->bits >> (r->n_bits - 6) & 63]);
}

static void run_close(struct run *r)
{
	if (!r->open)
		return;
	if (r->n_bits > 0)
		buf_addc(r->out, base64[r->bits << (6 - r->n_bits) & 63]);
	buf_addc(r->out, '-');
	*r = (struct run){ .out = r->out };
}

void mboxname_to_utf7(struct buf *out, struct str name)
{
	struct run run = { .out = out };
	uint32_t cp;
	size_t bytes;

	for (; name.n > 0; name = str_skip(name, bytes)) {
		must(utf8_next(name, &cp, &bytes) == UTF8_CHAR);
		if (is_printable(cp)) {
			run_close(&run);
			buf_addc(out, (char)cp);
			if (cp == '&')
				buf_addc(out, '-');
		} else if (cp < 0x10000) {
			run_add(&run, (uint16_t)cp);
		} else {
			run_add(&run, (uint16_t)(0xd800 + ((cp - 0x10000) >> 10)));
			run_add(&run, (uint16_t)(0xdc00 + (cp & 0x3ff)));
		}
	}
	run_close(&run);
}

static bool add_nfc(struct buf *out, struct str utf8)
{
	uint8_t *nfc = NULL;

	if (!utf8_valid(utf8))
		return false;
	utf8proc_ssize_t n = utf8proc_map((const uint8_t *)utf8.p, (utf8proc_ssize_t)utf8.n, &nfc,
					  UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	if (n >= 0)
		buf_add(out, (struct str){ (char *)nfc, (size_t)n });
	free(nfc);
	return n >= 0;
}

bool mboxname_pattern_normal(struct buf *out, struct str utf8) { return add_nfc(out, utf8); }

/* C0, DEL, C1 (RFC 9051 5.1) and the line and paragraph separators (RFC 5198 2). */
static bool has_controls(struct str utf8)
{
	uint32_t cp;
	size_t bytes;

	for (; utf8.n > 0; utf8 = str_skip(utf8, bytes)) {
		must(utf8_next(utf8, &cp, &bytes) == UTF8_CHAR);
		if (cp < 0x20 || (cp >= 0x7f && cp <= 0x9f) || cp == 0x2028 || cp == 0x2029)
			return true;
	}
	return false;
}

static bool levels_ok(struct str name)
{
	struct str level;
	int levels = 1;

	for (; str_cut(name, MBOXNAME_SEPARATOR, &level, &name); levels++)
		if (level.n == 0)
			return false;
	return level.n > 0 && levels <= MBOXNAME_LEVELS_MAX;
}

static bool below_inbox(struct str name)
{
	struct str first, rest;

	str_cut(name, MBOXNAME_SEPARATOR, &first, &rest);
	return str_ieq(first, S("INBOX"));
}

bool mboxname_normal(struct buf *out, struct str utf8)
{
	size_t start = out->n;

	if (str_ends(utf8, S("/")))
		utf8.n--;
	/* Composing shrinks a name to a third at best, so longer ones need not be looked at. */
	if (utf8.n > 4 * MBOXNAME_BYTES_MAX || !add_nfc(out, utf8))
		return false;
	struct str name = str_skip(buf_str(out), start);
	if (name.n > MBOXNAME_BYTES_MAX || has_controls(name) || !levels_ok(name)) {
		out->n = start;
		return false;
	}
	if (below_inbox(name))
		memcpy(out->p + start, "INBOX", 5);
	return true;
}

bool mboxname_is_inbox(struct str name) { return str_eq(name, S("INBOX")); }

bool mboxname_parent(struct str name, struct str *parent)
{
	ptrdiff_t at = str_rfind(name, MBOXNAME_SEPARATOR);

	if (at < 0)
		return false;
	*parent = str_head(name, (size_t)at);
	return true;
}

bool mboxname_is_child(struct str name, struct str ancestor)
{
	return name.n > ancestor.n && str_starts(name, ancestor) && name.p[ancestor.n] == MBOXNAME_SEPARATOR;
}

/* reach[i]: the pattern so far can match the first i bytes of the name. Each step takes one pattern byte. */
struct match { struct str name; size_t inbox; bool reach[MBOXNAME_BYTES_MAX + 1]; };

static void match_wild(struct match *m, bool crosses)
{
	for (size_t i = 1; i <= m->name.n; i++)
		if (m->reach[i - 1] && (crosses || m->name.p[i - 1] != MBOXNAME_SEPARATOR))
			m->reach[i] = true;
}

/* False: nothing matches any more. */
static bool match_byte(struct match *m, char c)
{
	bool any = false;

	for (size_t i = m->name.n; i > 0; i--) {
		char have = m->name.p[i - 1];
		bool same = have == c || (i <= m->inbox && have == ascii_upper(c));
		m->reach[i] = m->reach[i - 1] && same;
		any |= m->reach[i];
	}
	m->reach[0] = false;
	return any;
}

bool mboxname_match(struct str pattern, struct str name)
{
	struct match m = { .name = name, .inbox = below_inbox(name) ? 5 : 0, .reach = { true } };

	must(name.n <= MBOXNAME_BYTES_MAX);
	for (size_t i = 0; i < pattern.n; i++) {
		char c = pattern.p[i];
		if ((c == '*' || c == '%') && i > 0 && pattern.p[i - 1] == c)
			continue;                       /* a run of wildcards costs as much as one */
		if (c == '*' || c == '%')
			match_wild(&m, c == '*');
		else if (!match_byte(&m, c))
			return false;
	}
	return m.reach[name.n];
}

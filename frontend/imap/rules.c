/* frontend/imap/rules.c: one function per small rule of the RFC. */
#include "frontend/imap/rules.h"

#include <string.h>

#include "common/mail/flags.h"
#include "common/mail/utf8.h"

enum { KEYWORDS_MAX = 10000 };   /* in one list: a bound on memory. More than a mailbox may have is NO [LIMIT], not BAD */

bool wrong(struct grammar *g, const char *error)
{
	g->error = error;
	return false;
}

/* ---- characters ---- */

bool at_end(const struct grammar *g) { return g->in.n == 0; }
bool next_is(const struct grammar *g, char c) { return g->in.n && g->in.p[0] == c; }

bool take_char(struct grammar *g, char c)
{
	if (!next_is(g, c))
		return false;
	g->in = str_skip(g->in, 1);
	return true;
}

bool take_space(struct grammar *g) { return take_char(g, ' ') || wrong(g, "expected a space and more"); }

static bool is_atom_char(char c) { return c > ' ' && c < 0x7f && !memchr("(){%*\"\\]", c, 8); }
static bool is_astring_char(char c) { return is_atom_char(c) || c == ']'; }
static bool is_list_char(char c) { return is_astring_char(c) || c == '%' || c == '*'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_label_char(char c)
{
	return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '-' || c == '_' || c == '.';
}

static bool take_run(struct grammar *g, bool (*is)(char), struct str *out)
{
	size_t n = 0;

	while (n < g->in.n && is(g->in.p[n]))
		n++;
	if (n == 0)
		return false;
	*out = str_head(g->in, n);
	g->in = str_skip(g->in, n);
	return true;
}

bool take_atom(struct grammar *g, struct str *out) { return take_run(g, is_atom_char, out); }
bool take_label(struct grammar *g, struct str *out) { return take_run(g, is_label_char, out); }

bool take_keyword(struct grammar *g, struct str word)
{
	struct str at = g->in, label;

	if (take_label(g, &label) && str_ieq(label, word))
		return true;
	g->in = at;
	return false;
}

bool take_word(struct grammar *g, const struct word *words, size_t n, uint32_t *value)
{
	struct str at = g->in, label;

	if (!take_label(g, &label))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (str_ieq(label, words[i].word)) {
			*value = words[i].value;
			return true;
		}
	}
	g->in = at;
	return false;
}

/* ---- strings ---- */

static struct str unescape(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		p[n++] = s.p[i];
	}
	return (struct str){ p, n };
}

/* 8-bit must be UTF-8 (RFC 9051 9, QUOTED-CHAR), whether or not IMAP4rev2 was enabled: what it may mean is for
 * the command to say. */
static bool take_quoted(struct grammar *g, struct str *out)
{
	struct str s = g->in;
	bool escaped = false;
	size_t n = 1;

	if (!next_is(g, '"'))
		return false;
	for (; n < s.n && s.p[n] != '"'; n++) {
		if (s.p[n] == '\\') {
			escaped = true;
			if (++n == s.n || (s.p[n] != '"' && s.p[n] != '\\'))
				return false;
		}
		if (s.p[n] == '\0' || s.p[n] == '\r' || s.p[n] == '\n')
			return false;
	}
	if (n >= s.n)
		return false;
	struct str inner = { s.p + 1, n - 1 };
	if (!utf8_valid(inner))
		return false;
	*out = escaped ? unescape(g->arena, inner) : inner;
	g->in = str_skip(s, n + 1);
	return true;
}

/* The frame has joined the bytes; a NUL in them is forbidden (RFC 9051 9, CHAR8). */
static bool take_literal(struct grammar *g, struct str *out)
{
	struct str at = g->in;
	uint64_t n;

	bool announced = take_char(g, '{') && take_number(g, NUMBER64_MAX, &n);
	if (announced) {
		(void)take_char(g, '+');
		announced = take_char(g, '}');
		(void)take_char(g, '\r');
	}
	if (!announced || !take_char(g, '\n') || n > g->in.n || (n && memchr(g->in.p, 0, n))) {
		g->in = at;
		return false;
	}
	*out = str_head(g->in, n);
	g->in = str_skip(g->in, n);
	return true;
}

bool take_string(struct grammar *g, struct str *out) { return take_quoted(g, out) || take_literal(g, out); }

bool take_nstring(struct grammar *g, struct str *out)
{
	if (take_string(g, out))
		return true;
	*out = S("");
	return take_keyword(g, S("NIL"));
}

bool take_astring(struct grammar *g, struct str *out) { return take_run(g, is_astring_char, out) || take_string(g, out); }
bool take_list_mailbox(struct grammar *g, struct str *out) { return take_run(g, is_list_char, out) || take_string(g, out); }

bool take_mailbox(struct grammar *g, struct str *out)
{
	struct str at = g->in;

	if (!take_space(g))
		return false;
	if (take_astring(g, out))
		return true;
	g->in = at;
	return wrong(g, "expected a mailbox name");
}

/* ---- numbers and sets ---- */

bool take_number(struct grammar *g, uint64_t max, uint64_t *out)
{
	struct str at = g->in, digits;
	uint64_t n;

	if (!take_run(g, is_digit, &digits))
		return false;
	if (!str_u64(digits, &n) || n > max) {
		g->in = at;
		return false;
	}
	*out = n;
	return true;
}

bool take_nz_number(struct grammar *g, uint64_t max, uint64_t *out)
{
	return !next_is(g, '0') && take_number(g, max, out);
}

static bool take_seq_number(struct grammar *g, uint32_t *out)
{
	uint64_t n = SEQ_STAR;

	if (!take_char(g, '*') && !take_nz_number(g, UINT32_MAX, &n))
		return false;
	*out = (uint32_t)n;
	return true;
}

static bool take_range(struct grammar *g, struct range *out)
{
	struct str at = g->in;

	if (!take_seq_number(g, &out->lo))
		return false;
	out->hi = out->lo;
	if (take_char(g, ':') && !take_seq_number(g, &out->hi)) {
		g->in = at;
		return false;
	}
	return true;
}

/* A set may have a million ranges: they are counted first, so that they get exactly their room. */
static size_t count_ranges(struct str in)
{
	size_t n = 1;

	for (size_t i = 0; i < in.n && (is_digit(in.p[i]) || memchr(",:*", in.p[i], 3)); i++)
		n += in.p[i] == ',';
	return n;
}

bool take_set(struct grammar *g, struct seqset *out)
{
	struct str at = g->in;

	*out = (struct seqset){ NULL, 0, take_char(g, '$') };
	if (out->saved)
		return true;
	if (!next_is(g, '*') && (at_end(g) || !is_digit(g->in.p[0])))
		return false;
	out->r = arena_alloc(g->arena, count_ranges(g->in) * sizeof *out->r);
	do {
		if (!take_range(g, &out->r[out->n++])) {
			g->in = at;
			return false;
		}
	} while (take_char(g, ','));
	return true;
}

bool take_spaced_set(struct grammar *g, struct seqset *out)
{
	struct str at = g->in;

	if (!take_space(g))
		return false;
	if (take_set(g, out))
		return true;
	g->in = at;
	return wrong(g, "expected a sequence set");
}

/* ---- lists and flags ---- */

void *list_room(struct arena *a, void *list, size_t n, size_t item_bytes)
{
	if ((n & (n - 1)) != 0)                         /* full at 0, 1, 2, 4, 8... */
		return list;
	void *more = arena_alloc(a, (n ? n * 2 : 1) * item_bytes);
	if (n)
		memcpy(more, list, n * item_bytes);
	return more;
}

void strs_add(struct arena *a, struct str **list, size_t *n, struct str s)
{
	*list = list_room(a, *list, *n, sizeof **list);
	(*list)[(*n)++] = s;
}

/* \Recent and unknown system flags are nobody's to set (RFC 9051 2.3.2). */
static bool take_flag(struct grammar *g, struct flag_list *out)
{
	struct str at = g->in, name;
	bool system = take_char(g, '\\');

	if (!take_atom(g, &name))
		name = S("");
	uint32_t bit = system ? flag_by_name(str_head(at, name.n + 1)) : 0;
	if (system ? bit == 0 : !flag_keyword_valid(name)) {
		g->in = at;
		return wrong(g, system ? "no such system flag" : "expected a flag");
	}
	out->system |= bit;
	if (!system)
		strs_add(g->arena, &out->keywords, &out->n_keywords, name);
	return true;
}

bool take_flags(struct grammar *g, struct flag_list *out)
{
	struct str at = g->in;

	do {
		if (!take_flag(g, out)) {
			g->in = at;
			return false;
		}
		if (out->n_keywords > KEYWORDS_MAX) {
			g->in = at;
			return wrong(g, "too many flags");
		}
	} while (take_char(g, ' '));
	return true;
}

bool take_flag_list(struct grammar *g, struct flag_list *out)
{
	struct str at = g->in;

	if (!take_char(g, '('))
		return wrong(g, "expected a list of flags");
	if (take_char(g, ')'))
		return true;
	if (take_flags(g, out) && (take_char(g, ')') || wrong(g, "expected a space or a closing parenthesis")))
		return true;
	g->in = at;
	return false;
}

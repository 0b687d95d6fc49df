/* common/base/config_scan.c: where does a statement of roost.conf begin and end?
 *
 *     key = word    key = "text"    key = { "text", "text" }    key { key = word ... }
 *
 * Comments begin with # or // or stand in slash-star. What a value means is not looked at.
 */
#include "common/base/config_keys.h"

static bool at(const struct config_scan *s, struct str what) { return str_starts(s->rest, what); }

static void skip(struct config_scan *s, size_t n)
{
	struct str gone = str_head(s->rest, n);

	for (size_t i = 0; i < gone.n; i++)
		s->line += gone.p[i] == '\n';
	s->rest = str_skip(s->rest, n);
}

static void skip_line(struct config_scan *s)
{
	ptrdiff_t end = str_find(s->rest, '\n');
	skip(s, end < 0 ? s->rest.n : (size_t)end);
}

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static bool ends_word(char c)
{
	return is_space(c) || str_find(S("#=+{}(),\"'"), c) >= 0;
}

/* True: there was one. */
static bool skip_comment(struct config_scan *s)
{
	if (at(s, S("#")) || at(s, S("//"))) {
		skip_line(s);
		return true;
	}
	if (!at(s, S("/*")))
		return false;
	ptrdiff_t end = str_search(str_skip(s->rest, 2), S("*/"));
	skip(s, end < 0 ? s->rest.n : (size_t)end + 4);
	return true;
}

static void skip_blank(struct config_scan *s)
{
	while (s->rest.n && (skip_comment(s) || is_space(s->rest.p[0])))
		if (s->rest.n && is_space(s->rest.p[0]))
			skip(s, 1);
}

static struct str take_word(struct config_scan *s)
{
	size_t n = 0;

	while (n < s->rest.n && !ends_word(s->rest.p[n]))
		n++;
	struct str word = str_head(s->rest, n);
	skip(s, n);
	return word;
}

/* At a quote. False: it never closes. */
static bool skip_quoted(struct config_scan *s)
{
	char quote = s->rest.p[0];

	for (size_t i = 1; i < s->rest.n; i++) {
		if (s->rest.p[i] == '\\') {
			i++;
		} else if (s->rest.p[i] == quote) {
			skip(s, i + 1);
			return true;
		}
	}
	return false;
}

/* At an opening brace; on success behind its partner, with what stood between. */
static const char *skip_braces(struct config_scan *s, struct str *between)
{
	const char *from = s->rest.p + 1;
	unsigned depth = 0;

	while (s->rest.n) {
		char c = s->rest.p[0];
		if (skip_comment(s))
			continue;
		if (c == '"' || c == '\'') {
			if (!skip_quoted(s))
				return "a quote is never closed";
			continue;
		}
		skip(s, 1);
		depth += c == '{';
		if (c == '}' && --depth == 0) {
			*between = (struct str){ from, (size_t)(s->rest.p - 1 - from) };
			return NULL;
		}
	}
	return "a { is never closed";
}

static const char *skip_value(struct config_scan *s)
{
	struct str list;

	skip_blank(s);
	if (at(s, S("{")))
		return skip_braces(s, &list);
	if (at(s, S("\"")) || at(s, S("'")))
		return skip_quoted(s) ? NULL : "a quote is never closed";
	return take_word(s).n ? NULL : "the value is missing";
}

static const char *scan_statement(struct config_scan *s, struct config_statement *out)
{
	out->name = take_word(s);
	if (out->name.n == 0)
		return "a key should stand here";
	skip_blank(s);
	if (at(s, S("{")))
		return skip_braces(s, &out->body);
	if (!at(s, S("=")))
		return "'=' should follow the key";
	skip(s, 1);
	return skip_value(s);
}

bool config_scan_next(struct config_scan *s, struct config_statement *out)
{
	skip_blank(s);
	if (s->rest.n == 0)
		return false;
	struct config_scan begin = *s;
	*out = (struct config_statement){ .line = s->line };
	out->fault = scan_statement(s, out);
	if (out->fault) {
		*s = begin;
		skip_line(s);
	}
	out->all = (struct str){ begin.rest.p, begin.rest.n - s->rest.n };
	return true;
}

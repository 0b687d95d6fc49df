#include "tools/load/answer.h"

#include <string.h>

#include "common/mail/flags.h"

#define LITERAL_MOST (UINT64_C(1) << 40)   /* more is no literal, but words that look like one */

/* ---- cutting ---- */

/* "... {123}" -> 123. False: the line announces no literal. */
static bool literal_at_end(struct str line, size_t *bytes)
{
	const char *end = line.p + line.n - 1, *p = end;
	uint64_t n;

	if (line.n < 3 || *end != '}')
		return false;
	while (p > line.p && p[-1] >= '0' && p[-1] <= '9')
		p--;
	if (p == line.p || p[-1] != '{' || !str_u64((struct str){ p, (size_t)(end - p) }, &n) || n > LITERAL_MOST)
		return false;
	*bytes = (size_t)n;
	return true;
}

/* The line that begins at place->line, without CRLF; place->at goes behind its end. False: it has no end yet. */
static bool line_take(struct str in, struct answer_place *place, struct str *line)
{
	const char *end = place->at < in.n ? memchr(in.p + place->at, '\n', in.n - place->at) : NULL;

	if (!end) {
		if (place->at < in.n)
			place->at = in.n;
		return false;
	}
	*line = (struct str){ in.p + place->line, (size_t)(end - in.p) - place->line };
	place->at = (size_t)(end - in.p) + 1;
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

/* All up to the end of the line belongs to the answer; the next begins behind it. */
static void answer_end(struct str *in, struct answer_place *place, struct str line, struct str *out)
{
	*out = (struct str){ in->p, (size_t)(line.p + line.n - in->p) };
	*in = str_skip(*in, place->at);
	*place = (struct answer_place){ 0 };
}

bool answer_take(struct str *in, struct answer_place *place, struct str *out)
{
	struct str line;
	size_t literal;

	while (line_take(*in, place, &line)) {
		if (!literal_at_end(line, &literal)) {
			answer_end(in, place, line, out);
			return true;
		}
		place->line = place->at += literal;
	}
	return false;
}

bool answer_take_line(struct str *in, struct answer_place *place, struct str *out)
{
	struct str line;

	if (!line_take(*in, place, &line))
		return false;
	answer_end(in, place, line, out);
	return true;
}

/* ---- values ---- */

static bool take_char(struct str *in, char c)
{
	if (in->n == 0 || in->p[0] != c)
		return false;
	*in = str_skip(*in, 1);
	return true;
}

bool value_take_word(struct str *in, struct str word)
{
	if (!str_istarts(*in, word))
		return false;
	*in = str_skip(*in, word.n);
	return true;
}

static bool take_digits(struct str *in, uint64_t *n)
{
	size_t i = 0;

	while (i < in->n && in->p[i] >= '0' && in->p[i] <= '9')
		i++;
	if (i == 0 || !str_u64(str_head(*in, i), n))
		return false;
	*in = str_skip(*in, i);
	return true;
}

bool value_take_number(struct str *in, uint64_t *n)
{
	struct str at = *in;

	take_char(&at, ' ');
	if (!take_digits(&at, n))
		return false;
	*in = at;
	return true;
}

/* The end of a quoted string that begins at in.p[0]; 0: it has none. */
static size_t quoted_end(struct str in)
{
	for (size_t i = 1; i < in.n; i++)
		if (in.p[i] == '\\')
			i++;
		else if (in.p[i] == '"')
			return i + 1;
	return 0;
}

/* "{5}\r\nhello" (or "~{5}"): where its octets begin and end. False: not all here. */
static bool literal_bounds(struct str in, size_t *begin, size_t *end)
{
	struct str at = in;
	uint64_t n;

	take_char(&at, '~');
	if (!take_char(&at, '{') || !take_digits(&at, &n) || !take_char(&at, '}'))
		return false;
	take_char(&at, '\r');
	if (!take_char(&at, '\n') || n > at.n)
		return false;
	*begin = (size_t)(at.p - in.p);
	*end = *begin + (size_t)n;
	return true;
}

/* The end of a list that begins at in.p[0], with lists and strings in it; 0: it has none. */
static size_t list_end(struct str in)
{
	size_t depth = 0, begin, end;

	for (size_t i = 0; i < in.n; i++)
		switch (in.p[i]) {
		case '(':
			depth++;
			break;
		case ')':
			if (--depth == 0)
				return i + 1;
			break;
		case '"':
			if ((end = quoted_end(str_skip(in, i))) == 0)
				return 0;
			i += end - 1;
			break;
		case '{':
			if (!literal_bounds(str_skip(in, i), &begin, &end))
				return 0;
			i += end - 1;
			break;
		}
	return 0;
}

static size_t atom_end(struct str in)
{
	size_t i = 0;

	while (i < in.n && in.p[i] != ' ' && in.p[i] != '(' && in.p[i] != ')' && in.p[i] != '"' && in.p[i] != '\r' && in.p[i] != '\n')
		i++;
	return i;
}

bool value_take(struct str *in, struct value *v)
{
	struct str at = *in;
	size_t begin = 0, end;

	take_char(&at, ' ');
	if (at.n == 0)
		return false;
	if (at.p[0] == '(' || at.p[0] == '"') {
		v->kind = at.p[0] == '(' ? VALUE_LIST : VALUE_STRING;
		end = at.p[0] == '(' ? list_end(at) : quoted_end(at);
		if (end == 0)
			return false;
		v->text = (struct str){ at.p + 1, end - 2 };
	} else if (literal_bounds(at, &begin, &end)) {
		v->kind = VALUE_STRING;
		v->text = (struct str){ at.p + begin, end - begin };
	} else {
		v->kind = VALUE_ATOM;
		end = atom_end(at);
		if (end == 0)
			return false;
		v->text = str_head(at, end);
	}
	*in = str_skip(at, end);
	return true;
}

bool value_named(struct str in, struct str name, struct value *v)
{
	struct value found;

	while (value_take(&in, &found))
		if (found.kind == VALUE_ATOM && str_ieq(found.text, name))
			return value_take(&in, v);
	return false;
}

bool value_named_number(struct str in, struct str name, uint64_t *n)
{
	struct value v;

	if (!value_named(in, name, &v))
		return false;
	if (v.kind == VALUE_LIST)                        /* MODSEQ (7) */
		return str_u64(str_trim(v.text), n);
	return str_u64(v.text, n);
}

static uint8_t flag_of(struct str word)
{
	static const struct { struct str name; uint8_t flag; } row[] = {
		{ S("\\Seen"), FLAG_SEEN }, { S("\\Answered"), FLAG_ANSWERED }, { S("\\Flagged"), FLAG_FLAGGED },
		{ S("\\Deleted"), FLAG_DELETED }, { S("\\Draft"), FLAG_DRAFT },
	};

	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (str_ieq(word, row[i].name))
			return row[i].flag;
	return 0;
}

uint8_t value_flags(struct str list)
{
	struct value v;
	uint8_t flags = 0;

	while (value_take(&list, &v))
		flags |= flag_of(v.text);
	return flags;
}

/* ---- answers ---- */

static const struct { struct str name; enum said said; } names[] = {
	{ S("OK"), SAID_OK }, { S("NO"), SAID_NO }, { S("BAD"), SAID_BAD }, { S("PREAUTH"), SAID_PREAUTH }, { S("BYE"), SAID_BYE },
	{ S("EXISTS"), SAID_EXISTS }, { S("RECENT"), SAID_RECENT }, { S("EXPUNGE"), SAID_EXPUNGE }, { S("FETCH"), SAID_FETCH },
	{ S("VANISHED"), SAID_VANISHED }, { S("SEARCH"), SAID_SEARCH }, { S("ESEARCH"), SAID_ESEARCH }, { S("LIST"), SAID_LIST },
	{ S("STATUS"), SAID_STATUS }, { S("CAPABILITY"), SAID_CAPABILITY }, { S("NAMESPACE"), SAID_NAMESPACE },
	{ S("FLAGS"), SAID_FLAGS }, { S("ENABLED"), SAID_ENABLED },
};

static enum said said_of(struct str word)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_ieq(word, names[i].name))
			return names[i].said;
	return SAID_OTHER;
}

static bool has_code(enum said said)
{
	return said == SAID_OK || said == SAID_NO || said == SAID_BAD || said == SAID_PREAUTH || said == SAID_BYE;
}

static bool take_code(struct str *in, struct str *code)
{
	ptrdiff_t end = in->n > 0 && in->p[0] == '[' ? str_find(*in, ']') : -1;

	if (end < 0)
		return false;
	*code = (struct str){ in->p + 1, (size_t)end - 1 };
	*in = str_skip(*in, (size_t)end + 1);
	take_char(in, ' ');
	return true;
}

bool answer_read(struct str raw, struct answer *a)
{
	struct str at = raw, word;
	uint64_t n;

	*a = (struct answer){ .raw = raw };
	if (take_char(&at, '+')) {
		take_char(&at, ' ');
		a->said = SAID_PLUS;
		a->text = at;
		return true;
	}
	if (!str_cut(at, ' ', &word, &at))
		return false;
	a->tagged = !str_eq(word, S("*"));
	if (!a->tagged && take_digits(&at, &n)) {
		if (n > UINT32_MAX || !take_char(&at, ' '))
			return false;
		a->n = (uint32_t)n;
	}
	str_cut(at, ' ', &word, &at);
	a->said = said_of(word);
	if (has_code(a->said))
		take_code(&at, &a->code);
	a->text = at;
	return word.n > 0 && (!a->tagged || (has_code(a->said) && a->said != SAID_BYE));
}

bool answer_read_lmtp(struct str raw, struct answer *a)
{
	uint64_t code;

	*a = (struct answer){ .raw = raw, .said = raw.n > 3 && raw.p[3] == '-' ? SAID_REPLY_GOES_ON : SAID_REPLY, .text = str_skip(raw, 4) };
	if (raw.n < 3 || !str_u64(str_head(raw, 3), &code) || code < 200 || code > 599)
		return false;
	a->n = (uint32_t)code;
	return true;
}

/* ---- rows ---- */

/* "BODY[HEADER.FIELDS (X Y)]<0>": an item's name, which may hold spaces within its brackets. */
static bool take_item(struct str *in, struct str *name, struct str *section)
{
	size_t i = 0;

	take_char(in, ' ');
	*section = S("");
	while (i < in->n && in->p[i] != ' ' && in->p[i] != '(' && in->p[i] != '[')
		i++;
	*name = str_head(*in, i);
	if (i < in->n && in->p[i] == '[') {
		ptrdiff_t end = str_find(str_skip(*in, i), ']');
		if (end < 0)
			return false;
		*section = (struct str){ in->p + i + 1, (size_t)end - 1 };
		i += (size_t)end + 1;
		while (i < in->n && in->p[i] != ' ')
			i++;                         /* "<0>" */
		*name = str_head(*in, i);
	}
	*in = str_skip(*in, i);
	return i > 0;
}

static bool is_bytes(struct str name)
{
	return str_istarts(name, S("BODY[")) || str_istarts(name, S("BINARY[")) || (str_istarts(name, S("RFC822")) && !str_ieq(name, S("RFC822.SIZE")));
}

static bool row_number(struct row *r, struct str name, const struct value *v)
{
	struct str digits = v->text;
	uint64_t n;

	if (!str_u64(str_trim(digits), &n))
		return false;
	if (str_ieq(name, S("UID"))) {
		r->uid = (uint32_t)n;
		r->has |= ROW_UID;
		return n > 0 && n <= UINT32_MAX;
	}
	if (str_ieq(name, S("MODSEQ"))) {
		r->modseq = n;
		r->has |= ROW_MODSEQ;
		return v->kind == VALUE_LIST;
	}
	r->size = n;
	r->has |= ROW_SIZE;
	return true;
}

static void row_text(struct str *to, struct row *r, unsigned bit, struct str text)
{
	*to = text;
	r->has |= bit;
}

static bool row_item(struct row *r, struct str name, struct str section, const struct value *v)
{
	if (is_bytes(name)) {
		if (v->kind == VALUE_LIST || (v->kind == VALUE_ATOM && !str_ieq(v->text, S("NIL"))))
			return false;
		if (!(r->has & ROW_BODY)) {
			r->section = section;
			row_text(&r->body, r, ROW_BODY, v->kind == VALUE_STRING ? v->text : S(""));
		}
		return true;
	}
	if (str_ieq(name, S("FLAGS"))) {
		r->flags = value_flags(v->text);
		r->has |= ROW_FLAGS;
		return v->kind == VALUE_LIST;
	}
	if (str_ieq(name, S("UID")) || str_ieq(name, S("RFC822.SIZE")) || str_ieq(name, S("MODSEQ")))
		return row_number(r, name, v);
	if (str_ieq(name, S("INTERNALDATE")))
		row_text(&r->date, r, ROW_DATE, v->text);
	else if (str_ieq(name, S("ENVELOPE")))
		row_text(&r->envelope, r, ROW_ENVELOPE, v->text);
	else if (str_ieq(name, S("BODYSTRUCTURE")) || str_ieq(name, S("BODY")))
		row_text(&r->structure, r, ROW_STRUCTURE, v->text);
	return true;
}

bool answer_items(const struct answer *a, struct row *r)
{
	struct str at = a->text, name, section;
	struct value v;

	*r = (struct row){ .seq = a->n };
	if (a->said != SAID_FETCH || a->n == 0 || !take_char(&at, '('))
		return false;
	while (!take_char(&at, ')'))
		if (!take_item(&at, &name, &section) || !value_take(&at, &v) || !row_item(r, name, section, &v))
			return false;
	return at.n == 0;
}

#include "common/mail/content.h"

#include "common/mail/lexer.h"

enum { CONTENT_PARAMS_MAX = 500 };           /* more of them in one field are not read */

/* A quoted string, or all up to ';': unquoted values hold what tokens may not. */
static struct str take_value(struct arena *a, struct str *in)
{
	struct buf text = { 0 };

	lexer_skip(in, NULL);
	if (in->n > 0 && in->p[0] == '"')
		lexer_quoted(in, &text);
	else
		buf_add(&text, lexer_until(in, ";"));
	struct str value = str_dup(a, buf_str(&text));
	buf_fini(&text);
	return value;
}

/* Moves behind the next ';' that is not in quotes or a comment. False: there is none. */
static bool next_param(struct str *in)
{
	for (;;) {
		lexer_skip(in, NULL);
		if (in->n == 0)
			return false;
		char c = in->p[0];
		*in = str_skip(*in, 1);
		if (c == ';')
			return true;
	}
}

static struct mime_param *take_params(struct arena *a, struct str *in)
{
	struct mime_param *first = NULL, **tail = &first;
	size_t n = 0;

	while (n < CONTENT_PARAMS_MAX && next_param(in)) {
		lexer_skip(in, NULL);
		struct str name = lexer_until(in, "=;(\"");
		lexer_skip(in, NULL);
		if (name.n == 0 || in->n == 0 || in->p[0] != '=')
			continue;
		*in = str_skip(*in, 1);
		struct mime_param *p = arena_zalloc(a, sizeof *p);
		p->name = str_dup(a, name);
		p->value = take_value(a, in);
		*tail = p;
		tail = &p->next;
		n++;
	}
	return first;
}

bool content_type(struct arena *a, struct str value, struct mime_part *p)
{
	lexer_skip(&value, NULL);
	struct str type = lexer_until(&value, "/;(\"");
	lexer_skip(&value, NULL);
	if (type.n == 0 || value.n == 0 || value.p[0] != '/')
		return false;
	value = str_skip(value, 1);
	lexer_skip(&value, NULL);
	struct str subtype = lexer_until(&value, "/;(\"");
	if (subtype.n == 0)
		return false;
	p->type = str_dup(a, type);
	p->subtype = str_dup(a, subtype);
	p->params = take_params(a, &value);
	return true;
}

void content_disposition(struct arena *a, struct str value, struct mime_part *p)
{
	lexer_skip(&value, NULL);
	p->disposition = str_dup(a, lexer_until(&value, ";(\""));
	if (p->disposition.n > 0)
		p->disposition_params = take_params(a, &value);
}

struct mime_word *content_language(struct arena *a, struct str value)
{
	struct mime_word *first = NULL, **tail = &first;
	size_t n = 0;

	lexer_skip(&value, NULL);
	while (value.n > 0 && n++ < CONTENT_PARAMS_MAX) {
		struct str word = lexer_until(&value, ",(");
		if (word.n > 0) {
			struct mime_word *w = arena_zalloc(a, sizeof *w);
			w->word = str_dup(a, word);
			*tail = w;
			tail = &w->next;
		}
		lexer_skip(&value, NULL);
		if (value.n > 0 && value.p[0] == ',')
			value = str_skip(value, 1);
		lexer_skip(&value, NULL);
	}
	return first;
}

struct str content_encoding(struct arena *a, struct str value)
{
	lexer_skip(&value, NULL);
	return str_dup(a, lexer_until(&value, ";("));
}

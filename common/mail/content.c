#include "common/mail/content.h"

#include "common/mail/lexer.h"

enum { CONTENT_PARAMS_MAX = 500 };           /* more of them in one field are not read */

/* A quoted string, or all up to ';', blank or comment: unquoted values hold what tokens may not. */
static struct str take_value(struct arena *a, struct str *in)
{
	struct buf text = { 0 };

	lexer_skip(in, NULL);
	if (in->n > 0 && in->p[0] == '"')
		lexer_quoted(in, &text);
	else
		buf_add(&text, lexer_until(in, ";("));
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

/* Does the name say: piece `k` of `base`? "base*k", or "base*k*" if it is percent-encoded. */
static bool is_piece(struct str name, struct str base, unsigned k, bool *encoded)
{
	struct str number;
	uint64_t n;

	if (!str_istarts(name, base))
		return false;
	name = str_skip(name, base.n);
	if (!str_starts(name, S("*")))
		return false;
	*encoded = str_cut(str_skip(name, 1), '*', &number, &name);
	return str_u64(number, &n) && n == k && name.n == 0;
}

static struct mime_param **find_piece(struct mime_param **list, struct str base, unsigned k, bool *encoded)
{
	for (; *list; list = &(*list)->next)
		if (is_piece((*list)->name, base, k, encoded))
			return list;
	return NULL;
}

static void add_piece(struct buf *out, struct str value, bool encode)
{
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];
		if (encode && (c <= ' ' || c >= 0x7f || str_find(S("*'%()<>@,;:\\\"/[]?="), (char)c) >= 0))
			buf_printf(out, "%%%02X", c);
		else
			buf_addc(out, (char)c);
	}
}

/* Puts "x*0", "x*1" together as "x", or as "x*" if any is percent-encoded: clients of BODYSTRUCTURE see
 * no pieces (RFC 2231 section 6). `first` is piece 0; the others leave the list. */
static void join_pieces(struct arena *a, struct mime_param **list, struct mime_param *first)
{
	bool first_encoded = str_ends(first->name, S("*")), any_encoded = first_encoded, encoded;
	struct str base = str_head(first->name, first->name.n - (first_encoded ? 3 : 2));
	struct buf value = { 0 };
	struct mime_param **piece;

	for (unsigned k = 1; !any_encoded && find_piece(list, base, k, &encoded); k++)
		any_encoded = encoded;
	if (any_encoded && !first_encoded)
		buf_add(&value, S("''"));     /* no charset, no language */
	add_piece(&value, first->value, any_encoded && !first_encoded);
	for (unsigned k = 1; (piece = find_piece(list, base, k, &encoded)) != NULL; k++) {
		add_piece(&value, (*piece)->value, any_encoded && !encoded);
		*piece = (*piece)->next;
	}
	first->name = str_head(first->name, base.n + any_encoded);
	first->value = str_dup(a, buf_str(&value));
	buf_fini(&value);
}

static void join_params(struct arena *a, struct mime_param **list)
{
	for (struct mime_param *p = *list; p; p = p->next)
		if (str_ends(p->name, S("*0")) || str_ends(p->name, S("*0*")))
			join_pieces(a, list, p);
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
	join_params(a, &first);
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
	lexer_skip(&value, NULL);
	if (subtype.n == 0 || (value.n > 0 && value.p[0] != ';'))
		return false;
	p->type = str_dup(a, type);
	p->subtype = str_dup(a, subtype);
	p->params = take_params(a, &value);
	return true;
}

void content_disposition(struct arena *a, struct str value, struct mime_part *p)
{
	lexer_skip(&value, NULL);
	struct str word = lexer_token(&value);
	lexer_skip(&value, NULL);
	if (word.n == 0 || (value.n > 0 && value.p[0] != ';'))
		return;
	p->disposition = str_dup(a, word);
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
	struct str word = lexer_token(&value);
	lexer_skip(&value, NULL);
	return value.n > 0 ? S("") : str_dup(a, word);
}

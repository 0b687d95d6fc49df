#include "common/mail/lexer.h"

#include <string.h>

bool lexer_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* At '(': its text, nested comments and escapes as they stand. */
static struct str take_comment(struct str *in)
{
	size_t depth = 0, i = 0, end;

	for (; i < in->n; i++) {
		if (in->p[i] == '\\' && i + 1 < in->n)
			i++;
		else if (in->p[i] == '(')
			depth++;
		else if (in->p[i] == ')' && --depth == 0)
			break;
	}
	end = i < in->n ? i : in->n;
	struct str text = { in->p + 1, end - 1 };
	*in = str_skip(*in, end + 1);
	return text;
}

void lexer_skip(struct str *in, struct str *comment)
{
	while (in->n > 0) {
		if (lexer_blank(in->p[0])) {
			*in = str_skip(*in, 1);
		} else if (in->p[0] == '(') {
			struct str text = take_comment(in);
			if (comment)
				*comment = text;
		} else {
			return;
		}
	}
}

void lexer_quoted(struct str *in, struct buf *out)
{
	size_t i = 1;

	for (; i < in->n && in->p[i] != '"'; i++) {
		if (in->p[i] == '\\' && i + 1 < in->n)
			i++;
		buf_addc(out, in->p[i]);
	}
	*in = str_skip(*in, i + 1);
}

struct str lexer_until(struct str *in, const char *stops)
{
	size_t n = 0;

	while (n < in->n && !lexer_blank(in->p[n]) && (in->p[n] == '\0' || !strchr(stops, in->p[n])))
		n++;
	struct str word = str_head(*in, n);
	*in = str_skip(*in, n);
	return word;
}

struct str lexer_token(struct str *in)
{
	return lexer_until(in, "()<>@,;:\\\"/[]?=");
}

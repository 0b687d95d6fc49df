#include "tools/load/answer.h"

#include <string.h>

/* "... {123}" -> 123. False: the line announces no literal. */
static bool literal_at_end(struct str line, size_t *bytes)
{
	ptrdiff_t open = line.n > 2 && line.p[line.n - 1] == '}' ? str_rfind(line, '{') : -1;
	uint64_t n;

	if (open < 0 || !str_u64((struct str){ line.p + open + 1, line.n - (size_t)open - 2 }, &n))
		return false;
	*bytes = (size_t)n;
	return true;
}

/* The line that begins at `from`, without CRLF. False: it has no end yet. */
static bool line_at(struct str in, size_t from, struct str *line)
{
	const char *begin = in.p + from, *end = memchr(begin, '\n', in.n - from);

	if (!end)
		return false;
	*line = (struct str){ begin, (size_t)(end - begin) };
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

bool answer_take(struct str *in, struct str *out)
{
	struct str line;
	size_t at = 0, literal;

	for (;;) {
		if (at >= in->n || !line_at(*in, at, &line))
			return false;
		at = (size_t)(line.p + line.n - in->p);
		if (!literal_at_end(line, &literal))
			break;
		at += 2 + literal;
	}
	*out = (struct str){ in->p, at };
	*in = str_skip(*in, at + (in->p[at] == '\r' ? 2 : 1));
	return true;
}

static const char *behind(struct str answer, struct str words)
{
	const char *p = answer.n ? memmem(answer.p, answer.n, words.p, words.n) : NULL;

	return p ? p + words.n : NULL;
}

bool answer_has(struct str answer, struct str words)
{
	return behind(answer, words) != NULL;
}

uint64_t answer_number(struct str answer, struct str words)
{
	const char *p = behind(answer, words), *end = answer.p + answer.n;
	uint64_t n = 0;

	for (; p && p < end && *p >= '0' && *p <= '9'; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	return n;
}

struct str answer_literal(struct str answer)
{
	struct str line;
	size_t bytes;

	if (!line_at(answer, 0, &line) || !literal_at_end(line, &bytes))
		return S("");
	return str_head(str_skip(answer, line.n + 2), bytes);
}

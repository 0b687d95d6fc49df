/* common/base/str.c: comparing, finding and cutting runs of bytes. */
#include "common/base/str.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/must.h"

bool str_ieq(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	return true;
}

int str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

bool str_istarts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_ieq(str_head(s, prefix.n), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_skip(s, s.n - suffix.n), suffix);
}

ptrdiff_t str_rfind(struct str s, char c)
{
	for (size_t i = s.n; i-- > 0; )
		if (s.p[i] == c)
			return (ptrdiff_t)i;
	return -1;
}

ptrdiff_t str_search(struct str s, struct str needle)
{
	if (needle.n == 0)
		return 0;
	const char *at = s.n ? memmem(s.p, s.n, needle.p, needle.n) : NULL;
	return at ? at - s.p : -1;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

struct str str_trim(struct str s)
{
	while (s.n && is_blank(s.p[0]))
		s = str_skip(s, 1);
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool str_cut(struct str s, char c, struct str *head, struct str *rest)
{
	ptrdiff_t at = str_find(s, c);

	*head = at < 0 ? s : str_head(s, (size_t)at);
	*rest = at < 0 ? str_skip(s, s.n) : str_skip(s, (size_t)at + 1);
	return at >= 0;
}

bool str_u64(struct str s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return false;
	}
	*out = v;
	return true;
}

struct str str_dup(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n ? s.n : 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	return (struct str){ p, s.n };
}

char *str_heap_z(struct str s)
{
	char *p = mem_new(s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	return p;
}

/* common/base/str.h: a borrowed run of bytes. Owns nothing; may hold NULs.
 *
 * "i" in a name means: ASCII letters compare without case; other bytes exactly.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena;

struct str { const char *p; size_t n; };

#define S(lit) ((struct str){ (lit), sizeof(lit) - 1 })
/* For printf's %.*s */
#define STR_ARG(s) (int)(s).n, (s).p

bool       str_ieq(struct str a, struct str b);
int        str_cmp(struct str a, struct str b);            /* as memcmp, then by length */
bool       str_istarts(struct str s, struct str prefix);
bool       str_ends(struct str s, struct str suffix);
ptrdiff_t  str_rfind(struct str s, char c);
ptrdiff_t  str_search(struct str s, struct str needle);    /* index, or -1 */
struct str str_trim(struct str s);                         /* without spaces, tabs, CR, LF at both ends */
/* Cut at the first c: *head is what stands before, *rest what stands after. False: no c; head is all, rest empty. */
bool       str_cut(struct str s, char c, struct str *head, struct str *rest);
/* Digits only, no sign, no overflow; false otherwise and *out untouched. */
bool       str_u64(struct str s, uint64_t *out);
struct str str_dup(struct arena *a, struct str s);         /* want to keep it? copy it */
char      *str_heap_z(struct str s);                       /* the same on the heap; the caller frees */

/* What follows is what parsers do at every step: inline, it costs less than its call would. */

/* Of a C string; NULL gives the empty run. */
static inline struct str str_of(const char *z) { return (struct str){ z, z ? strlen(z) : 0 }; }

static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Its first n bytes, or all. */
static inline struct str str_head(struct str s, size_t n)
{
	return (struct str){ s.p, n < s.n ? n : s.n };
}

/* Without its first n bytes; never beyond the end. */
static inline struct str str_skip(struct str s, size_t n)
{
	if (n > s.n)
		n = s.n;
	return (struct str){ n ? s.p + n : s.p, s.n - n };
}

static inline bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq(str_head(s, prefix.n), prefix);
}

/* Index of the first c, or -1. */
static inline ptrdiff_t str_find(struct str s, char c)
{
	const char *at = s.n ? (const char *)memchr(s.p, c, s.n) : NULL;

	return at ? at - s.p : -1;
}

static inline char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }
static inline char ascii_upper(char c) { return c >= 'a' && c <= 'z' ? (char)(c - 32) : c; }

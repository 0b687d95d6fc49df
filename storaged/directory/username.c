/* storaged/directory/username.c: names folded and judged. */
#include "storaged/directory/username.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "common/mail/utf8.h"

static bool is_forbidden(uint32_t cp)
{
	switch (utf8proc_category((utf8proc_int32_t)cp)) {
	case UTF8PROC_CATEGORY_CC: case UTF8PROC_CATEGORY_CF: case UTF8PROC_CATEGORY_CS: case UTF8PROC_CATEGORY_CO:
	case UTF8PROC_CATEGORY_CN: case UTF8PROC_CATEGORY_ZS: case UTF8PROC_CATEGORY_ZL: case UTF8PROC_CATEGORY_ZP:
		return true;
	default:
		return cp < 0x80 && strchr("/\\\"<>(),:;[]*%", (int)cp) != NULL;
	}
}

/* At most one '@', with something on both sides. */
static bool is_shaped(struct str name)
{
	ptrdiff_t at = str_find(name, '@');

	return name.n > 0 && name.n <= USERNAME_BYTES &&
	       (at < 0 || (at > 0 && (size_t)at + 1 < name.n && at == str_rfind(name, '@')));
}

/* Of the canonical form: compatibility characters may have become forbidden ones. */
static bool is_valid(struct str name)
{
	uint32_t cp;
	size_t bytes;

	if (!is_shaped(name))
		return false;
	for (; name.n > 0; name = str_skip(name, bytes))
		if (utf8_next(name, &cp, &bytes) != UTF8_CHAR || is_forbidden(cp))
			return false;
	return true;
}

bool username_canon(struct buf *out, struct str name)
{
	utf8proc_uint8_t *folded = NULL;

	if (name.n == 0 || name.n > USERNAME_BYTES || !utf8_valid(name))
		return false;
	utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)name.p, (utf8proc_ssize_t)name.n, &folded,
	                                  UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD);
	struct str canon = { (const char *)folded, n > 0 ? (size_t)n : 0 };
	bool valid = is_valid(canon);
	if (valid)
		buf_add(out, canon);
	free(folded);
	return valid;
}

bool username_split(struct str name, struct str *local, struct str *domain)
{
	ptrdiff_t at = str_rfind(name, '@');

	*local = at < 0 ? name : str_head(name, (size_t)at);
	*domain = at < 0 ? (struct str){ NULL, 0 } : str_skip(name, (size_t)at + 1);
	return at >= 0;
}

bool username_without_folder(struct buf *out, struct str recipient, struct str *folder)
{
	struct str local, domain, base;
	bool has_domain = username_split(recipient, &local, &domain);

	if (!str_cut(local, '+', &base, folder) || base.n == 0)
		return false;
	buf_add(out, base);
	if (has_domain) {
		buf_addc(out, '@');
		buf_add(out, domain);
	}
	return true;
}

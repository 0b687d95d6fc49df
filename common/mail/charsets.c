/* common/mail/charsets.c: the one wanted last stands first. */
#include "common/mail/charsets.h"

#include <string.h>

void charsets_fini(struct charsets *cs)
{
	for (size_t i = 0; i < CHARSETS_KEPT; i++)
		charset_free(&cs->kept[i].charset);
}

static struct charset_kept opened(struct str name)
{
	struct charset_kept k = { .charset = charset_new(name), .name_bytes = name.n };

	memcpy(k.name, name.p, name.n);
	return k;
}

static bool is(const struct charset_kept *k, struct str name)
{
	return k->charset && str_ieq((struct str){ k->name, k->name_bytes }, name);
}

struct charset *charsets_get(struct charsets *cs, struct str name)
{
	struct charset_kept found;
	size_t i = 0;

	name = str_trim(name);
	if (name.n > CHARSET_NAME_MAX)
		name = S("unknown/long");               /* as unknown as any name that long */
	while (i < CHARSETS_KEPT - 1 && cs->kept[i].charset && !is(&cs->kept[i], name))
		i++;
	found = cs->kept[i];
	if (!is(&found, name)) {
		charset_free(&found.charset);
		found = opened(name);
	}
	memmove(cs->kept + 1, cs->kept, i * sizeof *cs->kept);
	cs->kept[0] = found;
	charset_reset(found.charset);
	return found.charset;
}

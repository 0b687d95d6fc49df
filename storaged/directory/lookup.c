/* storaged/directory/lookup.c: names as people and mailers write them, to people. */
#include "storaged/directory/inside.h"
#include "storaged/directory/username.h"

static bool is_listed(const struct config_list *domains, struct str domain)
{
	for (size_t i = 0; i < domains->n; i++)
		if (str_ieq(str_of(domains->at[i]), domain))
			return true;
	return false;
}

static bool domain_is_local(const struct directory *d, struct str domain)
{
	return str_ieq(domain, S("localhost")) || str_ieq(domain, d->host) || is_listed(&d->config->local_domains, domain);
}

struct person *lookup_name(const struct directory *d, struct str name)
{
	struct buf canon = { 0 };
	struct str local, domain;
	struct person *p = NULL;

	if (username_canon(&canon, name)) {
		p = people_find(&d->people, buf_str(&canon));
		if (!p && username_split(buf_str(&canon), &local, &domain) && domain_is_local(d, domain))
			p = people_find(&d->people, local);
	}
	buf_fini(&canon);
	return p;
}

struct person *lookup_recipient(const struct directory *d, struct str recipient, struct str *folder)
{
	struct person *p = lookup_name(d, recipient);
	struct buf base = { 0 };

	*folder = (struct str){ NULL, 0 };
	if (p || !username_without_folder(&base, recipient, folder))
		return p;
	p = lookup_name(d, buf_str(&base));
	buf_fini(&base);
	return p;
}

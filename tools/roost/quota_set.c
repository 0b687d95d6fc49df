/* tools/roost/quota_set.c: changing quotas: of a user, a class, a domain. */
#include <stdio.h>
#include <string.h>

#include "common/base/config.h"
#include "tools/roost/run.h"
#include "tools/roost/standing.h"
#include "tools/roost/tell.h"

/* The options of limits, in the order of the bits of quota_set and class_set in rpc.def. */
static const enum option limit_options[QUOTA_RESOURCES] = { OPT_STORAGE, OPT_MESSAGES, OPT_MAILBOXES };
enum { SET_CLASS = 8, SET_SOFT = 8, SET_GRACE = 16, SET_WARN = 32 };

struct limits { uint64_t limit[QUOTA_RESOURCES]; uint32_t what; };

static bool limit_read(const char *text, enum quota_resource r, bool inherits, uint64_t *limit)
{
	struct str s = str_of(text);

	*limit = str_eq(s, S("none")) ? 0 : UINT64_MAX;
	if (str_eq(s, S("none")) || (inherits && str_eq(s, S("inherit"))))
		return true;
	return (r == QUOTA_STORAGE ? config_bytes(s, limit) : str_u64(s, limit)) && *limit < INT64_MAX;
}

/* False: usage (told). */
static bool limits_read(const struct args *a, bool inherits, struct limits *l)
{
	for (int r = 0; r < QUOTA_RESOURCES; r++) {
		const char *text = args_value(a, limit_options[r]);
		if (!text)
			continue;
		l->what |= 1u << r;
		if (!limit_read(text, (enum quota_resource)r, inherits, &l->limit[r])) {
			tell("--%s: \"%s\" is not %s%s", option_kinds[limit_options[r]].name, text,
			     r == QUOTA_STORAGE ? "a size such as 500MiB, or none" : "a number, or none", inherits ? ", or inherit" : "");
			return false;
		}
	}
	return true;
}

/* "90" or "90%" */
static bool percent_read(const struct args *a, enum option o, uint64_t most, uint32_t *percent)
{
	const char *text = args_value(a, o);
	uint64_t n = 0;

	if (!text)
		return true;
	struct str s = str_of(text);
	if (s.n && s.p[s.n - 1] == '%')
		s.n--;
	if (str_u64(s, &n) && n <= most) {
		*percent = (uint32_t)n;
		return true;
	}
	tell("--%s: \"%s\" is not a percentage up to %llu%%", option_kinds[o].name, text, (unsigned long long)most);
	return false;
}

/* What was refused, in words. */
static int refused(enum err err, const char *what, const char *class)
{
	if (err == OK)
		return ROOST_DONE;
	if (err == ERR_CANNOT)
		tell("there is no class \"%s\"; `roost quota list` shows them", class);
	else if (err == ERR_INPUT)
		tell("the service does not accept \"%s\": names of classes are of a-z, 0-9, \"-\", \"_\" and \".\"", what);
	else
		tell("%s: %s", what, tell_err(err));
	return ROOST_REFUSED;
}

/* Takes the fields. */
static enum err ask(const struct args *a, uint16_t no, struct buf *fields)
{
	struct client *c = client_open(a);
	struct door *d = c ? client_directory(c) : NULL;
	enum err err = d ? door_ask(d, no, fields, NULL, NULL) : ERR_BUSY;

	if (!d)
		buf_fini(fields);
	client_close(&c);
	return err;
}

int run_quota_set(const struct args *a)
{
	const char *name = a->operands.at[0], *class = args_value(a, OPT_CLASS);
	struct limits l = { 0 };
	struct buf fields = { 0 };

	if (!limits_read(a, true, &l))
		return ROOST_USAGE;
	if (!l.what && !class) {
		tell("say what to change: --storage, --messages, --mailboxes, --class");
		return ROOST_USAGE;
	}
	rpc_put_quota_set(&fields, &(struct rpc_quota_set){
		.name = str_of(name), .what = l.what | (class ? SET_CLASS : 0), .bytes = l.limit[QUOTA_STORAGE], .messages = l.limit[QUOTA_MESSAGE],
		.mailboxes = l.limit[QUOTA_MAILBOX], .class = class && strcmp(class, "none") != 0 ? str_of(class) : S("") });
	enum err err = ask(a, RPC_quota_set, &fields);
	if (err != ERR_ABSENT)
		return refused(err, name, class);
	tell("there is no user \"%s\"; `roost user list` shows who there is", name);
	return ROOST_REFUSED;
}

/* --- who would be over? --------------------------------------------------------------------------------------------- */

/* Prints whoever of the class, or (with domain) of that domain, keeps more than they then may. */
struct would { const char *class, *domain; struct quota quota; uint32_t what; };

static bool concerned(const struct would *w, const struct standing *s)
{
	const char *at = strrchr(s->name, '@');

	if (w->class)
		return strcmp(s->class, w->class) == 0;
	return !s->own_class && at && strcasecmp(at + 1, w->domain) == 0;
}

static bool would_be_over(const struct would *w, const struct standing *s)
{
	for (int r = 0; r < QUOTA_RESOURCES; r++)
		if (w->what & 1u << r && !s->own[r] && w->quota.limit[r] && s->used.n[r] > w->quota.limit[r])
			return true;
	return false;
}

static int dry_run(const struct args *a, const struct would *w)
{
	struct client *c = client_open(a);
	struct standings s = { 0 };
	size_t n = 0, over = 0;
	int code = c && standings_get(&s, c, "*") ? ROOST_DONE : ROOST_REFUSED;

	for (size_t i = 0; code == ROOST_DONE && i < s.n; i++) {
		if (!concerned(w, &s.at[i]))
			continue;
		n++;
		if (!would_be_over(w, &s.at[i]))
			continue;
		over++;
		printf("%s would be over\n", s.at[i].name);
	}
	if (code == ROOST_DONE)
		printf("%zu users are concerned, %zu of them would be over; nothing was changed\n", n, over);
	standings_fini(&s);
	client_close(&c);
	return code;
}

/* --- classes -------------------------------------------------------------------------------------------------------- */

static int class_delete(const struct args *a)
{
	const char *name = a->operands.at[0];
	struct buf fields = { 0 };

	rpc_put_class_del(&fields, &(struct rpc_class_del){ str_of(name) });
	enum err err = ask(a, RPC_class_del, &fields);
	if (err == ERR_ABSENT)
		return refused(ERR_CANNOT, name, name);
	if (err != ERR_CANNOT)
		return refused(err, name, name);
	tell("class \"%s\" is in use: give its users and domains another first (\"default\" always stays)", name);
	return ROOST_REFUSED;
}

/* False: usage (told). */
static bool class_read(const struct args *a, struct rpc_class_set *m)
{
	const char *warn = args_value(a, OPT_WARN);
	struct limits l = { 0 };

	if (!limits_read(a, false, &l) || !percent_read(a, OPT_SOFT, 100, &m->soft_percent) ||
	    !percent_read(a, OPT_GRACE, QUOTA_GRACE_MOST, &m->grace_percent))
		return false;
	if (warn && strcmp(warn, "on") != 0 && strcmp(warn, "off") != 0) {
		tell("--warn is on or off");
		return false;
	}
	m->warn = warn && strcmp(warn, "on") == 0;
	m->bytes = l.limit[QUOTA_STORAGE];
	m->messages = l.limit[QUOTA_MESSAGE];
	m->mailboxes = l.limit[QUOTA_MAILBOX];
	m->what = l.what | (args_has(a, OPT_SOFT) ? SET_SOFT : 0) | (args_has(a, OPT_GRACE) ? SET_GRACE : 0) | (warn ? SET_WARN : 0);
	return true;
}

int run_quota_class(const struct args *a)
{
	const char *name = a->operands.at[0];
	struct rpc_class_set m = { .name = str_of(name) };
	struct buf fields = { 0 };

	if (!class_read(a, &m))
		return ROOST_USAGE;
	if (args_has(a, OPT_DELETE) == (m.what != 0)) {
		tell("give what the class allows (--storage, --messages, --mailboxes, --soft, --grace, --warn), or --delete");
		return ROOST_USAGE;
	}
	if (args_has(a, OPT_DRY_RUN))
		return dry_run(a, &(struct would){ .class = name, .quota = { .limit = { m.bytes, m.messages, m.mailboxes } }, .what = m.what });
	if (args_has(a, OPT_DELETE))
		return class_delete(a);
	rpc_put_class_set(&fields, &m);
	return refused(ask(a, RPC_class_set, &fields), name, name);
}

/* --- domains -------------------------------------------------------------------------------------------------------- */

struct class_sought { struct str name; struct quota quota; bool found; };

static void take_class(void *ctx, uint16_t no, struct str fields)
{
	struct class_sought *sought = ctx;
	struct rpc_class_is m;

	if (no != RPC_class_is || !rpc_get_class_is(fields, &m) || !str_eq(m.name, sought->name))
		return;
	sought->found = true;
	sought->quota = (struct quota){ .limit = { m.bytes, m.messages, m.mailboxes } };
}

static int domain_dry_run(const struct args *a, const char *domain, const char *class)
{
	struct class_sought sought = { .name = class ? str_of(class) : S("default") };
	struct client *c = client_open(a);
	struct door *d = c ? client_directory(c) : NULL;
	struct buf fields = { 0 };
	enum err err = d ? door_ask(d, RPC_class_list, &fields, take_class, &sought) : ERR_BUSY;

	client_close(&c);
	if (err == OK && !sought.found)
		err = ERR_CANNOT;
	if (err != OK)
		return refused(err, domain, class);
	return dry_run(a, &(struct would){ .domain = domain, .quota = sought.quota, .what = (1u << QUOTA_RESOURCES) - 1 });
}

int run_quota_domain(const struct args *a)
{
	const char *domain = a->operands.at[0], *class = a->operands.at[1];
	struct buf fields = { 0 };

	if (strcmp(class, "none") == 0)
		class = NULL;
	if (args_has(a, OPT_DRY_RUN))
		return domain_dry_run(a, domain, class);
	rpc_put_domain_set(&fields, &(struct rpc_domain_set){ str_of(domain), class ? str_of(class) : S("") });
	enum err err = ask(a, RPC_domain_set, &fields);
	if (err != ERR_INPUT)
		return refused(err, domain, class);
	tell("\"%s\" is not a domain", domain);
	return ROOST_REFUSED;
}

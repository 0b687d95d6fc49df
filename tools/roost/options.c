/* tools/roost/options.c: which options exist, and how they are found among the arguments. */
#include "tools/roost/options.h"

#include <stdlib.h>

#include "common/base/must.h"

const struct option_kind option_kinds[OPT_COUNT] = {
	/*                   name         letter many   value       words */
	[OPT_DIR]       = { "dir",        'C',  false, "DIR",       "the service's folder (default: the current one)" },
	[OPT_HELP]      = { "help",       'h',  false, NULL,        "this text" },
	[OPT_VERSION]   = { "version",    'V',  false, NULL,        "the version of roost" },
	[OPT_JSON]      = { "json",       '\0', false, NULL,        "JSON instead of a table" },
	[OPT_IMAP]      = { "imap",       '\0', true,  "ADDR:PORT", "listen for IMAP here (default 127.0.0.1:1143)" },
	[OPT_IMAPS]     = { "imaps",      '\0', true,  "ADDR:PORT", "listen for IMAP over TLS here (default 127.0.0.1:1993)" },
	[OPT_LMTP]      = { "lmtp",       '\0', true,  "ADDR:PORT", "listen for LMTP here, or at unix:PATH (default 127.0.0.1:1024)" },
	[OPT_SHARDS]    = { "shards",     '\0', false, "N",         "storage processes, 1 to 1024 (default 1)" },
	[OPT_FRONTENDS] = { "frontends",  '\0', false, "N",         "IMAP processes, 1 to 256 (default 1)" },
	[OPT_HOST]      = { "host",       '\0', false, "NAME",      "the name the service greets with and is certified for" },
	[OPT_QUOTA]     = { "quota",      '\0', false, "BYTES",     "storage limit such as 500MiB or 2GiB; 0: none" },
	[OPT_HASH_COST] = { "hash-cost",  '\0', false, "COST",      "of the password's hash: min, interactive or moderate" },
	[OPT_MAILBOX]   = { "mailbox",    'm',  false, "MAILBOX",   "the mailbox (default INBOX)" },
	[OPT_MBOX]      = { "mbox",       '\0', true,  "FILE",      "read messages from this mbox file" },
	[OPT_MAILDIR]   = { "maildir",    '\0', true,  "DIR",       "read messages from this maildir" },
	[OPT_EML]       = { "eml",        '\0', true,  "FILE",      "read one message from this file; operands behind NAME are such files too" },
	[OPT_ALL]       = { "all",        'A',  false, NULL,        "everybody" },
	[OPT_STORAGE]   = { "storage",    '\0', false, "BYTES",     "limit such as 2GiB, or none; of a user also inherit: as the class says" },
	[OPT_MESSAGES]  = { "messages",   '\0', false, "N",         "limit, or none; of a user also inherit" },
	[OPT_MAILBOXES] = { "mailboxes",  '\0', false, "N",         "limit, or none; of a user also inherit" },
	[OPT_CLASS]     = { "class",      '\0', false, "CLASS",     "the user's class, or none: that of the domain, or \"default\"" },
	[OPT_SOFT]      = { "soft",       '\0', false, "PERCENT",   "of a limit: from here on users are warned; 0%: never" },
	[OPT_GRACE]     = { "grace",      '\0', false, "PERCENT",   "beyond a limit, for mail that comes in" },
	[OPT_WARN]      = { "warn",       '\0', false, "on|off",    "a letter tells users when mail takes them to the soft limit" },
	[OPT_DELETE]    = { "delete",     '\0', false, NULL,        "delete it" },
	[OPT_MOST]      = { "count",      '\0', false, "N",         "so many (default 10)" },
	[OPT_BY]        = { "by",         '\0', false, "ORDER",     "storage (the default), messages, or percent of the limit" },
	[OPT_DRY_RUN]   = { "dry-run",    'n',  false, NULL,        "only show who would be over" },
};

static void words_add(struct words *w, const char *word)
{
	w->at = mem_resize(w->at, (w->n + 1) * sizeof *w->at);
	w->at[w->n++] = word;
}

static enum option option_by_name(struct str name)
{
	for (unsigned o = 0; o < OPT_COUNT; o++)
		if (str_eq(name, str_of(option_kinds[o].name)))
			return o;
	return OPT_COUNT;
}

static enum option option_by_letter(char letter)
{
	for (unsigned o = 0; o < OPT_COUNT; o++)
		if (option_kinds[o].letter == letter)
			return o;
	return OPT_COUNT;
}

/* What is left of the arguments, and where complaints go. */
struct walk { struct args *a; int argc; char **argv; struct buf *fault; };

/* attached: the value in the same argument, or NULL. */
static bool take_option(struct walk *w, enum option o, const char *attached)
{
	const struct option_kind *k = &option_kinds[o];
	const char *value = attached;

	if (k->value && !value) {
		if (w->argc == 0) {
			buf_printf(w->fault, "--%s needs a value: --%s %s", k->name, k->name, k->value);
			return false;
		}
		value = *w->argv++;
		w->argc--;
	}
	if (!k->value && value) {
		buf_printf(w->fault, "--%s takes no value", k->name);
		return false;
	}
	if (w->a->given[o].n && k->value && !k->many) {
		buf_printf(w->fault, "--%s is given twice", k->name);
		return false;
	}
	words_add(&w->a->given[o], value ? value : "");
	return true;
}

static bool take_long(struct walk *w, const char *arg)
{
	struct str name, value, all = str_of(arg + 2);
	bool attached = str_cut(all, '=', &name, &value);
	enum option o = option_by_name(name);

	if (o == OPT_COUNT) {
		buf_printf(w->fault, "unknown option --%.*s", STR_ARG(name));
		return false;
	}
	return take_option(w, o, attached ? value.p : NULL);
}

/* One letter an argument; a value may follow at once: -mSent. */
static bool take_short(struct walk *w, const char *arg)
{
	enum option o = option_by_letter(arg[1]);

	if (o == OPT_COUNT) {
		buf_printf(w->fault, "unknown option -%c", arg[1]);
		return false;
	}
	return take_option(w, o, arg[2] ? arg + 2 : NULL);
}

bool args_parse(struct args *a, int argc, char **argv, struct buf *fault)
{
	struct walk w = { a, argc - 1, argv + 1, fault };
	bool options = true, good = true;

	*a = (struct args){ 0 };
	while (good && w.argc > 0) {
		const char *arg = *w.argv++;
		w.argc--;
		if (!options || arg[0] != '-' || !arg[1])
			words_add(&a->operands, arg);
		else if (str_eq(str_of(arg), S("--")))
			options = false;
		else
			good = arg[1] == '-' ? take_long(&w, arg) : take_short(&w, arg);
	}
	return good;
}

void args_fini(struct args *a)
{
	free(a->operands.at);
	for (size_t o = 0; o < OPT_COUNT; o++)
		free(a->given[o].at);
	*a = (struct args){ 0 };
}

uint32_t args_bits(const struct args *a)
{
	uint32_t bits = 0;

	for (unsigned o = 0; o < OPT_COUNT; o++)
		if (a->given[o].n)
			bits |= OPT_BIT(o);
	return bits;
}

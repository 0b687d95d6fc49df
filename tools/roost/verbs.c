/* tools/roost/verbs.c: the table of verbs, help grown from it, and the way to the right function. */
#include "tools/roost/verbs.h"

#include <stdio.h>
#include <string.h>

#include "tools/roost/run.h"
#include "tools/roost/tell.h"

static int run_help(const struct args *a);

const struct verb verbs[] = {
	{ "init", "DIR", 1, 1,
	  OPT_BIT(OPT_IMAP) | OPT_BIT(OPT_IMAPS) | OPT_BIT(OPT_LMTP) | OPT_BIT(OPT_SHARDS) | OPT_BIT(OPT_FRONTENDS) | OPT_BIT(OPT_HOST),
	  run_init, "make a complete service folder",
	  "Makes DIR with a commented roost.conf, a master key, a self-signed certificate and empty storage.\n"
	  "It refuses to touch a folder that already holds a service.\n\n"
	  "Examples:\n"
	  "  roost init /srv/mail --host mail.example.org\n"
	  "  roost init /srv/mail --imap 0.0.0.0:143 --imaps 0.0.0.0:993 --lmtp unix:/run/roost-lmtp --shards 4\n" },
	{ "up", "", 0, 0, OPT_BIT(OPT_DIR),
	  run_up, "run the service in the foreground",
	  "Starts every process of the service, starts again what crashes, and prints \"ready\" once every listener answers.\n"
	  "SIGTERM and SIGINT stop it gracefully; SIGHUP reloads certificates.\n\n"
	  "Example:\n"
	  "  roost -C /srv/mail up\n" },
	{ "stop", "", 0, 0, OPT_BIT(OPT_DIR),
	  run_stop, "stop the running service",
	  "Returns when every process of the service is gone.\n\n"
	  "Example:\n"
	  "  roost -C /srv/mail stop\n" },
	{ "status", "", 0, 0, OPT_BIT(OPT_DIR) | OPT_BIT(OPT_JSON),
	  run_status, "show the processes of the running service",
	  "Exits with 1 when the service is not running or a process of it does not answer.\n\n"
	  "Examples:\n"
	  "  roost -C /srv/mail status\n"
	  "  roost -C /srv/mail status --json\n" },
	{ "user add", "NAME", 1, 1, OPT_BIT(OPT_DIR) | OPT_BIT(OPT_QUOTA) | OPT_BIT(OPT_HASH_COST),
	  run_user_add, "add a user; the password is the first line of standard input",
	  "Names are local@domain or a plain local part; case does not matter.\n\n"
	  "Example:\n"
	  "  printf 'secret\\n' | roost -C /srv/mail user add anna --quota 2GiB\n" },
	{ "user list", "", 0, 0, OPT_BIT(OPT_DIR) | OPT_BIT(OPT_JSON),
	  run_user_list, "list the users",
	  "Example:\n"
	  "  roost -C /srv/mail user list\n" },
	{ "user show", "NAME", 1, 1, OPT_BIT(OPT_DIR) | OPT_BIT(OPT_JSON),
	  run_user_show, "show one user",
	  "Example:\n"
	  "  roost -C /srv/mail user show anna --json\n" },
	{ "user passwd", "NAME", 1, 1, OPT_BIT(OPT_DIR) | OPT_BIT(OPT_HASH_COST),
	  run_user_passwd, "set a password; it is the first line of standard input",
	  "The user's sessions end within a second.\n\n"
	  "Example:\n"
	  "  roost -C /srv/mail user passwd anna < newpassword\n" },
	{ "user quota", "NAME BYTES", 2, 2, OPT_BIT(OPT_DIR),
	  run_user_quota, "change a user's storage limit; 0: none",
	  "What is stored already stays, even beyond the new limit.\n\n"
	  "Example:\n"
	  "  roost -C /srv/mail user quota anna 5GiB\n" },
	{ "user admin", "NAME on|off", 2, 2, OPT_BIT(OPT_DIR),
	  run_user_admin, "let a user see and set the quotas of others, over IMAP",
	  "IMAP tells such a user of QUOTASET from the next login on; taken away, the right is gone at once.\n\n"
	  "Example:\n"
	  "  roost -C /srv/mail user admin anna on\n" },
	{ "user del", "NAME", 1, 1, OPT_BIT(OPT_DIR),
	  run_user_del, "delete a user and all their mail",
	  "There is no way back: the key of the user's mail is destroyed.\n\n"
	  "Example:\n"
	  "  roost -C /srv/mail user del anna\n" },
	{ "user disable", "NAME", 1, 1, OPT_BIT(OPT_DIR),
	  run_user_disable, "let a user neither log in nor receive mail",
	  "The user's sessions end within a second; their mail stays.\n\n"
	  "Example:\n"
	  "  roost -C /srv/mail user disable anna\n" },
	{ "user enable", "NAME", 1, 1, OPT_BIT(OPT_DIR),
	  run_user_enable, "undo `user disable`",
	  "Example:\n"
	  "  roost -C /srv/mail user enable anna\n" },
	{ "user import", "FILE", 1, 1, OPT_BIT(OPT_DIR) | OPT_BIT(OPT_HASH_COST),
	  run_user_import, "add many users from a file",
	  "Each line is name:password or name:password:quota; empty lines and lines that begin with # are skipped.\n"
	  "So a password in it cannot hold a colon. FILE may be - for standard input.\n"
	  "Refused lines are reported by number; the others are added. Exits with 1 if any was refused.\n\n"
	  "Example:\n"
	  "  roost -C /srv/mail user import users.txt --hash-cost moderate\n" },
	{ "quota get", "[NAME]", 0, 1, OPT_BIT(OPT_DIR) | OPT_BIT(OPT_JSON) | OPT_BIT(OPT_ALL),
	  run_quota_get, "show what users keep, and what they may",
	  "NAME may be a mask.\n\n"
	  "Examples:\n"
	  "  roost -C /srv/mail quota get anna\n"
	  "  roost -C /srv/mail quota get '*@example.org' --json\n"
	  "  roost -C /srv/mail quota get -A\n" },
	{ "quota set", "NAME", 1, 1, OPT_BIT(OPT_DIR) | OPT_BIT(OPT_STORAGE) | OPT_BIT(OPT_MESSAGES) | OPT_BIT(OPT_MAILBOXES) | OPT_BIT(OPT_CLASS),
	  run_quota_set, "give a user limits of their own, or a class",
	  "What is not named stays as it is. What is stored already stays, too, even beyond a new limit.\n\n"
	  "Examples:\n"
	  "  roost -C /srv/mail quota set anna --storage 5GiB --messages none\n"
	  "  roost -C /srv/mail quota set anna --class staff --storage inherit\n" },
	{ "quota top", "", 0, 0, OPT_BIT(OPT_DIR) | OPT_BIT(OPT_JSON) | OPT_BIT(OPT_MOST) | OPT_BIT(OPT_BY),
	  run_quota_top, "show the users who keep the most",
	  "Example:\n"
	  "  roost -C /srv/mail quota top --count 20 --by percent\n" },
	{ "quota list", "", 0, 0, OPT_BIT(OPT_DIR) | OPT_BIT(OPT_JSON),
	  run_quota_list, "list the classes of quotas, and which domain has which",
	  "Example:\n"
	  "  roost -C /srv/mail quota list\n" },
	{ "quota class", "CLASS", 1, 1,
	  OPT_BIT(OPT_DIR) | OPT_BIT(OPT_STORAGE) | OPT_BIT(OPT_MESSAGES) | OPT_BIT(OPT_MAILBOXES) | OPT_BIT(OPT_SOFT) | OPT_BIT(OPT_GRACE) |
	  OPT_BIT(OPT_WARN) | OPT_BIT(OPT_DELETE) | OPT_BIT(OPT_DRY_RUN),
	  run_quota_class, "make, change or delete a class of quotas",
	  "What is not named stays as it is; of a new class: no limits, --soft 90% --grace 10% --warn off.\n"
	  "Users who have neither a class nor a domain that has one are in the class \"default\".\n\n"
	  "Examples:\n"
	  "  roost -C /srv/mail quota class staff --storage 10GiB --messages 500000 --warn on\n"
	  "  roost -C /srv/mail quota class default --storage 1GiB --dry-run\n"
	  "  roost -C /srv/mail quota class staff --delete\n" },
	{ "quota domain", "DOMAIN CLASS", 2, 2, OPT_BIT(OPT_DIR) | OPT_BIT(OPT_DRY_RUN),
	  run_quota_domain, "give the users of a domain a class; none: no more",
	  "Users who have a class of their own keep it.\n\n"
	  "Examples:\n"
	  "  roost -C /srv/mail quota domain example.org staff\n"
	  "  roost -C /srv/mail quota domain example.org none\n" },
	{ "mailbox list", "NAME", 1, 1, OPT_BIT(OPT_DIR) | OPT_BIT(OPT_JSON),
	  run_mailbox_list, "list a user's mailboxes",
	  "Example:\n"
	  "  roost -C /srv/mail mailbox list anna\n" },
	{ "deliver", "NAME", 1, 1, OPT_BIT(OPT_DIR) | OPT_BIT(OPT_MAILBOX),
	  run_deliver, "deliver the message on standard input",
	  "Goes to INBOX, or to MAILBOX if the user has it. Lines ending in LF become CRLF.\n\n"
	  "Example:\n"
	  "  roost -C /srv/mail deliver anna -m Lists/linux < message\n" },
	{ "import", "NAME [FILE...]", 1, 1000000,
	  OPT_BIT(OPT_DIR) | OPT_BIT(OPT_MAILBOX) | OPT_BIT(OPT_MBOX) | OPT_BIT(OPT_MAILDIR) | OPT_BIT(OPT_EML),
	  run_import, "bring mail in from files",
	  "Dates and flags are kept where the source has them; the mailbox is made if it is missing.\n\n"
	  "Examples:\n"
	  "  roost -C /srv/mail import anna --mbox archive.mbox -m Archive/2019\n"
	  "  roost -C /srv/mail import anna --maildir ~/Maildir\n"
	  "  roost -C /srv/mail import anna --eml one.eml two.eml -m Saved\n" },
	{ "help", "[VERB]", 0, 2, 0,
	  run_help, "explain a verb",
	  "Example:\n"
	  "  roost help user import\n" },
};
const size_t n_verbs = sizeof verbs / sizeof *verbs;

/* How many of the words are the verb's name; 0: it is another verb. */
static size_t verb_matches(const struct verb *v, const struct words *words)
{
	struct str rest = str_of(v->name), word;
	size_t n = 0;

	while (rest.n > 0) {
		str_cut(rest, ' ', &word, &rest);
		if (n == words->n || !str_eq(word, str_of(words->at[n])))
			return 0;
		n++;
	}
	return n;
}

const struct verb *verb_find(const struct words *words, size_t *n)
{
	for (size_t i = 0; i < n_verbs; i++) {
		*n = verb_matches(&verbs[i], words);
		if (*n > 0)
			return &verbs[i];
	}
	return NULL;
}

static void print_option(enum option o)
{
	const struct option_kind *k = &option_kinds[o];
	struct buf left = { 0 };

	if (k->letter)
		buf_printf(&left, "-%c, ", k->letter);
	buf_printf(&left, "--%s", k->name);
	if (k->value)
		buf_printf(&left, " %s", k->value);
	printf("  %-24.*s %s\n", STR_ARG(buf_str(&left)), k->words);
	buf_fini(&left);
}

static void print_overview(void)
{
	printf("usage: roost [-C DIR] VERB [OPTIONS] [OPERANDS]\n\n");
	for (size_t i = 0; i < n_verbs; i++) {
		struct buf left = { 0 };
		buf_printf(&left, "%s %s", verbs[i].name, verbs[i].operands);
		printf("  %-24.*s %s\n", STR_ARG(buf_str(&left)), verbs[i].words);
		buf_fini(&left);
	}
	printf("\nOptions may stand anywhere. `roost help VERB` tells more. Exit codes: 0 done, 1 refused or failed, 2 wrong usage.\n");
}

/* NULL: the overview. */
static void verb_help(const struct verb *v)
{
	if (!v) {
		print_overview();
		return;
	}
	printf("usage: roost %s%s%s%s\n\n%c%s.\n\nOptions:\n", v->name, *v->operands ? " " : "", v->operands,
	       v->options ? " [OPTIONS]" : "", ascii_upper(v->words[0]), v->words + 1);
	for (unsigned o = 0; o < OPT_COUNT; o++)
		if ((v->options | OPT_BIT(OPT_HELP)) & OPT_BIT(o))
			print_option(o);
	printf("\n%s", v->help);
}

/* "user" alone, or "user frob": names what there is. */
static int unknown_verb(const struct words *words)
{
	struct buf known = { 0 };
	size_t n = strlen(words->at[0]);

	for (size_t i = 0; i < n_verbs; i++)
		if (strncmp(verbs[i].name, words->at[0], n) == 0 && verbs[i].name[n] == ' ')
			buf_printf(&known, "%s%s", known.n ? ", " : "", verbs[i].name + n + 1);
	if (known.n && words->n < 2)
		tell("%s what? One of: %.*s", words->at[0], STR_ARG(buf_str(&known)));
	else if (known.n)
		tell("unknown verb \"%s %s\"; %s knows: %.*s", words->at[0], words->at[1], words->at[0], STR_ARG(buf_str(&known)));
	else
		tell("unknown verb \"%s\"; `roost help` lists them", words->at[0]);
	buf_fini(&known);
	return ROOST_USAGE;
}

static int run_help(const struct args *a)
{
	size_t n;

	if (a->operands.n == 0) {
		verb_help(NULL);
		return ROOST_DONE;
	}
	const struct verb *v = verb_find(&a->operands, &n);
	if (!v)
		return unknown_verb(&a->operands);
	verb_help(v);
	return ROOST_DONE;
}

/* Do operands and options fit the verb? */
static bool usage_fits(const struct verb *v, const struct args *a)
{
	uint32_t foreign = args_bits(a) & ~v->options;

	if (foreign) {
		tell("%s does not know --%s; see `roost help %s`", v->name, option_kinds[__builtin_ctz(foreign)].name, v->name);
		return false;
	}
	if (a->operands.n < v->least || a->operands.n > v->most) {
		tell("usage: roost %s %s; see `roost help %s`", v->name, v->operands, v->name);
		return false;
	}
	return true;
}

static int run_verb(struct args *a)
{
	size_t n;

	if (args_has(a, OPT_VERSION)) {
		printf("roost %s\n", ROOST_VERSION);
		return ROOST_DONE;
	}
	if (a->operands.n == 0) {
		verb_help(NULL);
		return args_has(a, OPT_HELP) ? ROOST_DONE : ROOST_USAGE;
	}
	const struct verb *v = verb_find(&a->operands, &n);
	if (!v)
		return unknown_verb(&a->operands);
	if (args_has(a, OPT_HELP)) {
		verb_help(v);
		return ROOST_DONE;
	}
	memmove(a->operands.at, a->operands.at + n, (a->operands.n - n) * sizeof *a->operands.at);
	a->operands.n -= n;
	return usage_fits(v, a) ? v->run(a) : ROOST_USAGE;
}

int verbs_run(int argc, char **argv)
{
	struct args a;
	struct buf fault = { 0 };
	int code = ROOST_USAGE;

	if (args_parse(&a, argc, argv, &fault))
		code = run_verb(&a);
	else
		tell("%.*s; see `roost help`", STR_ARG(buf_str(&fault)));
	args_fini(&a);
	buf_fini(&fault);
	if (fflush(stdout) != 0 && code == ROOST_DONE)
		code = ROOST_REFUSED;
	return code;
}

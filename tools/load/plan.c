#include "tools/load/plan.h"

#include <assert.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"

enum kind { TEXT, NUMBER, REAL, YES };

/* `of_part`: may stand in a mix, for one scenario; `at` is then counted within struct settings, else within struct plan.
 * `use`: refused where no scenario has it in its `uses`; 0: of use to all. */
struct option_row { const char *name; enum kind kind; bool of_part; size_t at; unsigned use; const char *value, *help; };

#define PLAN(field) false, offsetof(struct plan, field), 0
#define PART(field) true, offsetof(struct settings, field), 0
#define PART_OF(use, field) true, offsetof(struct settings, field), use

static const struct option_row rows[] = {
	{ "imap",        TEXT,   PLAN(imap_text),      "ADDR:PORT", "where the server speaks IMAP" },
	{ "imaps",       TEXT,   PLAN(imaps_text),     "ADDR:PORT", "IMAP in TLS" },
	{ "lmtp",        TEXT,   PLAN(lmtp_text),      "ADDR:PORT", "LMTP" },
	{ "user-format", TEXT,   PLAN(user_format),    "FORMAT",    "names of users: user%04u is user0001 ...; of one user the name" },
	{ "password",    TEXT,   PLAN(password),       "WORD",      "all users have it" },
	{ "first-user",  NUMBER, PART(first_user),     "N",         "the first user's number" },
	{ "users",       NUMBER, PART(users),          "N",         "how many; each connection is the next user's" },
	{ "connections", NUMBER, PLAN(connections),    "N",         "how many at once; with --rate at most" },
	{ "at-once",     NUMBER, PLAN(at_once),        "N",         "how many log in at the same time before the run begins" },
	{ "rate",        REAL,   PLAN(rate),           "R",         "open loop: so many rounds begin a second, whatever the server does" },
	{ "workers",     NUMBER, PLAN(workers),        "N",         "processes; if not said one a core, or as many as the connections' files need" },
	{ "seconds",     REAL,   PLAN(seconds),        "S",         "how long" },
	{ "rounds",      NUMBER, PLAN(rounds),         "N",         "or how many rounds each connection plays" },
	{ "warmup",      REAL,   PLAN(warmup_seconds), "S",         "played before, not counted" },
	{ "settle",      REAL,   PLAN(settle_seconds), "S",         "pause between the last login and the first round; idle: before memory is looked at" },
	{ "timeout",     NUMBER, PLAN(timeout_seconds),"S",         "an answer that takes longer is a failure" },
	{ "think",       REAL,   PART(think_seconds),  "S",         "pause of each connection between two rounds" },
	{ "seed",        NUMBER, PLAN(seed),           "N",         "of letters and dice: the same seed is the same run" },
	{ "letters",     NUMBER, PART_OF(USES_LETTERS, letters), "N",         "fill: how many each INBOX shall hold; import: each new mailbox; with --eml all its files" },
	{ "bytes",       NUMBER, PLAN(bytes),          "N",         "size of every letter" },
	{ "sizes",       TEXT,   PLAN(sizes_text),     "LEAST:MOST[:mail]", "sizes between, evenly or as in real mail" },
	{ "eml",         TEXT,   PLAN(eml),            "FOLDER",    "letters from a folder of .eml files" },
	{ "recipients",  NUMBER, PART_OF(USES_RECIPIENTS, recipients), "N",         "of one delivery" },
	{ "batch",       NUMBER, PART_OF(USES_BATCH, batch), "N",         "messages of one copy, move or expunge" },
	{ "folders",     NUMBER, PART_OF(USES_FOLDERS, folders), "N",         "status, list-status, import: mailboxes of each user" },
	{ "slice",       NUMBER, PART_OF(USES_SLICE, slice_bytes), "N",         "partial: how much is asked for" },
	{ "one-in",      NUMBER, PART_OF(USES_WORDS, one_in), "N",         "search: the word stands in one of N letters" },
	{ "day",         REAL,   PART_OF(USES_DAY, day_seconds), "S",         "personas: how long their day takes" },
	{ "mail-per-user-day", REAL, PART_OF(USES_MAIL, mails_a_day), "N",        "postman: how much mail each user gets in that day" },
	{ "mix",         TEXT,   PLAN(mix),            "FILE",      "several scenarios: lines `weight scenario [option=value]...`" },
	{ "sources",     NUMBER, PLAN(sources),        "N",         "addresses 127.0.0.1 ... to connect from, for many connections" },
	{ "pid",         NUMBER, PLAN(pid),            "PID",       "the server's first process: its cost is measured" },
	{ "between",     TEXT,   PLAN(between),        "LINE",      "for sh, between learning what lies in the mailboxes and the first round; prints the new --pid" },
	{ "verify",      YES,    PLAN(verify),         NULL,        "afterwards, compare all mailboxes with what was acknowledged" },
	{ "name",        TEXT,   PLAN(name),           "WORD",      "what the report calls the server" },
	{ "quiet",       YES,    PLAN(quiet),          NULL,        "show nothing while it runs" },
	{ "live",        YES,    PLAN(live),           NULL,        "show how it goes, even if this is no terminal" },
	{ "out",         TEXT,   PLAN(json),           "FILE",      "where the report goes (also -o); standard output if not said" },
	{ "html",        TEXT,   PLAN(html),           "FILE",      "the report as a page" },
	{ "csv",         TEXT,   PLAN(csv),            "FILE",      "the report as CSV" },
};
enum { ROWS = sizeof rows / sizeof *rows };
static_assert(ROWS <= 64, "plan->given has a bit each");

static bool is_used(const struct option_row *r, unsigned uses)
{
	return r->use == 0 || r->use & uses;
}

void plan_init(struct plan *p)
{
	*p = (struct plan){ .user_format = "user%04u", .password = "testpass", .connections = 1, .at_once = 64, .seed = 1, .bytes = 4096,
	                    .timeout_seconds = 30, .seconds = 5 };
	p->set = (struct settings){ .first_user = 1, .users = 16, .recipients = 1, .batch = 100, .folders = 200, .slice_bytes = 4096, .one_in = 100,
	                            .day_seconds = 60, .mails_a_day = 40 };
}

void plan_fini(struct plan *p)
{
	for (unsigned i = 0; i < p->parts_n; i++)
		free(p->parts[i].with);
	letters_free(&p->texts);
}

bool plan_fault(const char *words, ...)
{
	va_list ap;

	va_start(ap, words);
	fputs("roost-load: ", stderr);
	vfprintf(stderr, words, ap);
	fputc('\n', stderr);
	va_end(ap);
	return false;
}

/* ---- options ---- */

static bool take_real(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end > text && *end == '\0' && isfinite(*out) && *out >= 0;
}

static bool set_value(const struct option_row *r, struct plan *p, struct settings *set, const char *value)
{
	char *to = (r->of_part ? (char *)set : (char *)p) + r->at;

	switch (r->kind) {
	case TEXT:
		*(const char **)(void *)to = value;
		return true;
	case NUMBER:
		return str_u64(str_of(value), (uint64_t *)(void *)to) || plan_fault("--%s wants a number, not \"%s\"", r->name, value);
	case REAL:
		return take_real(value, (double *)(void *)to) || plan_fault("--%s wants a number of at least 0, not \"%s\"", r->name, value);
	case YES:
		*(bool *)to = true;
		return true;
	}
	return false;
}

bool plan_options(struct plan *p, int argc, char **argv, const char **operand)
{
	struct option list[ROWS + 1] = { 0 };
	int at;

	for (int i = 0; i < ROWS; i++)
		list[i] = (struct option){ rows[i].name, rows[i].kind == YES ? no_argument : required_argument, NULL, 256 + i };
	while ((at = getopt_long(argc, argv, "o:", list, NULL)) != -1) {
		if (at == 'o')
			p->json = optarg;
		else if (at < 256)
			return false;                /* getopt has told */
		else if (!set_value(&rows[at - 256], p, &p->set, optarg))
			return false;
		else
			p->given |= UINT64_C(1) << (at - 256);
	}
	*operand = optind < argc ? argv[optind] : NULL;
	return optind + 1 >= argc || plan_fault("what is \"%s\"? One scenario at a time, or --mix FILE", argv[optind + 1]);
}

bool plan_is_given(const struct plan *p, const char *option)
{
	for (int i = 0; i < ROWS; i++)
		if (strcmp(rows[i].name, option) == 0)
			return p->given >> i & 1;
	must(!"an option of this name");
}

static unsigned uses_of_all(const struct plan *p)
{
	unsigned uses = 0;

	for (unsigned i = 0; i < p->parts_n; i++)
		uses |= p->parts[i].scenario->uses;
	return uses;
}

bool plan_is_of_use(const struct plan *p)
{
	for (int i = 0; i < ROWS; i++)
		if (p->given >> i & 1 && !is_used(&rows[i], uses_of_all(p)))
			return plan_fault("%s has no use for --%s (%s)", plan_scenario(p), rows[i].name, rows[i].help);
	return true;
}

const char *plan_scenario(const struct plan *p)
{
	return p->mix ? "the mix" : p->parts[0].scenario->name;
}

void plan_usage(FILE *out)
{
	for (int i = 0; i < ROWS; i++) {
		struct buf name = { 0 };
		buf_printf(&name, "--%s %s", rows[i].name, rows[i].value ? rows[i].value : "");
		fprintf(out, "  %-26.*s %s%s\n", STR_ARG(buf_str(&name)), rows[i].help, rows[i].of_part ? " (*)" : "");
		buf_fini(&name);
	}
	fputs("  (*) also in a mix, for one scenario\n", out);
}

/* ---- parts ---- */

static struct part *add_part(struct plan *p, const char *name)
{
	const struct scenario *s = scenario_find(name);

	if (!s)
		plan_fault("there is no scenario \"%s\": see roost-load scenarios", name);
	else if (p->parts_n == PARTS_MAX)
		plan_fault("a mix has at most %d scenarios", PARTS_MAX);
	else if (s->is_with)
		plan_fault("%s is %s: it plays only with those who wait, so run that", name, s->help);
	if (!s || s->is_with || p->parts_n == PARTS_MAX)
		return NULL;
	p->parts[p->parts_n] = (struct part){ .scenario = s, .weight = 1, .set = p->set };
	return &p->parts[p->parts_n++];
}

bool plan_add(struct plan *p, const char *scenario)
{
	return add_part(p, scenario) != NULL;
}

static bool set_of_part(struct plan *p, struct part *part, struct str word)
{
	struct str key, value;
	bool found = str_cut(word, '=', &key, &value), ok = false;

	for (int i = 0; found && i < ROWS; i++)
		if (rows[i].of_part && str_eq(key, str_of(rows[i].name))) {
			if (!is_used(&rows[i], part->scenario->uses))
				return plan_fault("%s: %s has no use for %s (%s)", p->mix, part->scenario->name, rows[i].name, rows[i].help);
			char *text = str_heap_z(value);
			ok = set_value(&rows[i], p, &part->set, text);
			free(text);                  /* settings hold numbers only */
			return ok;
		}
	return plan_fault("%s: \"%.*s\" is not an option of one scenario", p->mix, STR_ARG(word));
}

/* "5 body users=3 letters=100" */
static bool read_mix_line(struct plan *p, struct str line)
{
	struct str weight, name, word, rest;
	uint64_t n;

	str_cut(line, ' ', &weight, &rest);
	rest = str_trim(rest);
	str_cut(rest, ' ', &name, &rest);
	if (!str_u64(weight, &n) || n == 0 || name.n == 0)
		return plan_fault("%s: \"%.*s\": a line is: weight scenario [option=value]...", p->mix, STR_ARG(line));
	char *z = str_heap_z(name);
	struct part *part = add_part(p, z);
	free(z);
	if (!part)
		return false;
	part->weight = n;
	for (rest = str_trim(rest); rest.n > 0; rest = str_trim(rest)) {
		str_cut(rest, ' ', &word, &rest);
		if (!set_of_part(p, part, word))
			return false;
	}
	return true;
}

bool plan_read_mix(struct plan *p, const char *path)
{
	FILE *f = fopen(path, "r");
	char *room = NULL;
	size_t cap = 0;
	ssize_t n;
	bool ok = true;

	if (!f)
		return plan_fault("cannot read %s: %m", path);
	while (ok && (n = getline(&room, &cap, f)) >= 0) {
		struct str line, comment;
		str_cut((struct str){ room, (size_t)n }, '#', &line, &comment);
		line = str_trim(line);
		ok = line.n == 0 || read_mix_line(p, line);
	}
	free(room);
	fclose(f);
	return ok && (p->parts_n > 0 || plan_fault("%s names no scenario", path));
}

/* ---- in the report ---- */

static json_t *row_json(const struct option_row *r, const struct plan *p, const struct settings *set)
{
	const char *at = (r->of_part ? (const char *)set : (const char *)p) + r->at;

	switch (r->kind) {
	case TEXT:   return *(const char *const *)(const void *)at ? json_string(*(const char *const *)(const void *)at) : NULL;
	case NUMBER: return json_integer((json_int_t)*(const uint64_t *)(const void *)at);
	case REAL:   return json_real(*(const double *)(const void *)at);
	case YES:    return json_boolean(*(const bool *)at);
	}
	return NULL;
}

static json_t *part_json(const struct plan *p, const struct part *part)
{
	json_t *j = json_pack("{s:s, s:I, s:i}", "scenario", part->scenario->name, "weight", (json_int_t)part->weight, "connections", (int)part->connections);

	for (int i = 0; i < ROWS; i++)
		if (rows[i].of_part && is_used(&rows[i], part->scenario->uses))
			json_object_set_new(j, rows[i].name, row_json(&rows[i], p, &part->set));
	return j;
}

/* The password is nobody's business. */
json_t *plan_json(const struct plan *p)
{
	json_t *j = json_pack("{s:s, s:s}", "scenario", p->parts_n == 1 ? p->parts[0].scenario->name : "mix", "loop", p->rate > 0 ? "open" : "closed");
	json_t *parts = json_array();

	for (int i = 0; i < ROWS; i++) {
		bool shown = is_used(&rows[i], uses_of_all(p)) && strcmp(rows[i].name, "password") != 0;
		json_t *value = shown ? row_json(&rows[i], p, &p->set) : NULL;
		if (value)
			json_object_set_new(j, rows[i].name, value);
	}
	for (unsigned i = 0; i < p->parts_n; i++)
		json_array_append_new(parts, part_json(p, &p->parts[i]));
	json_object_set_new(j, "parts", parts);
	return j;
}

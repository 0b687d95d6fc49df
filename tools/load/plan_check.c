/* tools/load/plan_check.c: does what was asked for fit together? Who asked must be told what is missing, and what to do. */
#include "tools/load/plan.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/must.h"
#include "tools/load/files.h"

enum { FILES_BESIDES = 64 };                 /* of a worker: the tally, its epoll, what it inherits, connections that visit */

static bool take_address(const char *option, const char *text, struct address *a, bool needed)
{
	if (!text)
		return !needed || plan_fault("where is the server? Say --%s ADDR:PORT", option);
	return address_parse(a, str_of(text)) || plan_fault("--%s %s: not an address; write 127.0.0.1:143", option, text);
}

static bool take_addresses(struct plan *p)
{
	bool imap = p->verify, imaps = false, lmtp = false;

	for (unsigned i = 0; i < p->parts_n; i++)
		for (const struct part *part = &p->parts[i]; part; part = part->with) {
			lmtp |= part->scenario->lmtp;
			imaps |= part->scenario->tls;
			imap |= !part->scenario->lmtp && !part->scenario->tls;
		}
	return take_address("imap", p->imap_text, &p->imap, imap) && take_address("imaps", p->imaps_text, &p->imaps, imaps) &&
	       take_address("lmtp", p->lmtp_text, &p->lmtp, lmtp);
}

/* "1024:65536:mail" */
static bool take_sizes(struct plan *p)
{
	struct str text = str_of(p->sizes_text), least, most, kind;
	uint64_t lo, hi;

	if (p->sizes_text && plan_is_given(p, "bytes"))
		return plan_fault("--sizes and --bytes both say how large letters are: leave one out");
	if (p->eml && (p->sizes_text || plan_is_given(p, "bytes")))
		return plan_fault("letters of --eml are as large as they are: leave --bytes and --sizes out");
	p->sizes = (struct letter_sizes){ .least = p->bytes, .most = p->bytes };
	if (p->sizes_text) {
		str_cut(text, ':', &least, &text);
		str_cut(text, ':', &most, &kind);
		if (!str_u64(least, &lo) || !str_u64(most, &hi) || lo > hi || (kind.n > 0 && !str_eq(kind, S("mail"))))
			return plan_fault("--sizes wants LEAST:MOST or LEAST:MOST:mail, not %s", p->sizes_text);
		p->sizes = (struct letter_sizes){ .least = lo, .most = hi, .mail_like = kind.n > 0 };
	}
	return p->sizes.least >= LETTER_BYTES_LEAST || plan_fault("letters have at least %d octets", LETTER_BYTES_LEAST);
}

/* "user%04u": where the number stands, and its width. */
static bool format_parts(struct str format, struct str *before, unsigned *width, struct str *behind)
{
	uint64_t n = 0;
	struct str digits;

	if (!str_cut(format, '%', before, &format) || !str_cut(format, 'u', &digits, behind) || str_find(*behind, '%') >= 0)
		return false;
	if (digits.n > 0 && (digits.p[0] != '0' || !str_u64(digits, &n) || n > 20))
		return false;
	*width = (unsigned)n;
	return true;
}

/* A name without a number is one user's. */
static bool is_one_name(const struct plan *p) { return str_find(str_of(p->user_format), '%') < 0; }

void plan_user_name(const struct plan *p, unsigned user, struct buf *out)
{
	struct str before, behind;
	unsigned width;

	if (is_one_name(p)) {
		buf_add(out, str_of(p->user_format));
		return;
	}
	must(format_parts(str_of(p->user_format), &before, &width, &behind));
	buf_printf(out, "%.*s%0*u%.*s", STR_ARG(before), (int)width, user, STR_ARG(behind));
}

static bool is_rarity(uint64_t one_in)
{
	return one_in == 3 || one_in == 10 || one_in == 100 || one_in == 1000 || one_in == 10000;
}

static bool take_users(struct plan *p)
{
	struct str before, behind;
	unsigned width;

	for (unsigned i = 0; i < p->parts_n; i++) {
		const struct settings *s = &p->parts[i].set;
		if (s->users == 0 || s->recipients == 0 || s->batch == 0 || s->one_in == 0 || s->first_user + s->users > UINT32_MAX)
			return plan_fault("%s: users, recipients, batch and one-in are at least 1", p->parts[i].scenario->name);
		if (p->parts[i].scenario->alone && p->parts[i].connections > s->users)
			return plan_fault("%s: each connection needs a user for itself: --users %u", p->parts[i].scenario->name, p->parts[i].connections);
		if (is_one_name(p) && s->users > 1)
			return plan_fault("--user-format %s: one %%u or %%04u must stand in it, for more than one user (--users)", p->user_format);
		if (p->parts[i].scenario->uses & USES_RECIPIENTS && s->recipients > s->users)
			return plan_fault("%s: --recipients %llu need as many --users", p->parts[i].scenario->name, (unsigned long long)s->recipients);
		if (!is_rarity(s->one_in))
			return plan_fault("--one-in is 3, 10, 100, 1000 or 10000");
	}
	return is_one_name(p) || format_parts(str_of(p->user_format), &before, &width, &behind) ||
	       plan_fault("--user-format %s: one %%u or %%04u may stand in it, and no other %%", p->user_format);
}

/* By weight; whoever has any weight has a connection. In an open loop all parts may need as many. */
static void share_connections(struct plan *p)
{
	uint64_t weights = 0;

	for (unsigned i = 0; i < p->parts_n; i++)
		weights += p->parts[i].weight;
	for (unsigned i = 0; i < p->parts_n; i++) {
		uint64_t n = p->connections * p->parts[i].weight / weights;
		p->parts[i].connections = n ? (unsigned)n : 1;
	}
}

static void add_rivals(struct plan *p)
{
	for (unsigned i = 0; i < p->parts_n; i++) {
		struct part *part = &p->parts[i];
		if (!part->scenario->with)
			continue;
		part->with = malloc(sizeof *part->with);
		must(part->with);
		*part->with = (struct part){ .scenario = scenario_find(part->scenario->with), .weight = 1, .set = part->set, .connections = 1 };
		must(part->with->scenario);
	}
}

/* All connections to one user are of one worker. */
static uint64_t files_of_one(const struct plan *p)
{
	uint64_t most = (p->connections + p->workers - 1) / p->workers;

	for (unsigned i = 0; i < p->parts_n; i++)
		if (p->parts[i].scenario->one_user && p->parts[i].connections > most)
			most = p->parts[i].connections;
	return most + FILES_BESIDES;
}

static uint64_t workers_most(const struct plan *p)
{
	uint64_t most = p->connections;

	for (unsigned i = 0; i < p->parts_n; i++)
		if (!p->parts[i].scenario->one_user && p->parts[i].set.users < most)
			most = p->parts[i].set.users;    /* a user belongs to one worker */
	return most;
}

/* As many workers as cores; more if connections need more files than one process may have. */
static bool take_workers(struct plan *p)
{
	uint64_t files = files_raise(), most = workers_most(p), said = p->workers;

	if (!said)
		p->workers = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
	if (p->workers > most)
		p->workers = most;
	while (!said && p->workers < most && files_of_one(p) > files)
		p->workers++;
	return files_of_one(p) <= files ||
	       plan_fault("%llu connections of %llu workers need %llu open files in one process, and this machine allows %llu: "
	             "raise `ulimit -Hn`, or say more --workers (each needs a user of --users)",
	             (unsigned long long)p->connections, (unsigned long long)p->workers, (unsigned long long)files_of_one(p),
	             (unsigned long long)files);
}

/* Rounds of those who wait, who come by the hours of their day, or who go through all users begin when they will. */
static bool has_own_pace(const struct scenario *s)
{
	return s->rests || s->next || s->pick;
}

static bool all_have_own_pace(const struct plan *p)
{
	for (unsigned i = 0; i < p->parts_n; i++)
		if (!has_own_pace(p->parts[i].scenario))
			return false;
	return true;
}

static bool take_length(const struct plan *p)
{
	bool rounds = plan_is_given(p, "rounds"), seconds = plan_is_given(p, "seconds"), warmup = plan_is_given(p, "warmup");

	if (p->once && (rounds || seconds || warmup || p->rate > 0))
		return plan_fault("%s goes through all users once, however long it takes: leave --rounds, --seconds, --warmup and --rate out", plan_scenario(p));
	if (rounds && (seconds || warmup || p->rate > 0))
		return plan_fault("--rounds says how long it plays: leave --seconds, --warmup and --rate out");
	if (p->rate > 0 && all_have_own_pace(p))
		return plan_fault("%s has a pace of its own: leave --rate out", plan_scenario(p));
	return p->rate <= 0 || !plan_is_given(p, "think") || plan_fault("with --rate the rate says when rounds begin: leave --think out");
}

/* All files of --eml, if it is not said how many. */
static bool take_letters(struct plan *p)
{
	for (unsigned i = 0; i < p->parts_n; i++) {
		struct part *part = &p->parts[i];
		if (!(part->scenario->uses & USES_LETTERS))
			continue;
		if (part->set.letters == 0)
			part->set.letters = letters_files(p->texts);
		if (part->set.letters == 0)
			return plan_fault("%s: how many letters for each mailbox? Say --letters N, or --eml FOLDER", part->scenario->name);
	}
	return true;
}

bool plan_ready(struct plan *p)
{
	if (p->connections == 0 || p->at_once == 0 || p->timeout_seconds == 0)
		return plan_fault("connections, at-once and timeout are at least 1");
	if (!p->name)
		p->name = p->imap_text ? p->imap_text : p->imaps_text ? p->imaps_text : p->lmtp_text ? p->lmtp_text : "";
	add_rivals(p);
	share_connections(p);
	if (!plan_is_of_use(p) || !take_length(p) || !take_users(p) || !take_addresses(p) || !take_sizes(p) || !take_workers(p))
		return false;
	if (p->sources == 0)
		p->sources = 1 + p->connections / 10000;
	p->texts = p->eml ? letters_of_folder(p->eml, (uint32_t)p->seed) : letters_new((uint32_t)p->seed, p->sizes);
	return p->texts && take_letters(p);
}

void plan_users(const struct plan *p, unsigned *first, unsigned *users)
{
	uint64_t lo = UINT64_MAX, end = 0;

	for (unsigned i = 0; i < p->parts_n; i++) {
		const struct settings *s = &p->parts[i].set;
		lo = s->first_user < lo ? s->first_user : lo;
		end = s->first_user + s->users > end ? s->first_user + s->users : end;
	}
	*first = (unsigned)lo;
	*users = (unsigned)(end - lo);
}

/* tools/main_roost-load.c: `roost-load`: plays many mail clients against a server, checks what they are told, and times it. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/load/peers.h"
#include "tools/load/runs.h"
#include "tools/load/scenarios.h"

static const struct option options[] = {
	{ "imap",        required_argument, NULL, 'i' }, { "imaps",    required_argument, NULL, 'I' },
	{ "lmtp",        required_argument, NULL, 'l' }, { "password", required_argument, NULL, 'p' },
	{ "connections", required_argument, NULL, 'c' }, { "users",    required_argument, NULL, 'u' },
	{ "at-once",     required_argument, NULL, 'a' }, { "seconds",  required_argument, NULL, 's' },
	{ "rounds",      required_argument, NULL, 'r' }, { "messages", required_argument, NULL, 'm' },
	{ "bytes",       required_argument, NULL, 'b' }, { "settle",   required_argument, NULL, 'S' },
	{ "change",      required_argument, NULL, 'C' }, { "pid",      required_argument, NULL, 'P' },
	{ "first-user",  required_argument, NULL, 'f' }, { "help",     no_argument,       NULL, 'h' },
	{ 0 },
};

static int usage(FILE *to)
{
	struct buf scenarios = { 0 };

	scenario_list(&scenarios);
	fprintf(to, "usage: roost-load SCENARIO [OPTION VALUE]...\n%.*s"
	        "  --imap, --imaps, --lmtp ADDR:PORT   the server\n"
	        "  --password P --first-user F --users N    userF and so on, each connection the next, all with one password\n"
	        "  --connections N --at-once N         how many, and how many log in at the same time (idle, push)\n"
	        "  --seconds S | --rounds N            how long each connection repeats the scenario\n"
	        "  --messages N --bytes N              how many letters an INBOX holds, and their size\n"
	        "  --settle S                          idle: wait before memory is looked at\n"
	        "  --change SCENARIO                   push: who makes the change, lmtp or flag\n"
	        "  --pid PID                           the server's first process, to measure its cost\n"
	        "The report is JSON. Exit codes: 0 every answer was good, 1 not, 2 wrong usage.\n", STR_ARG(buf_str(&scenarios)));
	buf_fini(&scenarios);
	return to == stderr ? 2 : 0;
}

/* False: not a number; told. */
static bool take_number(const char *text, uint64_t *out)
{
	if (str_u64(str_of(text), out))
		return true;
	fprintf(stderr, "roost-load: %s is not a number\n", text);
	return false;
}

static bool take_option(struct plan *p, int option, const char *value)
{
	uint64_t n = 0;

	switch (option) {
	case 'i': p->imap = value; return true;
	case 'I': p->imaps = value; return true;
	case 'l': p->lmtp = value; return true;
	case 'p': p->password = value; return true;
	case 'C': p->change = value; return true;
	case 's': p->seconds = strtod(value, NULL); return true;
	case 'S': p->settle_seconds = strtod(value, NULL); return true;
	}
	if (!take_number(value, &n))
		return false;
	switch (option) {
	case 'c': p->connections = (unsigned)n; break;
	case 'u': p->users = (unsigned)n; break;
	case 'f': p->first_user = (unsigned)n; break;
	case 'a': p->at_once = (unsigned)n; break;
	case 'r': p->rounds = n; break;
	case 'm': p->messages = (uint32_t)n; break;
	case 'b': p->bytes = n; break;
	case 'P': p->pid = (pid_t)n; break;
	}
	return true;
}

static json_t *run(const struct plan *p, bool *good)
{
	if (strcmp(p->scenario->name, "push") == 0)
		return run_push(p, good);
	return p->scenario->round[0].ask ? run_rounds(p, good) : run_idle(p, good);
}

int main(int argc, char **argv)
{
	struct plan p = { .password = "testpass", .connections = 1, .first_user = 1, .users = 16, .at_once = 16, .seconds = 3, .bytes = 4096, .change = "lmtp" };
	bool good = false;
	int option;

	if (argc > 1 && strcmp(argv[1], "peers") == 0)
		return peers_main(argc - 1, argv + 1);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (option == 'h')
			return usage(stdout);
		else if (option == '?' || !take_option(&p, option, optarg))
			return usage(stderr);
	p.scenario = optind + 1 == argc ? scenario_find(argv[optind]) : NULL;
	if (!p.scenario || !scenario_find(p.change) || p.connections == 0 || p.users == 0 || p.bytes < 1024)
		return usage(stderr);
	json_t *report = run(&p, &good);
	json_dumpf(report, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
	putchar('\n');
	json_decref(report);
	return good ? 0 : 1;
}

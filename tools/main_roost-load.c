/* tools/main_roost-load.c: `roost-load`: plays many mail clients against a server, checks what they are told, and times it. */
#include <stdio.h>
#include <string.h>

#include "tools/load/peers.h"
#include "tools/load/report.h"
#include "tools/load/run.h"
#include "tools/load/scenario.h"

static int scenarios_main(int argc, char **argv)
{
	struct buf list = { 0 };

	(void)argc;
	(void)argv;
	scenario_list(&list);
	fwrite(list.p, 1, list.n, stdout);
	buf_fini(&list);
	return 0;
}

static const struct verb { const char *name; int (*main)(int argc, char **argv); const char *operands, *help; } verbs[] = {
	{ "run",       run_main,       "SCENARIO|--mix FILE [--OPTION VALUE]...", "play clients against a server, check all answers, and report" },
	{ "fill",      fill_main,      "[--OPTION VALUE]...",                     "fill mailboxes with letters" },
	{ "import",    import_main,    "[--OPTION VALUE]...",                     "bring whole accounts in, and report how fast" },
	{ "report",    report_main,    "FILE [--html FILE] [--csv FILE]",         "show a kept report as a table, a page, rows" },
	{ "compare",   compare_main,   "FILE FILE",                               "ratios of two reports, and how sure they are" },
	{ "peers",     peers_main,     "PLANFILE [--OPTION VALUE]...",            "measure several servers in turn" },
	{ "scenarios", scenarios_main, "",                                        "what clients can do, a line each" },
};

static int usage(FILE *out, int code)
{
	fputs("usage:\n", out);
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		fprintf(out, "  roost-load %-9s %-41s %s\n", verbs[i].name, verbs[i].operands, verbs[i].help);
	run_usage(out);
	fputs("Reports are JSON. Exit codes: 0 every answer was good, 1 not, 2 wrong usage, 3 the run could not begin.\n", out);
	return code;
}

int main(int argc, char **argv)
{
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0))
		return usage(stdout, 0);
	for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].main(argc - 1, argv + 1);
	return usage(stderr, 2);
}

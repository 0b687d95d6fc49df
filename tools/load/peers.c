/* tools/load/peers.c: the command line of `peers`, and the files it leaves. */
#include "tools/load/peers.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/load/peers_judge.h"
#include "tools/load/peers_play.h"
#include "tools/load/peers_table.h"
#include "tools/load/report.h"

enum { EXIT_WRONG = 1, EXIT_USAGE = 2, EXIT_START = 3 };

struct outputs { const char *json, *markdown, *html; };   /* NULL: not wanted */

static const struct option options[] = {
	{ "rounds", required_argument, NULL, 'r' }, { "seconds",  required_argument, NULL, 's' }, { "only", required_argument, NULL, 'O' },
	{ "skip",   required_argument, NULL, 'S' }, { "quick",    no_argument,       NULL, 'q' }, { "alone", no_argument,      NULL, 'a' },
	{ "player", required_argument, NULL, 'p' }, { "markdown", required_argument, NULL, 'm' }, { "html", required_argument, NULL, 'h' },
	{ "drop-caches", no_argument,  NULL, 'd' }, { "help",   no_argument,       NULL, 'H' }, { 0 },
};

static int usage(FILE *to)
{
	fputs("usage: roost-load peers PLANFILE [OPTION VALUE]...\n"
	      "Starts the servers of the plan, fills their mailboxes, measures them in turn (A B A B ...), stops them.\n"
	      "  --rounds N        of each measure with each server: 3\n"
	      "  --seconds S       of each round: 1\n"
	      "  --only NAME,...   these measures\n"
	      "  --skip NAME,...   without these servers\n"
	      "  --alone           the first server only\n"
	      "  --drop-caches     cold servers start with nothing of their files in memory (needs root)\n"
	      "  --quick           one short round with small mailboxes: are all answers right?\n"
	      "  --player PROGRAM  plays instead of this roost-load\n"
	      "  -o FILE           all reports and what they say together, as JSON: peers.json\n"
	      "  --markdown FILE, --html FILE    the table; all of it with charts\n"
	      "Exit codes: 0 all answers were good (targets may be missed), 1 not, 2 wrong usage, 3 the first server did not start.\n", to);
	return to == stderr ? EXIT_USAGE : 0;
}

/* False: told. */
static bool take_number(const char *text, double least, double most, double *out)
{
	char *end;
	double n = strtod(text, &end);

	if (end != text && *end == '\0' && n >= least && n <= most) {
		*out = n;
		return true;
	}
	fprintf(stderr, "roost-load: %s is not a number between %g and %g\n", text, least, most);
	return false;
}

static bool take_option(struct peers_options *o, struct outputs *out, int option, const char *value)
{
	double n;

	switch (option) {
	case 'O': o->only = value; return true;
	case 'S': o->skip = value; return true;
	case 'a': o->alone = true; return true;
	case 'd': o->drop_caches = true; return true;
	case 'p': o->player = value; return true;
	case 'o': out->json = value; return true;
	case 'm': out->markdown = value; return true;
	case 'h': out->html = value; return true;
	case 's': return take_number(value, 0.01, 3600, &o->seconds);
	case 'q':
		o->quick = true;
		o->rounds = 1;
		o->seconds = 0.3;
		return true;
	case 'r':
		if (!take_number(value, 1, 100, &n))
			return false;
		o->rounds = (unsigned)n;
		return true;
	}
	return false;
}

static bool measure_is_known(const struct peers_plan *plan, struct str name)
{
	for (size_t i = 0; i < plan->n_measures; i++)
		if (str_eq(str_of(plan->measures[i].name), name))
			return true;
	return false;
}

static bool server_is_known(const struct peers_plan *plan, struct str name)
{
	return peers_plan_server(plan, name) != NULL;
}

/* False: one of them the plan does not have; told. */
static bool names_known(const struct peers_plan *plan, const char *names, bool (*known)(const struct peers_plan *, struct str))
{
	struct str rest = str_of(names), name;

	for (bool more = rest.n > 0; more;) {
		more = str_cut(rest, ',', &name, &rest);
		if (!known(plan, name)) {
			fprintf(stderr, "roost-load: the plan has no %.*s\n", STR_ARG(name));
			return false;
		}
	}
	return true;
}

static json_t *servers_of(const struct peers_play *p)
{
	json_t *out = json_array();

	for (size_t i = 0; i < p->n_peers; i++) {
		const struct peer *peer = &p->peers[i];
		struct str version = str_trim(buf_str(&peer->version));
		json_t *server = json_pack("{s:s, s:s%, s:b}", "name", peer->server->name, "version", version.n ? version.p : "", version.n, "rival", i > 0 && peer->server->rival);
		if (peer->left_out)
			json_object_set_new(server, "left_out", json_string(peer->left_out));
		json_array_append_new(out, server);
	}
	return out;
}

/* The machine is told by each report; the first that knows it speaks for all. */
static json_t *machine_of(const json_t *runs)
{
	size_t i;
	json_t *run;

	json_array_foreach(runs, i, run)
		if (json_object_get(run, "machine"))
			return json_incref(json_object_get(run, "machine"));
	return json_object();
}

static json_t *comparison_of(const struct peers_play *p)
{
	json_t *measures = json_array();

	for (size_t i = 0; i < p->plan->n_measures; i++)
		if (peers_wanted(p->options, &p->plan->measures[i]))
			json_array_append_new(measures, peers_judge(p->plan, &p->plan->measures[i], p->runs));
	return json_pack("{s:s, s:o, s:o, s:i, s:o, s:O, s:b}", "format", "roost-load/1", "machine", machine_of(p->runs), "servers", servers_of(p),
	                 "rounds", (int)p->options->rounds, "measures", measures, "runs", p->runs, "good", p->good);
}

static bool write_json(const json_t *j, FILE *out)
{
	return json_dumpf(j, out, JSON_COMPACT | JSON_REAL_PRECISION(9)) == 0;
}

static bool write_markdown(const json_t *j, FILE *out)
{
	peers_markdown(j, out);
	return true;
}

static bool write_file(const char *path, const json_t *j, bool (*write)(const json_t *, FILE *))
{
	FILE *f = path ? fopen(path, "w") : NULL;

	if (!path)
		return true;
	bool written = f && write(j, f);
	if (f && fclose(f) == 0 && written)
		return true;
	fprintf(stderr, "roost-load: cannot write %s: %s\n", path, strerror(errno));
	return false;
}

static int compare(struct peers_play *p, const struct outputs *out)
{
	setvbuf(stdout, NULL, _IOLBF, 0);           /* so that it can be followed through a pipe, too */
	bool started = peers_start(p);

	for (size_t i = 0; started && i < p->plan->n_measures; i++) {
		const struct peers_measure *m = &p->plan->measures[i];
		if (!peers_wanted(p->options, m))
			continue;
		if (!peers_measure(p, m))
			break;
		json_t *verdict = peers_judge(p->plan, m, p->runs);
		peers_words(verdict, stdout);
		json_decref(verdict);
	}
	peers_stop(p);
	if (!started)
		return p->errands.stopped ? EXIT_WRONG : EXIT_START;
	json_t *comparison = comparison_of(p);
	bool written = write_file(out->json, comparison, write_json);
	written &= write_file(out->markdown, comparison, write_markdown);
	written &= write_file(out->html, comparison, report_html);
	json_decref(comparison);
	return p->good && written && !p->errands.stopped ? 0 : EXIT_WRONG;
}

int peers_main(int argc, char **argv)
{
	struct peers_options o = { .rounds = 3, .seconds = 1, .player = "/proc/self/exe" };
	struct outputs out = { .json = "peers.json" };
	struct peers_plan plan;
	struct peers_play play;
	struct buf report_path = { 0 };
	int option, code = EXIT_USAGE;

	while ((option = getopt_long(argc, argv, "o:", options, NULL)) != -1)
		if (option == 'H')
			return usage(stdout);
		else if (!take_option(&o, &out, option, optarg))
			return usage(stderr);
	if (optind + 1 != argc)
		return usage(stderr);
	if (!peers_plan_read(&plan, argv[optind]))
		return EXIT_USAGE;
	buf_printf(&report_path, "%s.run%c", out.json, '\0');
	o.report_path = report_path.p;
	if (names_known(&plan, o.only, measure_is_known) && names_known(&plan, o.skip, server_is_known)) {
		peers_play_init(&play, &plan, &o);
		code = compare(&play, &out);
		peers_play_fini(&play);
	}
	buf_fini(&report_path);
	peers_plan_fini(&plan);
	return code;
}

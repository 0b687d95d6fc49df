/* tools/load/report_words.c: a report as a table for a terminal. */
#include "tools/load/report.h"

#include <stdlib.h>

#include "tools/load/runset.h"
#include "tools/load/show.h"

static const struct { const char *title; const char *key; enum unit unit; size_t width; } columns[] = {
	{ "n",          "n",          UNIT_COUNT, 11 }, { "failed", "failed",    UNIT_COUNT, 6 },
	{ "per second", "per_second", UNIT_NONE,  10 }, { "p50",    "p50_us",    UNIT_US,    8 },
	{ "p90",        "p90_us",     UNIT_US,     8 }, { "p99",    "p99_us",    UNIT_US,    8 },
	{ "p99.9",      "p99_9_us",   UNIT_US,     8 }, { "p99.99", "p99_99_us", UNIT_US,    8 },
	{ "max",        "max_us",     UNIT_US,     8 },
};
enum { COLUMNS = sizeof columns / sizeof *columns, NAME_WIDTH = 12 };

static void cell(struct buf *b, size_t width, enum unit unit, double n)
{
	size_t from = b->n;

	show_number(b, unit, n);
	show_column_right(b, from, width);
}

/* "13.2 ms server CPU per round": the number is left out with its words when no run says it. */
static void fact(struct buf *b, const struct runs *r, struct place at, enum unit unit, const char *words)
{
	if (runs_numbers(r, at, NULL) == 0)
		return;
	buf_add(b, S("  "));
	show_number(b, unit, runs_median(r, at));
	buf_printf(b, " %s\n", words);
}

static void put_head(struct buf *b, const struct runs *r)
{
	show_text(b, str_of(r->name));
	buf_add(b, S(": "));
	show_text(b, run_text(r->run[0], "plan", "scenario"));
	buf_add(b, S(", "));
	cell(b, 0, UNIT_COUNT, runs_median(r, (struct place){ "plan", NULL, "connections" }));
	buf_add(b, S("connections, "));
	show_number(b, UNIT_SECONDS, runs_median(r, (struct place){ NULL, NULL, "seconds" }));
	if (r->n > 1)
		buf_printf(b, ", medians of %zu runs", r->n);
	buf_printf(b, "%s\n", runs_good(r) ? ": good" : ": NOT GOOD, see below: its numbers say nothing");
}

static void put_operations(struct buf *b, const struct runs *r)
{
	struct runset alone = { .of = (struct runs *)r, .n = 1 };
	const char **names = runset_operations(&alone);
	size_t from = b->n;

	show_column_left(b, from, NAME_WIDTH);
	for (size_t c = 0; c < COLUMNS; c++) {
		from = b->n;
		buf_add(b, str_of(columns[c].title));
		show_column_right(b, from, columns[c].width);
	}
	buf_addc(b, '\n');
	for (size_t i = 0; names[i]; i++) {
		from = b->n;
		show_text(b, str_of(names[i]));
		show_column_left(b, from, NAME_WIDTH);
		for (size_t c = 0; c < COLUMNS; c++)
			cell(b, columns[c].width, columns[c].unit, runs_median(r, (struct place){ "operations", names[i], columns[c].key }));
		buf_addc(b, '\n');
	}
	free(names);
}

static void put_first(struct buf *b, const json_t *run, const char *section)
{
	struct str first = run_text(run, section, "first");

	if (first.n == 0)
		return;
	buf_printf(b, "  the first (%s): ", section);
	show_text(b, first);
	buf_addc(b, '\n');
}

static void put_server(struct buf *b, const struct runs *r)
{
	fact(b, r, (struct place){ "server", NULL, "cpu_us_per_round" }, UNIT_US, "server CPU per round");
	fact(b, r, (struct place){ "server", NULL, "pss_bytes_most" }, UNIT_BYTES, "server memory (PSS), most");
	fact(b, r, (struct place){ "memory", NULL, "bytes_each" }, UNIT_BYTES, "server memory for each connection");
	fact(b, r, (struct place){ "import", NULL, "messages_per_second" }, UNIT_COUNT, "messages imported a second");
	fact(b, r, (struct place){ "import", NULL, "megabytes_per_second" }, UNIT_COUNT, "megabytes imported a second");
	fact(b, r, (struct place){ "client", NULL, "late" }, UNIT_COUNT, "arrivals waited for a free connection (--connections)");
	fact(b, r, (struct place){ "checks", NULL, "answers" }, UNIT_COUNT, "answers were looked at");
	fact(b, r, (struct place){ "checks", NULL, "wrong" }, UNIT_COUNT, "answers were wrong");
	fact(b, r, (struct place){ "verify", NULL, "messages" }, UNIT_COUNT, "messages were there to be verified");
	fact(b, r, (struct place){ "verify", NULL, "missing" }, UNIT_COUNT, "messages were missing");
	fact(b, r, (struct place){ "verify", NULL, "doubled" }, UNIT_COUNT, "messages were doubled");
	fact(b, r, (struct place){ "verify", NULL, "changed" }, UNIT_COUNT, "messages were changed");
	for (size_t i = 0; i < r->n; i++) {
		put_first(b, r->run[i], "checks");
		put_first(b, r->run[i], "verify");
	}
}

static void put_measure(struct buf *b, const json_t *report, const char *measure)
{
	struct runset set;

	runset_init(&set, report, measure);
	if (measure[0]) {
		show_text(b, str_of(measure));
		buf_addc(b, '\n');
	}
	for (size_t i = 0; i < set.n; i++) {
		put_head(b, &set.of[i]);
		put_operations(b, &set.of[i]);
		put_server(b, &set.of[i]);
	}
	runset_fini(&set);
}

bool report_words(const json_t *report, FILE *out)
{
	const char **measures = report_measures(report);
	struct buf b = { 0 };

	for (size_t i = 0; measures[i]; i++)
		put_measure(&b, report, measures[i]);
	bool good = fwrite(b.p ? b.p : "", 1, b.n, out) == b.n && fflush(out) == 0;
	buf_fini(&b);
	free(measures);
	return good;
}

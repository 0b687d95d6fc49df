/* tools/load/report_compare.c: two servers, or one before and after: which is better, and how sure that is. */
#include "tools/load/report.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "tools/load/runset.h"
#include "tools/load/show.h"
#include "tools/load/stats.h"

/* How one run alone can tell about a number. */
enum alone { BY_RATE, BY_COST, BY_HISTOGRAM, BY_RUNS_ONLY };

struct measure {
	const char *name;
	enum unit   unit;
	bool        more_is_better;
	enum alone  alone;
	double      percent;
};

struct pair { const struct runs *a, *b; struct buf *out; };

static const struct { struct measure m; const char *key; } of_operation[] = {
	{ { "per second", UNIT_NONE, true,  BY_RATE,      0 },    "per_second" },
	{ { "p50",        UNIT_US,   false, BY_HISTOGRAM, 50 },   "p50_us" },
	{ { "p99",        UNIT_US,   false, BY_HISTOGRAM, 99 },   "p99_us" },
	{ { "p99.9",      UNIT_US,   false, BY_HISTOGRAM, 99.9 }, "p99_9_us" },
};
static const struct { struct measure m; struct place at; } of_server[] = {
	{ { "CPU per round", UNIT_US,    false, BY_COST,      0 }, { "server", NULL, "cpu_us_per_round" } },
	{ { "PSS, most",     UNIT_BYTES, false, BY_RUNS_ONLY, 0 }, { "server", NULL, "pss_bytes_most" } },
	{ { "bytes each",    UNIT_BYTES, false, BY_RUNS_ONLY, 0 }, { "memory", NULL, "bytes_each" } },
};

enum { OPERATION_WIDTH = 12, MEASURE_WIDTH = 13, NUMBER_WIDTH = 9, SEED = 1 };

static struct ratio by_runs(const struct pair *p, struct place at)
{
	double *a = mem_new((p->a->n + 1) * sizeof *a), *b = mem_new((p->b->n + 1) * sizeof *b);
	struct ratio r = stats_ratio(a, runs_numbers(p->a, at, a), b, runs_numbers(p->b, at, b));

	free(a);
	free(b);
	return r;
}

/* The operation's rate, or the server's cores for each of them, in batches of the run's timeline. */
static size_t batches_of(const json_t *run, const char *operation, enum alone alone, double out[STATS_BATCHES_MAX])
{
	const json_t *timeline = json_object_get(run, "timeline"), *cores = json_object_get(timeline, "server_cpu_cores");
	const json_t *n = json_object_get(json_object_get(json_object_get(timeline, "operations"), operation), "n");
	size_t intervals = json_array_size(n), batches;
	double *counts = array_numbers(n), *costs = array_numbers(cores);

	if (alone == BY_RATE)
		batches = stats_batches(counts, NULL, intervals, out);
	else
		batches = stats_batches(costs, counts, json_array_size(cores) < intervals ? json_array_size(cores) : intervals, out);
	free(counts);
	free(costs);
	return batches;
}

/* What lies in the interval is of the batches; the ratio itself is that of the whole runs, as reported. */
static struct ratio by_batches(const struct pair *p, const char *operation, enum alone alone, struct ratio whole)
{
	double a[STATS_BATCHES_MAX], b[STATS_BATCHES_MAX];
	struct ratio r = stats_ratio(a, batches_of(p->a->run[0], operation, alone, a), b, batches_of(p->b->run[0], operation, alone, b));

	if (r.sure && whole.is > 0) {
		r.low *= whole.is / r.is;
		r.high *= whole.is / r.is;
	}
	r.is = whole.is;
	return r;
}

static struct ratio by_histogram(const struct pair *p, const char *operation, double percent)
{
	struct histogram a = runs_histogram(p->a, operation), b = runs_histogram(p->b, operation);
	struct ratio r = stats_percentile_ratio(a, b, percent, SEED);

	free(a.bucket);
	free(b.bucket);
	return r;
}

static struct ratio ratio_of(const struct pair *p, struct place at, const struct measure *m, const char *operation)
{
	struct ratio whole = by_runs(p, at);

	if (whole.sure || whole.is <= 0 || m->alone == BY_RUNS_ONLY)
		return whole;
	if (m->alone != BY_HISTOGRAM)
		return by_batches(p, operation, m->alone, whole);
	struct ratio r = by_histogram(p, operation, m->percent);
	r.is = whole.is;
	return r;
}

static void put_verdict(const struct pair *p, const struct ratio *r, const struct measure *m)
{
	if (!r->sure) {
		buf_add(p->out, S("too little data"));
		return;
	}
	buf_printf(p->out, "%6.3f ... %-7.3f", r->low, r->high);
	if (r->low <= 1 && r->high >= 1)
		buf_add(p->out, S("no difference seen"));
	else {
		show_text(p->out, str_of((r->is > 1) == m->more_is_better ? p->b->name : p->a->name));
		buf_add(p->out, S(" is better"));
	}
}

static void cell(const struct pair *p, const struct runs *r, struct place at, enum unit unit)
{
	size_t from = p->out->n;

	show_number(p->out, unit, runs_median(r, at));
	show_column_right(p->out, from, NUMBER_WIDTH);
}

static void put_row(const struct pair *p, const char *what, const struct measure *m, struct place at, const char *operation)
{
	size_t from = p->out->n;

	if (runs_numbers(p->a, at, NULL) == 0 || runs_numbers(p->b, at, NULL) == 0)
		return;
	struct ratio r = ratio_of(p, at, m, operation);
	show_text(p->out, str_of(what));
	show_column_left(p->out, from, OPERATION_WIDTH);
	from = p->out->n;
	buf_add(p->out, str_of(m->name));
	show_column_left(p->out, from, MEASURE_WIDTH);
	cell(p, p->a, at, m->unit);
	cell(p, p->b, at, m->unit);
	if (r.is > 0) {
		buf_printf(p->out, "%8.3f  ", r.is);
		put_verdict(p, &r, m);
	}
	buf_addc(p->out, '\n');
}

static void put_rows(const struct pair *p)
{
	struct runset both = { .of = (struct runs[]){ *p->a, *p->b }, .n = 2 };
	const char **operations = runset_operations(&both), *main_operation = runs_main_operation(p->a);

	for (size_t o = 0; operations[o]; o++)
		for (size_t i = 0; i < sizeof of_operation / sizeof *of_operation; i++)
			put_row(p, operations[o], &of_operation[i].m, (struct place){ "operations", operations[o], of_operation[i].key }, operations[o]);
	for (size_t i = 0; i < sizeof of_server / sizeof *of_server; i++)
		put_row(p, "server", &of_server[i].m, of_server[i].at, main_operation ? main_operation : "");
	free(operations);
}

/* Ratios mean little when the two did not do the same. */
static void put_differences(const struct pair *p)
{
	static const char *const keys[] = { "scenario", "loop", "connections", "rate", "workers", "users", "letters", "bytes", "recipients" };
	const json_t *a = json_object_get(p->a->run[0], "plan"), *b = json_object_get(p->b->run[0], "plan");

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const json_t *of_a = json_object_get(a, keys[i]), *of_b = json_object_get(b, keys[i]);

		if (of_a && of_b && !json_equal(of_a, of_b))
			buf_printf(p->out, "WARNING: the plans differ in \"%s\"\n", keys[i]);
	}
}

static void put_name(const struct pair *p, const char *letter, const struct runs *r)
{
	buf_printf(p->out, "%s = ", letter);
	show_text(p->out, str_of(r->name));
	buf_printf(p->out, ", %zu run%s%s\n", r->n, r->n == 1 ? "" : "s", runs_good(r) ? "" : ": NOT GOOD, its numbers say nothing");
}

static void put_how(const struct pair *p)
{
	if (p->a->n > 1 && p->b->n > 1)
		buf_printf(p->out, "Intervals are of %zu and %zu runs (Welch's t on logarithms; ratios are of geometric means, a and b show medians).%s\n",
		           p->a->n, p->b->n, p->a->n + p->b->n < 6 ? " So few runs make them wide." : "");
	else
		buf_add(p->out, S("One run cannot tell how much runs differ: batch means of its timeline, percentiles by bootstrap of its histogram.\n"
		                  "The truth is less sure than these intervals; play several runs of each.\n"));
	buf_add(p->out, S("Of many rows, one in twenty is outside its interval by luck.\n"));
}

static void put_comparison(const struct pair *p)
{
	put_name(p, "a", p->a);
	put_name(p, "b", p->b);
	put_differences(p);
	buf_printf(p->out, "%-*s %-*s %*s %*s %8s  95 %% interval       verdict\n", OPERATION_WIDTH, "operation", MEASURE_WIDTH, "measure",
	           NUMBER_WIDTH, "a", NUMBER_WIDTH, "b", "b/a");
	put_rows(p);
}

/* False: one of them has no runs of it. */
static bool compare_measure(const json_t *a, const json_t *b, const char *measure, struct buf *out)
{
	struct runset of_a, of_b;

	runset_init(&of_a, a, measure);
	runset_init(&of_b, b, measure);
	bool both = of_a.n > 0 && of_b.n > 0;
	if (both) {
		struct pair p = { &of_a.of[0], &of_b.of[0], out };
		show_text(out, str_of(measure));
		if (measure[0])
			buf_addc(out, '\n');
		put_comparison(&p);
		put_how(&p);
	}
	runset_fini(&of_a);
	runset_fini(&of_b);
	return both;
}

bool report_compare(const json_t *a, const json_t *b, FILE *out)
{
	const char **measures = report_measures(a);
	struct buf words = { 0 };
	bool any = false;

	for (size_t i = 0; measures[i]; i++)
		any = compare_measure(a, b, measures[i], &words) || any;
	if (!any)
		buf_add(&words, S("Nothing was measured in both.\n"));
	bool good = fwrite(words.p, 1, words.n, out) == words.n && fflush(out) == 0;
	free(measures);
	buf_fini(&words);
	return good;
}

/* tools/load/report_csv.c: a report for spreadsheets and other programs. */
#include "tools/load/report.h"

#include <stdlib.h>

#include "tools/load/runset.h"

static const char *const of_operation[] = { "n", "failed", "per_second", "mean_us", "p50_us", "p90_us", "p99_us", "p99_9_us", "p99_99_us", "max_us" };
static const struct { const char *name; struct place at; } of_run[] = {
	{ "connections",            { "plan", NULL, "connections" } },
	{ "rate",                   { "plan", NULL, "rate" } },
	{ "seconds",                { NULL, NULL, "seconds" } },
	{ "server_cpu_us",          { "server", NULL, "cpu_us" } },
	{ "server_cpu_us_per_round", { "server", NULL, "cpu_us_per_round" } },
	{ "server_pss_bytes_most",  { "server", NULL, "pss_bytes_most" } },
	{ "client_cpu_us",          { "client", NULL, "cpu_us" } },
	{ "answers",                { "checks", NULL, "answers" } },
	{ "wrong",                  { "checks", NULL, "wrong" } },
};

#define COUNT(array) (sizeof (array) / sizeof *(array))

static void put_text(FILE *out, struct str s)
{
	fputc('"', out);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			fputc('"', out);
		fputc(s.p[i], out);
	}
	fputc('"', out);
}

/* As many digits as the number has; nothing when it is not there. */
static void put_number(FILE *out, const json_t *run, struct place at)
{
	double value;

	fputc(',', out);
	if (run_number(run, at, &value))
		fprintf(out, "%.17g", value);
}

static void put_header(FILE *out)
{
	fputs("measure,name,run,scenario,operation", out);
	for (size_t i = 0; i < COUNT(of_operation); i++)
		fprintf(out, ",%s", of_operation[i]);
	for (size_t i = 0; i < COUNT(of_run); i++)
		fprintf(out, ",%s", of_run[i].name);
	fputs(",good\r\n", out);
}

static void put_operation(FILE *out, const struct runs *r, size_t run, const char *operation)
{
	const json_t *at = r->run[run];

	put_text(out, str_of(json_string_value(json_object_get(at, "measure"))));
	fputc(',', out);
	put_text(out, str_of(r->name));
	fprintf(out, ",%zu,", run + 1);
	put_text(out, run_text(at, "plan", "scenario"));
	fputc(',', out);
	put_text(out, str_of(operation));
	for (size_t i = 0; i < COUNT(of_operation); i++)
		put_number(out, at, (struct place){ "operations", operation, of_operation[i] });
	for (size_t i = 0; i < COUNT(of_run); i++)
		put_number(out, at, of_run[i].at);
	fprintf(out, ",%s\r\n", json_is_true(json_object_get(at, "good")) ? "true" : "false");
}

static void put_runs(FILE *out, const struct runset *s)
{
	const char **operations = runset_operations(s);

	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->of[i].n; k++)
			for (size_t o = 0; operations[o]; o++)
				if (run_number(s->of[i].run[k], (struct place){ "operations", operations[o], "n" }, &(double){ 0 }))
					put_operation(out, &s->of[i], k, operations[o]);
	free(operations);
}

bool report_csv(const json_t *report, FILE *out)
{
	const char **measures = report_measures(report);

	put_header(out);
	for (size_t m = 0; measures[m]; m++) {
		struct runset set;

		runset_init(&set, report, measures[m]);
		put_runs(out, &set);
		runset_fini(&set);
	}
	free(measures);
	return fflush(out) == 0 && !ferror(out);
}

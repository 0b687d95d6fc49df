#include "tools/load/runset.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "tools/load/ops.h"

static struct runs *runs_named(struct runset *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->of[i].name, name) == 0)
			return &s->of[i];
	s->of = mem_resize(s->of, (s->n + 1) * sizeof *s->of);
	s->of[s->n] = (struct runs){ .name = name };
	return &s->of[s->n++];
}

static void runset_add(struct runset *s, const json_t *run)
{
	struct runs *r = runs_named(s, json_string_value(json_object_get(run, "name")));

	r->run = mem_resize(r->run, (r->n + 1) * sizeof *r->run);
	r->run[r->n++] = run;
}

static const char *measure_of(const json_t *run)
{
	const char *measure = json_string_value(json_object_get(run, "measure"));

	return measure ? measure : "";
}

/* A file of one run is that run. */
static size_t report_size(const json_t *report)
{
	return json_object_get(report, "runs") ? json_array_size(json_object_get(report, "runs")) : 1;
}

static const json_t *report_run(const json_t *report, size_t i)
{
	return json_object_get(report, "runs") ? json_array_get(json_object_get(report, "runs"), i) : report;
}

void runset_init(struct runset *s, const json_t *report, const char *measure)
{
	*s = (struct runset){ 0 };
	for (size_t i = 0; i < report_size(report); i++)
		if (!measure || strcmp(measure_of(report_run(report, i)), measure) == 0)
			runset_add(s, report_run(report, i));
}

void runset_fini(struct runset *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->of[i].run);
	free(s->of);
	*s = (struct runset){ 0 };
}

bool run_number(const json_t *run, struct place at, double *out)
{
	const json_t *section = at.section ? json_object_get(run, at.section) : run;
	const json_t *value = json_object_get(at.operation ? json_object_get(section, at.operation) : section, at.key);

	if (json_is_number(value))
		*out = json_number_value(value);
	return json_is_number(value);
}

double *array_numbers(const json_t *array)
{
	double *v = mem_new((json_array_size(array) + 1) * sizeof *v);

	for (size_t i = 0; i < json_array_size(array); i++)
		v[i] = json_number_value(json_array_get(array, i));
	return v;
}

size_t runs_numbers(const struct runs *r, struct place at, double *out)
{
	size_t n = 0;
	double value;

	for (size_t i = 0; i < r->n; i++)
		if (run_number(r->run[i], at, &value)) {
			if (out)
				out[n] = value;
			n++;
		}
	return n;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double runs_median(const struct runs *r, struct place at)
{
	double *values = mem_new(r->n * sizeof *values), median = 0;
	size_t n = runs_numbers(r, at, values);

	qsort(values, n, sizeof *values, by_value);
	if (n > 0)
		median = (values[(n - 1) / 2] + values[n / 2]) / 2;
	free(values);
	return median;
}

const json_t *runs_typical(const struct runs *r, const char *operation)
{
	struct place rate = { "operations", operation, "per_second" };
	double median = runs_median(r, rate), nearest = -1, value;
	const json_t *typical = r->run[0];

	for (size_t i = 0; i < r->n; i++)
		if (run_number(r->run[i], rate, &value)) {
			double away = value > median ? value - median : median - value;
			if (nearest < 0 || away < nearest) {
				nearest = away;
				typical = r->run[i];
			}
		}
	return typical;
}

bool runs_good(const struct runs *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (!json_is_true(json_object_get(r->run[i], "good")))
			return false;
	return true;
}

static int by_upper(const void *a, const void *b)
{
	double x = ((const struct bucket *)a)->upper, y = ((const struct bucket *)b)->upper;

	return (x > y) - (x < y);
}

static const json_t *histogram_of(const json_t *run, const char *operation)
{
	return json_object_get(json_object_get(json_object_get(run, "operations"), operation), "histogram");
}

static void add_buckets(struct histogram *h, const json_t *pairs)
{
	for (size_t i = 0; i < json_array_size(pairs); i++) {
		const json_t *pair = json_array_get(pairs, i);
		double upper = json_number_value(json_array_get(pair, 0)), count = json_number_value(json_array_get(pair, 1));

		if (count > 0)
			h->bucket[h->n++] = (struct bucket){ upper, count };
	}
}

struct histogram runs_histogram(const struct runs *r, const char *operation)
{
	size_t most = 1, n = 0;

	for (size_t i = 0; i < r->n; i++)
		most += json_array_size(histogram_of(r->run[i], operation));
	struct histogram h = { .bucket = mem_new(most * sizeof *h.bucket) };
	for (size_t i = 0; i < r->n; i++)
		add_buckets(&h, histogram_of(r->run[i], operation));
	qsort(h.bucket, h.n, sizeof *h.bucket, by_upper);
	for (size_t i = 0; i < h.n; i++)
		if (n > 0 && h.bucket[n - 1].upper == h.bucket[i].upper)
			h.bucket[n - 1].count += h.bucket[i].count;
		else
			h.bucket[n++] = h.bucket[i];
	h.n = n;
	return h;
}

/* As ops.h orders them; what it does not know stands last. */
static int operation_rank(const char *name)
{
	int op = 0;

	while (op < OP_COUNT && strcmp(op_name(op), name) != 0)
		op++;
	return op;
}

struct names { const char **at; size_t n; };

/* Behind all that do not rank higher; what is there already stays. */
static void names_add(struct names *names, const char *name, int (*rank)(const char *))
{
	size_t i = names->n;

	for (size_t k = 0; k < names->n; k++)
		if (strcmp(names->at[k], name) == 0)
			return;
	while (i > 0 && rank(names->at[i - 1]) > rank(name))
		i--;
	names->at = mem_resize(names->at, (names->n + 2) * sizeof *names->at);
	memmove(names->at + i + 1, names->at + i, (names->n - i) * sizeof *names->at);
	names->at[i] = name;
	names->at[++names->n] = NULL;
}

static void names_add_run(struct names *names, const json_t *run)
{
	const char *name;
	json_t *operation;

	json_object_foreach(json_object_get(run, "operations"), name, operation)
		if (json_number_value(json_object_get(operation, "n")) > 0)
			names_add(names, name, operation_rank);
}

const char **runset_operations(const struct runset *s)
{
	struct names names = { .at = mem_new(sizeof *names.at) };

	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->of[i].n; k++)
			names_add_run(&names, s->of[i].run[k]);
	return names.at;
}

static int no_rank(const char *name)
{
	(void)name;
	return 0;
}

const char **report_measures(const json_t *report)
{
	struct names names = { .at = mem_new(sizeof *names.at) };

	for (size_t i = 0; i < report_size(report); i++)
		names_add(&names, measure_of(report_run(report, i)), no_rank);
	return names.at;
}

const char *runs_main_operation(const struct runs *r)
{
	struct runset alone = { .of = (struct runs *)r, .n = 1 };
	const char **names = runset_operations(&alone), *most = names[0];

	if (most && operation_rank(most) != OP_ROUND)
		for (size_t i = 1; names[i]; i++)
			if (runs_median(r, (struct place){ "operations", names[i], "n" }) > runs_median(r, (struct place){ "operations", most, "n" }))
				most = names[i];
	free(names);
	return most;
}

struct str run_text(const json_t *run, const char *section, const char *key)
{
	return str_of(json_string_value(json_object_get(json_object_get(run, section), key)));
}

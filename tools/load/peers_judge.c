/* tools/load/peers_judge.c: numbers of many rounds become one object a measure. */
#include "tools/load/peers_judge.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "tools/load/stats.h"

enum { ROUNDS_MAX = 100 };

/* One metric of one server in one measure, by round; rounds with a wrong answer do not count. */
struct values { double at[ROUNDS_MAX]; size_t n; };

static bool is_text(const json_t *object, const char *key, const char *text)
{
	const char *is = json_string_value(json_object_get(object, key));

	return is && strcmp(is, text) == 0;
}

static struct values values_of(const json_t *runs, const char *measure, const char *server, const struct peers_metric *metric)
{
	struct values v = { .n = 0 };
	size_t i;
	json_t *run;

	json_array_foreach(runs, i, run)
		if (v.n < ROUNDS_MAX && is_text(run, "measure", measure) && is_text(run, "name", server)
		    && json_is_true(json_object_get(run, "good")) && peers_metric_of(metric, run, &v.at[v.n]))
			v.n++;
	return v;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double peers_median(double *values, size_t n)
{
	must(n > 0);
	qsort(values, n, sizeof *values, by_size);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* The median; 0: nothing known. */
static double middle(const json_t *runs, const char *measure, const char *server, const struct peers_metric *metric)
{
	struct values v = values_of(runs, measure, server, metric);

	return v.n > 0 ? peers_median(v.at, v.n) : 0;
}

/* How many times better ours is; 0: not known. */
static double times_better(const struct peers_metric *metric, double ours, double theirs)
{
	if (ours <= 0 || theirs <= 0)
		return 0;
	return peers_metric_is_more_better(metric) ? ours / theirs : theirs / ours;
}

/* NULL: no rival was measured. */
static const struct peers_server *best_rival(const struct peers_plan *p, const struct peers_measure *m, const json_t *runs, const struct peers_metric *metric)
{
	const struct peers_server *best = NULL;
	double best_value = 0;

	for (size_t i = 1; i < p->n_servers; i++) {
		double value = middle(runs, m->name, p->servers[i].name, metric);
		if (!p->servers[i].rival || value <= 0 || (best && times_better(metric, value, best_value) <= 1))
			continue;
		best = &p->servers[i];
		best_value = value;
	}
	return best;
}

static double ratio_to(const struct peers_plan *p, const struct peers_measure *m, const json_t *runs, const struct peers_metric *metric, const struct peers_server *rival)
{
	return rival ? times_better(metric, middle(runs, m->name, p->servers[0].name, metric), middle(runs, m->name, rival->name, metric)) : 0;
}

static double cpu_ratio(const struct peers_plan *p, const struct peers_measure *m, const json_t *runs, const struct peers_server *rival)
{
	struct peers_metric cpu;

	must(peers_metric_parse(&cpu, S("cpu_us")));
	return ratio_to(p, m, runs, &cpu, rival ? rival : best_rival(p, m, runs, &cpu));
}

static json_t *judge_target(const struct peers_plan *p, const struct peers_measure *m, const json_t *runs, const struct peers_target *t)
{
	const char *ours = p->servers[0].name;
	double value = middle(runs, m->name, ours, &t->metric), cpu = 0;

	if (t->kind == TARGET_RATIO) {
		bool best = str_eq(t->than, S("best"));
		const struct peers_server *rival = best ? best_rival(p, m, runs, &t->metric) : peers_plan_server(p, t->than);
		value = ratio_to(p, m, runs, &t->metric, rival);
		cpu = str_eq(t->metric.key, S("bytes_each")) ? 0 : cpu_ratio(p, m, runs, best ? NULL : rival);
	} else if (t->kind == TARGET_OWN) {
		char *other = str_heap_z(t->than);
		double than = middle(runs, other, ours, &t->metric);
		value = than > 0 ? value / than : 0;
		free(other);
	}
	bool reached = value > 0 && (t->kind == TARGET_RATIO ? value >= t->number : value <= t->number);
	bool by_cpu = value > 0 && !reached && cpu >= t->number;
	return json_pack("{s:s%, s:f, s:b, s:b}", "text", t->text.p, t->text.n, "value", value, "reached", reached || by_cpu, "by_cpu", by_cpu);
}

/* Medians of what tables show, and of what this measure is about. */
static json_t *medians(const struct peers_measure *m, const char *server, const json_t *runs)
{
	static const struct str shown[] = { S("per_second"), S("p50_us"), S("p99_us"), S("cpu_us"), S("bytes_each") };
	json_t *out = json_object();
	struct buf key = { 0 };

	for (size_t i = 0; i <= sizeof shown / sizeof *shown + m->n_targets; i++) {
		const size_t n = sizeof shown / sizeof *shown;
		struct peers_metric metric = i == n ? m->compared : i > n ? m->targets[i - n - 1].metric : (struct peers_metric){ S("round"), shown[i] };
		struct values v = values_of(runs, m->name, server, &metric);
		if (v.n == 0)
			continue;
		buf_reset(&key);
		peers_metric_write(&metric, &key);
		json_object_setn_new(out, key.p, key.n, json_real(peers_median(v.at, v.n)));
		json_object_set_new(out, "rounds", json_integer((json_int_t)v.n));
	}
	buf_fini(&key);
	return out;
}

static void add_ratio(const struct peers_plan *p, const struct peers_measure *m, const json_t *runs, json_t *out)
{
	const struct peers_server *best = best_rival(p, m, runs, &m->compared);
	double cpu = cpu_ratio(p, m, runs, NULL);

	if (!best)
		return;
	struct values ours = values_of(runs, m->name, p->servers[0].name, &m->compared), theirs = values_of(runs, m->name, best->name, &m->compared);
	json_object_set_new(out, "best", json_string(best->name));
	json_object_set_new(out, "ratio", json_real(ratio_to(p, m, runs, &m->compared, best)));
	if (cpu > 0)
		json_object_set_new(out, "cpu_ratio", json_real(cpu));
	if (ours.n != theirs.n)
		return;
	bool more = peers_metric_is_more_better(&m->compared);
	struct ratio r = stats_ratio_paired(more ? theirs.at : ours.at, more ? ours.at : theirs.at, ours.n);
	if (r.sure) {
		json_object_set_new(out, "ratio_low", json_real(r.low));
		json_object_set_new(out, "ratio_high", json_real(r.high));
	}
}

json_t *peers_judge(const struct peers_plan *p, const struct peers_measure *m, const json_t *runs)
{
	json_t *servers = json_object(), *targets = json_array();
	struct buf compared = { 0 };

	peers_metric_write(&m->compared, &compared);
	json_t *out = json_pack("{s:s, s:s, s:s%, s:o, s:o}", "name", m->name, "title", m->title, "compare", compared.p, compared.n, "servers", servers, "targets", targets);
	buf_fini(&compared);
	for (size_t i = 0; i < p->n_servers; i++) {
		json_t *server = medians(m, p->servers[i].name, runs);
		if (json_object_size(server) > 0)
			json_object_set(servers, p->servers[i].name, server);
		json_decref(server);
	}
	add_ratio(p, m, runs, out);
	for (size_t i = 0; i < m->n_targets; i++)
		json_array_append_new(targets, judge_target(p, m, runs, &m->targets[i]));
	return out;
}

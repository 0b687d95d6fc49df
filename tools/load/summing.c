#include "tools/load/summing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "common/base/must.h"
#include "tools/load/tree.h"

enum { PSS_EVERY = 4 };              /* samples: looking at memory costs the server time */

struct point { uint64_t n, p50_ns, p99_ns; };
struct sample { struct point op[OP_COUNT]; double cpu_cores; uint64_t pss, connections; };

struct summing {
	const struct plan   *plan;
	const struct shared *shared;
	struct times   *before, *now;    /* OP_COUNT each: at the last sample, and just now */
	struct sample  *samples;
	size_t          n, cap;
	uint64_t        opening_ns, opened_ns, began_ns, ended_ns, sampled_ns, sampled_cpu_us;
	uint64_t        cpu_before_us, cpu_after_us, client_cpu_before_us, in_before, out_before;
	uint64_t        pss_before, pss_after, pss_most, pss_last;
	uint64_t        opened;          /* connections */
};

static bool has_server(const struct summing *s) { return s->plan->pid != 0; }
static pid_t server(const struct summing *s)    { return (pid_t)s->plan->pid; }

struct summing *summing_new(const struct plan *p, const struct shared *shared)
{
	struct summing *s = calloc(1, sizeof *s);

	must(s);
	*s = (struct summing){ .plan = p, .shared = shared };
	s->before = calloc(2 * OP_COUNT, sizeof *s->before);
	must(s->before);
	s->now = s->before + OP_COUNT;
	return s;
}

void summing_free(struct summing **s)
{
	free((*s)->before);
	free((*s)->samples);
	free(*s);
	*s = NULL;
}

/* ---- all workers together ---- */

static uint64_t sum_at(const struct summing *s, size_t at)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < s->shared->workers; i++)
		sum += *(const uint64_t *)(const void *)((const char *)&s->shared->tally[i] + at);
	return sum;
}
#define SUM(s, field) sum_at(s, offsetof(struct tally, field))

static void sum_times(const struct summing *s, enum op op, struct times *out)
{
	*out = (struct times){ 0 };
	for (unsigned i = 0; i < s->shared->workers; i++)
		times_merge(out, &s->shared->tally[i].op[op].took);
}

static uint64_t sum_failed(const struct summing *s, enum op op)
{
	return sum_at(s, offsetof(struct tally, op) + op * sizeof(struct tally_op) + offsetof(struct tally_op, failed));
}

/* What the first worker that saw any has to say. */
static const char *first_words(const struct summing *s, size_t at)
{
	for (unsigned i = 0; i < s->shared->workers; i++) {
		const char *words = (const char *)&s->shared->tally[i] + at;
		if (*words)
			return words;
	}
	return "";
}
#define FIRST(s, field) first_words(s, offsetof(struct tally, field))

/* ---- while it runs ---- */

void summing_opening(struct summing *s)
{
	if (has_server(s))
		s->pss_before = s->pss_last = s->pss_most = tree_pss_bytes(server(s));
	s->opening_ns = wire_now_ns();
}

void summing_opened(struct summing *s)
{
	s->opened_ns = wire_now_ns();
	s->opened = SUM(s, connected);
}

void summing_begin(struct summing *s)
{
	s->began_ns = s->sampled_ns = wire_now_ns();
	s->cpu_before_us = s->sampled_cpu_us = has_server(s) ? tree_cpu_us(server(s)) : 0;
	s->client_cpu_before_us = SUM(s, cpu_us);
	s->in_before = SUM(s, bytes_in);
	s->out_before = SUM(s, bytes_out);
}

static struct sample *new_sample(struct summing *s)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 64;
		s->samples = realloc(s->samples, s->cap * sizeof *s->samples);
		must(s->samples);
	}
	s->samples[s->n] = (struct sample){ 0 };
	return &s->samples[s->n++];
}

static struct point point_of(struct summing *s, enum op op)
{
	struct times since;

	sum_times(s, op, &s->now[op]);
	since = s->now[op];
	times_since(&since, &s->before[op]);
	s->before[op] = s->now[op];
	return (struct point){ since.n, times_percentile_ns(&since, 50), times_percentile_ns(&since, 99) };
}

static void sample_server(struct summing *s, struct sample *to)
{
	uint64_t cpu = tree_cpu_us(server(s)), now = wire_now_ns();

	to->cpu_cores = (double)(cpu - s->sampled_cpu_us) * 1000 / (double)(now - s->sampled_ns);
	if (s->n % PSS_EVERY == 1)
		s->pss_last = tree_pss_bytes(server(s));
	if (s->pss_last > s->pss_most)
		s->pss_most = s->pss_last;
	to->pss = s->pss_last;
	s->sampled_cpu_us = cpu;
	s->sampled_ns = now;
}

void summing_sample(struct summing *s)
{
	struct sample *to = new_sample(s);

	for (enum op op = 0; op < OP_COUNT; op++)
		to->op[op] = point_of(s, op);
	to->connections = SUM(s, connected);
	if (has_server(s))
		sample_server(s, to);
}

void summing_live(const struct summing *s, struct live_now *out)
{
	uint64_t now = wire_now_ns(), until = s->shared->until_ns, end = until < now ? until : now;

	*out = (struct live_now){ .tally = s->shared->tally, .workers = s->shared->workers, .seconds = end > s->began_ns ? (double)(end - s->began_ns) / 1e9 : 0,
	                          .of_seconds = s->plan->rounds ? 0 : s->plan->seconds, .server_known = has_server(s) && s->n > 0 };
	if (out->server_known) {
		out->server_cpu_cores = s->samples[s->n - 1].cpu_cores;
		out->server_pss_bytes = s->samples[s->n - 1].pss;
	}
}

void summing_end(struct summing *s)
{
	s->ended_ns = wire_now_ns();
	if (!has_server(s))
		return;
	s->cpu_after_us = tree_cpu_us(server(s));
	s->pss_after = tree_pss_bytes(server(s));
	if (s->pss_after > s->pss_most)
		s->pss_most = s->pss_after;
}

/* ---- the report ---- */

static double us(uint64_t ns) { return (double)ns / 1000; }

/* Rounds end when their number says, or the clock. */
static double counted_seconds(const struct summing *s)
{
	uint64_t until = s->shared->until_ns, end = until < s->ended_ns ? until : s->ended_ns;

	return end > s->began_ns ? (double)(end - s->began_ns) / 1e9 : 0;
}

static json_t *histogram_json(const struct times *t)
{
	json_t *j = json_array();

	for (unsigned i = 0; i < TIMES_BUCKETS; i++)
		if (t->count[i])
			json_array_append_new(j, json_pack("[f, I]", us(times_bucket_end_ns(i)), (json_int_t)t->count[i]));
	return j;
}

static json_t *op_json(const struct summing *s, enum op op, const struct times *t)
{
	double seconds = counted_seconds(s);
	json_t *j = json_pack("{s:I, s:I, s:f, s:f}", "n", (json_int_t)t->n, "failed", (json_int_t)sum_failed(s, op),
	                      "per_second", seconds > 0 ? (double)t->n / seconds : 0, "mean_us", t->n ? us(t->sum_ns) / (double)t->n : 0);
	static const struct { const char *key; double percent; } row[] = {
		{ "p50_us", 50 }, { "p90_us", 90 }, { "p99_us", 99 }, { "p99_9_us", 99.9 }, { "p99_99_us", 99.99 },
	};

	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		json_object_set_new(j, row[i].key, json_real(us(times_percentile_ns(t, row[i].percent))));
	json_object_set_new(j, "max_us", json_real(us(t->max_ns)));
	json_object_set_new(j, "histogram", histogram_json(t));
	return j;
}

static json_t *operations_json(const struct summing *s)
{
	json_t *j = json_object();
	struct times t;

	for (enum op op = 0; op < OP_COUNT; op++) {
		sum_times(s, op, &t);
		if (t.n > 0 || sum_failed(s, op) > 0)
			json_object_set_new(j, op_name(op), op_json(s, op, &t));
	}
	return j;
}

static json_t *op_timeline(const struct summing *s, enum op op)
{
	json_t *n = json_array(), *p50 = json_array(), *p99 = json_array();

	for (size_t i = 0; i < s->n; i++) {
		json_array_append_new(n, json_integer((json_int_t)s->samples[i].op[op].n));
		json_array_append_new(p50, json_real(us(s->samples[i].op[op].p50_ns)));
		json_array_append_new(p99, json_real(us(s->samples[i].op[op].p99_ns)));
	}
	return json_pack("{s:o, s:o, s:o}", "n", n, "p50_us", p50, "p99_us", p99);
}

static json_t *timeline_json(const struct summing *s, const json_t *operations)
{
	json_t *ops = json_object(), *cpu = json_array(), *pss = json_array(), *connections = json_array();
	json_t *j = json_pack("{s:f, s:o, s:o}", "interval_seconds", (double)SUMMING_INTERVAL_NS / 1e9, "operations", ops, "connections", connections);

	for (enum op op = 0; op < OP_COUNT; op++)
		if (json_object_get(operations, op_name(op)))
			json_object_set_new(ops, op_name(op), op_timeline(s, op));
	for (size_t i = 0; i < s->n; i++) {
		json_array_append_new(cpu, json_real(s->samples[i].cpu_cores));
		json_array_append_new(pss, json_integer((json_int_t)s->samples[i].pss));
		json_array_append_new(connections, json_integer((json_int_t)s->samples[i].connections));
	}
	if (has_server(s)) {
		json_object_set(j, "server_cpu_cores", cpu);
		json_object_set(j, "server_pss_bytes", pss);
	}
	json_decref(cpu);
	json_decref(pss);
	return j;
}

static json_t *server_json(const struct summing *s)
{
	struct times rounds;
	uint64_t cpu = s->cpu_after_us - s->cpu_before_us;

	sum_times(s, OP_ROUND, &rounds);
	json_t *j = json_pack("{s:I, s:I, s:I, s:I}", "cpu_us", (json_int_t)cpu, "pss_bytes_before", (json_int_t)s->pss_before,
	                      "pss_bytes_after", (json_int_t)s->pss_after, "pss_bytes_most", (json_int_t)s->pss_most);
	if (rounds.n > 0)
		json_object_set_new(j, "cpu_us_per_round", json_real((double)cpu / (double)rounds.n));
	return j;
}

/* "model name	: Intel ..." */
static json_t *cpu_model(void)
{
	FILE *f = fopen("/proc/cpuinfo", "r");
	char line[256];
	json_t *found = NULL;

	while (f && !found && fgets(line, sizeof line, f)) {
		struct str key, value;
		if (str_starts(str_of(line), S("model name")) && str_cut(str_of(line), ':', &key, &value))
			found = json_stringn(str_trim(value).p, str_trim(value).n);
	}
	if (f)
		fclose(f);
	return found ? found : json_string("?");
}

static json_t *machine_json(void)
{
	struct utsname u;
	double load[3] = { 0 };
	char when[32];
	time_t now = time(NULL);
	struct tm tm;

	uname(&u);
	must(getloadavg(load, 3) == 3);
	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	for (int i = 0; i < 3; i++)
		load[i] = round(load[i] * 100) / 100;
	return json_pack("{s:o, s:i, s:s, s:s, s:[f,f,f]}", "cpu", cpu_model(), "cores", (int)sysconf(_SC_NPROCESSORS_ONLN),
	                 "kernel", u.release, "time", when, "load", load[0], load[1], load[2]);
}

/* The server may say anything: what is no UTF-8 is shown as dots. */
static json_t *words_json(const char *words)
{
	json_t *j = json_string(words);

	if (j)
		return j;
	char *copy = str_heap_z(str_of(words));
	for (char *c = copy; *c; c++)
		if (*c & 0x80)
			*c = '.';
	j = json_string(copy);
	free(copy);
	return j;
}

static json_t *verify_json(const struct summing *s)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o}", "mailboxes", (json_int_t)SUM(s, mailboxes), "messages", (json_int_t)SUM(s, messages),
	                 "missing", (json_int_t)SUM(s, missing), "doubled", (json_int_t)SUM(s, doubled), "changed", (json_int_t)SUM(s, changed),
	                 "first", words_json(FIRST(s, first_difference)));
}

static json_t *import_json(const struct summing *s)
{
	uint64_t n = SUM(s, imported), bytes = SUM(s, imported_bytes);

	return json_pack("{s:I, s:I, s:f, s:f}", "messages", (json_int_t)n, "bytes", (json_int_t)bytes, "messages_per_second",
	                 (double)n / counted_seconds(s), "megabytes_per_second", (double)bytes / 1e6 / counted_seconds(s));
}

static uint64_t failures(const struct summing *s)
{
	uint64_t n = 0;

	for (enum op op = 0; op < OP_COUNT; op++)
		n += sum_failed(s, op);
	return n;
}

bool summing_good(const struct summing *s)
{
	return SUM(s, wrong) == 0 && failures(s) == 0 && SUM(s, missing) == 0 && SUM(s, doubled) == 0 && SUM(s, changed) == 0;
}

json_t *summing_report(const struct summing *s)
{
	const struct plan *p = s->plan;
	json_t *operations = operations_json(s);
	json_t *j = json_pack("{s:s, s:s, s:o, s:o, s:f, s:o, s:o}", "format", "roost-load/1", "name", p->name, "plan", plan_json(p),
	                      "machine", machine_json(), "seconds", counted_seconds(s), "operations", operations, "timeline", timeline_json(s, operations));
	double opening = (double)(s->opened_ns - s->opening_ns) / 1e9;

	json_object_set_new(j, "opening", json_pack("{s:I, s:f, s:f}", "connections", (json_int_t)s->opened, "seconds", opening,
	                                            "per_second", opening > 0 ? (double)s->opened / opening : 0));
	if (has_server(s))
		json_object_set_new(j, "server", server_json(s));
	json_object_set_new(j, "client", json_pack("{s:I, s:I, s:I, s:I, s:I}", "cpu_us", (json_int_t)(SUM(s, cpu_us) - s->client_cpu_before_us),
	                    "bytes_in", (json_int_t)(SUM(s, bytes_in) - s->in_before), "bytes_out", (json_int_t)(SUM(s, bytes_out) - s->out_before),
	                    "late", (json_int_t)SUM(s, late),
	                    "rss_bytes_most", (json_int_t)SUM(s, rss_bytes_most)));
	if (SUM(s, imported) > 0)
		json_object_set_new(j, "import", import_json(s));
	if (SUM(s, handshakes) > 0)
		json_object_set_new(j, "tls", json_pack("{s:I, s:I}", "handshakes", (json_int_t)SUM(s, handshakes), "resumed", (json_int_t)SUM(s, resumed)));
	json_object_set_new(j, "checks", json_pack("{s:I, s:I, s:o}", "answers", (json_int_t)SUM(s, answers), "wrong", (json_int_t)SUM(s, wrong),
	                                           "first", words_json(FIRST(s, first_wrong))));
	if (p->verify)
		json_object_set_new(j, "verify", verify_json(s));
	if (has_server(s) && p->parts[0].scenario->rests && !p->parts[0].scenario->with && s->opened > 0)
		json_object_set_new(j, "memory", json_pack("{s:f}", "bytes_each", ((double)s->pss_after - (double)s->pss_before) / (double)s->opened));
	json_object_set_new(j, "good", json_boolean(summing_good(s)));
	return j;
}

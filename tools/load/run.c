#include "tools/load/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/must.h"
#include "tools/load/errand.h"
#include "tools/load/live.h"
#include "tools/load/plan.h"
#include "tools/load/report.h"
#include "tools/load/summing.h"
#include "tools/load/worker.h"

enum { GOOD = 0, WRONG = 1, USAGE = 2, NOT_BEGUN = 3 };
enum { LOOK_NS = 10 * 1000000 };
#define LOOK_SECONDS (LOOK_NS / 1e9)

/* A run as its parent process holds it. */
struct run {
	struct plan    *plan;
	struct shared  *shared;
	size_t          shared_bytes;
	struct summing *sum;
	struct live    *live;            /* NULL: nothing is shown */
	pid_t          *workers;
	unsigned        alive;
	struct errands  errands;         /* stopped: SIGINT or SIGTERM came; the run ends early, and still reports */
};

/* ---- workers ---- */

static void start_worker(struct run *r, unsigned i)
{
	r->workers[i] = fork();
	must(r->workers[i] >= 0);
	if (r->workers[i] > 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(r->errands.signals);       /* its parent tells it when to stop */
	worker_play(r->plan, r->shared, i);
	_exit(0);
}

static void set_stage(struct run *r, enum run_stage s)
{
	atomic_store(&r->shared->stage, (int)s);
}

static void run_init(struct run *r, struct plan *p)
{
	*r = (struct run){ .plan = p, .alive = (unsigned)p->workers };
	r->shared_bytes = sizeof *r->shared + p->workers * sizeof(struct tally);
	r->shared = mmap(NULL, r->shared_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(r->shared != MAP_FAILED);
	r->shared->workers = (unsigned)p->workers;
	r->workers = calloc(p->workers, sizeof *r->workers);
	must(r->workers);
	errands_open(&r->errands);
	set_stage(r, p->between ? RUN_LEARNING : RUN_OPENING);
}

static void run_fini(struct run *r)
{
	live_free(&r->live);
	summing_free(&r->sum);
	munmap(r->shared, r->shared_bytes);
	free(r->workers);
	errands_close(&r->errands);
}

/* A worker that ended before its time has failed: it aborted. */
static void bury(struct run *r)
{
	int status;

	for (unsigned i = 0; i < r->plan->workers; i++)
		if (r->workers[i] > 0 && waitpid(r->workers[i], &status, WNOHANG) == r->workers[i]) {
			r->workers[i] = 0;
			r->alive--;
			r->shared->tally[i].learnt = r->shared->tally[i].opened = r->shared->tally[i].done = true;
			if (status != 0)
				r->shared->tally[i].wrong++;
		}
}

/* ---- the course of a run ---- */

/* Waits a moment; a signal ends the run. */
static void look(struct run *r)
{
	errand_wait(&r->errands, LOOK_SECONDS);
	bury(r);
}

static bool all_have(const struct run *r, size_t flag)
{
	for (unsigned i = 0; i < r->plan->workers; i++)
		if (!*(const bool *)((const char *)&r->shared->tally[i] + flag))
			return false;
	return true;
}
#define ALL(r, flag) all_have(r, offsetof(struct tally, flag))

static bool none_wrong(const struct run *r)
{
	for (unsigned i = 0; i < r->plan->workers; i++)
		if (r->shared->tally[i].wrong > 0)
			return false;
	return !r->errands.stopped;
}

static uint64_t sum_of(const struct run *r, size_t count)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < r->plan->workers; i++)
		sum += *(const uint64_t *)(const void *)((const char *)&r->shared->tally[i] + count);
	return sum;
}

static uint64_t let_in(const struct run *r)   { return sum_of(r, offsetof(struct tally, let_in)); }
static uint64_t shut_out(const struct run *r) { return sum_of(r, offsetof(struct tally, shut_out)); }

/* Nobody is connected. False: the command failed. */
static bool run_between(struct run *r)
{
	struct buf said = { 0 };
	bool done = errand_shell(&r->errands, r->plan->between, NULL, &said) == 0;

	str_u64(str_trim(buf_str(&said)), &r->plan->pid);        /* else it stays what it was */
	buf_fini(&said);
	if (!done && !r->errands.stopped)
		fprintf(stderr, "roost-load: this failed: %s\n", r->plan->between);
	return done;
}

/* False: not all players could open. */
static bool run_learn(struct run *r)
{
	while (!ALL(r, learnt) && none_wrong(r))
		look(r);
	if (!none_wrong(r) || !run_between(r))
		return false;
	summing_opening(r->sum);
	set_stage(r, RUN_OPENING);
	return true;
}

/* False: as before. Who cannot is not waited for by the others: a server that has enough has enough. */
static bool run_open(struct run *r)
{
	while (!ALL(r, opened) && none_wrong(r))
		look(r);
	summing_opened(r->sum);
	return none_wrong(r);
}

static void set_clock(struct run *r)
{
	const struct plan *p = r->plan;
	uint64_t now = wire_now_ns() + (uint64_t)(p->settle_seconds * 1e9);

	r->shared->play_ns = now;
	r->shared->count_ns = now + (p->rounds ? 0 : (uint64_t)(p->warmup_seconds * 1e9));
	r->shared->until_ns = p->rounds ? UINT64_MAX : r->shared->count_ns + (uint64_t)(p->seconds * 1e9);
}

static void run_stop(struct run *r)
{
	if (r->shared->until_ns > wire_now_ns())
		r->shared->until_ns = wire_now_ns();
}

static void show(struct run *r, bool over)
{
	struct live_now now;

	if (!r->live)
		return;
	summing_live(r->sum, &now);
	now.over = over;
	live_turn(r->live, &now);
}

static void run_play(struct run *r)
{
	uint64_t next;

	set_clock(r);
	set_stage(r, RUN_PLAYING);
	while (wire_now_ns() < r->shared->count_ns && !r->errands.stopped)
		look(r);
	summing_begin(r->sum);
	next = wire_now_ns() + SUMMING_INTERVAL_NS;
	while (!ALL(r, done)) {
		look(r);
		if (r->errands.stopped || (let_in(r) == 0 && shut_out(r) >= r->plan->connections))
			run_stop(r);     /* it was asked for, or there is no use in trying on */
		if (wire_now_ns() >= next && wire_now_ns() < r->shared->until_ns + LOOK_NS) {
			summing_sample(r->sum);
			show(r, false);
			next += SUMMING_INTERVAL_NS;
		}
	}
	show(r, true);
	summing_end(r->sum);
}

static void run_finish(struct run *r)
{
	run_stop(r);
	set_stage(r, RUN_VERIFYING);
	while (r->alive > 0)
		look(r);
}

/* ---- the report ---- */

static bool write_json(const json_t *report, const char *path)
{
	FILE *out = path ? fopen(path, "w") : stdout;
	bool ok = out && json_dumpf(report, out, JSON_COMPACT | JSON_REAL_PRECISION(9)) == 0 && putc('\n', out) == '\n';

	if (out && out != stdout && fclose(out) != 0)
		ok = false;
	if (!ok)
		fprintf(stderr, "roost-load: cannot write %s: %m\n", path ? path : "the report");
	return ok;
}

/* One line for whoever looks at the terminal; the rest stands in the report. */
static void tell_fault(const json_t *report, bool begun)
{
	const char *wrong = json_string_value(json_object_get(json_object_get(report, "checks"), "first"));
	const char *differs = json_string_value(json_object_get(json_object_get(report, "verify"), "first"));

	if (wrong && *wrong)
		fprintf(stderr, "roost-load: %s: %s\n", begun ? "wrong" : "could not begin", wrong);
	if (differs && *differs)
		fprintf(stderr, "roost-load: differs: %s\n", differs);
}

/* Not all could log in before it began; or nobody ever could, where each round logs in. */
static bool is_kept_out(const struct run *r, bool begun)
{
	return shut_out(r) > 0 && (!begun || let_in(r) == 0);
}

static int play(struct plan *p, bool reports)
{
	struct run r;

	run_init(&r, p);
	r.sum = summing_new(p, r.shared);
	if (!p->quiet && (p->live || isatty(STDERR_FILENO)))
		r.live = live_new(STDERR_FILENO, p->name);
	summing_opening(r.sum);
	for (unsigned i = 0; i < p->workers; i++)
		start_worker(&r, i);
	bool begun = (!p->between || run_learn(&r)) && run_open(&r);
	if (begun)
		run_play(&r);
	run_finish(&r);
	json_t *report = summing_report(r.sum);
	bool kept_out = is_kept_out(&r, begun);
	tell_fault(report, begun && !kept_out);
	int code = kept_out ? NOT_BEGUN : begun && summing_good(r.sum) ? GOOD : WRONG;
	if (reports && !(write_json(report, p->json) && report_write(report, p->html, p->csv)) && code == GOOD)
		code = WRONG;
	json_decref(report);
	run_fini(&r);
	return code;
}

/* ---- verbs ---- */

void run_usage(FILE *out)
{
	fputs("options of run, fill and import:\n", out);
	plan_usage(out);
}

int run_main(int argc, char **argv)
{
	struct plan p;
	const char *scenario;
	int code = USAGE;

	plan_init(&p);
	if (plan_options(&p, argc, argv, &scenario)) {
		if (!scenario == !p.mix)
			plan_fault("run what? A scenario or --mix FILE: see roost-load scenarios");
		else if ((scenario ? plan_add(&p, scenario) : plan_read_mix(&p, p.mix)) && plan_ready(&p))
			code = play(&p, true);
	}
	plan_fini(&p);
	return code;
}

/* Goes through all users once, however long it takes. */
static int play_users(const char *scenario, int argc, char **argv, bool reports)
{
	struct plan p;
	const char *operand;
	int code = USAGE;

	plan_init(&p);
	p.rounds = 1;
	p.once = true;
	if (plan_options(&p, argc, argv, &operand)) {
		if (operand || p.mix)
			plan_fault("%s takes options only", scenario);
		else if (plan_add(&p, scenario) && plan_ready(&p))
			code = play(&p, reports || p.json);
	}
	plan_fini(&p);
	return code;
}

int fill_main(int argc, char **argv)
{
	return play_users("fill", argc, argv, false);
}

int import_main(int argc, char **argv)
{
	return play_users("import", argc, argv, true);
}

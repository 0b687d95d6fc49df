#include "tools/load/worker.h"

#include <sys/resource.h>

#include "common/base/must.h"
#include "tools/load/verify.h"

#define SECOND_NS UINT64_C(1000000000)
enum {
	TURN_NS = 50 * 1000000,              /* at least as often the stage is looked at */
	VISITORS = 8,
};

bool worker_counts(const struct worker *w, uint64_t began_ns)
{
	return began_ns >= w->shared->count_ns && (w->plan->rate > 0 ? began_ns < w->shared->until_ns : wire_now_ns() <= w->shared->until_ns);
}

bool worker_is_over(const struct worker *w)
{
	return atomic_load(&w->shared->stage) >= RUN_PLAYING && wire_now_ns() >= w->shared->until_ns;
}

/* ---- teams ---- */

static unsigned share(unsigned n, const struct worker *w)
{
	return (n + w->shared->workers - 1 - w->number) / w->shared->workers;
}

static struct team *add_team(struct worker *w, const struct part *part, unsigned n)
{
	struct team *t = &w->teams[w->teams_n++];

	team_init(t, w, part, n);
	return t;
}

/* Who changes what the others wait for: one more player. */
static void add_rival(struct worker *w, struct team *t, const struct part *part)
{
	struct team *rival = add_team(w, part, 1);

	rival->rivals = t;
	t->rivals = rival;
}

static void make_teams(struct worker *w)
{
	for (unsigned i = 0; i < w->plan->parts_n; i++) {
		const struct part *part = &w->plan->parts[i];
		struct team *t = add_team(w, part, part->scenario->one_user ? part->connections : share(part->connections, w));
		w->weights += t->n > 0 && !t->scenario->rests ? part->weight : 0;
		if (part->with)
			add_rival(w, t, part->with);
	}
}

static bool open_more(struct worker *w)
{
	unsigned at_once = share((unsigned)w->plan->at_once, w), opening = 0;

	for (unsigned i = 0; i < w->teams_n; i++)
		opening += w->teams[i].opening;
	for (unsigned i = 0; i < w->teams_n; i++) {
		struct team *t = &w->teams[i];
		if (t->rivals && !t->scenario->rests && t->rivals->opening > 0)
			return false;                /* who rests comes first */
		for (; t->started < t->n && opening < (at_once ? at_once : 1); opening++)
			team_start_one(t);
		if (t->started < t->n)
			return false;
	}
	return opening == 0;
}

/* Those who rest do so until the others have finished; if there are no others, until the clock says: rounds they have none. */
static bool all_done(struct worker *w)
{
	bool some_rest = false;

	for (unsigned i = 0; i < w->teams_n; i++) {
		struct team *t = &w->teams[i];
		some_rest |= t->scenario->rests && t->n > 0 && !t->rivals;
		if (t->scenario->rests)
			continue;
		unsigned idle = t->done;
		for (const struct player *p = worker_is_over(w) ? t->free : NULL; p; p = p->next_free)
			idle++;
		if (idle < t->n || t->waiting.n > 0)
			return false;
	}
	return !some_rest || w->plan->rounds > 0 || worker_is_over(w);
}

/* ---- the loop ---- */

static void arrive(struct worker *w, uint64_t at_ns)
{
	uint64_t pick = arrivals_roll(&w->arrivals, w->weights);

	for (unsigned i = 0; i < w->teams_n; i++) {
		struct team *t = &w->teams[i];
		if (t->n == 0 || t->scenario->rests)
			continue;
		if (pick < t->part->weight) {
			team_arrive(t, at_ns);
			return;
		}
		pick -= t->part->weight;
	}
}

/* Who has waited too long for an answer has lost its connection. */
static void look_for_stuck(struct worker *w, uint64_t now_ns)
{
	uint64_t patience_ns = w->plan->timeout_seconds * SECOND_NS;

	if (now_ns < w->looked_ns + SECOND_NS || now_ns < patience_ns)
		return;
	w->looked_ns = now_ns;
	for (unsigned i = 0; i < w->teams_n; i++)
		for (unsigned k = 0; k < w->teams[i].started; k++)
			if (player_is_stuck(w->teams[i].players[k], now_ns - patience_ns))
				player_lost(w->teams[i].players[k], w->teams[i].players[k]->greeted ? "no answer in time" : "no greeting in time: is the server out of connections?");
}

static void note_costs(struct worker *w)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	w->tally->cpu_us = (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 + (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
	w->tally->rss_bytes_most = (uint64_t)u.ru_maxrss * 1024;
	w->tally->bytes_in = w->wires.bytes_in;
	w->tally->bytes_out = w->wires.bytes_out;
}

static void turn(struct worker *w)
{
	uint64_t now = wire_now_ns(), next = timers_next_ns(&w->timers), at_ns, end = now + TURN_NS;
	struct timer *t;

	if (w->arrivals.next_ns < next)
		next = w->arrivals.next_ns;
	if (next < end)
		end = next;
	wires_turn(&w->wires, end > now ? end - now : 0);
	now = wire_now_ns();
	while ((t = timers_due(&w->timers, now)) != NULL)
		player_wake(t->arg);
	while (now < w->shared->until_ns && arrivals_due(&w->arrivals, now, &at_ns))
		arrive(w, at_ns);
	look_for_stuck(w, now);
	note_costs(w);
}

static int stage(const struct worker *w)
{
	return atomic_load(&w->shared->stage);
}

static void wait_for_stage(struct worker *w, enum run_stage s)
{
	while (stage(w) < (int)s)
		turn(w);
}

static void drop_teams(struct worker *w)
{
	for (unsigned i = 0; i < w->teams_n; i++)
		team_fini(&w->teams[i]);
	w->teams_n = 0;
	w->weights = 0;
}

/* All players open once, so that the ledger knows their mailboxes, and hang up. */
static void learn(struct worker *w)
{
	make_teams(w);
	while (!open_more(w) && stage(w) == RUN_LEARNING)
		turn(w);
	drop_teams(w);
	w->tally->learnt = true;
	wait_for_stage(w, RUN_OPENING);
}

static void open_all(struct worker *w)
{
	while (!open_more(w) && stage(w) == RUN_OPENING)
		turn(w);
	w->tally->opened = true;
	wait_for_stage(w, RUN_PLAYING);
}

/* Arrivals still in line at the end are served for a while: a server that was slow must not look fast because the run was over. */
static void play(struct worker *w)
{
	while (wire_now_ns() < w->shared->play_ns && stage(w) == RUN_PLAYING)
		turn(w);
	arrivals_begin(&w->arrivals, wire_now_ns());
	for (unsigned i = 0; i < w->teams_n; i++)
		team_begin(&w->teams[i]);
	while (!all_done(w) && stage(w) == RUN_PLAYING) {
		turn(w);
		if (worker_is_over(w))
			w->arrivals.next_ns = UINT64_MAX;
		if (wire_now_ns() > w->shared->until_ns + w->plan->timeout_seconds * SECOND_NS && w->shared->until_ns != UINT64_MAX)
			break;
	}
	for (unsigned i = 0; i < w->teams_n; i++)
		team_give_up(&w->teams[i]);
	w->tally->done = true;
	wait_for_stage(w, RUN_VERIFYING);
}

/* A few connections go through all users: what lies in their mailboxes is learnt, or compared. */
static void visit(struct worker *w, const struct scenario *s)
{
	struct part part = { .scenario = s, .set = w->plan->set };
	struct team *t;

	part.set.first_user = ledger_first_user(w->ledger);
	part.set.users = ledger_users(w->ledger);
	t = add_team(w, &part, VISITORS);
	t->visits = true;
	while (!open_more(w) || t->done < t->n)
		turn(w);
	drop_teams(w);
}

static void worker_init(struct worker *w, const struct plan *p, struct shared *s, unsigned number)
{
	unsigned first, users;

	*w = (struct worker){ .plan = p, .shared = s, .tally = &s->tally[number], .number = number };
	plan_users(p, &first, &users);
	must(wires_init(&w->wires, (unsigned)p->sources));
	w->ledger = ledger_new(first, users);
	w->tls = wire_tls_new();
	arrivals_init(&w->arrivals, p->rate / s->workers, p->seed * 1000 + number);
}

static void worker_fini(struct worker *w)
{
	drop_teams(w);
	buf_fini(&w->scratch);
	shelf_fini(&w->shelf);
	SSL_CTX_free(w->tls);
	ledger_free(&w->ledger);
	timers_fini(&w->timers);
	wires_fini(&w->wires);
}

void worker_play(const struct plan *p, struct shared *s, unsigned number)
{
	struct worker w;

	worker_init(&w, p, s, number);
	if (p->verify)
		visit(&w, scenario_learn());
	if (p->between)
		learn(&w);
	make_teams(&w);
	open_all(&w);
	play(&w);
	drop_teams(&w);
	if (p->verify)
		visit(&w, scenario_verify());
	worker_fini(&w);
}

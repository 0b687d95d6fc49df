#include "tools/load/team.h"

#include <stdlib.h>

#include "common/base/must.h"
#include "tools/load/worker.h"

static bool is_open_loop(const struct team *t)
{
	return t->worker->plan->rate > 0 && !t->rivals && !t->visits;
}

static bool is_playing(const struct team *t)
{
	if (t->visits)
		return true;
	return atomic_load(&t->worker->shared->stage) == RUN_PLAYING && wire_now_ns() >= t->worker->shared->play_ns;
}

/* Users are dealt out to workers like cards, by their numbers. */
static void take_users(struct team *t)
{
	unsigned first = (unsigned)t->part->set.first_user, end = first + (unsigned)t->part->set.users;

	t->user_step = t->worker->shared->workers;
	t->first_user = first;
	while (t->first_user % t->user_step != t->worker->number)
		t->first_user++;
	t->users = t->first_user < end ? (end - t->first_user + t->user_step - 1) / t->user_step : 0;
	if (t->scenario->one_user && t->users > 0)
		t->users = t->first_user == first;
}

void team_init(struct team *t, struct worker *w, const struct part *part, unsigned n)
{
	*t = (struct team){ .worker = w, .part = part, .scenario = part->scenario, .first_number = w->number, .number_step = w->shared->workers };
	take_users(t);
	t->n = t->users > 0 ? n : 0;
	t->players = calloc(n + 1, sizeof(struct player *));
	must(t->players);
	if (t->scenario->team_bytes) {
		t->own = calloc(1, t->scenario->team_bytes);
		must(t->own);
	}
}

void team_fini(struct team *t)
{
	for (unsigned i = 0; i < t->started; i++)
		player_free(&t->players[i]);
	free(t->players);
	free(t->own);
	waiting_fini(&t->waiting);
}

unsigned team_user(const struct team *t, unsigned k)
{
	return t->first_user + k % t->users * t->user_step;
}

bool team_next_user(struct team *t, unsigned *user)
{
	if (t->picked >= t->users)
		return false;
	*user = team_user(t, t->picked++);
	return true;
}

void team_start_one(struct team *t)
{
	unsigned k = t->started++;

	t->opening++;
	t->players[k] = player_new(t, t->first_number + k * t->number_step, team_user(t, k));
	player_open(t->players[k]);
}

static void ready_first(struct player *p)
{
	p->ever_ready = true;
	p->team->opening--;
}

/* A round begins when somebody has come, or the player has thought. */
bool team_ready(struct player *p, uint64_t *intended_ns)
{
	struct team *t = p->team;
	double think = t->part->set.think_seconds;

	*intended_ns = wire_now_ns();
	if (!p->ever_ready)
		ready_first(p);
	if (t->scenario->rests || !is_playing(t))
		return false;
	if (is_open_loop(t)) {
		if (t->waiting.n > 0) {
			*intended_ns = waiting_take(&t->waiting);
			return true;
		}
		p->next_free = t->free;
		t->free = p;
		return false;
	}
	if (think > 0)
		timers_set(&t->worker->timers, &p->timer, *intended_ns + (uint64_t)(think * 1e9));
	return think <= 0;
}

void team_forget_free(struct player *p)
{
	for (struct player **at = &p->team->free; *at; at = &(*at)->next_free)
		if (*at == p) {
			*at = p->next_free;
			return;
		}
}

bool team_plays_on(const struct player *p)
{
	const struct team *t = p->team;
	uint64_t rounds = t->worker->plan->rounds;

	if (t->visits)
		return true;
	if (rounds && p->rounds >= rounds && !t->scenario->pick)
		return false;
	return t->waiting.n > 0 || !worker_is_over(t->worker);
}

void team_done(struct player *p)
{
	if (!p->ever_ready)
		p->team->opening--;
	p->team->done++;
}

/* Players that are not ready (lost, just opening) join when they are. */
void team_begin(struct team *t)
{
	for (unsigned i = 0; i < t->started; i++) {
		struct player *p = t->players[i];
		uint64_t intended_ns;
		if (p->stage == STAGE_READY && team_ready(p, &intended_ns))
			player_begin(p, intended_ns);
	}
}

void team_arrive(struct team *t, uint64_t at_ns)
{
	struct player *p = t->free;

	if (!p) {
		waiting_add(&t->waiting, at_ns);
		t->worker->tally->late++;
		return;
	}
	t->free = p->next_free;
	player_begin(p, at_ns);
}

void team_give_up(struct team *t)
{
	while (t->waiting.n > 0)
		if (worker_counts(t->worker, waiting_take(&t->waiting)))
			t->worker->tally->op[OP_ROUND].failed++;
}

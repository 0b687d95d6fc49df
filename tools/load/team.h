/* tools/load/team.h: all players of one part in one worker: who plays next, and for which user.
 *
 * Closed loop: who is ready plays at once (after thinking). Open loop: who is ready waits for an arrival; an arrival that
 * finds nobody waits for the next who is ready, and its time counts from when it came.
 *
 * Owner: the worker.
 */
#pragma once

#include "tools/load/arrivals.h"
#include "tools/load/player.h"

struct part;
struct worker;

struct team {
	struct worker         *worker;
	const struct part     *part;
	const struct scenario *scenario;
	unsigned               first_user, users, user_step;   /* first_user + k * user_step, k < users */
	unsigned               first_number, number_step;      /* of players, who are numbered among all workers */
	unsigned               n, started, opening, done;      /* players: in all, told to open, not yet ready, finished */
	struct player        **players;
	struct player         *free;     /* open loop: who is ready */
	struct waiting         waiting;  /* open loop: arrivals that found nobody */
	unsigned               picked;   /* users handed out so far, for scenarios that go through them */
	bool                   visits;   /* before or after the run: plays as soon as it is ready */
	struct team           *rivals;   /* of scenario->with: the team that rests meanwhile, and the other way round; else NULL */
	void                  *own;      /* what the scenario remembers of all its players: own_team_bytes, zeroed */
};

void     team_init(struct team *t, struct worker *w, const struct part *part, unsigned n);
void     team_fini(struct team *t);
void     team_start_one(struct team *t);         /* the next player opens */
void     team_begin(struct team *t);             /* all who are ready play */
void     team_arrive(struct team *t, uint64_t at_ns);
/* An arrival nobody had time for by the end. */
void     team_give_up(struct team *t);
unsigned team_user(const struct team *t, unsigned k);
/* The next of its users, each once. False: all have been handed out. */
bool     team_next_user(struct team *t, unsigned *user);

/* ---- what players tell and ask ---- */
/* It is ready (or rests). True: it plays at once, its round counts from *intended_ns. */
bool     team_ready(struct player *p, uint64_t *intended_ns);
bool     team_plays_on(const struct player *p);
void     team_forget_free(struct player *p);     /* it is not ready any more */
void     team_done(struct player *p);

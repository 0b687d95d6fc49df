/* tools/load/persona.c: visits and pauses. */
#include "tools/load/persona.h"

#include "common/base/must.h"
#include "tools/load/day.h"
#include "tools/load/worker.h"

enum { SPREAD_SECONDS = 1800 };          /* of the day: within the first half hour everybody has come */

bool visit_is_sole(const struct player *p)
{
	return p->team->worker->plan->parts_n == 1 && p->team->n <= p->team->users;
}

bool visit_may_be_gone(const struct player *p, uint32_t uid)
{
	const struct note *n = box_find(p->in.box, uid);

	return !n || n->doubt & DOUBT_THERE;
}

bool visit_ok_or_gone(const struct answer *a)
{
	return a->said == SAID_OK || (a->said == SAID_NO && str_ieq(a->code, S("EXPUNGEISSUED")));
}

void visit_check_flags(struct player *p, const struct box *b, const struct row *r, struct str raw)
{
	const struct note *n = box_find(b, r->uid);

	if (n && !n->doubt && visit_is_sole(p) && n->flags != r->flags)
		player_wrong(p, "flags that nobody has set", raw);
}

bool visit_was_told(const struct player *p, uint32_t uid)
{
	return uid < p->in.uidnext || uid <= visit_of(p)->newest;
}

struct visit *visit_of(const struct player *p)
{
	return p->own;
}

void visit_add(struct player *p, const struct step *s)
{
	struct visit *v = visit_of(p);

	must(v->n < VISIT_STEPS_MAX);
	v->steps[v->n++] = s;
}

const struct step *visit_next(struct player *p, void (*plan)(struct player *p))
{
	struct visit *v = visit_of(p);

	if (p->step == 0) {
		v->n = 0;
		if (p->rounds == 0)
			visit_add(p, &visit_begin);
		plan(p);
	}
	return p->step < v->n && !p->round_failed ? v->steps[p->step] : NULL;
}

bool visit_one_in(struct player *p, uint32_t n)
{
	return player_roll(p, n) == 1;
}

static uint64_t until_at_most(const struct player *p, uint64_t at_ns)
{
	uint64_t end = p->team->worker->shared->until_ns;

	return at_ns < end ? at_ns : end;
}

static struct day day_of(const struct player *p)
{
	return (struct day){ .begin_ns = p->team->worker->shared->play_ns, .seconds = player_settings(p)->day_seconds };
}

uint64_t visit_pause_ns(struct player *p, double times_a_day)
{
	struct day d = day_of(p);

	return until_at_most(p, day_next_ns(&d, wire_now_ns(), times_a_day, player_roll(p, UINT32_MAX) - 1));
}

uint64_t visit_while_ns(struct player *p, double seconds_of_day)
{
	struct day d = day_of(p);

	return until_at_most(p, wire_now_ns() + day_ns(&d, seconds_of_day) * player_roll(p, 1000) / 500);
}

static uint64_t begin_until(struct player *p)
{
	return visit_while_ns(p, SPREAD_SECONDS / 2.0);
}

const struct step visit_begin = { .op = OP_NONE, .until = begin_until };

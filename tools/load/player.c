#include "tools/load/player.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "tools/load/told.h"
#include "tools/load/worker.h"

enum {
	AGAIN_NS = 200 * 1000000,            /* who lost a connection waits as long before it opens the next */
	LETTERS_NEW = 1 << 24,               /* letters written by a run are numbered from here; what was filled in is below */
};

static wire_fn player_read;
static void player_advance(struct player *p);

/* ---- for steps ---- */

uint32_t player_roll(struct player *p, uint32_t n)
{
	p->dice ^= p->dice << 13;                /* xorshift: quick, and the same in every run */
	p->dice ^= p->dice >> 17;
	p->dice ^= p->dice << 5;
	return 1 + (uint32_t)((uint64_t)p->dice * n >> 32);
}

const struct letters *player_letters(const struct player *p)   { return p->team->worker->plan->texts; }
const struct settings *player_settings(const struct player *p) { return &p->team->part->set; }
struct ledger *player_ledger(const struct player *p)           { return p->team->worker->ledger; }

struct box *player_box(const struct player *p, const char *name)
{
	return ledger_box(player_ledger(p), p->user, str_of(name));
}

uint32_t player_new_letter(struct player *p)
{
	struct worker *w = p->team->worker;

	return LETTERS_NEW + w->next_letter++ * w->shared->workers + w->number;
}

void player_wrong(struct player *p, const char *why, struct str answer)
{
	struct tally *t = p->team->worker->tally;

	p->round_failed = true;
	if (t->wrong++ > 0)
		return;
	struct buf name = { 0 };
	answer = str_head(answer, TALLY_WORDS_MAX / 2);
	plan_user_name(p->team->worker->plan, p->user, &name);
	snprintf(t->first_wrong, sizeof t->first_wrong, "%s, %.*s: %s%s%.*s", p->team->scenario->name, STR_ARG(buf_str(&name)), why,
	         answer.n ? ": " : "", STR_ARG(answer));
	buf_fini(&name);
}

/* ---- time ---- */

static struct tally_op *op_tally(const struct player *p, enum op op)
{
	return &p->team->worker->tally->op[op];
}

static bool is_timed(const struct player *p)
{
	if (p->stage == STAGE_OPENING)
		return p->team->scenario->times_opening;
	return p->stage == STAGE_ROUND && worker_counts(p->team->worker, p->began_ns);
}

static void op_end(struct player *p, enum op op, uint64_t since_ns, bool failed)
{
	if (op == OP_NONE || !is_timed(p))
		return;
	if (failed)
		op_tally(p, op)->failed++;
	else
		times_add(&op_tally(p, op)->took, wire_now_ns() - since_ns);
}

/* ---- connections ---- */

static void player_hang_up(struct player *p)
{
	if (p->wire && p->wire->connected)
		p->team->worker->tally->connected--;
	wire_close(&p->wire);
	p->now = NULL;
	p->in = (struct selected){ 0 };
}

static void lost_before_greeting(struct player *p, bool connected, int fault)
{
	const struct plan *plan = p->team->worker->plan;
	const struct scenario *s = p->team->scenario;
	const char *to = s->lmtp ? plan->lmtp_text : s->tls ? plan->imaps_text : plan->imap_text;
	char why[TALLY_WORDS_MAX];

	if (connected)
		snprintf(why, sizeof why, "%s closes connections without a greeting", to);
	else
		snprintf(why, sizeof why, "cannot connect to %s: %s", to, fault ? strerror(fault) : "no TLS is spoken there");
	player_lost(p, why);
}

static void player_connect(struct player *p)
{
	struct worker *w = p->team->worker;
	const struct scenario *s = p->team->scenario;
	const struct address *to = s->lmtp ? &w->plan->lmtp : s->tls ? &w->plan->imaps : &w->plan->imap;

	player_hang_up(p);
	p->place = (struct answer_place){ 0 };
	p->greeted = p->inside = p->bye = false;
	p->sent_ns = wire_now_ns();
	p->wire = wire_open(&w->wires, to, s->tls ? w->tls : NULL, s->resumes ? &p->session : NULL, player_read, p);
	if (!p->wire)
		lost_before_greeting(p, false, errno);
}

static void stage_begin(struct player *p, enum stage stage)
{
	p->stage = stage;
	p->step = 0;
	p->op_runs = false;
}

void player_open(struct player *p)
{
	stage_begin(p, STAGE_OPENING);
	p->round_failed = false;
	p->asked_ns = wire_now_ns();
	if (p->team->scenario->reconnects)
		player_advance(p);               /* each round will connect */
	else
		player_connect(p);
}

/* What was being done fails with it. A player who never was ready is not tried again: the run could not begin. */
void player_lost(struct player *p, const char *why)
{
	struct worker *w = p->team->worker;
	const struct step *was_doing = p->now;

	player_hang_up(p);
	if (p->stage == STAGE_DONE)
		return;
	player_wrong(p, why, S(""));
	w->tally->shut_out += !p->inside;
	if (was_doing && was_doing->lost)
		was_doing->lost(p);
	if (was_doing)
		op_end(p, was_doing->op, 0, true);
	if (p->stage == STAGE_ROUND)
		op_end(p, OP_ROUND, 0, true);
	if (!p->ever_ready || worker_is_over(w)) {
		player_stop(p);
		return;
	}
	if (p->stage == STAGE_READY)
		team_forget_free(p);
	stage_begin(p, STAGE_OPENING);
	timers_set(&w->timers, &p->timer, wire_now_ns() + AGAIN_NS);
}

void player_stop(struct player *p)
{
	timers_clear(&p->team->worker->timers, &p->timer);
	p->now = NULL;
	if (p->stage != STAGE_DONE) {
		p->stage = STAGE_DONE;
		team_done(p);
	}
}

bool player_is_stuck(const struct player *p, uint64_t since_ns)
{
	bool waits = p->wire && (!p->greeted || (p->now && p->now->ask));

	return waits && p->sent_ns < since_ns;
}

/* ---- from step to step ---- */

static const struct step *list_step(const struct step *const *list, unsigned at)
{
	return list ? list[at] : NULL;
}

static const struct step *next_step(struct player *p)
{
	const struct scenario *s = p->team->scenario;

	switch (p->stage) {
	case STAGE_OPENING: return list_step(s->opening, p->step);
	case STAGE_BEFORE:  return list_step(s->before, p->step);
	case STAGE_ROUND:   return s->next ? s->next(p) : list_step(s->round, p->step);
	case STAGE_AFTER:   return list_step(s->after, p->step);
	default:            return NULL;
	}
}

/* False: it was over at once. */
static bool step_begin(struct player *p, const struct step *s)
{
	p->sent_ns = wire_now_ns();
	if (!p->op_runs)
		p->asked_ns = p->sent_ns;
	p->last_words = 1;
	p->had_words = p->rows = p->last_uid = p->last_seq = 0;
	p->fits = false;
	p->now = s;
	if (s->until) {
		timers_set(&p->team->worker->timers, &p->timer, s->until(p));
		return true;                     /* who pauses need not be connected */
	}
	struct buf *out = &p->wire->out;
	size_t before = out->n;
	s->ask(p, out);
	if (out->n > before) {
		wire_send(p->wire);
		return true;
	}
	p->now = NULL;
	return false;
}

static void step_end(struct player *p)
{
	const struct step *s = p->now;

	p->now = NULL;
	p->op_runs = s->goes_on;
	if (!s->goes_on)
		op_end(p, s->op, p->asked_ns, p->round_failed);
	p->step++;
	player_advance(p);
}

/* Who the next round is about is chosen, then what it needs is made. False: there is no more to do. */
static bool before_begin(struct player *p)
{
	const struct scenario *s = p->team->scenario;

	stage_begin(p, STAGE_BEFORE);
	p->round_failed = false;
	if (!s->pick || s->pick(p))
		return true;
	player_stop(p);
	return false;
}

/* False: its first step waits for the greeting. */
static bool round_begin(struct player *p, uint64_t intended_ns)
{
	stage_begin(p, STAGE_ROUND);
	p->began_ns = p->asked_ns = intended_ns;
	p->op_runs = true;
	if (!p->team->scenario->reconnects)
		return true;
	player_connect(p);
	return false;
}

static void round_end(struct player *p)
{
	p->rounds++;
	op_end(p, OP_ROUND, p->began_ns, p->round_failed);
	if (p->team->scenario->reconnects)
		player_hang_up(p);
}

/* The last step of a stage is over. False: there is nothing more to do for now. */
static bool stage_end(struct player *p)
{
	uint64_t intended_ns;

	switch (p->stage) {
	case STAGE_OPENING:
		if (p->round_failed) {
			player_stop(p);
			return false;
		}
		if (!p->team->scenario->rests)
			return before_begin(p);
		stage_begin(p, STAGE_RESTING);
		team_ready(p, &intended_ns);
		return false;
	case STAGE_BEFORE:
		stage_begin(p, STAGE_READY);
		return team_ready(p, &intended_ns) && round_begin(p, intended_ns);
	case STAGE_ROUND:
		round_end(p);
		stage_begin(p, STAGE_AFTER);
		return true;
	case STAGE_AFTER:
		if (team_plays_on(p))
			return before_begin(p);
		player_stop(p);
		return false;
	default:
		return false;
	}
}

static void player_advance(struct player *p)
{
	for (;;) {
		const struct step *s = next_step(p);
		if (s && step_begin(p, s))
			return;
		if (s)
			p->step++;
		else if (!stage_end(p))
			return;
	}
}

void player_begin(struct player *p, uint64_t intended_ns)
{
	must(p->stage == STAGE_READY);
	if (round_begin(p, intended_ns))
		player_advance(p);
}

void player_go_on(struct player *p)
{
	if (!p->now || !p->now->until)
		return;
	timers_clear(&p->team->worker->timers, &p->timer);
	step_end(p);
}

void player_wake(struct player *p)
{
	if (p->now)
		step_end(p);
	else if (p->stage == STAGE_READY)
		player_begin(p, wire_now_ns());
	else
		player_open(p);
}

/* ---- what is heard ---- */

static bool is_greeting(const struct player *p, const struct answer *a)
{
	return p->team->scenario->lmtp ? a->said == SAID_REPLY && a->n == 220 : !a->tagged && a->said == SAID_OK;
}

static void let_in(struct player *p)
{
	p->inside = true;
	p->team->worker->tally->let_in++;
}

static void greeting_end(struct player *p, const struct answer *a)
{
	if (a->said == SAID_REPLY_GOES_ON)
		return;
	p->greeted = true;
	if (!is_greeting(p, a))
		player_wrong(p, "the greeting", a->raw);
	else if (p->team->scenario->lmtp)
		let_in(p);
	told_note(p, a);
	op_end(p, OP_CONNECT, p->asked_ns, p->round_failed);
	p->op_runs = false;
	player_advance(p);
}

static bool is_last_word(const struct player *p, const struct answer *a)
{
	return a->said == SAID_REPLY || a->tagged || (a->said == SAID_PLUS && p->now->plus_ends);
}

static bool is_good(struct player *p, const struct answer *a)
{
	if (p->now->good)
		return p->now->good(p, a);
	return a->said == SAID_OK || (a->said == SAID_REPLY && a->n / 100 == 2) || a->said == SAID_PLUS;
}

static void hear_last_word(struct player *p, const struct answer *a)
{
	bool failed_before = p->round_failed;

	if (!is_good(p, a) && p->round_failed == failed_before)
		player_wrong(p, p->now->op < OP_COUNT ? op_name(p->now->op) : "an answer", a->raw);
	if (p->now->op == OP_LOGIN && p->round_failed)
		p->team->worker->tally->shut_out++;
	else if (p->now->op == OP_LOGIN)
		let_in(p);
	if (++p->had_words >= p->last_words)
		step_end(p);
}

static void hear(struct player *p, const struct answer *a)
{
	const struct step *s = p->now;

	if (a->said != SAID_REPLY && a->said != SAID_REPLY_GOES_ON)
		told_note(p, a);
	if (!s) {
		if (p->team->scenario->heard)
			p->team->scenario->heard(p, a);
	} else if (is_last_word(p, a)) {
		hear_last_word(p, a);
	} else if (a->said == SAID_PLUS && s->plus) {
		s->plus(p, &p->wire->out);
		wire_send(p->wire);
	} else if (s->heard) {
		s->heard(p, a);
	}
}

static void player_hear(struct player *p, struct str raw)
{
	struct answer a;

	p->team->worker->tally->answers++;
	if (!(p->team->scenario->lmtp ? answer_read_lmtp(raw, &a) : answer_read(raw, &a)))
		player_lost(p, "not an answer");
	else if (!p->greeted)
		greeting_end(p, &a);
	else
		hear(p, &a);
}

static void player_connected(struct player *p)
{
	struct tally *t = p->team->worker->tally;

	t->connected++;
	if (!p->wire->ssl)
		return;
	t->handshakes++;
	t->resumed += SSL_session_reused(p->wire->ssl) == 1;
}

static void player_read(struct wire *w, enum wire_news news, struct str *in)
{
	struct player *p = w->arg;
	bool lmtp = p->team->scenario->lmtp;
	struct str answer;

	if (news == WIRE_CONNECTED)
		player_connected(p);
	else if (news == WIRE_ENDED && p->greeted)
		player_lost(p, "the connection ended");
	else if (news == WIRE_ENDED)
		lost_before_greeting(p, w->connected, w->fault);
	/* a reconnecting player may get another wire in the middle: what stood in the old one went with it */
	while (p->wire == w && (lmtp ? answer_take_line : answer_take)(in, &p->place, &answer))
		player_hear(p, answer);
}

/* ---- making and freeing ---- */

struct player *player_new(struct team *t, unsigned number, unsigned user)
{
	struct player *p = calloc(1, sizeof *p);

	must(p);
	*p = (struct player){ .team = t, .number = number, .user = user, .timer.arg = p };
	p->dice = (uint32_t)t->worker->plan->seed * 2654435761u + 0x9e3779b9u * (number + 1);
	if (p->dice == 0)
		p->dice = 1;                     /* xorshift never leaves zero */
	if (t->scenario->own_bytes) {
		p->own = calloc(1, t->scenario->own_bytes);
		must(p->own);
	}
	return p;
}

void player_free(struct player **place)
{
	struct player *p = *place;

	if (p->team->scenario->close)
		p->team->scenario->close(p);
	player_hang_up(p);
	SSL_SESSION_free(p->session);
	free(p->own);
	free(p);
	*place = NULL;
}

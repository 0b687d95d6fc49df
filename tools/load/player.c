#include "tools/load/player.h"

#include <stdlib.h>

#include "common/base/must.h"
#include "tools/load/answer.h"

enum { STALL_MS = 30000, FAULT_BYTES = 200 };

static wire_fn player_read;

void player_fault(struct player *p, struct str answer)
{
	struct team *t = p->team;

	p->failed_round = true;
	if (t->fault.n == 0)
		buf_add(&t->fault, str_head(answer, FAULT_BYTES));
}

uint32_t player_roll(struct player *p, uint32_t n)
{
	p->dice ^= p->dice << 13;             /* xorshift: quick, and the same in every run */
	p->dice ^= p->dice >> 17;
	p->dice ^= p->dice << 5;
	return 1 + (uint32_t)((uint64_t)p->dice * n >> 32);
}

static const struct step *player_step(const struct player *p)
{
	const struct scenario *s = p->team->scenario;

	return p->opened ? &s->round[p->step] : &s->opening[p->step];
}

static bool player_connect(struct player *p)
{
	struct team *t = p->team;
	const struct scenario *s = t->scenario;
	const struct address *to = s->lmtp ? &t->lmtp : s->tls ? &t->imaps : &t->imap;

	wire_close(&p->wire);
	p->greeted = false;
	p->wire = wire_open(t->wires, to, s->tls ? t->tls : NULL, player_read, p);
	return p->wire != NULL;
}

static void player_stop(struct player *p)
{
	p->playing = false;
	p->team->playing--;
}

static void step_ask(struct player *p)
{
	p->last_words = 0;
	player_step(p)->ask(p, &p->wire->out);
	wire_send(p->wire);
}

static void round_begin(struct player *p)
{
	p->step = 0;
	p->failed_round = false;
	p->began_ns = wire_now_ns();
	if (p->team->scenario->reconnects) {
		if (!player_connect(p)) {
			player_fault(p, S("cannot connect"));
			player_stop(p);
		}
		return;                           /* for the greeting */
	}
	step_ask(p);
}

static void round_end(struct player *p)
{
	struct team *t = p->team;
	uint64_t now = wire_now_ns();

	p->rounds++;
	if (p->failed_round)
		t->failed++;
	else
		samples_add(&t->took, now - p->began_ns);
	if ((t->until_ns && now >= t->until_ns) || (t->rounds && p->rounds >= t->rounds))
		player_stop(p);
	else
		round_begin(p);
}

static void opening_end(struct player *p)
{
	p->opened = true;
	p->team->ready++;
}

void player_go(struct player *p)
{
	must(p->opened && !p->playing);
	p->playing = true;
	p->rounds = 0;
	p->team->playing++;
	round_begin(p);
}

static void step_end(struct player *p)
{
	p->step++;
	if (p->step < STEPS_MAX && player_step(p)->ask)
		step_ask(p);
	else if (p->opened)
		round_end(p);
	else
		opening_end(p);
}

static void greeting_end(struct player *p, struct str answer)
{
	p->greeted = true;
	if (!str_starts(answer, p->team->scenario->lmtp ? S("220 ") : S("* OK")))
		player_fault(p, answer);
	if (player_step(p)->ask && (p->opened ? p->playing : true))
		step_ask(p);
	else
		opening_end(p);
}

/* An LMTP reply goes on while its code is followed by a dash; an IMAP command has one tagged answer. */
static bool is_last_word(const struct player *p, struct str answer)
{
	if (p->team->scenario->lmtp)
		return answer.n < 4 || answer.p[3] != '-';
	return str_starts(answer, S("a ")) || (player_step(p)->plus_ends && str_starts(answer, S("+")));
}

static void player_hear(struct player *p, struct str answer)
{
	const struct scenario *s = p->team->scenario;

	if (!p->greeted) {
		greeting_end(p, answer);
		return;
	}
	if (p->opened && !p->playing) {
		if (s->heard)
			s->heard(p, answer);
		return;
	}
	const struct step *step = player_step(p);
	if (!is_last_word(p, answer)) {
		if (step->heard)
			step->heard(p, answer);
		return;
	}
	if (!step->good(p, answer))
		player_fault(p, answer);
	if (++p->last_words >= step->last_words)
		step_end(p);
}

static void player_read(struct wire *w, bool ended)
{
	struct player *p = w->arg;
	struct str in = buf_str(&w->in), answer;

	/* a reconnecting player may get another wire in the middle: what stood in the old one went with it */
	while (p->wire == w && answer_take(&in, &answer))
		player_hear(p, answer);
	if (p->wire != w)
		return;
	buf_drop(&w->in, w->in.n - in.n);
	if (!ended)
		return;
	wire_close(&p->wire);
	if (p->opened && !p->playing && p->team->scenario->reconnects)
		return;                           /* it had logged out */
	player_fault(p, S("the connection ended"));
	if (p->playing) {
		p->team->failed++;
		player_stop(p);
	}
}

static struct player *player_new(struct team *t, unsigned number)
{
	struct player *p = calloc(1, sizeof *p);

	must(p);
	p->team = t;
	p->number = number;
	p->user = t->first_user + (t->scenario->one_user ? 0 : number % t->users);
	p->dice = 0x9e3779b9u * (number + 1);
	p->flagged = calloc(t->messages + 1, 1);
	must(p->flagged);
	return p;
}

static void player_free(struct player *p)
{
	wire_close(&p->wire);
	free(p->flagged);
	free(p);
}

/* Turns until all players so far are ready but `may_lag`. False: one failed, or nothing has moved for long. */
static bool wait_ready(struct team *t, unsigned may_lag)
{
	uint64_t give_up_ns = wire_now_ns() + STALL_MS * 1000000ull;

	while (t->fault.n == 0 && t->ready + may_lag < t->n) {
		wires_turn(t->wires, 100);
		if (wire_now_ns() > give_up_ns)
			buf_add(&t->fault, S("openings take too long"));
	}
	return t->fault.n == 0;
}

bool team_open(struct team *t, unsigned n, unsigned at_once)
{
	t->players = calloc(n, sizeof *t->players);
	must(t->players);
	while (t->n < n) {
		struct player *p = player_new(t, t->n);
		t->players[t->n++] = p;
		if (t->scenario->reconnects)
			opening_end(p);           /* it opens its connections itself */
		else if (!player_connect(p))
			player_fault(p, S("cannot connect"));
		if (!wait_ready(t, at_once - 1))
			return false;
	}
	return wait_ready(t, 0);
}

void team_play(struct team *t)
{
	for (unsigned i = 0; i < t->n; i++)
		player_go(t->players[i]);
	while (t->playing > 0)
		wires_turn(t->wires, 1000);
}

void team_close(struct team *t)
{
	for (unsigned i = 0; i < t->n; i++)
		player_free(t->players[i]);
	free(t->players);
	letters_free(&t->letters);
	samples_fini(&t->took);
	buf_fini(&t->fault);
}

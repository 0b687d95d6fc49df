#include "tools/load/verify.h"

#include <stdio.h>
#include <string.h>

#include "tools/load/rows.h"
#include "tools/load/steps.h"
#include "tools/load/worker.h"

enum { HEAD_BYTES = 64 * 1024 };             /* the field with the letter's number stands before */

static bool pick_user(struct player *p)
{
	return team_next_user(p->team, &p->user);
}

static const struct step *const learn_round[] = { &step_login, &step_select, &step_learn, &step_logout, NULL };

const struct scenario *scenario_learn(void)
{
	static const struct scenario learn = { .name = "learn", .reconnects = true, .pick = pick_user, .round = learn_round };

	return &learn;
}

/* ---- comparing ---- */

static void differs(struct player *p, uint64_t *count, const char *what, uint32_t uid, uint32_t letter)
{
	struct tally *t = p->team->worker->tally;

	if ((*count)++ == 0 && t->first_difference[0] == '\0')
		snprintf(t->first_difference, sizeof t->first_difference, "user %u, %s: %s: UID %u, letter %u", p->user, p->in.box->name, what, uid, letter);
}

/* By its UID; else one without a UID that is this letter. NULL: none that was not seen yet. */
static struct note *note_of(struct box *b, const struct row *r, uint32_t letter)
{
	struct note *n = box_find(b, r->uid);

	if (n)
		return n->seen ? NULL : n;
	for (size_t i = 0; i < b->loose_n; i++)
		if (b->loose[i].letter == letter && letter != LETTER_NONE && !b->loose[i].seen)
			return &b->loose[i];
	return NULL;
}

static bool is_changed(struct player *p, struct note *n, const struct row *r, uint32_t letter)
{
	if (n->letter != letter || (n->bytes && n->bytes != r->body.n) || r->size != r->body.n)
		return true;
	if (!(n->doubt & DOUBT_FLAGS) && n->flags != r->flags)
		return true;
	return letter != LETTER_NONE && !letter_is_body(p, n, r->body);
}

static void compare_heard(struct player *p, const struct answer *a)
{
	struct tally *t = p->team->worker->tally;
	uint32_t letter = LETTER_NONE;
	struct row r;

	if (!row_read(p, a, ROW_UID | ROW_FLAGS | ROW_SIZE | ROW_BODY, &r))
		return;
	t->messages++;
	if (!letters_number(player_letters(p), str_head(r.body, HEAD_BYTES), &letter))
		letter = LETTER_NONE;
	struct note *n = note_of(p->in.box, &r, letter);
	if (!n) {
		differs(p, &t->doubled, "there once too often", r.uid, letter);
		return;
	}
	n->seen = true;
	if (is_changed(p, n, &r, letter))
		differs(p, &t->changed, "not as it was acknowledged", r.uid, letter);
}

static void look_for_missing(struct player *p, const struct note *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!at[i].seen && !(at[i].doubt & DOUBT_THERE))
			differs(p, &p->team->worker->tally->missing, "acknowledged, but not there", at[i].uid, at[i].letter);
}

static void compare_ask(struct player *p, struct buf *out)
{
	if (p->in.exists > 0)
		buf_add(out, S(TAG " UID FETCH 1:* (UID FLAGS RFC822.SIZE BODY.PEEK[])\r\n"));
}

static bool compare_good(struct player *p, const struct answer *a)
{
	return a->said == SAID_OK && p->rows == p->in.exists;
}

/* Also of an empty mailbox, so it is no part of the answer. */
static void missing_ask(struct player *p, struct buf *out)
{
	(void)out;
	look_for_missing(p, p->in.box->at, p->in.box->n);
	look_for_missing(p, p->in.box->loose, p->in.box->loose_n);
	p->in.box->changed = false;
	p->team->worker->tally->mailboxes++;
}

static struct box *next_box(const struct player *p)
{
	struct box *b = ledger_boxes(player_ledger(p), p->user);

	while (b && !b->changed)
		b = b->next;
	return b;
}

static void next_ask(struct player *p, struct buf *out)
{
	say_select(p, next_box(p)->name, "", out);
}

static const struct step step_next = { .op = OP_NONE, .ask = next_ask, .heard = select_heard, .good = select_good };
static const struct step step_compare = { .op = OP_NONE, .ask = compare_ask, .heard = compare_heard, .good = compare_good };
static const struct step step_missing = { .op = OP_NONE, .ask = missing_ask };

static bool pick_changed(struct player *p)
{
	while (team_next_user(p->team, &p->user))
		if (next_box(p))
			return true;
	return false;
}

/* Login; each changed mailbox; logout. */
static const struct step *verify_next(struct player *p)
{
	static const struct step *const each[] = { &step_next, &step_compare, &step_missing };

	if (p->step == 0)
		return &step_login;
	if (p->bye || p->round_failed)
		return NULL;
	if ((p->step - 1) % 3 == 0 && !next_box(p))
		return &step_logout;
	return each[(p->step - 1) % 3];
}

const struct scenario *scenario_verify(void)
{
	static const struct scenario verify = { .name = "verify", .reconnects = true, .pick = pick_changed, .next = verify_next };

	return &verify;
}

/* tools/load/play_expunge.c: --batch letters are expunged from the middle of a mailbox; those at both its ends stay.
 *
 * Each that goes must be one of the middle, and afterwards exactly the UIDs at the ends are there: it does not suffice that so many went.
 */
#include "common/mail/flags.h"
#include "tools/load/rows.h"
#include "tools/load/scenarios.h"
#include "tools/load/steps.h"

enum { ENDS_MOST = 10 };

struct ends { uint32_t each, uid[2 * ENDS_MOST]; };      /* how many stay at either end, and who all of them are */

static void fill_ask(struct player *p, struct buf *out)
{
	struct ends *e = p->own;
	uint64_t batch = player_settings(p)->batch;

	if (!work_has_batch(p))
		return;
	e->each = batch < ENDS_MOST ? (uint32_t)batch : ENDS_MOST;
	say_work_transfer(p, "COPY", e->each, 'a', out);
	say_work_transfer(p, "COPY", batch, 'a', out);
	say_work_transfer(p, "COPY", e->each, 'a', out);
	p->last_words = 3;
}

static void select_ask(struct player *p, struct buf *out) { say_select_work(p, 'a', out); }

static bool all_good(struct player *p, const struct answer *a)
{
	const struct ends *e = p->own;

	return select_good(p, a) && p->in.exists == 2 * e->each + player_settings(p)->batch;
}

static void ends_ask(struct player *p, struct buf *out)
{
	uint32_t each = ((const struct ends *)p->own)->each, n = p->in.exists;

	buf_printf(out, TAG " FETCH 1:%u,%u:%u (UID)\r\n", each, n - each + 1, n);
}

static void ends_heard(struct player *p, const struct answer *a)
{
	struct ends *e = p->own;
	struct row r;

	if (row_read(p, a, ROW_UID, &r) && p->rows <= 2 * e->each)
		e->uid[p->rows - 1] = r.uid;
}

static bool ends_good(struct player *p, const struct answer *a)
{
	return a->said == SAID_OK && p->rows == 2 * ((const struct ends *)p->own)->each;
}

static void delete_ask(struct player *p, struct buf *out)
{
	uint32_t each = ((const struct ends *)p->own)->each;

	buf_printf(out, TAG " STORE %u:%u +FLAGS.SILENT (\\Deleted)\r\n", each + 1, p->in.exists - each);
}

static void expunge_ask(struct player *p, struct buf *out)
{
	(void)p;
	buf_add(out, S(TAG " EXPUNGE\r\n"));
}

static void expunge_heard(struct player *p, const struct answer *a)
{
	uint32_t each = ((const struct ends *)p->own)->each;

	if (a->said == SAID_EXPUNGE && (a->n <= each || a->n > p->in.exists + 1 - each))
		player_wrong(p, "EXPUNGE of a letter that was not deleted", a->raw);
}

static bool expunge_good(struct player *p, const struct answer *a)
{
	return a->said == SAID_OK && p->in.exists == 2 * ((const struct ends *)p->own)->each;
}

static void look_ask(struct player *p, struct buf *out)
{
	buf_printf(out, TAG " UID FETCH 1:* (UID FLAGS%s)\r\n", work_is_looked_at(p) ? " BODY.PEEK[]" : "");
}

/* The ends are the first letters of INBOX, twice. */
static bool is_end(struct player *p, const struct row *r)
{
	const struct ends *e = p->own;
	struct box *inbox = player_box(p, "INBOX");
	uint32_t at = (r->seq - 1) % e->each;

	if (r->seq > 2 * e->each || r->uid != e->uid[r->seq - 1] || r->flags & FLAG_DELETED)
		return false;
	if (!(r->has & ROW_BODY) || at >= inbox->n || inbox->at[at].letter == LETTER_NONE)
		return true;
	return letter_is_body(p, &inbox->at[at], r->body);
}

static void look_heard(struct player *p, const struct answer *a)
{
	struct row r;

	if (row_read(p, a, ROW_UID | ROW_FLAGS, &r) && !is_end(p, &r))
		player_wrong(p, "not the letter that was to stay", str_head(a->raw, 80));
}

static const struct step step_fill = { .op = OP_NONE, .ask = fill_ask, .good = said_ok };
static const struct step step_choose = { .op = OP_NONE, .ask = select_ask, .heard = select_heard, .good = all_good };
static const struct step step_ends = { .op = OP_NONE, .ask = ends_ask, .heard = ends_heard, .good = ends_good };
static const struct step step_delete = { .op = OP_NONE, .ask = delete_ask, .good = said_ok };
static const struct step step_expunge = { .op = OP_EXPUNGE, .ask = expunge_ask, .heard = expunge_heard, .good = expunge_good };
static const struct step step_look = { .op = OP_NONE, .ask = look_ask, .heard = look_heard, .good = ends_good };
static const struct step *const expunge_before[] = { &step_open, &step_work_make_a, &step_fill, &step_choose, &step_ends, &step_delete, NULL };
static const struct step *const expunge_round[] = { &step_expunge, NULL };
static const struct step *const expunge_after[] = { &step_look, &step_open, &step_work_drop_a, NULL };

const struct scenario scenario_expunge = { .name = "expunge", .uses = USES_BATCH, .help = "EXPUNGE --batch letters; those before and behind stay",
                                           .own_bytes = sizeof(struct ends), .opening = work_opening, .before = expunge_before, .round = expunge_round,
                                           .after = expunge_after };

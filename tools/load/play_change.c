/* tools/load/play_change.c: scenarios that change messages: flags, copies, moves, expunges. */
#include "common/mail/flags.h"
#include "tools/load/scenarios.h"
#include "tools/load/steps.h"

/* ---- flags ---- */

static void flag_letter(struct player *p, struct note *n, struct buf *out)
{
	p->uid = n->uid;
	p->adds = !(n->flags & FLAG_FLAGGED);
	n->doubt |= DOUBT_FLAGS;                     /* until it is answered */
	p->in.box->changes++;
	p->in.box->changed = true;
	buf_printf(out, TAG " UID STORE %u %cFLAGS (\\Flagged)\r\n", p->uid, p->adds ? '+' : '-');
}

static void flag_ask(struct player *p, struct buf *out)
{
	struct note *n = pick_note(p);

	if (n)
		flag_letter(p, n, out);
}

static void flag_heard(struct player *p, const struct answer *a)
{
	struct row r;

	if (row_read(p, a, ROW_FLAGS, &r) && (!(r.has & ROW_UID) || r.uid == p->uid))
		p->fits = !!(r.flags & FLAG_FLAGGED) == p->adds;
}

static bool flag_good(struct player *p, const struct answer *a)
{
	struct note *n = box_find(p->in.box, p->uid);

	if (a->said != SAID_OK || !p->fits || !n)
		return false;
	n->flags = (uint8_t)(p->adds ? n->flags | FLAG_FLAGGED : n->flags & ~FLAG_FLAGGED);
	n->doubt &= (uint8_t)~DOUBT_FLAGS;
	p->in.box->changes++;
	return true;
}

const struct step step_flag = { .op = OP_STORE, .ask = flag_ask, .heard = flag_heard, .good = flag_good };
static const struct step *const store_round[] = { &step_flag, NULL };

const struct scenario scenario_store = { .name = "store", .help = "set or clear a flag of a random letter", .opening = inbox_opening, .round = store_round };

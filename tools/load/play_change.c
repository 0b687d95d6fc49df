/* tools/load/play_change.c: scenarios that change messages: flags, copies, moves. */
#include "common/mail/flags.h"
#include "tools/load/rows.h"
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

	/* Without a UID it is news of another letter, flagged by somebody else (RFC 9051 6.4.9). */
	if (row_read(p, a, ROW_UID | ROW_FLAGS, &r) && r.uid == p->uid)
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

/* ---- flags of all ---- */

static void store_all_ask(struct player *p, struct buf *out)
{
	struct box *b = p->in.box;

	p->adds = !p->adds;
	for (size_t i = 0; i < b->n; i++)
		b->at[i].doubt |= DOUBT_FLAGS;
	b->changed = true;
	b->changes++;
	buf_printf(out, TAG " STORE 1:* %cFLAGS.SILENT (\\Flagged)\r\n", p->adds ? '+' : '-');
}

static bool store_all_good(struct player *p, const struct answer *a)
{
	struct box *b = p->in.box;

	if (a->said != SAID_OK)
		return false;
	for (size_t i = 0; i < b->n; i++) {
		b->at[i].flags = (uint8_t)(p->adds ? b->at[i].flags | FLAG_FLAGGED : b->at[i].flags & ~FLAG_FLAGGED);
		b->at[i].doubt &= (uint8_t)~DOUBT_FLAGS;
	}
	b->changes++;
	return true;
}

/* It was told to be silent, so it is asked, untimed, whether it has done it. */
static void look_ask(struct player *p, struct buf *out)
{
	(void)p;
	buf_add(out, S(TAG " FETCH 1:* (UID FLAGS)\r\n"));
}

static void look_heard(struct player *p, const struct answer *a)
{
	struct row r;

	if (row_read(p, a, ROW_UID | ROW_FLAGS, &r) && !!(r.flags & FLAG_FLAGGED) != p->adds)
		player_wrong(p, "STORE was OK, but the flag is not so", a->raw);
}

static bool look_good(struct player *p, const struct answer *a)
{
	return a->said == SAID_OK && p->rows == p->in.exists;
}

static const struct step step_store_all = { .op = OP_STORE_ALL, .ask = store_all_ask, .good = store_all_good };
static const struct step step_look = { .op = OP_NONE, .ask = look_ask, .heard = look_heard, .good = look_good };
static const struct step *const store_all_round[] = { &step_store_all, NULL };
static const struct step *const look_after[] = { &step_look, NULL };

const struct scenario scenario_store_all = { .name = "store-all", .help = "set or clear a flag of all letters", .alone = true, .opening = inbox_opening,
                                             .round = store_all_round, .after = look_after };

/* ---- many at once ---- */

static void copy_ask(struct player *p, struct buf *out)
{
	if (work_has_batch(p))
		say_work_transfer(p, "COPY", player_settings(p)->batch, 'a', out);
}

static void move_ask(struct player *p, struct buf *out)
{
	if (is_offered(p, CAP_MOVE | CAP_IMAP4REV2, "MOVE"))
		say_work_transfer(p, "MOVE", p->in.exists, 'b', out);
}

/* The server has told of each that went. */
static bool all_gone(struct player *p, const struct answer *a)
{
	return a->said == SAID_OK && p->in.exists == 0;
}

static void count_ask(struct player *p, char which, struct buf *out)
{
	char name[WORK_NAME_MAX];

	work_name(p, which, name, sizeof name);
	buf_add(out, S(TAG " STATUS "));
	say_mailbox(p, name, out);
	buf_add(out, S(" (MESSAGES)\r\n"));
}

static void count_a_ask(struct player *p, struct buf *out) { count_ask(p, 'a', out); }
static void count_b_ask(struct player *p, struct buf *out) { count_ask(p, 'b', out); }

static void count_heard(struct player *p, const struct answer *a)
{
	struct str at = a->text;
	struct value name, list;
	uint64_t n;

	if (a->said == SAID_STATUS && value_take(&at, &name) && value_take(&at, &list) && value_named_number(list.text, S("MESSAGES"), &n))
		p->fits = n == player_settings(p)->batch;
}

static bool count_good(struct player *p, const struct answer *a)
{
	return a->said == SAID_OK && p->fits;
}

static const struct step step_copy = { .op = OP_COPY, .ask = copy_ask, .good = said_ok };
static const struct step step_move = { .op = OP_MOVE, .ask = move_ask, .good = all_gone };
static const struct step step_count_a = { .op = OP_NONE, .ask = count_a_ask, .heard = count_heard, .good = count_good };
static const struct step step_count_b = { .op = OP_NONE, .ask = count_b_ask, .heard = count_heard, .good = count_good };

static const struct step *const copy_before[] = { &step_open, &step_work_make_a, NULL };
static const struct step *const copy_round[] = { &step_copy, NULL };
static const struct step *const copy_after[] = { &step_count_a, &step_work_look_a, &step_work_look, &step_open, &step_work_drop_a, NULL };
static const struct step *const move_before[] = { &step_open, &step_work_make_both, &step_work_fill, &step_work_select, NULL };
static const struct step *const move_round[] = { &step_move, NULL };
static const struct step *const move_after[] = { &step_count_b, &step_work_look_b, &step_work_look, &step_open, &step_work_drop_both, NULL };

const struct scenario scenario_copy = { .name = "copy", .uses = USES_BATCH, .help = "COPY --batch letters to a mailbox", .opening = work_opening, .before = copy_before,
                                        .round = copy_round, .after = copy_after };
const struct scenario scenario_move = { .name = "move", .uses = USES_BATCH, .help = "MOVE --batch letters from one mailbox to another", .opening = work_opening,
                                        .before = move_before, .round = move_round, .after = move_after };

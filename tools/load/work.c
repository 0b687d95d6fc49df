/* tools/load/work.c: a player's own mailboxes, where what is copied, moved and expunged does no harm.
 *
 * Each round makes its own and deletes them at its end, and no name comes back within a second: Cyrus renames what is deleted to a name
 * that ends with the second, so it refuses to delete the same name twice in one ("NO Mailbox already exists").
 */
#include <stdio.h>

#include "tools/load/rows.h"
#include "tools/load/steps.h"
#include "tools/load/worker.h"

enum { NAMES = 1000 * 1000 };

void work_name(const struct player *p, char which, char *out, size_t bytes)
{
	snprintf(out, bytes, "load-%c%u-%u", which, p->number, p->work);
}

const struct step *const work_opening[] = { &step_login, &step_capability, &step_namespace, &step_open, &step_learn, NULL };

/* ---- made and deleted ---- */

static void say_work(const struct player *p, const char *command, char which, struct buf *out)
{
	char name[WORK_NAME_MAX];

	work_name(p, which, name, sizeof name);
	buf_printf(out, TAG " %s ", command);
	say_mailbox(p, name, out);
	buf_add(out, S("\r\n"));
}

/* A name is a millisecond: rounds take longer than one, and the next run begins later. */
static void make_a_ask(struct player *p, struct buf *out)
{
	p->work = (uint32_t)(wire_now_ns() / 1000000 % NAMES);
	say_work(p, "CREATE", 'a', out);
}

static void make_both_ask(struct player *p, struct buf *out)
{
	make_a_ask(p, out);
	say_work(p, "CREATE", 'b', out);
	p->last_words = 2;
}

static void drop_a_ask(struct player *p, struct buf *out) { say_work(p, "DELETE", 'a', out); }

static void drop_both_ask(struct player *p, struct buf *out)
{
	say_work(p, "DELETE", 'a', out);
	say_work(p, "DELETE", 'b', out);
	p->last_words = 2;
}

const struct step step_work_make_a = { .op = OP_NONE, .ask = make_a_ask, .good = said_ok };
const struct step step_work_make_both = { .op = OP_NONE, .ask = make_both_ask, .good = said_ok };
const struct step step_work_drop_a = { .op = OP_NONE, .ask = drop_a_ask, .good = said_ok };
const struct step step_work_drop_both = { .op = OP_NONE, .ask = drop_both_ask, .good = said_ok };

/* ---- filled and chosen ---- */

bool work_has_batch(struct player *p)
{
	if (p->in.exists >= player_settings(p)->batch)
		return true;
	player_wrong(p, "INBOX holds fewer letters than --batch: roost-load fill --letters puts them there", S(""));
	return false;
}

void say_work_transfer(const struct player *p, const char *command, uint64_t last, char to, struct buf *out)
{
	char name[WORK_NAME_MAX];

	work_name(p, to, name, sizeof name);
	buf_printf(out, TAG " %s 1:%llu ", command, (unsigned long long)last);
	say_mailbox(p, name, out);
	buf_add(out, S("\r\n"));
}

static void fill_ask(struct player *p, struct buf *out)
{
	if (work_has_batch(p))
		say_work_transfer(p, "COPY", player_settings(p)->batch, 'a', out);
}

const struct step step_work_fill = { .op = OP_NONE, .ask = fill_ask, .good = said_ok };

void say_select_work(struct player *p, char which, struct buf *out)
{
	char name[WORK_NAME_MAX];

	work_name(p, which, name, sizeof name);
	say_select_as(p, player_box(p, "load-work"), name, "", out);
}

static void work_select_ask(struct player *p, struct buf *out) { say_select_work(p, 'a', out); }

static bool work_select_good(struct player *p, const struct answer *a)
{
	return select_good(p, a) && (p->in.exists == player_settings(p)->batch || p->in.exists == 0);
}

const struct step step_work_select = { .op = OP_NONE, .ask = work_select_ask, .heard = select_heard, .good = work_select_good };

/* ---- looked at, with --verify ---- */

bool work_is_looked_at(const struct player *p)
{
	return p->team->worker->plan->verify;
}

static void look_a_ask(struct player *p, struct buf *out)
{
	if (work_is_looked_at(p))
		say_select_work(p, 'a', out);
}

static void look_b_ask(struct player *p, struct buf *out)
{
	if (work_is_looked_at(p))
		say_select_work(p, 'b', out);
}

static void look_ask(struct player *p, struct buf *out)
{
	(void)p;
	if (work_is_looked_at(p))
		buf_add(out, S(TAG " FETCH 1:* (UID RFC822.SIZE BODY.PEEK[])\r\n"));
}

/* They are the first of INBOX, in the same order. */
static void look_heard(struct player *p, const struct answer *a)
{
	struct box *inbox = player_box(p, "INBOX");
	struct row r;

	if (!row_read(p, a, ROW_UID | ROW_SIZE | ROW_BODY, &r))
		return;
	struct note *n = r.seq <= inbox->n ? &inbox->at[r.seq - 1] : NULL;
	if (!n || r.size != r.body.n || (n->letter != LETTER_NONE && !letter_is_body(p, n, r.body)))
		player_wrong(p, "what was copied or moved is another letter than in INBOX", str_head(a->raw, 80));
}

static bool look_good(struct player *p, const struct answer *a)
{
	return a->said == SAID_OK && p->rows == player_settings(p)->batch;
}

const struct step step_work_look_a = { .op = OP_NONE, .ask = look_a_ask, .heard = select_heard, .good = select_good };
const struct step step_work_look_b = { .op = OP_NONE, .ask = look_b_ask, .heard = select_heard, .good = select_good };
const struct step step_work_look = { .op = OP_NONE, .ask = look_ask, .heard = look_heard, .good = look_good };

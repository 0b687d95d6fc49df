/* tools/load/work.c: a player's own mailboxes, where what is copied, moved and expunged does no harm. */
#include <stdio.h>

#include "tools/load/steps.h"
#include "tools/load/worker.h"

void work_name(const struct player *p, char which, char *out, size_t bytes)
{
	snprintf(out, bytes, "load-%c%u", which, p->number);
}

/* ---- made anew ---- */

static void work_ask(struct player *p, char which, struct buf *out)
{
	char name[WORK_NAME_MAX];

	work_name(p, which, name, sizeof name);
	buf_add(out, S(TAG " DELETE "));
	say_mailbox(p, name, out);
	buf_add(out, S("\r\n" TAG " CREATE "));
	say_mailbox(p, name, out);
	buf_add(out, S("\r\n"));
	p->last_words = 2;
}

static void work_a_ask(struct player *p, struct buf *out) { work_ask(p, 'a', out); }
static void work_b_ask(struct player *p, struct buf *out) { work_ask(p, 'b', out); }

/* It need not have been there. */
static bool work_good(struct player *p, const struct answer *a)
{
	return a->said == SAID_OK || p->had_words == 0;
}

const struct step step_work_a = { .op = OP_NONE, .ask = work_a_ask, .good = work_good };
const struct step step_work_b = { .op = OP_NONE, .ask = work_b_ask, .good = work_good };

/* ---- filled and chosen ---- */

static void fill_ask(struct player *p, struct buf *out)
{
	char name[WORK_NAME_MAX];
	uint64_t batch = player_settings(p)->batch;

	if (p->in.exists < batch) {
		player_wrong(p, "INBOX holds fewer letters than --batch: roost-load fill --letters puts them there", S(""));
		return;
	}
	work_name(p, 'a', name, sizeof name);
	buf_printf(out, TAG " COPY 1:%llu ", (unsigned long long)batch);
	say_mailbox(p, name, out);
	buf_add(out, S("\r\n"));
}

const struct step step_work_fill = { .op = OP_NONE, .ask = fill_ask, .good = said_ok };

static void work_select_ask(struct player *p, struct buf *out)
{
	char name[WORK_NAME_MAX];

	work_name(p, 'a', name, sizeof name);
	say_select(p, name, "", out);
}

static bool work_select_good(struct player *p, const struct answer *a)
{
	return select_good(p, a) && (p->in.exists == player_settings(p)->batch || p->in.exists == 0);
}

const struct step step_work_select = { .op = OP_NONE, .ask = work_select_ask, .heard = select_heard, .good = work_select_good };

/* frontend/imap/cmd_status.c: STATUS. Storaged is asked, so the numbers are those of now. */
#include "frontend/imap/cmd.h"

#include "common/mail/mbox_attr.h"
#include "frontend/imap/status.h"

void status_enable(struct cmd *c, uint32_t items)
{
	if (items & STATUS_HIGHESTMODSEQ)
		cmd_condstore(c);
}

void status_say(struct cmd *c, uint32_t items, const struct rpc_mbox_is *m)
{
	struct session *s = c->session;
	struct say_status_item_values v = {
		.messages = m->messages, .recent = m->recent, .uidnext = m->uidnext, .uidvalidity = m->uidvalidity,
		.unseen = m->unseen, .deleted = m->deleted, .size = m->size_bytes, .highestmodseq = m->highestmodseq,
		.deleted_storage = m->deleted_bytes,
	};

	/* Of the selected one, no more than the session was told: an expunge may be withheld (RFC 7162 3.2). */
	if (s->mailbox && mailbox_id(s->mailbox) == m->mailbox && view_modseq(&s->view) < v.highestmodseq)
		v.highestmodseq = view_modseq(&s->view);
	if (s->rev2)
		items &= ~(uint32_t)STATUS_RECENT;
	say_mailbox_status(session_out(s), m->name, items, &v, s->rev2);
}

/* Many STATUS commands in a row, as clients send them for their folder list, are one call: those that are there at the
 * end of the turn. Each is answered by itself, in the order they came. */
enum { STATUS_AT_ONCE = 256 };

struct status_one {
	struct status_one *next;
	struct str tag, name;
	uint32_t   items;
	enum err   err;
	struct rpc_mbox_is m;
};

struct statuses {
	struct status_one *first, *last;
	struct status_one *heard;          /* the one answered last; NULL: none yet */
	size_t          n;
	struct loop_job ask;
};

static void statuses_fini(struct cmd *c)
{
	struct statuses *st = c->state;

	loop_job_stop(&st->ask);
}

static void statuses_add(struct cmd *c, struct str tag, const struct status_args *a)
{
	struct statuses *st = c->state;
	struct status_one *one = arena_zalloc(&c->arena, sizeof *one);

	status_enable(c, a->items);
	one->tag = tag;
	one->items = a->items;
	if (!cmd_mailbox(c, a->mailbox, &one->name))
		one->err = ERR_ABSENT;
	if (st->last)
		st->last->next = one;
	else
		st->first = one;
	st->last = one;
	st->n++;
}

static enum err one_say(struct cmd *c, const struct status_one *one)
{
	if (one->err != OK || c->err != OK)
		return one->err != OK ? one->err : c->err;
	if (one->m.attrs & (MBOX_NOSELECT | MBOX_NONEXISTENT))
		return ERR_ABSENT;
	if (one->m.mailbox == 0)
		return ERR_CORRUPT;
	status_say(c, one->items, &one->m);
	return OK;
}

static enum step statuses_say(struct cmd *c)
{
	const struct statuses *st = c->state;
	struct buf *out = session_out(c->session);

	for (const struct status_one *one = st->first; one != st->last; one = one->next) {
		enum err err = one_say(c, one);
		if (err == OK)
			say_line(out, one->tag, SAY_OK, NULL, "completed");
		else
			say_failure(out, one->tag, err, NULL);
	}
	c->tag = st->last->tag;
	return cmd_end(c, one_say(c, st->last));
}

/* One row for each name that was asked for, in that order. */
static void statuses_heard(void *ctx, struct ask *ask, const struct ask_news *news)
{
	struct cmd *c = ctx;
	struct statuses *st = c->state;
	struct status_one *one;

	(void)ask;
	if (news->again) {
		st->heard = NULL;
		return;
	}
	if (news->end) {
		c->ask = NULL;
		c->err = news->err;
		cmd_run(c);
		return;
	}
	one = st->heard ? st->heard->next : st->first;
	while (one && one->err != OK)
		one = one->next;
	if (!one || news->no != RPC_mbox_is || !rpc_get_mbox_is(str_dup(&c->arena, news->fields), &one->m))
		return;
	st->heard = one;
}

static void statuses_ask(void *arg)
{
	struct cmd *c = arg;
	struct session *s = c->session;
	const struct statuses *st = c->state;
	struct buf names = { 0 };

	for (const struct status_one *one = st->first; one; one = one->next)
		if (one->err == OK)
			buf_lstr(&names, one->name);
	c->input = NULL;
	c->next = statuses_say;
	if (names.n > 0)
		c->ask = ask_mbox_list(s->frontend->route, s->account, &(struct rpc_mbox_list){ .names = buf_str(&names), .counts = 1 },
		                       statuses_heard, c);
	else
		cmd_run(c);
	buf_fini(&names);
}

/* The command behind this one: another STATUS joins, anything else has to wait. */
static void statuses_more(struct cmd *c, enum got got, struct str *in)
{
	struct session *s = c->session;
	const struct statuses *st = c->state;
	struct str bytes = frame_bytes(&s->frame), tag, name;
	struct grammar g;
	void *args;

	(void)in;
	grammar_init(&g, &c->arena, bytes);
	bool joins = got == GOT_COMMAND && st->n < STATUS_AT_ONCE && grammar_start(&g, &tag, &name) && str_ieq(name, S("STATUS"));
	if (joins) {
		grammar_init(&g, &c->arena, str_dup(&c->arena, bytes));
		joins = grammar_start(&g, &tag, &name) && grammar_args(&g, parse_status, &args);
	}
	if (!joins) {
		c->input = NULL;
		session_hear_later(s, got);
		return;
	}
	frame_done(&s->frame);
	s->frontend->counts.commands[command_number(c->command)]++;
	statuses_add(c, tag, args);
}

enum step status_start(struct cmd *c)
{
	struct statuses *st = arena_zalloc(&c->arena, sizeof *st);

	c->state = st;
	c->fini = statuses_fini;
	c->input = statuses_more;
	statuses_add(c, c->tag, c->args);
	loop_defer(c->session->frontend->loop, &st->ask, statuses_ask, c);
	return STEP_WAIT;
}

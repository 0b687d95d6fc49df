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
	};

	/* Of the selected one, no more than the session was told: an expunge may be withheld (RFC 7162 3.2). */
	if (s->mailbox && mailbox_id(s->mailbox) == m->mailbox && view_modseq(&s->view) < v.highestmodseq)
		v.highestmodseq = view_modseq(&s->view);
	if (s->rev2)
		items &= ~(uint32_t)STATUS_RECENT;
	say_mailbox_status(session_out(s), m->name, items, &v, s->rev2);
}

static enum step status_answered(struct cmd *c)
{
	const struct status_args *a = c->args;
	struct rpc_mbox_is m;

	if (c->err != OK)
		return cmd_end(c, c->err);
	if (c->answer_no != RPC_mbox_is || !rpc_get_mbox_is(c->answer, &m))
		return cmd_end(c, ERR_CORRUPT);
	if (m.attrs & (MBOX_NOSELECT | MBOX_NONEXISTENT))
		return cmd_end(c, ERR_ABSENT);
	status_say(c, a->items, &m);
	return cmd_end(c, OK);
}

enum step status_start(struct cmd *c)
{
	const struct status_args *a = c->args;
	struct session *s = c->session;
	struct rpc_mbox_list q = { .counts = 1 };

	status_enable(c, a->items);
	if (!cmd_mailbox(c, a->mailbox, &q.name))
		return cmd_end(c, ERR_ABSENT);
	c->next = status_answered;
	c->ask = ask_mbox_list(s->frontend->route, s->account, &q, cmd_answer, c);
	return STEP_WAIT;
}

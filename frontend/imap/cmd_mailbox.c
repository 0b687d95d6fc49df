/* frontend/imap/cmd_mailbox.c: the commands that change which mailboxes there are: CREATE DELETE RENAME (UN)SUBSCRIBE. */
#include "frontend/imap/cmd.h"

static enum step no_such_name(struct cmd *c) { return cmd_end_text(c, ERR_CANNOT, "CANNOT", "no mailbox can be called that"); }

/* Storaged's last word is ours. */
static enum step answered(struct cmd *c) { return cmd_end(c, c->err); }

enum step create_start(struct cmd *c)
{
	const struct create_args *a = c->args;
	struct session *s = c->session;
	struct rpc_mbox_create q = { .attrs = a->special_use };

	if (a->use_unknown)
		return cmd_end_text(c, ERR_CANNOT, "USEATTR", "that special use is not known");
	if (!cmd_mailbox(c, a->mailbox, &q.name))
		return no_such_name(c);
	c->next = answered;
	c->ask = ask_mbox_create(s->frontend->route, s->account, &q, cmd_answer, c);
	return STEP_WAIT;
}

enum step delete_start(struct cmd *c)
{
	const struct mailbox_args *a = c->args;
	struct session *s = c->session;
	struct rpc_mbox_delete q = { 0 };

	if (!cmd_mailbox(c, a->mailbox, &q.name))
		return no_such_name(c);
	c->next = answered;
	c->ask = ask_mbox_delete(s->frontend->route, s->account, &q, cmd_answer, c);
	return STEP_WAIT;
}

enum step rename_start(struct cmd *c)
{
	const struct rename_args *a = c->args;
	struct session *s = c->session;
	struct rpc_mbox_rename q = { 0 };

	if (!cmd_mailbox(c, a->from, &q.name) || !cmd_mailbox(c, a->to, &q.to))
		return no_such_name(c);
	c->next = answered;
	c->ask = ask_mbox_rename(s->frontend->route, s->account, &q, cmd_answer, c);
	return STEP_WAIT;
}

static enum step subscribe(struct cmd *c, bool on)
{
	const struct mailbox_args *a = c->args;
	struct session *s = c->session;
	struct rpc_subscribe q = { .on = on };

	if (!cmd_mailbox(c, a->mailbox, &q.name))
		return no_such_name(c);
	c->next = answered;
	c->ask = ask_subscribe(s->frontend->route, s->account, &q, cmd_answer, c);
	return STEP_WAIT;
}

enum step subscribe_start(struct cmd *c) { return subscribe(c, true); }
enum step unsubscribe_start(struct cmd *c) { return subscribe(c, false); }

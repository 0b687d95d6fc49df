/* frontend/imap/cmd_expunge.c: EXPUNGE and UID EXPUNGE. What vanished is told as news at the command's end.
 *
 * Many messages leave some at a time, so that the shard serves others in between: nothing is promised about all of them at once.
 */
#include "frontend/imap/cmd.h"

struct expunging { struct str uids; bool answered, more; step_fn *then; };

static step_fn expunge_some;

static void expunge_news(void *ctx, struct ask *ask, const struct ask_news *news)
{
	struct cmd *c = ctx;
	struct expunging *e = c->part;
	struct rpc_expunged got;

	(void)ask;
	if (news->end) {
		c->ask = NULL;
		c->err = news->err == OK && !e->answered ? ERR_CORRUPT : news->err;
		cmd_run(c);
	} else if (news->no == RPC_expunged && rpc_get_expunged(news->fields, &got)) {
		e->answered = true;
		e->more = got.more != 0;
		mailbox_heard(c->session->mailbox, got.modseq);
	}
}

static enum step expunge_answered(struct cmd *c)
{
	const struct expunging *e = c->part;

	c->next = c->err == OK && e->more ? expunge_some : e->then;
	return STEP_MORE;
}

static enum step expunge_some(struct cmd *c)
{
	struct expunging *e = c->part;
	struct session *s = c->session;
	const struct rpc_expunge q = { .mailbox = mailbox_id(s->mailbox), .uids = e->uids };

	e->answered = false;
	c->next = expunge_answered;
	c->ask = ask_expunge(s->frontend->route, s->account, &q, expunge_news, c);
	return STEP_WAIT;
}

enum step cmd_expunge(struct cmd *c, struct str uids, step_fn *then)
{
	struct expunging *e = c->part = arena_zalloc(&c->arena, sizeof *e);

	*e = (struct expunging){ .uids = uids, .then = then };
	return expunge_some(c);
}

static enum step expunged(struct cmd *c) { return cmd_end(c, c->err); }

enum step expunge_start(struct cmd *c)
{
	const struct expunge_args *a = c->args;
	struct session *s = c->session;
	struct uidset uids = { 0 };

	if (s->readonly)
		return cmd_end_text(c, ERR_DENIED, NULL, "the mailbox is open for reading only");
	if (!a->uid)
		return cmd_expunge(c, S(""), expunged);
	(void)view_uids(&s->view, &a->set, true, &uids);       /* by UID nothing can be out of range */
	struct str packed = cmd_pack(c, &uids);
	bool none = uids.n == 0;
	uidset_fini(&uids);
	return none ? cmd_end(c, OK) : cmd_expunge(c, packed, expunged);
}

/* frontend/imap/cmd_expunge.c: EXPUNGE and UID EXPUNGE. What vanished is told as news at the command's end. */
#include "frontend/imap/cmd.h"

static enum step expunge_answered(struct cmd *c)
{
	struct rpc_expunged got;

	if (c->err != OK)
		return cmd_end(c, c->err);
	if (c->answer_no != RPC_expunged || !rpc_get_expunged(c->answer, &got))
		return cmd_end(c, ERR_CORRUPT);
	mailbox_heard(c->session->mailbox, got.modseq);
	return cmd_end(c, OK);
}

enum step expunge_start(struct cmd *c)
{
	const struct expunge_args *a = c->args;
	struct session *s = c->session;
	struct rpc_expunge q = { .mailbox = mailbox_id(s->mailbox) };
	struct uidset uids = { 0 };

	if (s->readonly)
		return cmd_end_text(c, ERR_DENIED, NULL, "the mailbox is open for reading only");
	if (a->uid) {
		(void)view_uids(&s->view, &a->set, true, &uids);       /* by UID nothing can be out of range */
		q.uids = cmd_pack(c, &uids);
		bool none = uids.n == 0;
		uidset_fini(&uids);
		if (none)
			return cmd_end(c, OK);
	}
	c->next = expunge_answered;
	c->ask = ask_expunge(s->frontend->route, s->account, &q, cmd_answer, c);
	return STEP_WAIT;
}

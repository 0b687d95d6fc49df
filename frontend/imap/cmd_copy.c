/* frontend/imap/cmd_copy.c: COPY and MOVE, by position and by UID (RFC 9051 6.4.7, 6.4.8; RFC 4315 3). */
#include "frontend/imap/cmd.h"

#include "frontend/imap/tell.h"

/* COPY says COPYUID with its tagged OK; MOVE says it before the messages leave (RFC 6851 4.3). */
static void say_copyuid(struct cmd *c, const struct rpc_copied *got, const struct uidset *from, const struct uidset *to, bool move)
{
	struct buf *out = session_out(c->session);

	if (from->n == 0)
		return;
	if (!move) {
		say_code_copyuid(&c->code, got->uidvalidity, from, to);
		return;
	}
	say_status(out, SAY_UNTAGGED, SAY_OK);
	say_code_copyuid(out, got->uidvalidity, from, to);
	say_text(out, "moved");
}

static enum step copied(struct cmd *c, bool move)
{
	const struct copy_args *a = c->args;
	struct session *s = c->session;
	struct rpc_copied got;
	struct uidset from = { 0 }, to = { 0 }, missing = { 0 };

	if (c->err == ERR_ABSENT)
		return cmd_end_text(c, c->err, "TRYCREATE", "no such mailbox");
	if (c->err != OK)
		return cmd_end(c, c->err);
	if (c->answer_no != RPC_copied || !rpc_get_copied(c->answer, &got) || !uidmap_read_set(&from, got.from_uids) ||
	    !uidmap_read_set(&to, got.to_uids) || !uidmap_read_set(&missing, got.missing))
		return cmd_end(c, ERR_CORRUPT);
	bool gone = missing.n > 0 && !a->uid;
	if (!gone)
		say_copyuid(c, &got, &from, &to, move);
	uidset_fini(&from);
	uidset_fini(&to);
	uidset_fini(&missing);
	if (gone)
		return cmd_end_text(c, ERR_ABSENT, "EXPUNGEISSUED", "some of these messages are gone: nothing was done");
	if (move || got.to_mailbox == mailbox_id(s->mailbox))
		mailbox_heard(s->mailbox, got.modseq);
	if (got.modseq)
		tell_soft_quota(c);
	return cmd_end(c, OK);
}

static enum step copy_answered(struct cmd *c) { return copied(c, false); }
static enum step move_answered(struct cmd *c) { return copied(c, true); }

static enum step copy_or_move(struct cmd *c, bool move)
{
	const struct copy_args *a = c->args;
	struct session *s = c->session;
	struct uidset uids = { 0 };
	struct rpc_copy q = { .mailbox = mailbox_id(s->mailbox), .move = move, .all = !a->uid };

	if (move && s->readonly)
		return cmd_end_text(c, ERR_DENIED, NULL, "the mailbox is open for reading only");
	if (!cmd_mailbox(c, a->mailbox, &q.to))
		return cmd_end_text(c, ERR_CANNOT, "CANNOT", "no mailbox can be called that");
	if (!view_uids(&s->view, &a->set, a->uid, &uids))
		return cmd_end_bad(c, "no such message");
	q.uids = cmd_pack(c, &uids);
	bool none = uids.n == 0;
	uidset_fini(&uids);
	if (none)
		return cmd_end(c, OK);
	c->next = move ? move_answered : copy_answered;
	c->ask = ask_copy(s->frontend->route, s->account, &q, cmd_answer, c);
	return STEP_WAIT;
}

enum step copy_start(struct cmd *c) { return copy_or_move(c, false); }
enum step move_start(struct cmd *c) { return copy_or_move(c, true); }

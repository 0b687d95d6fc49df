/* frontend/imap/cmd_fetch.c: FETCH and UID FETCH. Numbers become UIDs here; \Seen is set before the rows are read. */
#include "frontend/imap/cmd.h"

#include "common/base/must.h"
#include "frontend/imap/fetch_rows.h"
#include "frontend/imap/resync.h"

static enum step fetch_end(struct cmd *c)
{
	const struct fetch_args *a = c->args;
	struct rows_result r = rows_result(c);

	if (r.err != OK)
		return cmd_end(c, r.err);
	if (r.unknown_cte)
		return cmd_end_text(c, ERR_CTE, "UNKNOWN-CTE", "a transfer encoding is not known");
	if (r.damaged)
		return cmd_end(c, ERR_CORRUPT);
	/* By position, the client meant messages that are still in its view (RFC 5530 EXPUNGEISSUED). */
	if (r.missing && !a->uid && !a->has_changed_since)
		return cmd_end_text(c, ERR_ABSENT, "EXPUNGEISSUED", "some of these messages are gone");
	return cmd_end(c, OK);
}

static enum step read_rows(struct cmd *c, uint64_t seen_modseq)
{
	const struct fetch_args *a = c->args;
	struct uidset uids = { 0 };

	if (!view_uids(&c->session->view, &a->set, a->uid, &uids))
		return cmd_end_bad(c, "no such message");
	return rows_start(c, a, &uids, seen_modseq, fetch_end);
}

/* Where \Seen cannot be set (a full disk, say), reading goes on all the same. */
static enum step seen_set(struct cmd *c)
{
	struct rpc_stored got;

	if (c->err != OK || c->answer_no != RPC_stored || !rpc_get_stored(c->answer, &got))
		return read_rows(c, 0);
	c->echo_modseq = got.modseq;
	mailbox_heard(c->session->mailbox, got.modseq);
	return read_rows(c, got.modseq);
}

static enum step set_seen(struct cmd *c)
{
	const struct fetch_args *a = c->args;
	struct session *s = c->session;
	const struct flag_list no_keywords = { 0 };
	struct uidset uids = { 0 };

	if (!view_uids(&s->view, &a->set, a->uid, &uids))
		return cmd_end_bad(c, "no such message");
	if (!a->sets_seen || s->readonly || uids.n == 0) {
		uidset_fini(&uids);
		return read_rows(c, 0);
	}
	struct rpc_store q = {
		.mailbox = mailbox_id(s->mailbox), .uids = cmd_pack(c, &uids), .mode = STORE_ADD, .system = FLAG_SEEN, .quiet = true,
	};
	uidset_fini(&uids);
	must(cmd_keywords(c, &no_keywords, &q.keywords));
	c->answer_no = 0;
	c->next = seen_set;
	c->ask = ask_store(s->frontend->route, s->account, &q, cmd_answer, c);
	return STEP_WAIT;
}

enum step fetch_start(struct cmd *c)
{
	const struct fetch_args *a = c->args;
	struct session *s = c->session;
	struct uidset named = { 0 };
	enum step step;

	if (a->vanished && !s->qresync)
		return cmd_end_bad(c, "ENABLE QRESYNC first");
	if (a->modseq || a->has_changed_since)
		cmd_condstore(c);
	if (!a->vanished)
		return set_seen(c);
	resync_uids(s, &a->set, &named);
	step = resync_vanished(c, &named, a->changed_since, set_seen);
	uidset_fini(&named);
	return step;
}

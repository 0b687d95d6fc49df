/* frontend/imap/cmd_quota.c: GETQUOTA, GETQUOTAROOT and SETQUOTA (RFC 9208). Each user has one quota root, called as they are.
 *
 * That of others is for admins: the directory gives them a ticket for it, and sets what is to be set.
 */
#include "frontend/imap/cmd.h"

static void quota_fini(struct cmd *c)
{
	struct account *other = c->state;

	account_release(&other);
}

static enum step quota_answered(struct cmd *c)
{
	struct session *s = c->session;
	const struct account *of = c->state ? c->state : s->account;
	struct rpc_quota_is q;

	if (c->err != OK)
		return cmd_end(c, c->err);
	if (c->answer_no != RPC_quota_is || !rpc_get_quota_is(c->answer, &q))
		return cmd_end(c, ERR_CORRUPT);
	say_quota(session_out(s), account_name(of), &q, s->rev2);
	return cmd_end(c, OK);
}

/* Of the session's user, or of the one in c->state. */
static enum step quota_ask(struct cmd *c)
{
	struct session *s = c->session;

	c->next = quota_answered;
	c->ask = ask_quota_get(s->frontend->route, c->state ? c->state : s->account, &(struct rpc_quota_get){ 0 }, cmd_answer, c);
	return STEP_WAIT;
}

/* --- of others --- */

/* Whether there is such a user is nobody's business. */
static enum step not_yours(struct cmd *c) { return cmd_end_text(c, ERR_DENIED, "NOPERM", "that quota is not yours to see or set"); }

static enum step root_refused(struct cmd *c)
{
	if (c->err == ERR_DENIED)
		return not_yours(c);
	if (c->err == ERR_ABSENT)
		return cmd_end_text(c, c->err, "NONEXISTENT", "there is no such quota root");
	return cmd_end(c, c->err);
}

static void root_came(void *ctx, enum err err, struct account *other)
{
	struct cmd *c = ctx;

	c->login = NULL;
	c->state = other;
	c->fini = quota_fini;
	c->err = err;
	c->next = err == OK ? quota_ask : root_refused;
	cmd_run(c);
}

static enum step root_ask(struct cmd *c, const struct rpc_root *m)
{
	struct session *s = c->session;

	if (!account_is_admin(s->account))
		return not_yours(c);
	c->login = route_root(s->frontend->route, s->account, m, root_came, c);
	return STEP_WAIT;
}

/* --- commands --- */

enum step getquota_start(struct cmd *c)
{
	const struct quota_args *a = c->args;

	if (str_eq(a->root, account_name(c->session->account)))
		return quota_ask(c);
	return root_ask(c, &(struct rpc_root){ .name = a->root });
}

/* The mailbox need not exist: a client may ask before it makes one (RFC 9208 4.1.2). */
enum step getquotaroot_start(struct cmd *c)
{
	const struct mailbox_args *a = c->args;
	struct session *s = c->session;
	struct str name;

	if (!cmd_mailbox(c, a->mailbox, &name))
		return cmd_end_text(c, ERR_CANNOT, "CANNOT", "no mailbox can be called that");
	say_quotaroot(session_out(s), name, account_name(s->account), s->rev2);
	return quota_ask(c);
}

/* What is not named is not limited any more (RFC 9208 4.1.3). */
enum step setquota_start(struct cmd *c)
{
	const struct setquota_args *a = c->args;

	if (!account_is_admin(c->session->account))
		return not_yours(c);
	if (a->cannot)
		return cmd_end_text(c, ERR_CANNOT, "CANNOT", "that is no resource, or no limit, that can be set");
	return root_ask(c, &(struct rpc_root){
		.name = a->root, .set = 1, .bytes = a->limit[QUOTA_STORAGE] * 1024, .messages = a->limit[QUOTA_MESSAGE],
		.mailboxes = a->limit[QUOTA_MAILBOX] });
}

/* storaged/serve/serve_quota.c: how much a user has of what they may have. */
#include "storaged/serve/shard.h"

void serve_quota_get(struct job *j)
{
	const struct quota *q = &j->user->quota;
	struct usage used = user_usage(j->user);

	JOB_ANSWER(j, quota_is, (&(struct rpc_quota_is){
		.used_bytes = used.n[QUOTA_STORAGE], .used_messages = used.n[QUOTA_MESSAGE], .used_mailboxes = used.n[QUOTA_MAILBOX],
		.bytes = q->limit[QUOTA_STORAGE], .messages = q->limit[QUOTA_MESSAGE], .mailboxes = q->limit[QUOTA_MAILBOX],
		.soft_percent = q->soft_percent, .grace_percent = q->grace_percent }));
	job_end(j, OK);
}

void quota_tell_room(struct job *j)
{
	const struct user *u = j->user ? j->user : j->pinned;
	struct usage used = user_usage(u);
	struct fullness full = quota_fullness(&u->quota, &used);

	if (u->applying)                /* half of it is counted: rather no hint than a wrong one */
		return;
	JOB_ANSWER(j, room, (&(struct rpc_room){
		.bytes = quota_room(&u->quota, &used), .resource = full.which,
		.percent = quota_is_soft(&u->quota, &used) ? full.percent : 0 }));
}

bool quota_soft_now(const struct job *j)
{
	struct usage used = user_usage(j->pinned);

	return quota_is_soft(&j->pinned->quota, &used);
}

void quota_tell_crossed(struct job *j, bool soft_before)
{
	const struct user *u = j->pinned;
	struct usage used = user_usage(u);
	struct fullness full = quota_fullness(&u->quota, &used);

	if (u->quota.warn && !soft_before && quota_is_soft(&u->quota, &used))
		JOB_ANSWER(j, crossed, (&(struct rpc_crossed){ full.which, full.percent }));
}

/* storaged/serve/landing.c: the records of one incoming message. */
#include "storaged/serve/landing.h"

#include "common/base/must.h"

void landing_init(struct landing *l, struct job *j, const struct key *key)
{
	*l = (struct landing){ .job = j };
	ingest_init(&l->ingest, key, j->user->id);
}

void landing_fini(struct landing *l) { ingest_fini(&l->ingest); }

static enum err may_land(const struct landing *l)
{
	const struct user *u = l->job->pinned;
	const struct upload *up = user_upload(u, &l->job->request);
	bool ours = up ? up->blob == l->blob && up->bytes == l->sealed : l->sealed == 0;

	if (!ours || !u->exists || user_result(u, &l->job->request))
		return ERR_BUSY;
	return shard_has_room(l->job->s) ? OK : ERR_NOSPACE;
}

enum err landing_piece(struct landing *l, uint32_t plain)
{
	struct change c = change_new(l->job->s, l->job->pinned);
	enum err err = may_land(l);

	if (err)
		return err;
	if (!l->blob)
		l->blob = l->job->pinned->next_blob;
	rec_add_piece(&c.ops, &(struct rec_piece){ l->blob, l->sealed, buf_str(&l->ingest.run), plain });
	must(job_commit(l->job, &c, 0, S("")));
	l->sealed += plain;
	change_fini(&c);
	return OK;
}

/* The mailbox may have gone, been loaded out, or the quota filled, since the message began to come. */
static enum err put(struct change *c, struct box *b, const struct new_message *msg, struct rpc_appended *out)
{
	if (!b)
		return ERR_ABSENT;
	return b->loaded ? mbox_append(c, b, msg, out) : ERR_BUSY;
}

enum err landing_message(struct landing *l, struct box *b, struct new_message *msg, uint32_t plain)
{
	struct change c = change_new(l->job->s, l->job->pinned);
	struct rpc_appended out = { 0 };
	struct buf answer = { 0 };
	enum err err = may_land(l);

	msg->thread = l->ingest.thread;
	msg->summary = buf_str(&l->ingest.summary);
	msg->run = buf_str(&l->ingest.run);
	msg->run_plain = plain;
	msg->blob = l->blob;
	if (err == OK)
		err = put(&c, b, msg, &out);
	rpc_put_appended(&answer, &out);
	if (err == OK && !job_fits(&c, buf_str(&answer)))
		err = ERR_LIMIT;
	if (err == OK) {
		must(job_commit(l->job, &c, RPC_appended, buf_str(&answer)));
		job_answer(l->job, RPC_appended, buf_str(&answer));
	}
	change_fini(&c);
	buf_fini(&answer);
	return err;
}

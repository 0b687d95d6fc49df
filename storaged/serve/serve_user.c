/* storaged/serve/serve_user.c: the directory says who lives here. */
#include <stdlib.h>

#include "common/base/must.h"
#include "storaged/serve/shard.h"

/* A key is made or destroyed on a worker; then the job runs on. */
struct keying { struct job *j; struct user_id user; enum err err; };

static void key_add(void *arg)
{
	struct keying *k = arg;

	k->err = keyring_add(k->j->s->keys, &k->user, 1);
}

static void key_destroy(void *arg)
{
	struct keying *k = arg;

	k->err = keyring_destroy(k->j->s->keys, k->user);
}

static void key_added(void *arg)
{
	struct keying *k = arg;
	struct job *j = k->j;
	enum err err = k->err;

	free(k);
	if (err)
		job_end(j, err);
	else
		job_run(j);
}

static void key_destroyed(void *arg)
{
	struct keying *k = arg;
	struct job *j = k->j;
	enum err err = k->err;

	free(k);
	job_end(j, err);
}

static void key_work(struct job *j, uint32_t user, loop_fn *run, loop_fn *done)
{
	struct keying *k = mem_new(sizeof *k);

	*k = (struct keying){ j, { user }, OK };
	j->user = NULL;         /* may leave memory meanwhile; job_run finds it again */
	work_submit(j->s->loop, run, done, k);
}

void serve_user_put(struct job *j)
{
	struct rpc_user_put m;
	struct key key;

	if (!JOB_GET(j, user_put, &m)) {
		job_end(j, ERR_INPUT);
		return;
	}
	/* The key is durable before the record that makes the user exist. */
	if (!keyring_get(j->s->keys, (struct user_id){ m.user }, &key)) {
		key_work(j, m.user, key_add, key_added);
		return;
	}
	key_wipe(&key);
	struct change c = change_new(j->s, j->user);
	const struct quota quota = {
		.limit = { m.bytes, m.messages, m.mailboxes },
		.soft_percent = m.soft_percent, .grace_percent = m.grace_percent, .warn = m.warn,
	};
	enum err err = mbox_user_put(&c, m.epoch, m.generation, &quota);
	if (err == OK && c.ops.n)
		shard_commit(j->s, &c);
	change_fini(&c);
	job_end(j, err);
}

static void drop_durable(struct job *j)
{
	if (j->s->stopping) {   /* perhaps not durable, and no worker is left: the directory asks again */
		job_free(j);
		return;
	}
	key_work(j, j->ticket.user, key_destroy, key_destroyed);
}

void serve_user_drop(struct job *j)
{
	struct rpc_user_drop m;

	if (!JOB_GET(j, user_drop, &m)) {
		job_end(j, ERR_INPUT);
		return;
	}
	if (j->user->exists) {
		struct change c = change_new(j->s, j->user);
		rec_add_user_drop(&c.ops, &(struct rec_user_drop){ });
		shard_commit(j->s, &c);
		change_fini(&c);
	}
	searches_forget(j->s, 0);
	/* The key goes only after the record is durable: else a crash would leave a user whose mail nobody can open. */
	job_pin(j);
	j->ticket.user = m.user;
	j->resume = drop_durable;
	if (!job_hold(j))
		drop_durable(j);
}

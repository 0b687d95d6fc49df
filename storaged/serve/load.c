/* storaged/serve/load.c: users and messages come into memory, read by workers; and leave it. */
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "storaged/mbox/rows.h"
#include "storaged/serve/shard.h"

/* What loads have mapped of the index is let go this soon after the first of them: a fault maps the pages around it as well,
 * so the users of a whole fleet of idle sessions would else have all of the index in our memory. */
enum { TRIM_MS = 500 };

struct load {
	struct shard *s;
	uint32_t mailbox;            /* 0: the user only */
	struct user user;            /* the worker's own, adopted when it is done */
	struct box box;
	enum err err;
};

static void load_read(void *arg)
{
	struct load *l = arg;

	l->err = l->mailbox ? box_read(&l->box, l->s->db, l->user.id) : user_read(&l->user, l->s->db);
}

static void load_adopt(struct load *l)
{
	struct user *u = state_user(&l->s->state, l->user.id);

	must(u != NULL);
	if (l->mailbox == 0) {
		user_adopt(u, &l->user);
		return;
	}
	u->pins--;
	/* A mailbox may be deleted, and so be gone, while its messages were read; its id is never given again. */
	struct box *b = user_box(u, l->mailbox);
	if (b && !b->loaded) {
		b->loading = false;
		box_adopt(b, &l->box);
	}
	box_unload(&l->box);
}

static void trim(void *arg)
{
	struct shard *s = arg;

	db_trim(s->db);
}

static void load_done(void *arg)
{
	struct load *l = arg;
	struct shard *s = l->s;

	if (l->err)
		shard_die(s, "load", l->err);
	load_adopt(l);
	uint32_t user = l->user.id;
	free(l);
	s->counts.loads++;
	if (!loop_timer_running(&s->trim_timer))
		loop_timer_start(s->loop, &s->trim_timer, TRIM_MS, 0, trim, s);
	shard_wake(s, user);
}

static void load_start(struct shard *s, uint32_t user, uint32_t mailbox)
{
	struct load *l = mem_new(sizeof *l);

	*l = (struct load){ .s = s, .mailbox = mailbox, .user = { .id = user }, .box = { .id = mailbox } };
	work_submit(s->loop, load_read, load_done, l);
}

struct user *shard_user(struct shard *s, uint32_t id)
{
	struct user *u = state_user(&s->state, id);

	if (!u) {
		u = state_user_new(&s->state, id);
		u->loading = true;
		load_start(s, id, 0);
	}
	u->used_ms = loop_now_ms(s->loop);
	return u->loaded ? u : NULL;
}

bool job_need_box(struct job *j, struct box *b)
{
	if (b->loaded)
		return true;
	if (!b->loading) {
		b->loading = true;
		j->user->pins++;
		load_start(j->s, j->user->id, b->id);
	}
	job_park(j, j->user->id);
	return false;
}

enum err shard_load_now(struct shard *s, uint32_t user, uint32_t mailbox)
{
	struct user *u = state_user(&s->state, user);

	if (!u) {
		u = state_user_new(&s->state, user);
		enum err err = user_read(u, s->db);
		if (err)
			return err;
	}
	struct box *b = mailbox ? user_box(u, mailbox) : NULL;
	return b && !b->loaded ? box_read(b, s->db, user) : OK;
}

static bool evictable(const struct shard *s, const struct user *u, uint64_t before_ms)
{
	/* An upload somebody may go on with is looked after by uploads_sweep, as long as it is in memory. */
	return u->loaded && u->pins == 0 && u->n_uploads == 0 && u->dirty_turn <= s->committed_turn && u->used_ms <= before_ms;
}

void shard_evict(struct shard *s, uint64_t idle_ms)
{
	uint64_t now_ms = loop_now_ms(s->loop), before_ms = now_ms > idle_ms ? now_ms - idle_ms : 0, id;
	struct user **idle = mem_new((s->state.users.n + 1) * sizeof *idle);
	size_t at = 0, n = 0;
	void *u;

	while (map_each(&s->state.users, &at, &id, &u))
		if (evictable(s, u, before_ms))
			idle[n++] = u;
	for (size_t i = 0; i < n; i++)
		state_evict(&s->state, idle[i]);
	free(idle);
	if (n)
		log_debug("evicted", "users=%zu", n);
}

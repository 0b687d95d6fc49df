/* storaged/serve/load.c: users and messages come into memory, read by workers; and leave it. */
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "storaged/mbox/rows.h"
#include "storaged/serve/shard.h"

/* A user stays in memory for this long after the last call. */
static const uint64_t IDLE_MS = 5 * 60 * 1000;

struct load { struct shard *s; uint32_t user, mailbox; struct image *image; enum err err; };

static void load_read(void *arg)
{
	struct load *l = arg;

	l->err = l->mailbox ? image_read_box(l->image, l->s->db, l->user, l->mailbox) : image_read_user(l->image, l->s->db, l->user);
}

static enum err load_install(struct load *l)
{
	struct user *u = state_user(&l->s->state, l->user);

	must(u != NULL);
	if (l->mailbox == 0) {
		u->loading = false;
		return user_install(u, l->image);
	}
	u->pins--;
	/* A mailbox may be deleted, and so be gone, while its messages were read; its id is never given again. */
	struct box *b = user_box(u, l->mailbox);
	if (!b || b->loaded)
		return OK;
	b->loading = false;
	return box_install(b, l->image);
}

static void load_done(void *arg)
{
	struct load *l = arg;
	struct shard *s = l->s;

	if (l->err == OK)
		l->err = load_install(l);
	if (l->err)
		shard_die(s, "load", l->err);
	uint32_t user = l->user;
	image_free(&l->image);
	free(l);
	s->counts.loads++;
	shard_wake(s, user);
}

static void load_start(struct shard *s, uint32_t user, uint32_t mailbox)
{
	struct load *l = mem_new(sizeof *l);

	*l = (struct load){ s, user, mailbox, image_new(), OK };
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
	struct box *b = u && mailbox ? user_box(u, mailbox) : NULL;
	struct load l = { s, user, mailbox, NULL, OK };

	if (mailbox ? !b || b->loaded : u != NULL)
		return OK;
	if (!u)
		u = state_user_new(&s->state, user);
	if (mailbox)
		u->pins++;
	l.image = image_new();
	load_read(&l);
	if (l.err == OK)
		l.err = load_install(&l);
	image_free(&l.image);
	return l.err;
}

static bool evictable(const struct shard *s, const struct user *u, uint64_t now_ms)
{
	return u->loaded && u->pins == 0 && u->dirty_turn <= s->committed_turn && u->used_ms + IDLE_MS < now_ms;
}

void shard_evict_idle(struct shard *s)
{
	uint64_t now_ms = loop_now_ms(s->loop), id;
	struct user **idle = mem_new((s->state.users.n + 1) * sizeof *idle);
	size_t at = 0, n = 0;
	void *u;

	while (map_each(&s->state.users, &at, &id, &u))
		if (evictable(s, u, now_ms))
			idle[n++] = u;
	for (size_t i = 0; i < n; i++)
		state_evict(&s->state, idle[i]);
	free(idle);
	if (n)
		log_debug("evicted", "users=%zu", n);
}

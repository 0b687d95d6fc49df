/* storaged/serve/whole.c: one message, one piece of work, one record. */
#include "storaged/serve/whole.h"

#include <stdlib.h>

#include "common/base/must.h"

struct whole {
	struct landing landing;
	struct str message;
	whole_land_fn *land;
};

static void whole_free(struct whole *w)
{
	landing_fini(&w->landing);
	free(w);
}

static void whole_work(void *arg)
{
	struct whole *w = ((struct job *)arg)->own;

	ingest_run(&w->landing.ingest, w->message, 0, true);
	ingest_end(&w->landing.ingest);
}

static void whole_land(struct job *j)
{
	struct whole *w = j->own;

	j->own = NULL;
	if (!j->call) {                 /* the caller left while a worker was busy: nothing was begun */
		whole_free(w);
		job_free(j);
		return;
	}
	enum err err = w->land(&w->landing, (uint32_t)w->message.n);
	whole_free(w);
	job_end(j, err);
}

static void whole_done(void *arg)
{
	struct job *j = arg;

	if (!job_behind(j, whole_land))
		whole_land(j);
}

void whole_start(struct job *j, struct str message, const struct key *key, whole_land_fn *land)
{
	struct whole *w = mem_new(sizeof *w);

	must(message.n <= RPC_WHOLE_MAX);
	w->message = message;
	w->land = land;
	landing_init(&w->landing, j, key);
	job_pin(j);
	j->own = w;
	shard_work(j->s, message.n, whole_work, whole_done, j);
}

/* storaged/directory/hasher.c: two queues, and so many at a time. */
#include "storaged/directory/hasher.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "common/loop/work.h"

enum queue { CHECKS, MAKES, QUEUES };

struct hasher {
	struct loop *loop;
	unsigned     threads, running;
	bool         stopped;
	enum queue   turn;                       /* who goes first next time */
	STAILQ_HEAD(, hash_job) queue[QUEUES];
	unsigned     waiting[QUEUES];
};

void hash_job_init(struct hash_job *j, struct str password, void (*done)(void *ctx), void *ctx)
{
	*j = (struct hash_job){ .password = { str_heap_z(password), password.n }, .done = done, .ctx = ctx };
}

void hash_job_fini(struct hash_job *j)
{
	if (j->password.p)
		explicit_bzero((char *)j->password.p, j->password.n);
	free((char *)j->password.p);
	j->password = (struct str){ NULL, 0 };
}

/* On a worker. */
static void job_run(void *arg)
{
	struct hash_job *j = arg;

	j->ok = j->cost ? password_hash(j->text, j->password, j->cost) : password_check(j->text, j->password);
}

static void start_next(struct hasher *h);

static void job_done(void *arg)
{
	struct hash_job *j = arg;
	struct hasher *h = j->hasher;

	h->running--;
	start_next(h);
	j->done(j->ctx);
}

static struct hash_job *queue_take(struct hasher *h, enum queue q)
{
	struct hash_job *j = STAILQ_FIRST(&h->queue[q]);

	if (j) {
		STAILQ_REMOVE_HEAD(&h->queue[q], next);
		h->waiting[q]--;
	}
	return j;
}

static struct hash_job *next_take(struct hasher *h)
{
	struct hash_job *j = queue_take(h, h->turn);

	h->turn = h->turn == CHECKS ? MAKES : CHECKS;
	return j ? j : queue_take(h, h->turn);
}

static void start_next(struct hasher *h)
{
	struct hash_job *j;

	while (h->running < h->threads && (j = next_take(h))) {
		h->running++;
		work_submit(h->loop, job_run, job_done, j);
	}
}

static void job_wait(struct hasher *h, struct hash_job *j, enum queue q)
{
	must(!h->stopped);
	j->hasher = h;
	STAILQ_INSERT_TAIL(&h->queue[q], j, next);
	h->waiting[q]++;
	start_next(h);
}

bool hasher_check(struct hasher *h, struct hash_job *j, const char *hash)
{
	size_t n = strlen(hash);

	if (h->waiting[CHECKS] >= HASHER_CHECKS_MOST)
		return false;
	must(n < sizeof j->text);
	memcpy(j->text, hash, n + 1);
	job_wait(h, j, CHECKS);
	return true;
}

void hasher_make(struct hasher *h, struct hash_job *j, enum hash_cost cost)
{
	j->cost = cost;
	job_wait(h, j, MAKES);
}

unsigned hasher_waiting(const struct hasher *h) { return h->waiting[CHECKS] + h->waiting[MAKES] + h->running; }

struct hasher *hasher_new(struct loop *loop, unsigned threads)
{
	struct hasher *h = mem_new(sizeof *h);

	h->loop = loop;
	h->threads = threads;
	for (int q = 0; q < QUEUES; q++)
		STAILQ_INIT(&h->queue[q]);
	return h;
}

void hasher_stop(struct hasher *h)
{
	struct hash_job *j;

	h->stopped = true;
	while ((j = next_take(h)))
		j->done(j->ctx);
}

void hasher_free(struct hasher **h)
{
	must(!*h || (*h)->running == 0);
	free(*h);
	*h = NULL;
}

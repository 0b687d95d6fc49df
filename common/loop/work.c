/* common/loop/work.c: queues, and the threads that empty them. */
#include "common/loop/work.h"

#include <stdlib.h>

#include "common/base/must.h"
#include "common/loop/inside.h"
#include "common/loop/thread.h"

struct work {
	struct work *next;
	struct loop *loop;
	loop_fn     *run, *done;
	void        *arg;
};

struct work_pool {
	pthread_mutex_t lock;
	pthread_cond_t  more;
	struct work    *first, **end;
	bool            ending;         /* threads leave once the queue is empty */
	bool            is_long;
	unsigned        n_threads;
	pthread_t       threads[];
};

void work_threads(struct loop *l, unsigned n)
{
	must(n > 0 && !l->work[WORK_SHORT] && !l->work[WORK_LONG]);
	l->work_threads = n;
}

/* The next piece of work; NULL: go home. */
static struct work *pool_take(struct work_pool *p)
{
	pthread_mutex_lock(&p->lock);
	while (!p->first && !p->ending)
		pthread_cond_wait(&p->more, &p->lock);
	struct work *w = p->first;
	if (w && !(p->first = w->next))
		p->end = &p->first;
	pthread_mutex_unlock(&p->lock);
	return w;
}

static void work_done(void *arg)
{
	struct work *w = arg;

	w->loop->work_waiting--;
	w->done(w->arg);
	free(w);
}

static void *worker(void *arg)
{
	const struct work_pool *p = arg;

	if (p->is_long)
		thread_is_patient();
	for (struct work *w; (w = pool_take(arg));) {
		w->run(w->arg);
		loop_post(w->loop, work_done, w);
	}
	return NULL;
}

static struct work_pool *pool_new(unsigned n, bool is_long)
{
	struct work_pool *p = mem_new(sizeof *p + n * sizeof p->threads[0]);
	sigset_t all, before;

	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	p->end = &p->first;
	p->is_long = is_long;
	/* Signals are for the loop's thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (; p->n_threads < n; p->n_threads++)
		must(pthread_create(&p->threads[p->n_threads], NULL, worker, p) == 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return p;
}

static void pool_free(struct work_pool *p)
{
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_broadcast(&p->more);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->n_threads; i++)
		pthread_join(p->threads[i], NULL);
	pthread_cond_destroy(&p->more);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static void submit(struct loop *l, enum work_kind kind, loop_fn *run, loop_fn *done, void *arg)
{
	struct work *w = mem_new(sizeof *w);

	if (!l->work[kind])
		l->work[kind] = pool_new(l->work_threads, kind == WORK_LONG);
	*w = (struct work){ NULL, l, run, done, arg };
	l->work_waiting++;
	struct work_pool *p = l->work[kind];
	pthread_mutex_lock(&p->lock);
	*p->end = w;
	p->end = &w->next;
	pthread_mutex_unlock(&p->lock);
	pthread_cond_signal(&p->more);          /* whoever wakes finds the lock free */
}

void work_submit(struct loop *l, loop_fn *run, loop_fn *done, void *arg)
{
	submit(l, WORK_SHORT, run, done, arg);
}

void work_submit_long(struct loop *l, loop_fn *run, loop_fn *done, void *arg)
{
	submit(l, WORK_LONG, run, done, arg);
}

unsigned work_waiting(const struct loop *l) { return l->work_waiting; }

static void drain_pool(struct loop *l, struct work_pool **pp)
{
	struct work_pool *p = *pp;

	*pp = NULL;
	pool_free(p);
	posts_run(l);
}

void work_drain(struct loop *l)
{
	/* A `done` may submit more, and with it start new threads. */
	while (l->work[WORK_SHORT] || l->work[WORK_LONG])
		drain_pool(l, &l->work[l->work[WORK_SHORT] ? WORK_SHORT : WORK_LONG]);
}

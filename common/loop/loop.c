/* common/loop/loop.c: the order of a turn, jobs, posts and signals. */
#include "common/loop/loop.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/must.h"
#include "common/loop/inside.h"

struct signal_watch {
	uv_signal_t          uv;
	struct signal_watch *next;
	loop_fn             *fn;
	void                *arg;
};

static void ring_init(struct loop_job *head) { head->next = head->prev = head; }

static void ring_add(struct loop_job *head, struct loop_job *j)
{
	j->prev = head->prev;
	j->next = head;
	head->prev->next = j;
	head->prev = j;
}

static bool ring_empty(const struct loop_job *head) { return head->next == head; }

void loop_job_stop(struct loop_job *j)
{
	if (!j->next)
		return;
	j->prev->next = j->next;
	j->next->prev = j->prev;
	j->next = j->prev = NULL;
}

static void ring_run_first(struct loop_job *head)
{
	struct loop_job *j = head->next;

	loop_job_stop(j);
	j->fn(j->arg);
}

static void ring_run(struct loop_job *head)
{
	while (!ring_empty(head))
		ring_run_first(head);
}

static void job_add(struct loop_job *head, struct loop_job *j, loop_fn *fn, void *arg)
{
	if (j->next)
		return;
	j->fn = fn;
	j->arg = arg;
	ring_add(head, j);
}

void loop_defer(struct loop *l, struct loop_job *j, loop_fn *fn, void *arg) { job_add(&l->deferred, j, fn, arg); }

void loop_last(struct loop *l, struct loop_job *j, loop_fn *fn, void *arg) { job_add(&l->last, j, fn, arg); }

/* What is written in a deferred job leaves with what was written before. */
static void end_turn(struct loop *l)
{
	ring_run(&l->deferred);
	while (!ring_empty(&l->last)) {
		ring_run_first(&l->last);
		ring_run(&l->deferred);
	}
}

static void do_not_wait(uv_idle_t *idle) { (void)idle; }

void loop_next(struct loop *l, struct loop_job *j, loop_fn *fn, void *arg)
{
	job_add(&l->next, j, fn, arg);
	uv_idle_start(&l->hurry, do_not_wait);
}

/* What was asked for before this wait; what is asked for from here on has its turn after the next. */
static void after_wait(uv_check_t *check)
{
	struct loop *l = check->data;

	turn_began(l);
	if (ring_empty(&l->next))
		uv_idle_stop(&l->hurry);
	ring_run(&l->ready);
}

/* ready is empty: all of it has run. */
static void next_becomes_ready(struct loop *l)
{
	if (ring_empty(&l->next))
		return;
	l->ready = l->next;
	l->ready.next->prev = l->ready.prev->next = &l->ready;
	ring_init(&l->next);
}

static void measure_turn(struct loop *l)
{
	if (l->turn_ns)
		hist_add(&l->lag, (uv_hrtime() - l->turn_ns) / 1000);
	l->turn_ns = 0;
}

static void end_wait(uv_timer_t *clock) { (void)clock; }

static void set_clock(struct loop *l)
{
	uint64_t first = timers_first_ms(l), now = loop_now_ms(l);

	if (first == UINT64_MAX)
		uv_timer_stop(&l->clock);
	else
		uv_timer_start(&l->clock, end_wait, first > now ? first - now : 0, 0);
}

static void before_wait(uv_prepare_t *prepare)
{
	struct loop *l = prepare->data;

	timers_run(l);
	end_turn(l);
	next_becomes_ready(l);
	set_clock(l);
	measure_turn(l);
}

void loop_post(struct loop *l, loop_fn *fn, void *arg)
{
	struct post *p = mem_new(sizeof *p);

	p->fn = fn;
	p->arg = arg;
	pthread_mutex_lock(&l->posts_lock);
	bool first = !l->posts;
	*l->posts_end = p;
	l->posts_end = &p->next;
	pthread_mutex_unlock(&l->posts_lock);
	/* Not uv_async_send: its loop spins until the sender runs again, which may be a long worker that yielded to it. */
	if (first)
		must(eventfd_write(l->wake_fd, 1) == 0);
}

static struct post *posts_take(struct loop *l)
{
	pthread_mutex_lock(&l->posts_lock);
	struct post *all = l->posts;
	l->posts = NULL;
	l->posts_end = &l->posts;
	pthread_mutex_unlock(&l->posts_lock);
	return all;
}

void posts_run(struct loop *l)
{
	struct post *next;

	for (struct post *p = posts_take(l); p; p = next) {
		next = p->next;
		p->fn(p->arg);
		free(p);
	}
}

static void on_wake(void *arg, int ready)
{
	struct loop *l = arg;
	eventfd_t n;

	(void)ready;
	(void)eventfd_read(l->wake_fd, &n);      /* before the posts are taken: whoever posts now writes again */
	posts_run(l);
}

static void on_signal(uv_signal_t *uv, int signum)
{
	struct signal_watch *s = uv->data;

	(void)signum;
	turn_began(uv->loop->data);
	s->fn(s->arg);
}

void loop_on_signal(struct loop *l, int signum, loop_fn *fn, void *arg)
{
	struct signal_watch *s = mem_new(sizeof *s);

	s->fn = fn;
	s->arg = arg;
	s->next = l->signals;
	l->signals = s;
	must(uv_signal_init(&l->uv, &s->uv) == 0);
	s->uv.data = s;
	must(uv_signal_start(&s->uv, on_signal, signum) == 0);
}

struct loop *loop_new(void)
{
	struct loop *l = mem_new(sizeof *l);

	signal(SIGPIPE, SIG_IGN);         /* a peer that left is an errno, not our end */
	must(uv_loop_init(&l->uv) == 0);
	l->uv.data = l;
	uv_prepare_init(&l->uv, &l->before_wait);
	uv_check_init(&l->uv, &l->after_wait);
	uv_idle_init(&l->uv, &l->hurry);
	uv_timer_init(&l->uv, &l->clock);
	l->before_wait.data = l->after_wait.data = l;
	uv_prepare_start(&l->before_wait, before_wait);
	uv_check_start(&l->after_wait, after_wait);
	ring_init(&l->deferred);
	ring_init(&l->last);
	ring_init(&l->next);
	ring_init(&l->ready);
	pthread_mutex_init(&l->posts_lock, NULL);
	l->posts_end = &l->posts;
	l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	must(l->wake_fd >= 0);
	l->wake = loop_watch_new(l, l->wake_fd, on_wake, l);
	loop_watch_want(l->wake, LOOP_READ);
	l->read_buf = mem_new(LOOP_READ_BYTES);
	l->work_threads = 4;
	return l;
}

static void free_signals(struct signal_watch *s)
{
	for (struct signal_watch *next; s; s = next) {
		next = s->next;
		free(s);
	}
}

void loop_free(struct loop **lp)
{
	struct loop *l = *lp;

	if (!l)
		return;
	posts_run(l);
	must(l->work_waiting == 0 && l->timers.n == 0);
	end_turn(l);
	uv_close((uv_handle_t *)&l->before_wait, NULL);
	uv_close((uv_handle_t *)&l->after_wait, NULL);
	uv_close((uv_handle_t *)&l->hurry, NULL);
	uv_close((uv_handle_t *)&l->clock, NULL);
	loop_watch_free(&l->wake);
	for (struct signal_watch *s = l->signals; s; s = s->next)
		uv_close((uv_handle_t *)&s->uv, NULL);
	uv_run(&l->uv, UV_RUN_DEFAULT);
	must(uv_loop_close(&l->uv) == 0);   /* somebody's watch is still there */
	free_signals(l->signals);
	must(l->posts == NULL);             /* threads that post have ended */
	pthread_mutex_destroy(&l->posts_lock);
	close(l->wake_fd);
	free(l->timers.at);
	free(l->read_buf);
	free(l);
	*lp = NULL;
}

void loop_run(struct loop *l)
{
	l->running = true;
	uv_run(&l->uv, UV_RUN_DEFAULT);
	end_turn(l);                      /* of the turn that stopped us */
	l->running = false;
}

void loop_stop(struct loop *l) { uv_stop(&l->uv); }

uint64_t loop_now_ms(const struct loop *l) { return uv_now(&l->uv); }

uint64_t loop_turn_us(const struct loop *l) { return l->turn_ns ? (uv_hrtime() - l->turn_ns) / 1000 : 0; }

const struct hist *loop_lag(const struct loop *l) { return &l->lag; }

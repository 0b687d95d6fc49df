/* tests/unit/test_loop.c: what runs, when, and in which order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/loop/work.h"

struct cue { struct scene *scene; char letter; };

struct scene {
	struct loop      *loop;
	struct loop_job   job[4];
	struct loop_timer timer[4];
	struct cue        cue, last;
	char              said[64];
	int               n;
};

static void say(struct scene *s, char c)
{
	assert_true(s->n < (int)sizeof s->said - 1);
	s->said[s->n++] = c;
}

static void say_cue(void *arg)
{
	struct cue *c = arg;
	say(c->scene, c->letter);
}

static void stop(void *arg) { loop_stop(((struct scene *)arg)->loop); }

static int begin(void **state)
{
	struct scene *s = calloc(1, sizeof *s);
	s->loop = loop_new();
	*state = s;
	return 0;
}

static int end(void **state)
{
	struct scene *s = *state;
	loop_free(&s->loop);
	free(s);
	return 0;
}

static void yielding(void *arg)
{
	struct scene *s = arg;

	say(s, 'y');
	if (s->n < 7)
		loop_next(s->loop, &s->job[0], yielding, s);
	else
		loop_stop(s->loop);
}

static void deferring(void *arg)
{
	struct scene *s = arg;

	say(s, 'p');
	s->cue = (struct cue){ s, 'd' };
	s->last = (struct cue){ s, 'l' };
	loop_last(s->loop, &s->job[3], say_cue, &s->last);         /* though asked for first */
	loop_defer(s->loop, &s->job[1], say_cue, &s->cue);
	loop_defer(s->loop, &s->job[1], say_cue, &s->cue);         /* queued already: once */
	loop_next(s->loop, &s->job[0], yielding, s);
}

static void jobs_run_at_their_time(void **state)
{
	struct scene *s = *state;
	struct cue q = { s, 'q' }, x = { s, 'x' };

	loop_post(s->loop, deferring, s);
	loop_post(s->loop, say_cue, &q);
	loop_defer(s->loop, &s->job[2], say_cue, &x);
	loop_job_stop(&s->job[2]);
	loop_job_stop(&s->job[2]);                            /* idle: nothing */
	loop_run(s->loop);
	assert_string_equal(s->said, "pqdlyyy");
}

static void timers_fire_in_order(void **state)
{
	struct scene *s = *state;
	struct cue a = { s, 'a' }, b = { s, 'b' }, c = { s, 'c' };

	loop_timer_start(s->loop, &s->timer[0], 30, 0, say_cue, &a);
	loop_timer_start(s->loop, &s->timer[1], 10, 0, say_cue, &b);
	loop_timer_start(s->loop, &s->timer[2], 20, 0, say_cue, &c);
	loop_timer_start(s->loop, &s->timer[3], 60, 0, stop, s);
	loop_timer_start(s->loop, &s->timer[1], 45, 0, say_cue, &b);   /* later */
	loop_timer_start(s->loop, &s->timer[0], 5, 0, say_cue, &a);    /* earlier */
	loop_run(s->loop);
	assert_string_equal(s->said, "acb");
	assert_false(loop_timer_running(&s->timer[1]));
}

static void tick(void *arg)
{
	struct scene *s = arg;

	say(s, 't');
	if (s->n == 3) {
		loop_timer_stop(s->loop, &s->timer[0]);
		loop_timer_start(s->loop, &s->timer[1], 0, 0, stop, s);
	}
}

static void repeating_timers_repeat(void **state)
{
	struct scene *s = *state;

	loop_timer_start(s->loop, &s->timer[0], 1, 2, tick, s);
	loop_run(s->loop);
	assert_string_equal(s->said, "ttt");
}

static void count_up(void *arg) { ++*(unsigned *)arg; }

/* Random starts, moves and stops of many timers: those still running at the end fire, each once. */
static void heap_keeps_every_timer(void **state)
{
	enum { MANY = 3000 };
	struct scene *s = *state;
	struct loop_timer *t = calloc(MANY, sizeof *t);
	unsigned *fired = calloc(MANY, sizeof *fired);

	srand(7);
	for (int i = 0; i < 10 * MANY; i++) {
		int k = rand() % MANY;
		if (rand() % 4)
			loop_timer_start(s->loop, &t[k], (uint64_t)(rand() % 40), 0, count_up, &fired[k]);
		else
			loop_timer_stop(s->loop, &t[k]);
	}
	bool *running = calloc(MANY, sizeof *running);
	for (int k = 0; k < MANY; k++)
		running[k] = loop_timer_running(&t[k]);
	loop_timer_start(s->loop, &s->timer[0], 80, 0, stop, s);
	loop_run(s->loop);
	for (int k = 0; k < MANY; k++)
		assert_int_equal(fired[k], running[k]);
	free(running);
	free(fired);
	free(t);
}

static void on_usr1(void *arg)
{
	say(arg, 's');
	stop(arg);
}

static void signals_arrive(void **state)
{
	struct scene *s = *state;

	loop_on_signal(s->loop, SIGUSR1, on_usr1, s);
	kill(getpid(), SIGUSR1);
	loop_run(s->loop);
	assert_string_equal(s->said, "s");
}

struct sum { struct scene *scene; pthread_t ran_on; int in, out; };

static void square(void *arg)
{
	struct sum *m = arg;
	m->ran_on = pthread_self();
	m->out = m->in * m->in;
}

static void squared(void *arg)
{
	struct sum *m = arg;
	assert_int_equal(m->out, m->in * m->in);
	assert_false(pthread_equal(m->ran_on, pthread_self()));
	if (++m->scene->n == 100)
		loop_stop(m->scene->loop);
}

static void work_runs_elsewhere_and_ends_here(void **state)
{
	struct scene *s = *state;
	struct sum m[100];

	work_threads(s->loop, 2);
	for (int i = 0; i < 100; i++) {
		m[i] = (struct sum){ .scene = s, .in = i };
		work_submit(s->loop, square, squared, &m[i]);
	}
	assert_int_equal(work_waiting(s->loop), 100);
	loop_run(s->loop);
	assert_int_equal(work_waiting(s->loop), 0);
	work_submit(s->loop, square, squared, &m[0]);
	work_drain(s->loop);                                  /* without the loop running */
	assert_int_equal(s->n, 101);
}

/* Long work: each reads a byte from a pipe, in which there is none yet. */
static void wait_for_byte(void *arg)
{
	char byte;

	assert_int_equal(read(*(const int *)arg, &byte, 1), 1);
}

static void waited(void *arg) { (void)arg; }

static void note_nice(void *arg)
{
	struct sum *m = arg;

	m->out = getpriority(PRIO_PROCESS, 0);
}

static void noted(void *arg)
{
	const struct sum *m = arg;

	loop_stop(m->scene->loop);
}

static void long_work_is_in_nobodys_way(void **state)
{
	struct scene *s = *state;
	struct sum little = { .scene = s, .out = -100 }, much = little;
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	work_threads(s->loop, 2);
	for (int i = 0; i < 10; i++)
		work_submit_long(s->loop, wait_for_byte, waited, &fd[0]);
	work_submit(s->loop, note_nice, noted, &little);
	loop_run(s->loop);                                    /* until the short work is done */
	assert_int_equal(work_waiting(s->loop), 10);
	assert_int_equal(write(fd[1], "0123456789", 10), 10);
	work_submit_long(s->loop, note_nice, noted, &much);
	loop_run(s->loop);
	work_drain(s->loop);
	assert_int_equal(little.out, getpriority(PRIO_PROCESS, 0));
	assert_true(much.out > little.out || little.out == 19);
	close(fd[0]);
	close(fd[1]);
}

static void busy_20_ms(void *arg)
{
	struct timespec t0, t;

	clock_gettime(CLOCK_MONOTONIC, &t0);
	do {
		clock_gettime(CLOCK_MONOTONIC, &t);
	} while ((t.tv_sec - t0.tv_sec) * 1000 + (t.tv_nsec - t0.tv_nsec) / 1000000 < 20);
	stop(arg);
}

static void lag_is_work_not_waiting(void **state)
{
	struct scene *s = *state;

	loop_timer_start(s->loop, &s->timer[0], 600, 0, busy_20_ms, s);
	loop_run(s->loop);
	assert_in_range(loop_lag(s->loop)->max_us, 20000, 500000);        /* more than it worked: others had the core meanwhile */
}

static void read_byte(void *arg, int ready)
{
	struct scene *s = arg;

	say(s, ready == LOOP_READ ? 'r' : '?');
	loop_stop(s->loop);
}

static void watches_are_level_triggered(void **state)
{
	struct scene *s = *state;
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	struct loop_watch *w = loop_watch_new(s->loop, fd[0], read_byte, s);
	loop_watch_want(w, LOOP_READ);
	assert_int_equal(write(fd[1], "x", 1), 1);
	loop_run(s->loop);
	loop_run(s->loop);                                    /* still there */
	loop_watch_want(w, 0);
	loop_timer_start(s->loop, &s->timer[0], 5, 0, stop, s);
	loop_run(s->loop);
	assert_string_equal(s->said, "rr");
	loop_watch_free(&w);
	close(fd[0]);
	close(fd[1]);
}

#define SCENE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(jobs_run_at_their_time),
		SCENE(timers_fire_in_order),
		SCENE(repeating_timers_repeat),
		SCENE(heap_keeps_every_timer),
		SCENE(signals_arrive),
		SCENE(work_runs_elsewhere_and_ends_here),
		SCENE(long_work_is_in_nobodys_way),
		SCENE(lag_is_work_not_waiting),
		SCENE(watches_are_level_triggered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

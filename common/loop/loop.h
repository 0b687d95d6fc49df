/* common/loop/loop.h: one thread that waits for descriptors and clocks, and calls what is due.
 *
 * One a process: it also makes the process ignore SIGPIPE.
 *
 * A turn: wait; call the watchers that are ready and what other threads posted, in any order; then the jobs
 * of loop_next, and due timers; then the deferred jobs and those of loop_last, until none is left. Everything here belongs to the
 * loop's thread, except loop_post. No callback may take longer than a few milliseconds: longer work goes to work.h.
 *
 * Timers, jobs: the caller embeds them; zero-initialised is idle. Stop them before their memory goes.
 * Always: no callback runs inside the call that asked for it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/hist.h"

struct loop;
typedef void loop_fn(void *arg);

struct loop *loop_new(void);
/* Watchers, timers and work must be gone (work_drain). What is posted or deferred still runs. */
void         loop_free(struct loop **l);
void         loop_run(struct loop *l);                     /* until loop_stop */
void         loop_stop(struct loop *l);                    /* loop_run returns after this turn */
uint64_t     loop_now_ms(const struct loop *l);            /* monotonic; the time at which this turn began, costs nothing */
uint64_t     loop_turn_us(const struct loop *l);           /* for how long this turn has kept everybody else waiting */

/* Timers. Moving a running timer to a later time costs two stores, so an idle timeout may be
 * started again for every byte that arrives. */
struct loop_timer {
	loop_fn *fn;
	void    *arg;
	uint64_t due_ms, key_ms;   /* key_ms <= due_ms: where the heap has it; a timer met early is put back */
	uint32_t repeat_ms, at;    /* place in the heap, from 1; 0: not running */
};

/* Runs fn in after_ms (at least 1), and then every repeat_ms unless that is 0. Starting a running timer moves it. */
void loop_timer_start(struct loop *l, struct loop_timer *t, uint64_t after_ms, uint32_t repeat_ms, loop_fn *fn, void *arg);
void loop_timer_stop(struct loop *l, struct loop_timer *t);
static inline bool loop_timer_running(const struct loop_timer *t) { return t->at != 0; }

/* Jobs run once and are idle again before fn is called. Queueing one that is queued changes nothing. */
struct loop_job {
	struct loop_job *next, *prev;   /* in a ring; NULL: idle */
	loop_fn         *fn;
	void            *arg;
};

/* At the end of this turn, before the loop waits: commit groups, news. Must not defer itself for ever. */
void loop_defer(struct loop *l, struct loop_job *j, loop_fn *fn, void *arg);
/* The same, whenever no deferred job is left: corked output, which leaves with what they wrote. */
void loop_last(struct loop *l, struct loop_job *j, loop_fn *fn, void *arg);
/* In the next turn, after others had theirs: how a long task yields. */
void loop_next(struct loop *l, struct loop_job *j, loop_fn *fn, void *arg);
void loop_job_stop(struct loop_job *j);

/* From any thread: runs fn on the loop's thread, in the order posted by each thread. */
void loop_post(struct loop *l, loop_fn *fn, void *arg);

/* Runs fn on the loop for every arrival of the signal, as long as the loop lives. */
void loop_on_signal(struct loop *l, int signum, loop_fn *fn, void *arg);

/* Descriptors, level-triggered. `ready` is of LOOP_READ and LOOP_WRITE; an error shows as both, and the
 * next read or write names it. The descriptor stays the caller's: free the watch, then close it. */
enum { LOOP_READ = 1, LOOP_WRITE = 2 };
struct loop_watch;
typedef void loop_watch_fn(void *arg, int ready);

struct loop_watch *loop_watch_new(struct loop *l, int fd, loop_watch_fn *fn, void *arg);   /* makes it non-blocking */
void               loop_watch_want(struct loop_watch *w, int events);                      /* 0: nothing */
void               loop_watch_free(struct loop_watch **w);                                 /* from callbacks too */

/* How long turns kept everybody else waiting: time in callbacks, without the waiting. */
const struct hist *loop_lag(const struct loop *l);

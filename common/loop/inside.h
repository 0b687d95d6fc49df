/* common/loop/inside.h: what the files of this room share; nobody else includes it.
 *
 * The only header that knows libuv. Its timers are not used: ours are smaller and cheaper to move;
 * libuv's one timer only bounds the wait.
 */
#pragma once

#include <pthread.h>
#include <uv.h>

#include "common/loop/loop.h"

#define LOOP_READ_BYTES (256 * 1024)

struct post { struct post *next; loop_fn *fn; void *arg; };
struct timer_heap { struct loop_timer **at; uint32_t n, cap; };   /* at[0] is unused */
struct work_pool;
enum work_kind { WORK_SHORT, WORK_LONG, WORK_KINDS };

struct loop {
	uv_loop_t       uv;
	uv_prepare_t    before_wait;
	uv_check_t      after_wait;
	uv_idle_t       hurry;          /* while it is active, the loop looks but does not wait */
	uv_timer_t      clock;          /* ends the wait when the first timer is due */
	struct loop_watch *wake;        /* of wake_fd: posts came */
	int             wake_fd;
	struct signal_watch *signals;
	struct timer_heap timers;
	struct loop_job deferred, last, next, ready;   /* heads of rings; ready: run after this wait */
	pthread_mutex_t posts_lock;
	struct post    *posts, **posts_end;
	bool            running;
	uint64_t        turn_ns;        /* when this turn's wait was over; 0: it waits */
	struct hist     lag;
	char           *read_buf;       /* LOOP_READ_BYTES, for whichever stream reads now */
	struct work_pool *work[WORK_KINDS];
	unsigned        work_threads, work_waiting;
};

void     timers_run(struct loop *l);                       /* those due */
/* Every callback of libuv's begins with it: the first one tells when the wait was over. (libuv's own measure of idle time
 * costs a second epoll_wait a turn.) */
static inline void turn_began(struct loop *l)
{
	if (l->turn_ns == 0)
		l->turn_ns = uv_hrtime();
}

uint64_t timers_first_ms(const struct loop *l);            /* when to look again; UINT64_MAX: never */
void     posts_run(struct loop *l);

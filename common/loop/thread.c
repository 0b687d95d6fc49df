/* common/loop/thread.c: slices and niceness, of the calling thread. */
#include "common/loop/thread.h"

#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Patient threads get a third of what others get of a busy core. Not less: they hold locks, too. */
enum { PATIENT_NICE = 5 };

/* Since 6.12 Linux lets an ordinary thread choose its slice: who wants little at a time has an earlier deadline, and no more in all. */
enum { PROMPT_SLICE_NS = 200 * 1000, RESET_ON_FORK = 1 };

/* sched_setattr(2); the C library has no name for it here. */
struct attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t  nice;
	uint32_t priority;
	uint64_t runtime_ns, deadline_ns, period_ns;
};

void thread_is_prompt(void)
{
	struct attributes a = {
		.size = sizeof a, .flags = RESET_ON_FORK, .nice = getpriority(PRIO_PROCESS, 0), .runtime_ns = PROMPT_SLICE_NS,
	};

	if (sched_getscheduler(0) == SCHED_OTHER)       /* who started us may have wanted another */
		(void)syscall(SYS_sched_setattr, 0, &a, 0);
}

void thread_is_patient(void)
{
	setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + PATIENT_NICE);      /* Linux: of this thread */
}

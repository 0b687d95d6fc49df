/* tests/unit/test_thread.c: hints change nothing but what they say, on any kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include "common/loop/thread.h"

static int nice_now(void) { return getpriority(PRIO_PROCESS, 0); }

struct seen { int prompt, policy, patient; };

static void *tells(void *arg)
{
	struct seen *s = arg;

	thread_is_prompt();
	s->prompt = nice_now();
	s->policy = sched_getscheduler(0);
	thread_is_patient();
	s->patient = nice_now();
	return NULL;
}

static void of_this_thread_alone(void **state)
{
	int before = nice_now(), policy = sched_getscheduler(0);
	struct seen seen = { 0 };
	pthread_t t;

	(void)state;
	assert_int_equal(pthread_create(&t, NULL, tells, &seen), 0);
	pthread_join(t, NULL);
	assert_int_equal(seen.prompt, before);
	assert_int_equal(seen.policy & ~SCHED_RESET_ON_FORK, policy);
	assert_int_equal(seen.patient, before > 14 ? 19 : before + 5);
	assert_int_equal(nice_now(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(of_this_thread_alone) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

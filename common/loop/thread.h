/* common/loop/thread.h: what a thread tells the scheduler of itself. Hints: where the kernel does not know them, nothing is lost. */
#pragma once

/* It runs for moments, and somebody waits for each: woken, it runs before those who have run for longer than that. Not for threads it
 * starts later. */
void thread_is_prompt(void);
/* It runs for long, and nobody waits for its next moment. */
void thread_is_patient(void);

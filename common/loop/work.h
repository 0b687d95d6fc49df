/* common/loop/work.h: pure work on other threads: seal, compress, hash, parse, scan.
 *
 * `run` sees only bytes that nobody else touches meanwhile; `done` then runs on the loop.
 * Work starts in the order submitted. There is no cancelling: `done` is always called once.
 *
 * Parts of something long (a search, a listing, a checkpoint) have threads of their own, to which the scheduler prefers the loop's
 * and those of short work: however much of it there is, who asks for little does not wait behind it.
 */
#pragma once

#include "common/loop/loop.h"

void work_threads(struct loop *l, unsigned n);             /* of each kind; before the first work_submit; default 4 */
void work_submit(struct loop *l, loop_fn *run, loop_fn *done, void *arg);
void work_submit_long(struct loop *l, loop_fn *run, loop_fn *done, void *arg);
unsigned work_waiting(const struct loop *l);               /* submitted and not yet done */
void work_drain(struct loop *l);                           /* waits for all work and calls its `done`; then ends the threads */

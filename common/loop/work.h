/* common/loop/work.h: pure work on other threads: seal, compress, hash, parse, scan.
 *
 * `run` sees only bytes that nobody else touches meanwhile; `done` then runs on the loop.
 * Work starts in the order submitted. There is no cancelling: `done` is always called once.
 */
#pragma once

#include "common/loop/loop.h"

void work_threads(struct loop *l, unsigned n);             /* before the first work_submit; default 4 */
void work_submit(struct loop *l, loop_fn *run, loop_fn *done, void *arg);
unsigned work_waiting(const struct loop *l);               /* submitted and not yet done */
void work_drain(struct loop *l);                           /* waits for all work and calls its `done`; then ends the threads */

/* tools/roost/supervisor.h: the processes of one service: started in order, started again, stopped in order.
 *
 * Storage starts first, then the frontends; "ready" is said once, when all of them serve. A child that ends unasked
 * starts again: at once, then with growing pauses, until it was healthy for 10 s. Until "ready" was said, a child that gives up
 * by itself five times in a row ends the service: the configuration is wrong, and waiting mends nothing.
 *
 * Stopping: frontends, shards, directory; each rank gets SIGTERM, some time, and SIGKILL.
 *
 * Owner: run_up. The loop runs in supervisor_run and nowhere else.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "common/base/config.h"

struct supervisor;

/* bin: the folder of the programs. lock_fd: inherited by every child (service.h). ready: called once. */
struct supervisor *supervisor_new(const char *dir, const char *bin, const struct config *c, int lock_fd, void (*ready)(void));
/* Until it was told to stop and every child is gone. False: it gave up, or could not begin (logged). */
bool supervisor_run(struct supervisor *s);
void supervisor_free(struct supervisor **s);

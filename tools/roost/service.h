/* tools/roost/service.h: a service folder: its paths, and who runs it right now.
 *
 * DIR/roost.lock answers two questions, by two locks of different kinds that do not see each other:
 *   is there a supervisor?   a record lock (fcntl), of the supervisor's process alone; the kernel names its pid
 *   is any process left?     an open-file lock (flock), which the children inherit, so it ends with the last of them
 * Both vanish with their processes, however those die. DIR/roost.pid and DIR/roost.pids are for others to read.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/buf.h"

/* Socket paths end at 107 bytes (unix(7)); the longest of ours is DIR/sock/frontend-lmtp-255. */
enum { SERVICE_DIR_BYTES_MAX = 80 };

/* The folder that -C names (NULL: the current one), absolute; the caller frees. NULL: no service lies there (told). */
char *service_dir(const char *named);
/* "DIR/NAME"; the caller frees. */
char *service_path(const char *dir, const char *name);
/* The supervisor's pid. 0: there is none (told). */
pid_t service_running(const char *dir);
/* Takes both locks, waiting a little for the last children of a dead supervisor. -1: refused (told). Children inherit the fd. */
int   service_lock(const char *dir);
/* Waits until no process of the service is left. False: not within timeout_ms. */
bool  service_gone(const char *dir, uint64_t timeout_ms);
/* Writes a file whole, by rename. False: told. */
bool  service_write(const char *dir, const char *name, mode_t mode, struct str bytes);

uint64_t clock_ms(void);                       /* monotonic */

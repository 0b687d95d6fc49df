/* storaged/directory/directory.h: who exists, their secrets, where they live: the process of that name.
 *
 * Listens on DIR/sock/directory (frontends that speak IMAP), directory-lmtp (frontends that deliver) and
 * directory-admin (mode 0600); which socket a call came through decides what it may ask. Calls every DIR/sock/shard-N to tell it
 * of its users. Keeps DIR/directory/: its own journal and index, built like a shard's.
 *
 * Owner: main. The loop and the config outlive it. Needs seal_open.
 */
#pragma once

#include <stdbool.h>

struct config;
struct directory;
struct loop;

/* Recovers, then listens; blocks meanwhile, so call it before loop_run. NULL: it cannot serve, and the log says why. */
struct directory *directory_new(struct loop *loop, const struct config *config, const char *dir);
/* After loop_run. Ends the loop's work (work_drain). */
void directory_free(struct directory **d);
/* False: the disk failed it (and loop_stop was called): what it was asked last is unknown until it starts again. */

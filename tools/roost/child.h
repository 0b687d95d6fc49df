/* tools/roost/child.h: one process of the service, as its supervisor sees it.
 *
 * A child says "I serve" by one byte on the descriptor named by --ready-fd. It dies with the supervisor, whatever kills that
 * (PR_SET_PDEATHSIG). It is in a process group of its own, so that Ctrl-C on the terminal stops the service in order,
 * not everybody at once.
 *
 * Owner: the supervisor.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "common/loop/loop.h"

enum child_rank { RANK_FRONTEND, RANK_SHARD, RANK_DIRECTORY, RANK_COUNT };    /* in the order in which they are stopped */
enum child_state { CHILD_DOWN, CHILD_STARTING, CHILD_READY };
enum { CHILD_ARGS = 12 };

struct supervisor;

struct child {
	struct supervisor *of;
	char     name[24];             /* "shard-0" */
	char     socket[32];           /* in DIR/sock: where it answers `status` */
	enum child_rank rank;
	char    *argv[CHILD_ARGS + 1]; /* owned; without --ready-fd */
	enum child_state state;
	pid_t    pid;                  /* 0: down */
	uint64_t started_ms, ready_ms; /* loop clock; ready_ms 0: not yet */
	unsigned failures;             /* in a row, without 10 s of health between */
	unsigned restarts;
	char     last_end[40];         /* "signal 9", "exit 3"; empty: never ended */
	int      ready_fd;             /* -1, or our end of its pipe */
	struct loop_watch *ready_watch;
	struct loop_timer  retry;
};

/* Adds a word to the command line. */
void child_arg(struct child *c, const char *word);
void child_fini(struct child *c);
/* Starts it: pid and ready_fd are set. keep_fd stays open in it. False: no process could be made (logged). */
bool child_spawn(struct child *c, int keep_fd);
/* It ended with this wait status: what is known of it is cleared, last_end says how. */
void child_ended(struct child *c, int status);
/* How long to wait before the next start: none after the first failure, then 100 ms, doubling up to 5 s. */
uint64_t child_backoff_ms(unsigned failures);

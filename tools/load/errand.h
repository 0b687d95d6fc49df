/* tools/load/errand.h: other programs, run to their end one after the other; SIGINT or SIGTERM ends the one that runs.
 *
 * Each runs in a process group of its own: a Ctrl-C reaches us alone, and what a command leaves running (a server) outlives it.
 *
 * Owner: main. While it is open, SIGINT, SIGTERM and SIGCHLD are blocked in us and come through a descriptor.
 */
#pragma once

#include <stdbool.h>
#include <signal.h>

#include "common/base/buf.h"

struct errands {
	int      signals;        /* a signalfd */
	sigset_t before;         /* what was blocked before us */
	bool     stopped;        /* a signal asked us to: begin nothing more than what cleans up */
	bool     finishing;      /* signals no longer end what runs */
};

enum { ERRAND_STOPPED = -1, ERRAND_NOT_RUN = 127, ERRAND_KILLED = 128 };

void errands_open(struct errands *e);
void errands_close(struct errands *e);
/* Runs argv[0] (looked for in PATH) with `env` ("NAME=value", up to NULL; or NULL) added to our environment. What it prints is added
 * to `out`; without `out` it goes nowhere. Its exit code; ERRAND_KILLED and the signal; or ERRAND_STOPPED: ended because we were asked to stop. */
int  errand_run(struct errands *e, const char *const *argv, const char *const *env, struct buf *out);
/* The same of a line for sh. */
int  errand_shell(struct errands *e, const char *line, const char *const *env, struct buf *out);
/* False: a signal came first. */
bool errand_wait(struct errands *e, double seconds);

/* tools/roost/stop.c: `roost stop`: tells the supervisor to stop and waits for the last process. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "tools/roost/run.h"
#include "tools/roost/service.h"
#include "tools/roost/tell.h"

#define STOP_MOST_MS 90000           /* longer than the supervisor's patience with all ranks */

/* A pidfd, not a pid: it still means the same process when that is gone. */
static bool end_supervisor(int pidfd)
{
	struct pollfd end = { .fd = pidfd, .events = POLLIN };

	if (pidfd_send_signal(pidfd, SIGTERM, NULL, 0) != 0 && errno != ESRCH) {
		tell("the supervisor takes no signal: %s", strerror(errno));
		return false;
	}
	poll(&end, 1, STOP_MOST_MS);
	return true;
}

static int stop(const char *dir)
{
	pid_t pid = service_running(dir);

	if (!pid)
		return ROOST_REFUSED;
	int pidfd = pidfd_open(pid, 0);
	bool good = pidfd < 0 || end_supervisor(pidfd);
	if (pidfd >= 0)
		close(pidfd);
	if (!good)
		return ROOST_REFUSED;
	if (!service_gone(dir, STOP_MOST_MS)) {
		tell("processes are left after %d s; see %s/roost.pids", STOP_MOST_MS / 1000, dir);
		return ROOST_REFUSED;
	}
	return ROOST_DONE;
}

int run_stop(const struct args *a)
{
	char *dir = service_dir(args_value(a, OPT_DIR));
	int code = dir ? stop(dir) : ROOST_REFUSED;

	free(dir);
	return code;
}

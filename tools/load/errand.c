/* tools/load/errand.c: fork, exec, and one poll for what comes first: output, the end, or a wish to stop. */
#include "tools/load/errand.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/must.h"

void errands_open(struct errands *e)
{
	sigset_t ours;

	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGCHLD);
	*e = (struct errands){ 0 };
	must(sigprocmask(SIG_BLOCK, &ours, &e->before) == 0);
	e->signals = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
	must(e->signals >= 0);
}

void errands_close(struct errands *e)
{
	close(e->signals);
	sigprocmask(SIG_SETMASK, &e->before, NULL);
}

/* True: one of them asks us to stop. */
static bool signals_take(struct errands *e)
{
	struct signalfd_siginfo info;
	bool stop = false;

	while (read(e->signals, &info, sizeof info) == sizeof info)
		stop = stop || info.ssi_signo != SIGCHLD;
	if (!stop || e->finishing)
		return false;
	e->stopped = true;
	return true;
}

static _Noreturn void become(const struct errands *e, const char *const *argv, const char *const *env, int out)
{
	int null = open("/dev/null", O_RDWR);

	setpgid(0, 0);
	sigprocmask(SIG_SETMASK, &e->before, NULL);
	dup2(null, STDIN_FILENO);
	dup2(out >= 0 ? out : null, STDOUT_FILENO);
	for (; env && *env; env++)
		putenv((char *)*env);
	execvp(argv[0], (char *const *)argv);
	_exit(ERRAND_NOT_RUN);
}

/* What is there by now: a server that the program left running may hold the other end open for ever. */
static void take_output(int from, struct buf *out)
{
	char part[4096];
	ssize_t n;

	while ((n = read(from, part, sizeof part)) > 0)
		buf_add(out, (struct str){ part, (size_t)n });
}

static int watch(struct errands *e, pid_t child, int from, struct buf *out)
{
	struct pollfd fds[2] = { { e->signals, POLLIN, 0 }, { from, POLLIN, 0 } };
	bool stopping = false;
	int status;

	for (;;) {
		poll(fds, 2, -1);
		if (signals_take(e) && !stopping) {
			stopping = true;
			kill(-child, SIGTERM);
		}
		if (fds[1].revents)
			take_output(from, out);
		if (fds[1].revents & POLLHUP)
			fds[1].fd = -1;         /* its output has ended; the program itself not yet */
		if (waitpid(child, &status, WNOHANG) == child)
			break;
	}
	if (from >= 0)
		take_output(from, out);
	if (stopping)
		return ERRAND_STOPPED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : ERRAND_KILLED + WTERMSIG(status);
}

int errand_run(struct errands *e, const char *const *argv, const char *const *env, struct buf *out)
{
	int ends[2] = { -1, -1 };

	if (out) {
		must(pipe2(ends, O_CLOEXEC) == 0);
		fcntl(ends[0], F_SETFL, O_NONBLOCK);
	}
	pid_t child = fork();
	must(child >= 0);
	if (child == 0)
		become(e, argv, env, ends[1]);
	setpgid(child, child);          /* as it does itself: whoever is first, its group can be ended at once */
	if (out)
		close(ends[1]);
	int code = watch(e, child, ends[0], out);
	if (out)
		close(ends[0]);
	return code;
}

int errand_shell(struct errands *e, const char *line, const char *const *env, struct buf *out)
{
	const char *const argv[] = { "/bin/sh", "-c", line, NULL };

	return errand_run(e, argv, env, out);
}

static double now_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

bool errand_wait(struct errands *e, double seconds)
{
	struct pollfd fd = { e->signals, POLLIN, 0 };
	double until = now_seconds() + seconds;

	for (double left = seconds; left > 0; left = until - now_seconds())
		if (poll(&fd, 1, (int)(left * 1000) + 1) > 0 && signals_take(e))
			return false;
	return true;
}

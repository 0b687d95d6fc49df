/* tools/roost/child.c: a process is born, and what is kept of it. */
#include "tools/roost/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/must.h"

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MOST_MS 5000

void child_arg(struct child *c, const char *word)
{
	size_t n = 0;

	while (c->argv[n])
		n++;
	must(n + 2 < CHILD_ARGS);                     /* --ready-fd FD follow */
	c->argv[n] = str_heap_z(str_of(word));
}

void child_fini(struct child *c)
{
	for (size_t i = 0; i < CHILD_ARGS; i++)
		free(c->argv[i]);
	loop_watch_free(&c->ready_watch);
	if (c->ready_fd >= 0)
		close(c->ready_fd);
}

/* In the new process, all signals blocked. */
_Noreturn static void become(char **argv, int ready_fd, int keep_fd, pid_t parent)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);                     /* it died before prctl took hold */
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	dup2(nothing, STDIN_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO);   /* our stdout says "ready" and nothing else */
	fcntl(ready_fd, F_SETFD, 0);
	fcntl(keep_fd, F_SETFD, 0);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(argv[0], argv);
	log_error("exec_failed", "file=%s errno=%s", argv[0], strerrorname_np(errno));
	_exit(127);
}

/* fork, not vfork: the supervisor is small for ever, and the child has some work to do before exec. Signals are
 * blocked meanwhile, as the loop's handlers would report the child's to the parent. */
static pid_t fork_quietly(char **argv, int ready_fd, int keep_fd)
{
	sigset_t all, before;
	pid_t parent = getpid();

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid_t pid = fork();
	if (pid == 0)
		become(argv, ready_fd, keep_fd, parent);
	int error = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return pid;
}

/* Its command line with --ready-fd behind. Borrowed from c, option and fd. */
static void full_argv(const struct child *c, char *argv[CHILD_ARGS + 1], char *option, char *fd)
{
	size_t n = 0;

	for (; c->argv[n]; n++)
		argv[n] = c->argv[n];
	argv[n++] = option;
	argv[n++] = fd;
	argv[n] = NULL;
}

bool child_spawn(struct child *c, int keep_fd)
{
	char *argv[CHILD_ARGS + 1], option[] = "--ready-fd", fd[12];
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0) {
		log_error("pipe_failed", "child=%s errno=%s", c->name, strerrorname_np(errno));
		return false;
	}
	snprintf(fd, sizeof fd, "%d", ends[1]);
	full_argv(c, argv, option, fd);
	pid_t pid = fork_quietly(argv, ends[1], keep_fd);
	if (pid < 0)
		log_error("fork_failed", "child=%s errno=%s", c->name, strerrorname_np(errno));
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return false;
	}
	c->pid = pid;
	c->ready_fd = ends[0];
	c->state = CHILD_STARTING;
	c->ready_ms = 0;
	return true;
}

void child_ended(struct child *c, int status)
{
	if (WIFSIGNALED(status))
		snprintf(c->last_end, sizeof c->last_end, "signal %d", WTERMSIG(status));
	else
		snprintf(c->last_end, sizeof c->last_end, "exit %d", WEXITSTATUS(status));
	c->pid = 0;
	c->state = CHILD_DOWN;
	loop_watch_free(&c->ready_watch);
	if (c->ready_fd >= 0)
		close(c->ready_fd);
	c->ready_fd = -1;
}

uint64_t child_backoff_ms(unsigned failures)
{
	uint64_t ms = BACKOFF_FIRST_MS;

	if (failures <= 1)
		return 0;
	for (unsigned i = 2; i < failures && ms < BACKOFF_MOST_MS; i++)
		ms *= 2;
	return ms < BACKOFF_MOST_MS ? ms : BACKOFF_MOST_MS;
}

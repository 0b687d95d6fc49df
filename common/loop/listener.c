/* common/loop/listener.c: bind, listen, accept. */
#include "common/loop/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/address.h"
#include "common/base/log.h"
#include "common/base/must.h"

#define BACKLOG 4096
#define ACCEPTS_A_TURN 64
#define FULL_PAUSE_MS 100   /* after the process ran out of descriptors */

struct listener {
	struct loop       *loop;
	struct loop_watch *watch;       /* NULL: closed, and freed at the end of the turn */
	struct loop_timer  full;        /* runs: no accepting until it fires */
	struct loop_job    end_of_turn;
	listener_fn       *fn;
	void              *arg;
	int                fd;
};

/* A socket file whose owner is gone refuses connections: remove it. One that answers stays, and bind fails. */
static void remove_stale(const struct address *a)
{
	const char *path = ((const struct sockaddr_un *)&a->sa)->sun_path;
	struct stat st;

	if (lstat(path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)&a->sa, a->n) != 0 && errno == ECONNREFUSED)
		unlink(path);
	close(fd);
}

static bool bind_unix(int fd, const struct address *a, mode_t mode)
{
	remove_stale(a);
	/* The file is born with at most these rights, whatever the umask, and then gets exactly them. */
	return fchmod(fd, mode) == 0 && bind(fd, (const struct sockaddr *)&a->sa, a->n) == 0 &&
	       chmod(((const struct sockaddr_un *)&a->sa)->sun_path, mode) == 0;
}

static bool bind_tcp(int fd, const struct address *a, bool reuseport)
{
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
		return false;
	if (reuseport && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
		return false;
	/* Accepted sockets inherit this. */
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
		return false;
	return bind(fd, (const struct sockaddr *)&a->sa, a->n) == 0;
}

static int bind_failed(struct str where, int fd, int error)
{
	log_error("bind", "address=%s error=\"%s\"", LOG_S(where), strerror(error));
	if (fd >= 0)
		close(fd);
	return -error;
}

int listener_bind(struct str where, const struct listener_options *opt)
{
	struct address a;

	if (!address_parse(&a, where))
		return bind_failed(where, -1, EINVAL);
	int fd = socket(a.sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return bind_failed(where, fd, errno);
	bool bound = address_is_unix(&a) ? bind_unix(fd, &a, opt->mode ? opt->mode : 0600) : bind_tcp(fd, &a, opt->reuseport);
	if (!bound || listen(fd, BACKLOG) != 0)
		return bind_failed(where, fd, errno);
	return fd;
}

int listener_port(int fd)
{
	struct address a = { .n = sizeof a.sa };

	return getsockname(fd, (struct sockaddr *)&a.sa, &a.n) == 0 ? address_port(&a) : 0;
}

static void watch_update(struct listener *n)
{
	bool accepting = !loop_timer_running(&n->full);

	if (n->watch)
		loop_watch_want(n->watch, accepting ? LOOP_READ : 0);
}

static void full_over(void *arg) { watch_update(arg); }

/* Nothing to accept, or nobody can be served just now. */
static void accept_failed(struct listener *n, int error)
{
	if (error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM)
		return;
	log_error("accept", "error=\"%s\" retry_ms=%d", strerror(error), FULL_PAUSE_MS);
	loop_timer_start(n->loop, &n->full, FULL_PAUSE_MS, 0, full_over, n);
	watch_update(n);
}

static void on_ready(void *arg, int ready)
{
	struct listener *n = arg;

	(void)ready;
	for (int i = 0; i < ACCEPTS_A_TURN && n->watch; i++) {
		int fd = accept4(n->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			n->fn(n->arg, fd);
		} else if (errno != ECONNABORTED && errno != EINTR) {
			accept_failed(n, errno);
			return;
		}
	}
}

struct listener *listener_new(struct loop *l, int fd, listener_fn *fn, void *arg)
{
	struct listener *n = mem_new(sizeof *n);

	n->loop = l;
	n->fd = fd;
	n->fn = fn;
	n->arg = arg;
	n->watch = loop_watch_new(l, fd, on_ready, n);
	watch_update(n);
	return n;
}

void listener_free(struct listener **np)
{
	struct listener *n = *np;

	*np = NULL;
	if (!n)
		return;
	loop_timer_stop(n->loop, &n->full);
	loop_watch_free(&n->watch);
	close(n->fd);
	/* on_ready may be our caller's caller. */
	loop_defer(n->loop, &n->end_of_turn, free, n);
}

#include "tools/load/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/base/must.h"

enum { READ_BYTES = 64 * 1024, EVENTS = 64 };
enum { WIRE_AGAIN = -1, WIRE_GONE = 0 };

bool wires_init(struct wires *s)
{
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	return s->epoll >= 0;
}

void wires_fini(struct wires *s)
{
	close(s->epoll);
}

uint64_t wire_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The kernel forgets this wish now and then, so it is repeated with every read. */
static void acknowledge_at_once(const struct wire *w)
{
	setsockopt(w->fd, IPPROTO_TCP, TCP_QUICKACK, &(int){ 1 }, sizeof(int));
}

static void wire_watch(struct wire *w, int verb)
{
	struct epoll_event e = { .events = EPOLLIN | (w->waits_to_write ? EPOLLOUT : 0), .data.ptr = w };

	must(epoll_ctl(w->set->epoll, verb, w->fd, &e) == 0);
}

static int dial(const struct address *to)
{
	int fd = socket(to->sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	if (connect(fd, (const struct sockaddr *)&to->sa, to->n) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
		return fd;
	close(fd);
	return -1;
}

struct wire *wire_open(struct wires *s, const struct address *to, SSL_CTX *tls, wire_fn *fn, void *arg)
{
	int fd = dial(to);

	if (fd < 0)
		return NULL;
	struct wire *w = calloc(1, sizeof *w);
	must(w);
	*w = (struct wire){ .set = s, .fd = fd, .fn = fn, .arg = arg };
	acknowledge_at_once(w);
	if (tls) {
		w->ssl = SSL_new(tls);
		must(w->ssl && SSL_set_fd(w->ssl, fd) == 1);
		SSL_set_connect_state(w->ssl);
		w->waits_to_write = true;            /* the first turn begins the handshake */
	}
	wire_watch(w, EPOLL_CTL_ADD);
	return w;
}

void wire_close(struct wire **w)
{
	if (!*w)
		return;
	SSL_free((*w)->ssl);
	close((*w)->fd);
	buf_fini(&(*w)->in);
	buf_fini(&(*w)->out);
	free(*w);
	*w = NULL;
}

static ssize_t tls_result(const struct wire *w, int n)
{
	if (n > 0)
		return n;
	int why = SSL_get_error(w->ssl, n);
	return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? WIRE_AGAIN : WIRE_GONE;
}

static ssize_t wire_result(ssize_t n)
{
	return n > 0 ? n : n < 0 && (errno == EAGAIN || errno == EINTR) ? WIRE_AGAIN : WIRE_GONE;
}

static ssize_t wire_get(struct wire *w, char *p)
{
	return w->ssl ? tls_result(w, SSL_read(w->ssl, p, READ_BYTES)) : wire_result(recv(w->fd, p, READ_BYTES, 0));
}

static ssize_t wire_put(struct wire *w)
{
	return w->ssl ? tls_result(w, SSL_write(w->ssl, w->out.p, (int)w->out.n))
	              : wire_result(send(w->fd, w->out.p, w->out.n, MSG_NOSIGNAL));
}

void wire_send(struct wire *w)
{
	ssize_t n = 1;

	while (w->out.n > 0 && (n = wire_put(w)) > 0)
		buf_drop(&w->out, (size_t)n);        /* gone: the next read says so */
	bool waits = w->out.n > 0 && n == WIRE_AGAIN;
	if (waits != w->waits_to_write) {
		w->waits_to_write = waits;
		wire_watch(w, EPOLL_CTL_MOD);
	}
}

/* TLS may hold decrypted bytes that no descriptor announces, so it is read until it has no more. */
static void wire_read(struct wire *w)
{
	ssize_t n;
	size_t before = w->in.n;

	do {
		buf_reserve(&w->in, READ_BYTES);
		n = wire_get(w, w->in.p + w->in.n);
		if (n > 0)
			w->in.n += (size_t)n;
	} while (w->ssl && n > 0);
	acknowledge_at_once(w);
	if (n == WIRE_GONE || w->in.n > before)
		w->fn(w, n == WIRE_GONE);            /* may close w */
}

void wires_turn(struct wires *s, int timeout_ms)
{
	struct epoll_event e[EVENTS];
	int n = epoll_wait(s->epoll, e, EVENTS, timeout_ms);

	for (int i = 0; i < n; i++) {
		struct wire *w = e[i].data.ptr;
		if (e[i].events & EPOLLOUT)
			wire_send(w);
		if (e[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR) || (w->ssl && !SSL_is_init_finished(w->ssl)))
			wire_read(w);
	}
}

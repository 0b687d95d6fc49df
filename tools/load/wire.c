#include "tools/load/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/base/must.h"

enum { ROOM_BYTES = 256 * 1024, EVENTS = 256 };
enum { WIRE_AGAIN = -1, WIRE_GONE = 0 };

bool wires_init(struct wires *s, unsigned sources)
{
	*s = (struct wires){ .epoll = epoll_create1(EPOLL_CLOEXEC), .sources = sources, .room = malloc(ROOM_BYTES) };
	must(s->room && sources > 0);
	return s->epoll >= 0;
}

static void free_closed(struct wires *s)
{
	for (struct wire *w; (w = s->closed) != NULL;) {
		s->closed = w->next_closed;
		free(w);
	}
}

void wires_fini(struct wires *s)
{
	free_closed(s);
	close(s->epoll);
	free(s->room);
}

uint64_t wire_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- TLS ---- */

/* A ticket has come: the owner's place gets it. 1: we keep the reference. */
static int session_is_new(SSL *ssl, SSL_SESSION *session)
{
	struct wire *w = SSL_get_app_data(ssl);

	if (!w->session)
		return 0;
	SSL_SESSION_free(*w->session);
	*w->session = session;
	return 1;
}

SSL_CTX *wire_tls_new(void)
{
	SSL_CTX *c = SSL_CTX_new(TLS_client_method());

	must(c);
	SSL_CTX_set_verify(c, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(c, SSL_OP_IGNORE_UNEXPECTED_EOF);   /* else a ticket is spoilt when the server just hangs up */
	SSL_CTX_set_read_ahead(c, 1);            /* one recv brings several records */
	SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
	SSL_CTX_sess_set_new_cb(c, session_is_new);
	return c;
}

static void tls_begin(struct wire *w, SSL_CTX *tls)
{
	w->ssl = SSL_new(tls);
	must(w->ssl && SSL_set_fd(w->ssl, w->fd) == 1);
	SSL_set_app_data(w->ssl, w);
	SSL_set_connect_state(w->ssl);
	if (w->session && *w->session)
		SSL_set_session(w->ssl, *w->session);
}

static ssize_t tls_result(const struct wire *w, int n)
{
	if (n > 0)
		return n;
	int why = SSL_get_error(w->ssl, n);
	return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? WIRE_AGAIN : WIRE_GONE;
}

/* ---- opening and closing ---- */

static void wire_watch(struct wire *w, int verb)
{
	struct epoll_event e = { .events = EPOLLIN | (w->waits_to_write ? EPOLLOUT : 0), .data.ptr = w };

	must(epoll_ctl(w->set->epoll, verb, w->fd, &e) == 0);
}

static void wait_to_write(struct wire *w, bool wait)
{
	if (wait == w->waits_to_write)
		return;
	w->waits_to_write = wait;
	wire_watch(w, EPOLL_CTL_MOD);
}

/* One address has some 28,000 ports; the port itself is chosen when connecting, so that each pair of ends needs one only. */
static void leave_from_another(struct wires *s, int fd, const struct address *to)
{
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + s->opened % s->sources) };

	if (s->sources < 2 || to->sa.ss_family != AF_INET || !address_is_local(to))
		return;
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &(int){ 1 }, sizeof(int));
	bind(fd, (const struct sockaddr *)&from, sizeof from);   /* refused: it leaves from where others do */
}

/* A Unix socket connects at once or waits for its turn. */
static int dial(struct wires *s, const struct address *to)
{
	int nonblock = address_is_unix(to) ? 0 : SOCK_NONBLOCK;
	int fd = socket(to->sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | nonblock, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	leave_from_another(s, fd, to);
	if ((connect(fd, (const struct sockaddr *)&to->sa, to->n) == 0 || errno == EINPROGRESS) && fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
		return fd;
	int why = errno;
	close(fd);
	errno = why;
	return -1;
}

struct wire *wire_open(struct wires *s, const struct address *to, SSL_CTX *tls, SSL_SESSION **session, wire_fn *fn, void *arg)
{
	int fd = dial(s, to);

	if (fd < 0)
		return NULL;
	s->opened++;
	struct wire *w = calloc(1, sizeof *w);
	must(w);
	*w = (struct wire){ .set = s, .session = session, .fd = fd, .waits_to_write = true, .fn = fn, .arg = arg };
	if (tls)
		tls_begin(w, tls);
	wire_watch(w, EPOLL_CTL_ADD);
	return w;
}

/* Its memory goes when the turn is over: an event of this turn may still name it. */
void wire_close(struct wire **place)
{
	struct wire *w = *place;

	if (!w)
		return;
	if (w->ssl)
		SSL_set_shutdown(w->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);   /* else its ticket counts as spoilt */
	SSL_free(w->ssl);
	w->ssl = NULL;
	close(w->fd);
	w->fd = -1;
	buf_fini(&w->in);
	buf_fini(&w->out);
	w->next_closed = w->set->closed;
	w->set->closed = w;
	*place = NULL;
}

/* ---- bytes ---- */

static ssize_t wire_result(ssize_t n)
{
	return n > 0 ? n : n < 0 && (errno == EAGAIN || errno == EINTR) ? WIRE_AGAIN : WIRE_GONE;
}

static ssize_t wire_get(struct wire *w, char *p, size_t bytes)
{
	if (!w->ssl)
		return wire_result(recv(w->fd, p, bytes, 0));
	ERR_clear_error();
	return tls_result(w, SSL_read(w->ssl, p, (int)bytes));
}

static ssize_t wire_put(struct wire *w, struct str s)
{
	if (!w->ssl)
		return wire_result(send(w->fd, s.p, s.n, MSG_NOSIGNAL));
	ERR_clear_error();
	return tls_result(w, SSL_write(w->ssl, s.p, (int)s.n));
}

void wire_send(struct wire *w)
{
	struct str left = buf_str(&w->out);
	ssize_t n = 1;

	if (!w->connected)
		return;
	while (left.n > 0 && (n = wire_put(w, left)) > 0) {
		left = str_skip(left, (size_t)n);    /* gone: the next read says so */
		w->sent = true;
	}
	w->set->bytes_out += w->out.n - left.n;
	if (left.n > 0)
		buf_drop(&w->out, w->out.n - left.n);
	else
		buf_fini(&w->out);
	wait_to_write(w, left.n > 0 && n == WIRE_AGAIN);
}

static void tell(struct wire *w, enum wire_news news)
{
	struct str none = S("");

	w->fn(w, news, &none);                       /* may close w */
}

/* `in` lies in the room all share, or is what w->in holds. */
static void tell_bytes(struct wire *w, struct str in)
{
	bool kept = w->in.n > 0;
	size_t before = in.n;

	w->fn(w, WIRE_BYTES, &in);
	if (w->fd < 0)
		return;
	if (!kept)
		buf_add(&w->in, in);
	else if (in.n > 0)
		buf_drop(&w->in, before - in.n);
	if (in.n == 0)
		buf_fini(&w->in);
}

/* The kernel forgets this wish now and then, so it is repeated. What we send carries the acknowledgement with it. */
static void acknowledge_at_once(const struct wire *w)
{
	if (!w->sent)
		setsockopt(w->fd, IPPROTO_TCP, TCP_QUICKACK, &(int){ 1 }, sizeof(int));
}

static ssize_t read_once(struct wire *w)
{
	bool kept = w->in.n > 0;
	ssize_t n;

	if (kept)
		buf_reserve(&w->in, ROOM_BYTES);
	n = wire_get(w, kept ? w->in.p + w->in.n : w->set->room, ROOM_BYTES);
	if (n <= 0)
		return n;
	w->set->bytes_in += (uint64_t)n;
	if (kept)
		w->in.n += (size_t)n;
	tell_bytes(w, kept ? buf_str(&w->in) : (struct str){ w->set->room, (size_t)n });
	return n;
}

/* TLS may hold bytes that no descriptor announces, so it is read until it has no more. */
static void wire_read(struct wire *w)
{
	ssize_t n;

	w->sent = false;
	do
		n = read_once(w);
	while (n > 0 && w->fd >= 0 && w->ssl && SSL_has_pending(w->ssl));
	if (w->fd < 0)
		return;
	if (n == WIRE_GONE)
		tell(w, WIRE_ENDED);
	else
		acknowledge_at_once(w);
}

/* The connection stands or failed; TLS shakes hands on. */
static void wire_connect(struct wire *w)
{
	getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &w->fault, &(socklen_t){ sizeof w->fault });
	if (w->fault) {
		tell(w, WIRE_ENDED);
		return;
	}
	w->sent = false;
	acknowledge_at_once(w);
	if (w->ssl) {
		ERR_clear_error();
		int n = SSL_do_handshake(w->ssl);
		if (n != 1) {
			if (tls_result(w, n) == WIRE_GONE)
				tell(w, WIRE_ENDED);
			else
				wait_to_write(w, SSL_want_write(w->ssl));
			return;
		}
	}
	w->connected = true;
	wait_to_write(w, w->out.n > 0);
	tell(w, WIRE_CONNECTED);
}

static void wire_event(struct wire *w, uint32_t events)
{
	if (!w->connected) {
		wire_connect(w);
		if (w->fd < 0 || !w->connected || !w->ssl || !SSL_has_pending(w->ssl))
			return;
		events |= EPOLLIN;                   /* the greeting came with the end of the handshake */
	}
	if (events & EPOLLOUT)
		wire_send(w);
	if (w->fd >= 0 && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		wire_read(w);
}

void wires_turn(struct wires *s, uint64_t wait_ns)
{
	struct timespec wait = { .tv_sec = (time_t)(wait_ns / 1000000000u), .tv_nsec = (long)(wait_ns % 1000000000u) };
	struct epoll_event e[EVENTS];
	int n = epoll_pwait2(s->epoll, e, EVENTS, &wait, NULL);

	for (int i = 0; i < n; i++) {
		struct wire *w = e[i].data.ptr;
		if (w->fd >= 0)
			wire_event(w, e[i].events);
	}
	free_closed(s);
}

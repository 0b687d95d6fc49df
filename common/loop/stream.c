/* common/loop/stream.c: reads when there is something, writes at the end of the turn.
 *
 * A stream that is closed stays in memory until the end of its turn, so that whoever called the
 * callback that closed it can look at `closed`.
 */
#include "common/loop/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/base/address.h"
#include "common/base/must.h"
#include "common/loop/inside.h"

#define CORK_BYTES (64 * 1024)
#define PARTING_MS 10000
#define READ_ROUNDS 4       /* of one layer in one turn, before others have theirs */

struct stream {
	struct loop       *loop;
	struct loop_watch *watch;       /* NULL: no descriptor, for connecting failed at once */
	const struct stream_events *ev;
	void              *arg;
	const struct stream_io *io;     /* NULL: the descriptor itself */
	void              *io_arg;
	struct buf         out;         /* bytes before out_sent have left */
	size_t             out_sent;
	struct loop_job    end_of_turn; /* flush, tell of errors, free */
	struct loop_job    read_again;  /* the layer may hold bytes the descriptor does not show */
	struct loop_timer *parting;     /* stream_finish's patience */
	int                fd;
	int                error;       /* met, but not yet told */
	uint8_t            read_wants, write_wants;   /* LOOP_READ or LOOP_WRITE; a layer may want the other one */
	bool               opening, paused, ended, blocked, undrained, closed;
};

static void read_again(void *arg);

static bool not_now(void) { return errno == EAGAIN || errno == EINTR; }

static ssize_t io_read(struct stream *s, char *p, size_t n)
{
	if (s->io)
		return s->io->read(s->io_arg, p, n);
	ssize_t got = read(s->fd, p, n);
	if (got >= 0)
		return got;
	return not_now() ? STREAM_WANT_READ : STREAM_FAILED;
}

/* Some of the bytes, from the first on; a layer is given one run at a time. */
static ssize_t io_write(struct stream *s, struct str first, struct str then)
{
	const struct iovec v[] = { { (char *)first.p, first.n }, { (char *)then.p, then.n } };
	struct str one = first.n ? first : then;

	if (s->io)
		return s->io->write(s->io_arg, one.p, one.n);
	ssize_t put = first.n && then.n ? writev(s->fd, v, 2) : write(s->fd, one.p, one.n);
	if (put >= 0)
		return put;
	return not_now() ? STREAM_WANT_WRITE : STREAM_FAILED;
}

static void io_free(struct stream *s)
{
	if (s->io)
		s->io->free(s->io_arg);
	s->io = NULL;
}

/* Tells the watcher what would help now. */
static void watch_update(struct stream *s)
{
	int want = 0;

	if (s->closed || !s->watch)
		return;
	if (s->opening)
		want = LOOP_WRITE;
	else if (!s->paused && !s->ended)
		want = s->read_wants;
	if (s->blocked)
		want |= s->write_wants;
	loop_watch_want(s->watch, want);
}

/* Reading and (after an error) writing are over. */
static void tell_end(struct stream *s, int error)
{
	if (error) {
		s->blocked = s->undrained = false;
		s->opening = false;
		buf_fini(&s->out);
		s->out_sent = 0;
		s->error = error;
	}
	if (s->ended && s->parting)
		stream_close(&s);         /* nobody else is left to do it */
	if (!s || s->ended)
		return;
	s->ended = true;
	s->ev->on_end(s->arg, error);
}

/* Writes what can be written now: what waits, then `more`, of which the rest remains. False: it failed, and errno says why. */
static bool push(struct stream *s, struct str *more)
{
	s->blocked = false;
	while (stream_pending(s) + more->n > 0 && !s->blocked) {
		size_t waited = stream_pending(s);
		ssize_t n = io_write(s, str_skip(buf_str(&s->out), s->out_sent), *more);
		if (n == STREAM_FAILED)
			return false;
		s->blocked = n <= 0;
		if (s->blocked) {
			s->write_wants = n == STREAM_WANT_READ ? LOOP_READ : LOOP_WRITE;
		} else if ((size_t)n <= waited) {
			s->out_sent += (size_t)n;
		} else {
			s->out_sent = s->out.n;
			*more = str_skip(*more, (size_t)n - waited);
		}
	}
	if (s->out_sent == s->out.n)
		buf_fini(&s->out);
	else if (s->out_sent >= s->out.n / 2)
		buf_drop(&s->out, s->out_sent);
	else
		return true;              /* moving more bytes than it frees would not pay */
	s->out_sent = 0;
	return true;
}

static void flush(struct stream *s)
{
	struct str no_more = { NULL, 0 };

	if (s->opening || s->error)
		return;
	if (!push(s, &no_more)) {
		tell_end(s, errno);
	} else if (s->undrained && stream_pending(s) == 0) {
		s->undrained = false;
		if (s->ev->on_drain)
			s->ev->on_drain(s->arg);
	}
	watch_update(s);
}

static void stream_destroy(struct stream *s)
{
	buf_fini(&s->out);
	free(s);
}

static void end_of_turn(void *arg)
{
	struct stream *s = arg;

	if (s->closed)
		stream_destroy(s);
	else if (!s->watch)
		tell_end(s, s->error);
	else
		flush(s);
}

void stream_write(struct stream *s, struct str bytes)
{
	if (s->error || bytes.n == 0)
		return;
	must(!s->closed);
	s->undrained = true;
	/* An error met here is met again, and told, at the end of the turn. */
	if (stream_pending(s) + bytes.n >= CORK_BYTES && !s->blocked && !s->opening)
		push(s, &bytes);
	buf_add(&s->out, bytes);
	if (!s->blocked)
		loop_last(s->loop, &s->end_of_turn, end_of_turn, s);
	watch_update(s);
}

size_t stream_pending(const struct stream *s) { return s->out.n - s->out_sent; }

/* True: call again, there may be more. */
static bool read_once(struct stream *s)
{
	ssize_t n = io_read(s, s->loop->read_buf, LOOP_READ_BYTES);

	if (n > 0) {
		s->read_wants = LOOP_READ;
		s->ev->on_read(s->arg, (struct str){ s->loop->read_buf, (size_t)n });
		return !s->closed && !s->paused;
	}
	if (n == 0 || n == STREAM_FAILED)
		tell_end(s, n == 0 ? 0 : errno);
	else
		s->read_wants = n == STREAM_WANT_READ ? LOOP_READ : LOOP_WRITE;
	return false;
}

/* A bare descriptor is read once a turn, for it will show again what it holds; a layer may hide bytes
 * that it has already taken, so it is read until it wants. */
static void read_some(struct stream *s)
{
	bool more = true;

	for (int round = 0; more && round < (s->io ? READ_ROUNDS : 1); round++)
		more = read_once(s);
	if (more && s->io)
		loop_next(s->loop, &s->read_again, read_again, s);
	/* The read may have taken the very bytes a blocked write waits for (the end of a TLS handshake): no others come. */
	if (s->io && !s->closed && s->blocked && s->write_wants == LOOP_READ)
		loop_last(s->loop, &s->end_of_turn, end_of_turn, s);
	watch_update(s);
}

static void read_again(void *arg)
{
	struct stream *s = arg;

	if (!s->paused && !s->ended)
		read_some(s);
}

static void connected(struct stream *s)
{
	int error = 0;
	socklen_t n = sizeof error;

	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
		error = errno;
	s->opening = false;
	if (error)
		tell_end(s, error);
	else if (s->ev->on_open)
		s->ev->on_open(s->arg);
	if (!s->closed && s->undrained)
		loop_last(s->loop, &s->end_of_turn, end_of_turn, s);
	watch_update(s);
}

static void on_ready(void *arg, int ready)
{
	struct stream *s = arg;

	if (s->opening) {
		connected(s);
		return;
	}
	if (s->blocked && (ready & s->write_wants))
		flush(s);
	if (!s->closed && !s->paused && !s->ended && (ready & s->read_wants))
		read_some(s);
	watch_update(s);
}

static struct stream *make(struct loop *l, int fd, const struct stream_events *ev, void *arg)
{
	struct stream *s = mem_new(sizeof *s);

	s->loop = l;
	s->fd = fd;
	s->read_wants = LOOP_READ;
	stream_handle(s, ev, arg);
	if (fd >= 0)
		s->watch = loop_watch_new(l, fd, on_ready, s);
	return s;
}

struct stream *stream_new(struct loop *l, int fd, const struct stream_events *ev, void *arg)
{
	struct stream *s = make(l, fd, ev, arg);

	watch_update(s);
	return s;
}

/* A socket that connects or has connected, or -errno. */
static int connect_to(struct str where)
{
	struct address a;

	if (!address_parse(&a, where))
		return -EINVAL;
	int fd = socket(a.sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!address_is_unix(&a))
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	if (connect(fd, (struct sockaddr *)&a.sa, a.n) != 0 && errno != EINPROGRESS) {
		int error = errno;
		close(fd);
		return -error;
	}
	return fd;
}

struct stream *stream_connect(struct loop *l, struct str where, const struct stream_events *ev, void *arg)
{
	int fd = connect_to(where);
	struct stream *s = make(l, fd, ev, arg);

	if (fd >= 0) {
		s->opening = true;
		watch_update(s);
	} else {
		s->error = -fd;           /* told at the end of the turn: never inside the call that asked */
		loop_last(l, &s->end_of_turn, end_of_turn, s);
	}
	return s;
}

void stream_close(struct stream **sp)
{
	struct stream *s = *sp;

	*sp = NULL;
	if (!s)
		return;
	must(!s->closed);
	s->closed = true;
	loop_job_stop(&s->read_again);
	if (s->parting)
		loop_timer_stop(s->loop, s->parting);
	free(s->parting);
	io_free(s);
	if (s->watch) {
		loop_watch_free(&s->watch);
		close(s->fd);
	}
	loop_last(s->loop, &s->end_of_turn, end_of_turn, s);
}

/* Parting. Closing a socket with unread bytes resets the connection, and the peer may lose our last
 * words; so we say that we have ended, and read away what still comes until the peer ends too. */
static void parting_read(void *arg, struct str bytes)
{
	(void)arg;
	(void)bytes;
}

static void parting_end(void *arg, int error)
{
	struct stream *s = arg;

	if (error || stream_pending(s) == 0)
		stream_close(&s);
}

static void parting_drain(void *arg)
{
	struct stream *s = arg;

	io_free(s);
	if (s->ended || shutdown(s->fd, SHUT_WR) != 0)
		stream_close(&s);
	else
		s->read_wants = LOOP_READ;
}

static void parting_late(void *arg)
{
	struct stream *s = arg;

	stream_close(&s);
}

void stream_finish(struct stream **sp)
{
	static const struct stream_events parting = { NULL, parting_read, parting_end, parting_drain };
	struct stream *s = *sp;

	if (!s || s->error || (s->ended && stream_pending(s) == 0)) {
		stream_close(sp);
		return;
	}
	*sp = NULL;
	stream_handle(s, &parting, s);
	s->paused = false;
	s->undrained = true;              /* so that parting_drain comes, even if nothing waits */
	s->parting = mem_new(sizeof *s->parting);
	loop_timer_start(s->loop, s->parting, PARTING_MS, 0, parting_late, s);
	if (!s->blocked)
		loop_last(s->loop, &s->end_of_turn, end_of_turn, s);
	watch_update(s);
}

void stream_handle(struct stream *s, const struct stream_events *ev, void *arg)
{
	must(ev->on_read && ev->on_end);
	s->ev = ev;
	s->arg = arg;
}

void stream_pause(struct stream *s)
{
	s->paused = true;
	watch_update(s);
}

void stream_resume(struct stream *s)
{
	if (!s->paused)
		return;
	s->paused = false;
	if (s->io)
		loop_next(s->loop, &s->read_again, read_again, s);
	watch_update(s);
}

void stream_set_io(struct stream *s, const struct stream_io *io, void *arg)
{
	must(!s->io && stream_pending(s) == 0);
	s->io = io;
	s->io_arg = arg;
	/* A client's layer speaks first: let it. */
	loop_next(s->loop, &s->read_again, read_again, s);
}

int stream_fd(const struct stream *s) { return s->fd; }

static bool peer_of(const struct stream *s, struct address *a)
{
	memset(a, 0, sizeof *a);
	a->n = sizeof a->sa;
	return getpeername(s->fd, (struct sockaddr *)&a->sa, &a->n) == 0;
}

void stream_peer(const struct stream *s, struct buf *out)
{
	struct address a;

	if (peer_of(s, &a))
		address_host(&a, out);
	else
		buf_add(out, S("gone"));
}

bool stream_is_local(const struct stream *s)
{
	struct address a;

	return peer_of(s, &a) && address_is_local(&a);
}

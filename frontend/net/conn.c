/* frontend/net/conn.c: a stream, maybe TLS on it, and a clock. */
#include "frontend/net/conn.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/must.h"
#include "common/loop/listener.h"
#include "common/loop/stream.h"
#include "frontend/net/tls.h"

#define STREAM_BYTES 500                /* what a stream and its watcher take */

struct conn_listener {
	struct loop     *loop;
	struct listener *listener;
	struct tls      *tls;
	bool             implicit_tls;
	conn_accept_fn  *fn;
	void            *ctx;
};

struct conn {
	struct loop   *loop;
	struct stream *stream;          /* NULL: it parts on its own, or is closed */
	const struct conn_events *events;
	void          *ctx;
	char          *peer;
	struct tls       *starting;     /* handshake as soon as the output has left */
	struct tls_layer *layer;        /* the stream's; NULL: plain, or the stream is gone */
	struct loop_timer timeout;
	struct loop_job   later;        /* what must not happen inside the call that caused it */
	bool is_tls, is_loopback;
	bool handshaking;               /* nothing we wrote can leave yet */
	bool secure_untold;             /* the handshake is done, the session does not know */
	bool paused;                    /* by the session */
	bool full;                      /* was above CONN_OUT_HIGH: owes a `drained` */
	bool ended;                     /* the peer, politely: what we wrote may still leave */
	bool ending;                    /* conn_end: owes a `closed` */
	bool freed;
};

static void later(void *arg);

static void conn_later(struct conn *c) { loop_defer(c->loop, &c->later, later, c); }

static void handshake_done(void *arg)
{
	struct conn *c = arg;

	c->handshaking = false;
	c->secure_untold = true;
	conn_later(c);
}

static void tell_secured(struct conn *c)
{
	if (!c->secure_untold)
		return;
	c->secure_untold = false;
	if (c->events->secured)
		c->events->secured(c->ctx);
}

static void later(void *arg)
{
	struct conn *c = arg;

	if (c->freed) {
		free(c->peer);
		free(c);
	} else if (c->ending) {
		c->events->closed(c->ctx, "we ended it");
	} else {
		tell_secured(c);
	}
}

static void handshake(struct conn *c, struct tls *tls)
{
	c->starting = NULL;
	c->is_tls = c->handshaking = true;
	c->layer = tls_begin(tls, c->stream, handshake_done, c);
	if (!c->paused)
		stream_resume(c->stream);
}

static void on_read(void *arg, struct str bytes)
{
	struct conn *c = arg;

	tell_secured(c);                  /* before the first bytes that it protects */
	if (c->stream && !c->ending)
		c->events->input(c->ctx, bytes);
}

static void on_end(void *arg, int error)
{
	struct conn *c = arg;

	c->ended = error == 0;
	c->events->closed(c->ctx, error ? strerror(error) : "the peer ended it");
}

static void on_drain(void *arg)
{
	struct conn *c = arg;
	bool was_full = c->full;

	if (c->starting)
		handshake(c, c->starting);
	c->full = false;
	if (was_full && c->events->drained)
		c->events->drained(c->ctx);
}

static struct conn *conn_new(struct loop *loop, int fd)
{
	static const struct stream_events events = { .on_read = on_read, .on_end = on_end, .on_drain = on_drain };
	struct conn *c = mem_new(sizeof *c);
	struct buf peer = { 0 };

	c->loop = loop;
	c->stream = stream_new(loop, fd, &events, c);
	stream_peer(c->stream, &peer);
	c->peer = str_heap_z(buf_str(&peer));
	c->is_loopback = stream_is_local(c->stream);
	buf_fini(&peer);
	return c;
}

static void on_accept(void *arg, int fd)
{
	struct conn_listener *l = arg;
	struct conn *c = conn_new(l->loop, fd);

	if (l->implicit_tls)
		handshake(c, l->tls);
	l->fn(l->ctx, c);
	must(c->freed || c->events);
}

struct conn_listener *conn_listen_fd(struct loop *loop, int fd, struct tls *tls, bool implicit_tls, conn_accept_fn *fn, void *ctx)
{
	struct conn_listener *l = mem_new(sizeof *l);

	must(tls || !implicit_tls);
	*l = (struct conn_listener){ loop, NULL, tls, implicit_tls, fn, ctx };
	l->listener = listener_new(loop, fd, on_accept, l);
	return l;
}

struct conn_listener *conn_listen(struct loop *loop, const char *spec, struct tls *tls, bool implicit_tls, conn_accept_fn *fn, void *ctx)
{
	/* A Unix socket is as open as a port of loopback is. */
	static const struct listener_options options = { .reuseport = true, .mode = 0666 };
	int fd = listener_bind(str_of(spec), &options);

	return fd < 0 ? NULL : conn_listen_fd(loop, fd, tls, implicit_tls, fn, ctx);
}

void conn_listener_free(struct conn_listener **lp)
{
	if (*lp)
		listener_free(&(*lp)->listener);
	free(*lp);
	*lp = NULL;
}

void conn_events_set(struct conn *c, const struct conn_events *e, void *ctx)
{
	must(e->input && e->closed);
	c->events = e;
	c->ctx = ctx;
}

void conn_write(struct conn *c, struct str bytes)
{
	if (!c->stream || c->starting)
		return;                   /* the client has been told OK: plain words would break its handshake */
	stream_write(c->stream, bytes);
	c->full = c->full || conn_full(c);
}

bool conn_full(const struct conn *c) { return conn_out_bytes(c) > CONN_OUT_HIGH; }

size_t conn_out_bytes(const struct conn *c) { return c->stream ? stream_pending(c->stream) : 0; }

void conn_pause(struct conn *c, bool paused)
{
	c->paused = paused;
	if (!c->stream || c->starting)
		return;
	if (paused)
		stream_pause(c->stream);
	else
		stream_resume(c->stream);
}

/* Our OK has not left yet, so whatever the kernel holds now was sent by somebody who did not wait for it: an
 * attacker's words, to be heard as if TLS had protected them. What is left beyond this fails the handshake. */
static void throw_away_input(int fd)
{
	char bytes[4096];

	for (int round = 0; round < 16 && recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0; round++)
		;
}

void conn_starttls(struct conn *c, struct tls *tls)
{
	if (!c->stream)
		return;
	must(!c->is_tls && !c->starting);
	throw_away_input(stream_fd(c->stream));
	stream_pause(c->stream);
	c->starting = tls;
	if (conn_out_bytes(c) == 0)
		handshake(c, tls);
}

bool conn_is_tls(const struct conn *c) { return c->is_tls; }
bool conn_is_loopback(const struct conn *c) { return c->is_loopback; }
const char *conn_peer(const struct conn *c) { return c->peer; }

static void timed_out(void *arg)
{
	struct conn *c = arg;

	if (c->events->timeout)
		c->events->timeout(c->ctx);
}

/* The loop's timers may be moved for every command at the price of two stores, and are 48 bytes. */
void conn_timeout(struct conn *c, unsigned ms)
{
	if (ms && c->stream)
		loop_timer_start(c->loop, &c->timeout, ms, 0, timed_out, c);
	else
		loop_timer_stop(c->loop, &c->timeout);
}

/* The stream goes its own way; nothing of it is heard here any more. */
static void part(struct conn *c, void (*how)(struct stream **))
{
	loop_timer_stop(c->loop, &c->timeout);
	if (c->layer)
		tls_layer_forget(c->layer);
	c->layer = NULL;
	c->starting = NULL;
	how(&c->stream);
}

void conn_end(struct conn *c)
{
	if (!c->stream)
		return;
	part(c, c->handshaking ? stream_close : stream_finish);
	c->ending = true;
	conn_later(c);
}

void conn_free(struct conn **cp)
{
	struct conn *c = *cp;

	*cp = NULL;
	if (!c)
		return;
	if (c->stream)
		part(c, c->ended ? stream_finish : stream_close);
	c->freed = true;
	conn_later(c);                    /* a caller of ours may be in one of its callbacks */
}

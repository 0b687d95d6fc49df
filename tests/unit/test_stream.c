/* tests/unit/test_stream.c: two ends of a connection in one loop; what one writes the other reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/address.h"
#include "common/loop/listener.h"
#include "common/loop/stream.h"

struct scene;

/* One end of a connection, and what it has seen. */
struct side {
	struct scene  *scene;
	struct stream *stream;
	struct buf     got;
	int            opened, drained, ended, error;
	bool           echo, finish_at_end;
};

struct scene {
	struct loop      *loop;
	struct side       a, b;                   /* a connects, b is accepted */
	struct loop_timer late;
	bool            (*over)(struct scene *s);
};

static void look(struct scene *s)
{
	if (s->over && s->over(s))
		loop_stop(s->loop);
}

static void on_open(void *arg)
{
	struct side *x = arg;
	x->opened++;
	look(x->scene);
}

static void on_read(void *arg, struct str bytes)
{
	struct side *x = arg;

	assert_true(bytes.n > 0);
	buf_add(&x->got, bytes);
	if (x->echo)
		stream_write(x->stream, bytes);
	look(x->scene);
}

static void on_end(void *arg, int error)
{
	struct side *x = arg;

	x->ended++;
	x->error = error;
	if (x->finish_at_end)
		stream_finish(&x->stream);
	look(x->scene);
}

static void on_drain(void *arg)
{
	struct side *x = arg;
	x->drained++;
	look(x->scene);
}

static const struct stream_events events = { on_open, on_read, on_end, on_drain };

static void too_late(void *arg)
{
	(void)arg;
	fail_msg("nothing happens any more");
}

static void run_until(struct scene *s, bool (*over)(struct scene *))
{
	s->over = over;
	if (over(s))
		return;
	loop_timer_start(s->loop, &s->late, 5000, 0, too_late, s);
	loop_run(s->loop);
	loop_timer_stop(s->loop, &s->late);
	s->over = NULL;
}

static void stop(void *arg) { loop_stop(((struct scene *)arg)->loop); }

static void run_for(struct scene *s, unsigned ms)
{
	loop_timer_start(s->loop, &s->late, ms, 0, stop, s);
	loop_run(s->loop);
}

static int begin(void **state)
{
	struct scene *s = calloc(1, sizeof *s);

	s->loop = loop_new();
	s->a.scene = s->b.scene = s;
	*state = s;
	return 0;
}

static int end(void **state)
{
	struct scene *s = *state;

	stream_close(&s->a.stream);
	stream_close(&s->b.stream);
	buf_fini(&s->a.got);
	buf_fini(&s->b.got);
	loop_free(&s->loop);
	free(s);
	return 0;
}

static void pair(struct scene *s)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	s->a.stream = stream_new(s->loop, fd[0], &events, &s->a);
	s->b.stream = stream_new(s->loop, fd[1], &events, &s->b);
}

static void on_accept(void *arg, int fd)
{
	struct scene *s = arg;

	assert_null(s->b.stream);
	s->b.stream = stream_new(s->loop, fd, &events, &s->b);
	look(s);
}

static bool both_have_a_byte(struct scene *s) { return s->a.got.n > 0 && s->b.got.n > 0; }
static bool a_ended(struct scene *s) { return s->a.ended > 0; }
static bool b_ended(struct scene *s) { return s->b.ended > 0; }

static void connects_over(struct scene *s, const char *where, const char *peer)
{
	struct buf name = { 0 };
	int fd = listener_bind(str_of(where), &(struct listener_options){ .mode = 0660 });

	assert_true(fd >= 0);
	if (listener_port(fd))
		buf_printf(&name, "%.*s%d", (int)strlen(where) - 1, where, listener_port(fd));
	else
		buf_add(&name, str_of(where));
	struct listener *n = listener_new(s->loop, fd, on_accept, s);
	s->a.stream = stream_connect(s->loop, buf_str(&name), &events, &s->a);
	stream_write(s->a.stream, S("hello"));                /* before it is open */
	s->b.echo = true;
	run_until(s, both_have_a_byte);
	assert_true(str_eq(buf_str(&s->a.got), S("hello")));
	assert_int_equal(s->a.opened, 1);
	assert_true(stream_is_local(s->b.stream));
	buf_reset(&name);
	stream_peer(s->b.stream, &name);
	assert_true(str_eq(buf_str(&name), str_of(peer)));
	listener_free(&n);
	buf_fini(&name);
}

static void connects_over_ipv4(void **state) { connects_over(*state, "127.0.0.1:0", "127.0.0.1"); }
static void connects_over_localhost(void **state) { connects_over(*state, "localhost:0", "127.0.0.1"); }

static void connects_over_a_unix_socket(void **state)
{
	char path[] = "/tmp/roost-stream-XXXXXX", where[64];
	struct stat st;

	assert_non_null(mkdtemp(path));
	snprintf(where, sizeof where, "unix:%s/s", path);
	connects_over(*state, where, "unix");
	assert_int_equal(stat(where + 5, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	/* Its owner is gone: a new one may have the name, and then nobody else. */
	int fd = listener_bind(str_of(where), &(struct listener_options){ 0 });
	assert_true(fd >= 0);
	assert_int_equal(stat(where + 5, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(listener_bind(str_of(where), &(struct listener_options){ 0 }), -EADDRINUSE);
	close(fd);
	unlink(where + 5);
	rmdir(path);
}

static void failing_to_connect_is_an_end(void **state)
{
	static const struct { const char *where; int error; } row[] = {
		{ "127.0.0.1:1", ECONNREFUSED },
		{ "unix:/tmp/roost/nobody/here", ENOENT },
		{ "nonsense", EINVAL },
		{ "unix:", EINVAL },
		{ "127.0.0.1:65536", EINVAL },
		{ "mail.example.org:143", EINVAL },
	};
	struct scene *s = *state;

	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		s->a.ended = 0;
		s->a.stream = stream_connect(s->loop, str_of(row[i].where), &events, &s->a);
		stream_write(s->a.stream, S("x"));
		assert_int_equal(s->a.ended, 0);              /* not inside the call */
		run_until(s, a_ended);
		if (s->a.error != row[i].error)
			fail_msg("row %zu: %s", i, strerror(s->a.error));
		stream_close(&s->a.stream);
	}
}

static void two_listeners_share_a_port(void **state)
{
	struct listener_options share = { .reuseport = true };
	char where[32];

	(void)state;
	int one = listener_bind(S("127.0.0.1:0"), &share);
	snprintf(where, sizeof where, "127.0.0.1:%d", listener_port(one));
	int two = listener_bind(str_of(where), &share);
	assert_true(one >= 0 && two >= 0);
	assert_int_equal(listener_bind(str_of(where), &(struct listener_options){ 0 }), -EADDRINUSE);
	close(one);
	close(two);
}

static bool b_has_two(struct scene *s) { return s->b.got.n == 2; }

static void writes_leave_once_a_turn(void **state)
{
	struct scene *s = *state;

	pair(s);
	stream_write(s->a.stream, S("x"));
	stream_write(s->a.stream, S("y"));
	assert_int_equal(stream_pending(s->a.stream), 2);
	run_until(s, b_has_two);
	assert_int_equal(s->a.drained, 1);
	assert_int_equal(stream_pending(s->a.stream), 0);
}

#define MUCH ((size_t)3 << 20)
static bool b_has_much(struct scene *s) { return s->b.got.n == MUCH && s->a.drained; }

static void write_much(struct scene *s)
{
	for (size_t i = 0; i < MUCH / 1024; i++) {
		char chunk[1024];
		memset(chunk, 'a' + (int)(i % 26), sizeof chunk);
		stream_write(s->a.stream, (struct str){ chunk, sizeof chunk });
	}
}

static void check_much(const struct buf *got)
{
	assert_int_equal(got->n, MUCH);
	for (size_t i = 0; i < MUCH; i++)
		if (got->p[i] != 'a' + (int)(i / 1024 % 26))
			fail_msg("byte %zu", i);
}

static void a_paused_reader_holds_the_writer(void **state)
{
	struct scene *s = *state;

	pair(s);
	stream_pause(s->b.stream);
	write_much(s);
	run_for(s, 20);
	assert_int_equal(s->b.got.n, 0);
	assert_int_equal(s->a.drained, 0);
	assert_false(stream_writable(s->a.stream));
	stream_resume(s->b.stream);
	run_until(s, b_has_much);
	check_much(&s->b.got);
	assert_true(stream_writable(s->a.stream));
}

/* What is written at once leaves in its place, behind what waits, also when the peer does not take all of it. */
static void much_at_once_keeps_its_order(void **state)
{
	struct scene *s = *state;
	struct buf all = { 0 };

	pair(s);
	for (uint32_t i = 0; i < 300 * 1000; i++)
		buf_u32(&all, i);
	stream_write(s->a.stream, str_head(buf_str(&all), 10));
	stream_write(s->a.stream, str_skip(str_head(buf_str(&all), 100 * 1000), 10));
	assert_int_equal(stream_pending(s->a.stream), 0);     /* it has left already, in the kernel's hands */
	stream_write(s->a.stream, str_skip(buf_str(&all), 100 * 1000));
	assert_true(stream_pending(s->a.stream) > 0);
	s->b.finish_at_end = true;
	stream_finish(&s->a.stream);
	run_until(s, b_ended);
	run_for(s, 5);                                        /* both ends go */
	assert_true(str_eq(buf_str(&s->b.got), buf_str(&all)));
	buf_fini(&all);
}

static void finishing_sends_what_waits(void **state)
{
	struct scene *s = *state;

	pair(s);
	s->b.finish_at_end = true;
	stream_write(s->b.stream, S("unread by a"));          /* must not cost a's last words */
	run_for(s, 5);
	write_much(s);
	stream_finish(&s->a.stream);
	assert_null(s->a.stream);
	run_until(s, b_ended);
	assert_int_equal(s->b.error, 0);
	check_much(&s->b.got);
	run_for(s, 5);                                        /* both ends meet and go */
}

static void a_peer_that_left_is_an_error(void **state)
{
	struct scene *s = *state;

	pair(s);
	stream_pause(s->a.stream);
	stream_close(&s->b.stream);
	stream_write(s->a.stream, S("anybody?"));
	run_until(s, a_ended);
	assert_int_equal(s->a.error, EPIPE);
	stream_write(s->a.stream, S("ignored"));
	assert_int_equal(stream_pending(s->a.stream), 0);
	run_for(s, 5);
	assert_int_equal(s->a.ended, 1);
}

static void close_in_read(void *arg, struct str bytes)
{
	struct side *x = arg;

	(void)bytes;
	stream_write(x->stream, S("lost"));
	stream_close(&x->stream);
}

static void closing_inside_a_callback(void **state)
{
	static const struct stream_events closing = { NULL, close_in_read, on_end, NULL };
	struct scene *s = *state;

	pair(s);
	stream_handle(s->b.stream, &closing, &s->b);
	stream_write(s->a.stream, S("go"));
	run_until(s, a_ended);
	assert_null(s->b.stream);
	assert_int_equal(s->a.got.n, 0);
}

/* A layer that shows one byte at a time, changed by a key, and hides others that it has taken already. */
struct layer { int fd; char held[64]; size_t n, at; bool freed; };

static ssize_t layer_read(void *io, char *p, size_t n)
{
	struct layer *y = io;

	if (y->at == y->n) {
		ssize_t got = read(y->fd, y->held, sizeof y->held);
		if (got <= 0)
			return got == 0 ? 0 : errno == EAGAIN ? STREAM_WANT_READ : STREAM_FAILED;
		y->n = (size_t)got;
		y->at = 0;
	}
	assert_true(n > 0);
	*p = y->held[y->at++] ^ 1;
	return 1;
}

static ssize_t layer_write(void *io, const char *p, size_t n)
{
	struct layer *y = io;
	char c = *p ^ 1;

	assert_true(n > 0);
	return write(y->fd, &c, 1) == 1 ? 1 : errno == EAGAIN ? STREAM_WANT_WRITE : STREAM_FAILED;
}

static void layer_free(void *io) { ((struct layer *)io)->freed = true; }

static bool all_echoed(struct scene *s) { return s->a.got.n == 40; }

static void a_layer_sees_every_byte(void **state)
{
	static const struct stream_io io = { layer_read, layer_write, layer_free };
	struct scene *s = *state;
	struct layer y = { 0 };

	pair(s);
	y.fd = stream_fd(s->b.stream);
	stream_set_io(s->b.stream, &io, &y);
	s->b.echo = true;
	stream_write(s->a.stream, S("0123456789012345678901234567890123456789"));
	run_until(s, all_echoed);
	assert_true(str_eq(buf_str(&s->a.got), S("0123456789012345678901234567890123456789")));
	assert_true(str_starts(buf_str(&s->b.got), S("10325476")));
	stream_close(&s->b.stream);
	assert_true(y.freed);
}

static void addresses(void **state)
{
	static const struct { const char *text; bool ok, local; int port; const char *host; } row[] = {
		{ "127.0.0.1:143",         true,  true,  143, "127.0.0.1" },
		{ "localhost:143",         true,  true,  143, "127.0.0.1" },
		{ "192.0.2.1:0",           true,  false, 0,   "192.0.2.1" },
		{ "[::1]:993",             true,  true,  993, "::1" },
		{ "[2001:db8::7]:993",     true,  false, 993, "2001:db8::7" },
		{ "[::ffff:127.0.0.2]:24", true,  true,  24,  "127.0.0.2" },
		{ "unix:/x",               true,  true,  0,   "unix" },
		{ "unix:",                 false, 0, 0, "" },
		{ "127.0.0.1",             false, 0, 0, "" },
		{ "127.0.0.1:",            false, 0, 0, "" },
		{ "127.0.0.1:65536",       false, 0, 0, "" },
		{ "::1:143",               false, 0, 0, "" },
		{ "[::1:143",              false, 0, 0, "" },
		{ "[]:143",                false, 0, 0, "" },
		{ ":143",                  false, 0, 0, "" },
		{ "",                      false, 0, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct address a;
		struct buf host = { 0 };
		bool ok = address_parse(&a, str_of(row[i].text));
		if (ok)
			address_host(&a, &host);
		if (ok != row[i].ok || (ok && (address_is_local(&a) != row[i].local || address_port(&a) != row[i].port)) ||
		    !str_eq(buf_str(&host), str_of(row[i].host)))
			fail_msg("row %zu: %s", i, row[i].text);
		buf_fini(&host);
	}
}

#define SCENE(f) cmocka_unit_test_setup_teardown(f, begin, end)

/* A layer that writes only after a first byte of the peer, its handshake, which also its read may take. */
struct shaking { int fd; bool shaken; };

static void shake(struct shaking *y)
{
	char byte;

	y->shaken = y->shaken || read(y->fd, &byte, 1) == 1;
}

static ssize_t shaking_read(void *io, char *p, size_t n)
{
	struct shaking *y = io;

	if (!y->shaken) {
		shake(y);
		return STREAM_WANT_READ;
	}
	ssize_t got = read(y->fd, p, n);
	return got >= 0 ? got : errno == EAGAIN ? STREAM_WANT_READ : STREAM_FAILED;
}

static ssize_t shaking_write(void *io, const char *p, size_t n)
{
	struct shaking *y = io;

	return y->shaken ? write(y->fd, p, n) : STREAM_WANT_READ;
}

static void shaking_free(void *io) { (void)io; }

static bool a_was_greeted(struct scene *s) { return s->a.got.n == 5; }

/* The read that a blocked write waits for happens in the layer's own read: nothing else will come to wake it. */
static void a_layers_read_frees_its_write(void **state)
{
	static const struct stream_io io = { shaking_read, shaking_write, shaking_free };
	struct scene *s = *state;
	struct shaking y = { 0 };

	pair(s);
	y.fd = stream_fd(s->b.stream);
	stream_set_io(s->b.stream, &io, &y);
	stream_write(s->b.stream, S("hello"));
	stream_write(s->a.stream, S("!"));
	run_until(s, a_was_greeted);
	assert_true(str_eq(buf_str(&s->a.got), S("hello")));
	stream_close(&s->b.stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		SCENE(connects_over_ipv4),
		SCENE(connects_over_localhost),
		SCENE(connects_over_a_unix_socket),
		SCENE(failing_to_connect_is_an_end),
		SCENE(two_listeners_share_a_port),
		SCENE(writes_leave_once_a_turn),
		SCENE(a_paused_reader_holds_the_writer),
		SCENE(much_at_once_keeps_its_order),
		SCENE(finishing_sends_what_waits),
		SCENE(a_peer_that_left_is_an_error),
		SCENE(closing_inside_a_callback),
		SCENE(a_layer_sees_every_byte),
		SCENE(a_layers_read_frees_its_write),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

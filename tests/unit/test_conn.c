/* tests/unit/test_conn.c: connections plain and TLS, with clients that may be slow, rude or gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/base/log.h"
#include "common/loop/listener.h"
#include "frontend/net/conn.h"
#include "frontend/net/tls.h"

/* A server with at most one session, and a client that is driven by a timer. */
struct house {
	struct loop          *loop;
	struct tls           *tls;
	struct conn_listener *listener;
	struct conn          *conn;
	struct buf            input;            /* all the session ever heard */
	char                  events[256];      /* "secured;input;drained;closed;timeout;" without repeats in a row */
	bool                  echo, starttls;
	/* the client */
	int                   fd;
	SSL_CTX              *ctx;
	SSL                  *ssl;              /* NULL: plain */
	struct buf            to_send, got;
	bool                  reads, eof, broken;
	bool (*until)(struct house *h);
	struct loop_timer     pump, late;
	size_t                want;
};

/* ---- certificates */

static char folder[] = "/tmp/roost-test-XXXXXX";
static struct config_tls certs[3];              /* a.example; b.example and *.b.example; missing files */

static void certificate(struct config_tls *out, const char *name, const char *names)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	char path[2][96];

	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_set_version(x, 2);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_EXTENSION *san = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
	X509_add_ext(x, san, -1);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	snprintf(path[0], sizeof path[0], "%s/%s.crt", folder, name);
	snprintf(path[1], sizeof path[1], "%s/%s.key", folder, name);
	FILE *f = fopen(path[0], "w");
	PEM_write_X509(f, x);
	fclose(f);
	f = fopen(path[1], "w");
	PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
	out->cert = str_heap_z(str_of(path[0]));
	out->key = str_heap_z(str_of(path[1]));
	X509_EXTENSION_free(san);
	X509_free(x);
	EVP_PKEY_free(key);
}

static int make_certificates(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	certificate(&certs[0], "a.example", "DNS:a.example");
	certificate(&certs[1], "b.example", "DNS:b.example,DNS:*.b.example");
	certs[2] = (struct config_tls){ str_heap_z(S("/nonexistent")), str_heap_z(S("/nonexistent")) };
	return 0;
}

static int remove_certificates(void **state)
{
	char command[64];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		free(certs[i].cert);
		free(certs[i].key);
	}
	snprintf(command, sizeof command, "rm -r %s", folder);
	return system(command);
}

/* ---- the session */

static void note(struct house *h, const char *event)
{
	size_t n = strlen(h->events), m = strlen(event);

	if (n >= m && memcmp(h->events + n - m, event, m) == 0)
		return;
	snprintf(h->events + n, sizeof h->events - n, "%s", event);
}

static void on_input(void *ctx, struct str bytes)
{
	struct house *h = ctx;

	note(h, "input;");
	if (h->starttls && str_starts(bytes, S("STARTTLS\r\n"))) {
		conn_write(h->conn, S("OK\r\n"));
		conn_starttls(h->conn, h->tls);
		h->starttls = false;
		return;                           /* what follows in these bytes was not protected */
	}
	buf_add(&h->input, bytes);
	if (h->echo)
		conn_write(h->conn, bytes);
}

static void on_drained(void *ctx) { note(ctx, "drained;"); }
static void on_secured(void *ctx) { note(ctx, "secured;"); }
static void on_timeout(void *ctx) { note(ctx, "timeout;"); }

static void on_closed(void *ctx, const char *why)
{
	struct house *h = ctx;

	assert_non_null(why);
	note(h, "closed;");
	conn_free(&h->conn);
}

static void on_accept(void *ctx, struct conn *c)
{
	static const struct conn_events events = { on_input, on_drained, on_secured, on_closed, on_timeout };
	struct house *h = ctx;

	h->conn = c;
	conn_events_set(c, &events, h);
}

/* ---- the client */

static bool again(struct house *h, int result)
{
	if (!h->ssl)
		return result < 0 && errno == EAGAIN;
	int error = SSL_get_error(h->ssl, result);
	return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static void client_send(struct house *h)
{
	while (h->to_send.n > 0) {
		int n = h->ssl ? SSL_write(h->ssl, h->to_send.p, (int)h->to_send.n)
		               : (int)send(h->fd, h->to_send.p, h->to_send.n, MSG_NOSIGNAL);
		if (n <= 0) {
			h->broken = h->broken || !again(h, n);
			return;
		}
		buf_drop(&h->to_send, (size_t)n);
	}
}

static void client_read(struct house *h)
{
	char bytes[32768];
	int n;

	while ((n = h->ssl ? SSL_read(h->ssl, bytes, sizeof bytes) : (int)recv(h->fd, bytes, sizeof bytes, 0)) > 0)
		buf_add(&h->got, (struct str){ bytes, (size_t)n });
	if (!again(h, n))
		h->eof = true;
}

static void pump(void *arg)
{
	struct house *h = arg;

	if (h->fd >= 0 && !h->broken) {
		client_send(h);
		if (h->reads && !h->eof)
			client_read(h);
	}
	if (h->until(h))
		loop_stop(h->loop);
}

static void too_late(void *arg)
{
	struct house *h = arg;

	fail_msg("it never came: %s, %zu bytes heard, %zu got", h->events, h->input.n, h->got.n);
}

static void run_until(struct house *h, bool (*until)(struct house *h))
{
	h->until = until;
	loop_timer_start(h->loop, &h->pump, 1, 1, pump, h);
	loop_timer_start(h->loop, &h->late, 10000, 0, too_late, h);
	loop_run(h->loop);
	loop_timer_stop(h->loop, &h->pump);
	loop_timer_stop(h->loop, &h->late);
}

static bool soon(struct house *h) { return h->late.due_ms - loop_now_ms(h->loop) < 9900; }
static bool has_conn(struct house *h) { return h->conn != NULL; }
static bool got_it(struct house *h) { return h->got.n >= h->want; }
static bool at_end(struct house *h) { return h->eof || h->broken; }
static bool heard_it(struct house *h) { return h->input.n >= h->want; }
static bool is_closed(struct house *h) { return strstr(h->events, "closed;") != NULL; }
static bool has_timeout(struct house *h) { return strstr(h->events, "timeout;") != NULL; }

static void client_tls(struct house *h, const char *name)
{
	h->ssl = SSL_new(h->ctx);
	SSL_set_fd(h->ssl, h->fd);
	SSL_set_connect_state(h->ssl);
	if (name)
		SSL_set_tlsext_host_name(h->ssl, name);
}

static void connect_client(struct house *h, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = { htonl(INADDR_LOOPBACK) } };

	h->fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(h->fd, (struct sockaddr *)&a, sizeof a), 0);
	fcntl(h->fd, F_SETFL, O_NONBLOCK);
	h->eof = h->broken = false;
	h->reads = true;
}

static int port_of(struct house *h, bool implicit_tls)
{
	int fd = listener_bind(S("127.0.0.1:0"), &(struct listener_options){ 0 });

	h->listener = conn_listen_fd(h->loop, fd, h->tls, implicit_tls, on_accept, h);
	return listener_port(fd);
}

static void open_house(struct house *h)
{
	*h = (struct house){ .echo = true, .fd = -1 };
	h->loop = loop_new();
	h->tls = tls_new(certs, 2);
	h->ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_mode(h->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

static void hang_up(struct house *h)
{
	SSL_free(h->ssl);
	h->ssl = NULL;
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
}

static void close_house(struct house *h)
{
	hang_up(h);
	conn_free(&h->conn);
	conn_listener_free(&h->listener);
	run_until(h, soon);                       /* streams that part */
	tls_free(&h->tls);
	loop_free(&h->loop);
	SSL_CTX_free(h->ctx);
	buf_fini(&h->input);
	buf_fini(&h->got);
	buf_fini(&h->to_send);
}

static void say(struct house *h, struct str text)
{
	buf_add(&h->to_send, text);
	h->want = h->got.n + text.n;
	run_until(h, got_it);
	assert_true(str_ends(buf_str(&h->got), text));
}

static void plain(void **state)
{
	struct house h;

	(void)state;
	open_house(&h);
	connect_client(&h, port_of(&h, false));
	say(&h, S("hello"));
	assert_string_equal(h.events, "input;");
	assert_string_equal(conn_peer(h.conn), "127.0.0.1");
	assert_true(conn_is_loopback(h.conn) && !conn_is_tls(h.conn));
	hang_up(&h);
	run_until(&h, is_closed);
	close_house(&h);
}

static void implicit_tls(void **state)
{
	struct house h;

	(void)state;
	open_house(&h);
	connect_client(&h, port_of(&h, true));
	client_tls(&h, NULL);
	say(&h, S("hello"));
	assert_string_equal(h.events, "secured;input;");
	assert_true(conn_is_tls(h.conn));
	conn_end(h.conn);
	run_until(&h, at_end);
	assert_int_equal(SSL_get_shutdown(h.ssl), SSL_RECEIVED_SHUTDOWN);   /* goodbye was said */
	assert_true(is_closed(&h));
	close_house(&h);
}

/* However the attacker's words arrive, before our OK or in the packet with STARTTLS, they are not heard. */
static void starttls(void **state)
{
	static const char *const row[] = { "STARTTLS\r\n", "STARTTLS\r\nEVIL\r\n" };

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct house h;
		open_house(&h);
		h.starttls = true;
		connect_client(&h, port_of(&h, false));
		run_until(&h, has_conn);
		buf_add(&h.to_send, str_of(row[i]));
		h.want = 4;
		run_until(&h, got_it);
		assert_true(str_eq(buf_str(&h.got), S("OK\r\n")));
		client_tls(&h, NULL);
		say(&h, S("hello"));
		assert_string_equal(h.events, "input;secured;input;");
		assert_true(str_eq(buf_str(&h.input), S("hello")));
		close_house(&h);
	}
}

/* Injected in a packet of its own, which the kernel holds when we hear STARTTLS. */
static void starttls_next_packet(void **state)
{
	struct house h;

	(void)state;
	open_house(&h);
	h.starttls = true;
	connect_client(&h, port_of(&h, false));
	run_until(&h, has_conn);
	conn_pause(h.conn, true);
	run_until(&h, soon);
	assert_int_equal(send(h.fd, "EVIL\r\n", 6, 0), 6);
	conn_write(h.conn, S("OK\r\n"));
	conn_starttls(h.conn, h.tls);             /* as if STARTTLS had been heard just before */
	conn_write(h.conn, S("* BYE\r\n"));       /* a timeout that comes now may not break the handshake */
	conn_pause(h.conn, false);
	h.want = 4;
	run_until(&h, got_it);
	assert_true(str_eq(buf_str(&h.got), S("OK\r\n")));
	client_tls(&h, NULL);
	say(&h, S("hello"));
	assert_true(str_eq(buf_str(&h.input), S("hello")));
	close_house(&h);
}

static void served_name(struct house *h, char *out, int n)
{
	X509 *x = SSL_get1_peer_certificate(h->ssl);

	X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, out, n);
	X509_free(x);
}

static void names(void **state)
{
	static const struct { const char *asked, *served; } row[] = {
		{ "a.example", "a.example" },
		{ "b.example", "b.example" },
		{ "B.EXAMPLE", "b.example" },
		{ "imap.b.example", "b.example" },
		{ "deep.imap.b.example", "a.example" },   /* a star is one label */
		{ "nobody.example", "a.example" },
		{ NULL, "a.example" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct house h;
		char name[64];
		open_house(&h);
		connect_client(&h, port_of(&h, true));
		client_tls(&h, row[i].asked);
		say(&h, S("hello"));
		served_name(&h, name, sizeof name);
		if (strcmp(name, row[i].served) != 0)
			fail_msg("asked %s, served %s", row[i].asked, name);
		close_house(&h);
	}
}

static void reload(void **state)
{
	struct config_tls swapped[2] = { certs[1], certs[0] };
	struct house h;
	char name[64];

	(void)state;
	open_house(&h);
	int port = port_of(&h, true);
	connect_client(&h, port);
	client_tls(&h, NULL);
	say(&h, S("before"));
	assert_false(tls_reload(h.tls, &certs[1], 2));   /* its second file is missing: nothing changes */
	assert_true(tls_reload(h.tls, swapped, 2));
	say(&h, S("after"));                      /* the session lives on */
	hang_up(&h);
	run_until(&h, is_closed);
	connect_client(&h, port);
	client_tls(&h, NULL);
	say(&h, S("new"));
	served_name(&h, name, sizeof name);
	assert_string_equal(name, "b.example");
	close_house(&h);
	assert_null(tls_new(&certs[2], 1));
}

/* One TLS conversation, with the ticket of an earlier one or none. Returns its own. */
static SSL_SESSION *converse(struct house *h, int port, SSL_SESSION *earlier, bool resumes)
{
	connect_client(h, port);
	client_tls(h, "a.example");
	if (earlier)
		SSL_set_session(h->ssl, earlier);
	say(h, S("hello"));
	assert_int_equal(SSL_session_reused(h->ssl), resumes);
	SSL_SESSION *session = SSL_get1_session(h->ssl);
	SSL_shutdown(h->ssl);
	hang_up(h);
	run_until(h, is_closed);
	return session;
}

/* Who was sealed a ticket under the keys of now or before resumes, at whichever process has those keys, in TLS 1.2 and 1.3. */
static void resumption(void **state)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	const struct str a = S("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), b = S("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"),
	                 c = S("cccccccccccccccccccccccccccccccc");

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct { struct str now, before; bool resumes; } row[] = {
			{ a, b, true }, { b, a, true }, { c, b, false }, { a, b, true }, { S("short"), S(""), false }, { b, a, true },
		};
		struct house h;
		open_house(&h);
		SSL_CTX_set_max_proto_version(h.ctx, versions[i]);
		int port = port_of(&h, true);
		tls_tickets(h.tls, a, b);
		SSL_SESSION *session = converse(&h, port, NULL, false);
		for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
			tls_tickets(h.tls, row[k].now, row[k].before);
			SSL_SESSION *again = converse(&h, port, session, row[k].resumes);
			assert_true(versions[i] == TLS1_2_VERSION || again != session);      /* a fresh ticket: RFC 8446 C.4 */
			SSL_SESSION_free(again);
		}
		SSL_SESSION_free(session);
		close_house(&h);
	}
}

static void old_tls(void **state)
{
	struct house h;

	(void)state;
	open_house(&h);
	SSL_CTX_set_max_proto_version(h.ctx, TLS1_1_VERSION);
	SSL_CTX_set_security_level(h.ctx, 0);
	connect_client(&h, port_of(&h, true));
	client_tls(&h, NULL);
	buf_add(&h.to_send, S("hello"));
	run_until(&h, is_closed);
	assert_string_equal(h.events, "closed;");
	close_house(&h);
}

static void open_either(struct house *h, bool with_tls)
{
	open_house(h);
	connect_client(h, port_of(h, with_tls));
	if (with_tls)
		client_tls(h, NULL);
	say(h, S("hello"));
	h->events[0] = '\0';
}

static void slow_reader(void **state)
{
	char bytes[10000] = { 0 };

	(void)state;
	for (int with_tls = 0; with_tls <= 1; with_tls++) {
		struct house h;
		open_either(&h, with_tls);
		h.reads = false;
		size_t given = h.got.n;
		for (; !conn_full(h.conn) && given < (64u << 20); given += sizeof bytes) {
			conn_write(h.conn, (struct str){ bytes, sizeof bytes });
		}
		assert_true(conn_full(h.conn));
		assert_true(conn_out_bytes(h.conn) < CONN_OUT_HIGH + sizeof bytes + 1);
		run_until(&h, soon);
		h.reads = true;
		h.want = given;
		run_until(&h, got_it);
		assert_int_equal(conn_out_bytes(h.conn), 0);
		assert_string_equal(h.events, "drained;");
		close_house(&h);
	}
}

static void pause_input(void **state)
{
	(void)state;
	for (int with_tls = 0; with_tls <= 1; with_tls++) {
		struct house h;
		open_either(&h, with_tls);
		h.echo = false;
		conn_pause(h.conn, true);
		size_t before = h.input.n;
		buf_grow(&h.to_send, 16 << 20);
		memset(h.to_send.p, 'x', h.to_send.n);
		run_until(&h, soon);
		assert_int_equal(h.input.n, before);
		assert_true(h.to_send.n > 0);      /* the client feels it */
		conn_pause(h.conn, false);
		h.want = before + (16 << 20);
		run_until(&h, heard_it);
		close_house(&h);
	}
}

/* The client ends its sending side at once: what it asked for is still answered. */
static void half_close(void **state)
{
	struct house h;

	(void)state;
	open_either(&h, false);
	assert_int_equal(send(h.fd, "last words", 10, 0), 10);
	shutdown(h.fd, SHUT_WR);
	run_until(&h, at_end);
	assert_true(str_ends(buf_str(&h.got), S("last words")));
	assert_string_equal(h.events, "input;closed;");
	close_house(&h);
}

static void end_flushes(void **state)
{
	enum { N = 3000000 };

	(void)state;
	for (int with_tls = 0; with_tls <= 1; with_tls++) {
		struct house h;
		struct buf big = { 0 };
		open_either(&h, with_tls);
		memset(buf_grow(&big, N), 'y', N);
		conn_write(h.conn, buf_str(&big));
		conn_end(h.conn);
		assert_string_equal(h.events, "");        /* `closed` is never told inside the call */
		h.want = h.got.n + N;
		run_until(&h, at_end);
		assert_true(got_it(&h) && is_closed(&h));
		buf_fini(&big);
		close_house(&h);
	}
}

static void timeouts(void **state)
{
	struct house h;

	(void)state;
	open_either(&h, false);
	conn_timeout(h.conn, 50);
	conn_timeout(h.conn, 0);
	run_until(&h, soon);
	assert_string_equal(h.events, "");
	conn_timeout(h.conn, 50);
	run_until(&h, has_timeout);
	close_house(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),
		cmocka_unit_test(implicit_tls),
		cmocka_unit_test(starttls),
		cmocka_unit_test(starttls_next_packet),
		cmocka_unit_test(names),
		cmocka_unit_test(reload),
		cmocka_unit_test(resumption),
		cmocka_unit_test(old_tls),
		cmocka_unit_test(slow_reader),
		cmocka_unit_test(pause_input),
		cmocka_unit_test(half_close),
		cmocka_unit_test(end_flushes),
		cmocka_unit_test(timeouts),
	};
	log_open("test", LOG_ERROR + 1);
	return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}

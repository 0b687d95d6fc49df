/* frontend/net/tls_layer.c: SSL_read and SSL_write in the words of a stream. */
#include "frontend/net/tls_layer.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include <openssl/err.h>

#include "common/base/log.h"
#include "common/base/must.h"

struct tls_layer {
	SSL     *ssl;
	loop_fn *done;                  /* NULL: the handshake is over, or nobody asks */
	void    *arg;
};

static void note_handshake(struct tls_layer *y)
{
	loop_fn *done = y->done;

	if (!done || !SSL_is_init_finished(y->ssl))
		return;
	y->done = NULL;
	done(y->arg);
}

static ssize_t failure(struct tls_layer *y, int result)
{
	char why[200];

	switch (SSL_get_error(y->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return STREAM_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return STREAM_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		if (errno == 0)
			errno = ECONNRESET;
		return STREAM_FAILED;
	default:
		ERR_error_string_n(ERR_peek_error(), why, sizeof why);
		log_debug("tls_failed", "error=\"%s\"", why);
		errno = EPROTO;
		return STREAM_FAILED;
	}
}

static ssize_t layer_read(void *io, char *p, size_t n)
{
	struct tls_layer *y = io;

	ERR_clear_error();
	errno = 0;
	int got = SSL_read(y->ssl, p, n > INT_MAX ? INT_MAX : (int)n);
	note_handshake(y);
	return got > 0 ? got : failure(y, got);
}

static ssize_t layer_write(void *io, const char *p, size_t n)
{
	struct tls_layer *y = io;

	ERR_clear_error();
	errno = 0;
	int put = SSL_write(y->ssl, p, n > INT_MAX ? INT_MAX : (int)n);
	note_handshake(y);
	if (put > 0)
		return put;
	ssize_t why = failure(y, put);
	if (why == 0) {                   /* the peer has said goodbye; nobody reads this */
		errno = EPIPE;
		return STREAM_FAILED;
	}
	return why;
}

static void layer_free(void *io)
{
	struct tls_layer *y = io;

	ERR_clear_error();
	if (SSL_is_init_finished(y->ssl))
		SSL_shutdown(y->ssl);
	SSL_free(y->ssl);
	free(y);
}

struct tls_layer *tls_layer_new(SSL_CTX *ctx, struct stream *s, loop_fn *done, void *arg)
{
	static const struct stream_io io = { layer_read, layer_write, layer_free };
	struct tls_layer *y = mem_new(sizeof *y);

	y->ssl = SSL_new(ctx);
	must(y->ssl && SSL_set_fd(y->ssl, stream_fd(s)) == 1);
	SSL_set_accept_state(y->ssl);
	y->done = done;
	y->arg = arg;
	stream_set_io(s, &io, y);
	return y;
}

void tls_layer_forget(struct tls_layer *y) { y->done = NULL; }

/* common/loop/stream.h: bytes to and from a peer over TCP or a Unix socket, without waiting.
 *
 * Written bytes are copied and leave once, at the end of the turn (corked). Where 64 KiB are together they leave at once, from
 * where they lie, and only what the peer does not take is copied.
 * Reading uses one buffer of the loop's. An idle stream holds no buffer and costs some 400 bytes.
 *
 * Owner: who accepted or connected it, and closes it, after on_end too. No callback comes after
 * stream_close or stream_finish, which are allowed inside callbacks. Callbacks never run inside stream_write.
 * Reading stops by itself at the end; what was written before may still leave.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/base/buf.h"
#include "common/base/str.h"
#include "common/loop/loop.h"

struct stream;

/* A const table; entries may be NULL, except on_read and on_end. */
struct stream_events {
	void (*on_open)(void *arg);                        /* stream_connect has succeeded */
	void (*on_read)(void *arg, struct str bytes);      /* lent until it returns; never empty */
	void (*on_end)(void *arg, int error);              /* once: the peer's end (0) or an errno; still to be closed */
	void (*on_drain)(void *arg);                       /* all output has left; after every flush that empties it */
};

/* Takes over fd (closed with the stream) and starts reading. */
struct stream *stream_new(struct loop *l, int fd, const struct stream_events *ev, void *arg);
/* To "ADDR:PORT" or "unix:PATH" (base/address.h). Returns at once; on_open or on_end follows. Writing may begin before. */
struct stream *stream_connect(struct loop *l, struct str where, const struct stream_events *ev, void *arg);
void   stream_close(struct stream **s);                    /* now; output that waits is lost */
void   stream_finish(struct stream **s);                   /* sends what waits (at most 10 s), then closes */
void   stream_handle(struct stream *s, const struct stream_events *ev, void *arg);   /* other callbacks from now on */

void   stream_write(struct stream *s, struct str bytes);   /* ignored after an error */
size_t stream_pending(const struct stream *s);             /* output bytes that still wait */
#define STREAM_FULL_BYTES (256 * 1024)
static inline bool stream_writable(const struct stream *s) { return stream_pending(s) < STREAM_FULL_BYTES; }

void   stream_pause(struct stream *s);                     /* no on_read, no on_end of the peer's, until: */
void   stream_resume(struct stream *s);

int    stream_fd(const struct stream *s);
void   stream_peer(const struct stream *s, struct buf *out);   /* "192.0.2.1", "unix"; asked of the kernel */
bool   stream_is_local(const struct stream *s);            /* peer on loopback or a Unix socket */

/* A layer between stream and descriptor, such as TLS (SSL_set_fd with stream_fd). read and write give a number of
 * bytes, 0 for the peer's end (read), or one of these; after WANT they are called again once the descriptor
 * is ready so. A write after WANT repeats the same bytes, perhaps at another address and with more behind them
 * (OpenSSL: SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, SSL_MODE_ENABLE_PARTIAL_WRITE). */
enum { STREAM_WANT_READ = -1, STREAM_WANT_WRITE = -2, STREAM_FAILED = -3 /* errno says why */ };
struct stream_io {
	ssize_t (*read)(void *io, char *p, size_t n);
	ssize_t (*write)(void *io, const char *p, size_t n);
	void    (*free)(void *io);                         /* before the descriptor closes: may say goodbye */
};
/* From now on, all bytes go through io (which the stream then owns). Output must have left (STARTTLS: from on_drain). */
void   stream_set_io(struct stream *s, const struct stream_io *io, void *arg);

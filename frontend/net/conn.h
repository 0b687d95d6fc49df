/* frontend/net/conn.h: one client's connection: plain or TLS, bytes in and bytes out.
 *
 * An idle connection holds no buffers: input is lent to the callback from a buffer of the process, and the callback takes
 * all of it; output is corked per loop turn and freed when drained; TLS releases
 * its buffers (SSL_MODE_RELEASE_BUFFERS). Bounded: above CONN_OUT_HIGH queued bytes conn_full says stop producing.
 *
 * Owner: the session. Callbacks run on the loop. After `closed` the session must conn_free.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/base/str.h"

struct loop;
struct conn;
struct tls;                                        /* certificates: frontend/net/tls.h */
struct conn_listener;

struct conn_events {
	void (*input)(void *ctx, struct str bytes);    /* all of it is taken; never called while paused */
	void (*drained)(void *ctx);                    /* queued output has left after having been above CONN_OUT_HIGH */
	void (*secured)(void *ctx);                    /* the TLS handshake is done (imaps, STARTTLS) */
	void (*closed)(void *ctx, const char *why);    /* the peer ended, an error, or conn_end has flushed */
	void (*timeout)(void *ctx);                    /* conn_timeout's moment came */
};
enum { CONN_OUT_LOW = 64 * 1024, CONN_OUT_HIGH = 256 * 1024 };

typedef void conn_accept_fn(void *ctx, struct conn *c);       /* set events now */
/* spec: "ADDR:PORT" or "unix:PATH". implicit_tls: handshake first. NULL: logged. */
struct conn_listener *conn_listen(struct loop *loop, const char *spec, struct tls *tls, bool implicit_tls, conn_accept_fn *fn, void *ctx);
void conn_listener_free(struct conn_listener **l);
/* A listening descriptor made by somebody else (the supervisor): taken over. */
struct conn_listener *conn_listen_fd(struct loop *loop, int fd, struct tls *tls, bool implicit_tls, conn_accept_fn *fn, void *ctx);

void   conn_events_set(struct conn *c, const struct conn_events *e, void *ctx);
void   conn_write(struct conn *c, struct str bytes);          /* copied */
bool   conn_full(const struct conn *c);                       /* above CONN_OUT_HIGH */
size_t conn_out_bytes(const struct conn *c);
void   conn_pause(struct conn *c, bool paused);               /* stop reading: back-pressure to the client */
/* STARTTLS, in the turn that wrote its OK: flushes, then handshakes. What the kernel holds behind the command is thrown away
 * (RFC 9051 6.2.1); what `input` was given behind it the session must not look at. What is written before the OK has left is dropped. */
void   conn_starttls(struct conn *c, struct tls *tls);
bool   conn_is_tls(const struct conn *c);
bool   conn_is_loopback(const struct conn *c);
const char *conn_peer(const struct conn *c);                  /* "127.0.0.1" or "unix" */
void   conn_timeout(struct conn *c, unsigned ms);             /* from now, once; 0: none; cheap enough for every command */
void   conn_end(struct conn *c);                              /* flush, then close; `closed` follows, and nothing else does */
void   conn_free(struct conn **c);                            /* at once; but what was written before the peer's own end still leaves */

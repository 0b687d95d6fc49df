/* frontend/net/tls.h: our certificates, chosen by the name a client asks for (SNI, RFC 6066 3); and TLS on a stream.
 *
 * TLS 1.2 and newer, no renegotiation; resumption by session tickets under keys that all frontends share.
 *
 * Owner: main. Connections begun before a reload, or still open when tls_free is called, keep what they use.
 * Errors: a certificate or key that does not load is logged with its file.
 */
#pragma once

#include <stdbool.h>

#include "common/base/config.h"
#include "common/loop/stream.h"

struct tls;

/* The first certificate is the default: for names nobody holds, and clients that give none. NULL: one failed. */
struct tls *tls_new(const struct config_tls *certs, size_t n);
/* Reads all files again. False: one failed; everything stays as it was. */
bool tls_reload(struct tls *t, const struct config_tls *certs, size_t n);
void tls_free(struct tls **t);
/* Secrets of 32 octets: tickets are sealed with `now` from here on, and those sealed with either are opened. */
void tls_tickets(struct tls *t, struct str now, struct str before);

/* TLS on one stream, which owns it. `done` is called when the handshake is, from within the stream: it may
 * only take note (loop_defer). */
struct tls_layer;
struct tls_layer *tls_begin(struct tls *t, struct stream *s, loop_fn *done, void *arg);
void tls_layer_forget(struct tls_layer *y);                    /* `done` is not called any more */

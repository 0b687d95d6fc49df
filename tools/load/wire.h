/* tools/load/wire.h: connections of the load generator, plain or TLS, waited for together.
 *
 * What arrives is acknowledged at once (TCP_QUICKACK, unless an answer carries it anyway): a peer under Nagle's
 * algorithm would otherwise wait 40 ms for us, and we would measure our own laziness.
 *
 * To a server on this machine, wires leave from 127.0.0.1, 127.0.0.2, ... in turn, so that ports do not run out. An idle
 * wire holds no buffers.
 *
 * Owner: who opened a wire closes it, also inside its callback. A set outlives its wires.
 */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/address.h"
#include "common/base/buf.h"

struct wire;
struct wires {
	int          epoll;
	unsigned     sources;            /* of loopback addresses to leave from; at least 1 */
	unsigned     opened;             /* so far */
	char        *room;               /* where bytes arrive first; all wires share it */
	uint64_t     bytes_in, bytes_out;/* before TLS */
	struct wire *closed;             /* in this turn: freed at its end */
};

enum wire_news {
	WIRE_CONNECTED,          /* and the handshake is over */
	WIRE_BYTES,
	WIRE_ENDED,              /* the peer is gone, or was never there */
};
/* `in`: all bytes that have arrived and were not taken. The callee moves *in behind what it has used; the rest is kept. */
typedef void wire_fn(struct wire *w, enum wire_news news, struct str *in);

struct wire {
	struct wires *set;
	SSL          *ssl;               /* NULL: plain */
	SSL_SESSION **session;           /* kept by the owner: the newest ticket, used by the next wire; NULL: none kept */
	int           fd;                /* -1: closed */
	int           fault;             /* why it could not connect (errno); 0: it did */
	struct buf    in, out;
	bool          connected, waits_to_write, sent;
	wire_fn      *fn;
	void         *arg;
	struct wire  *next_closed;
};

bool         wires_init(struct wires *s, unsigned sources);
void         wires_fini(struct wires *s);
void         wires_turn(struct wires *s, uint64_t wait_ns);        /* waits once and calls whoever is ready */

/* A context for wire_open. Certificates are not verified: those of a bench are its own. */
SSL_CTX     *wire_tls_new(void);
/* Begins to connect; the callback tells the outcome. NULL: the address cannot be reached at all (errno). tls and session may be NULL. */
struct wire *wire_open(struct wires *s, const struct address *to, SSL_CTX *tls, SSL_SESSION **session, wire_fn *fn, void *arg);
void         wire_close(struct wire **w);
void         wire_send(struct wire *w);                            /* what was put into w->out */

uint64_t     wire_now_ns(void);                                    /* monotonic */

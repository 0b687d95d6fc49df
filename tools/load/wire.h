/* tools/load/wire.h: connections of the load generator, plain or TLS, waited for together.
 *
 * What arrives is acknowledged at once (TCP_QUICKACK): a peer under Nagle's algorithm would otherwise wait 40 ms for
 * us, and we would measure our own laziness.
 *
 * Owner: who opened a wire closes it, also inside its callback. A set outlives its wires.
 */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/address.h"
#include "common/base/buf.h"

struct wires { int epoll; };

struct wire;
/* New bytes stand in w->in, from which the callee drops what it has used; or the peer is gone. */
typedef void wire_fn(struct wire *w, bool ended);

struct wire {
	struct wires *set;
	SSL          *ssl;       /* NULL: plain */
	int           fd;
	struct buf    in, out;
	bool          waits_to_write;
	wire_fn      *fn;
	void         *arg;
};

bool         wires_init(struct wires *s);
void         wires_fini(struct wires *s);
void         wires_turn(struct wires *s, int timeout_ms);   /* waits once and calls whoever is ready */

/* NULL: nobody listens there. tls may be NULL. */
struct wire *wire_open(struct wires *s, const struct address *to, SSL_CTX *tls, wire_fn *fn, void *arg);
void         wire_close(struct wire **w);
void         wire_send(struct wire *w);                     /* what was put into w->out */

uint64_t     wire_now_ns(void);                             /* monotonic */

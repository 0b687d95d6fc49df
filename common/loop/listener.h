/* common/loop/listener.h: a socket that hands over whoever connects.
 *
 * Binding and serving are two steps, so that a supervisor may bind and its children inherit.
 */
#pragma once

#include "common/base/str.h"
#include "common/loop/loop.h"

struct listener_options {
	bool     reuseport;        /* several processes bind the same port; the kernel deals out connections */
	unsigned mode;             /* of a Unix socket's file, e.g. 0660; 0: 0600 */
};

/* Binds and listens ("ADDR:PORT", port 0 for any; "unix:PATH": a stale socket file is replaced, one in use is not).
 * A descriptor, or -errno, logged. */
int listener_bind(struct str where, const struct listener_options *opt);
int listener_port(int fd);                                 /* the port bound; 0 for Unix */

struct listener;
typedef void listener_fn(void *arg, int fd);               /* fd: yours now, non-blocking, TCP_NODELAY */

struct listener *listener_new(struct loop *l, int fd, listener_fn *fn, void *arg);   /* takes over fd */
void             listener_free(struct listener **n);       /* closes it; those accepted live on */

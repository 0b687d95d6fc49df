/* common/base/address.h: where a socket listens or connects, as people write it.
 *
 *     127.0.0.1:143   localhost:143   [::1]:143   [::]:993   unix:/run/roost/lmtp.sock
 *
 * Numbers only: nothing here asks a name server, so nothing waits. "localhost" is 127.0.0.1.
 */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

#include "common/base/buf.h"
#include "common/base/str.h"

struct address {
	struct sockaddr_storage sa;
	socklen_t               n;
};

bool address_parse(struct address *a, struct str text);    /* false: not an address, or a path too long */
bool address_is_unix(const struct address *a);
bool address_is_local(const struct address *a);            /* loopback or Unix: never leaves this machine */
int  address_port(const struct address *a);                /* 0 for Unix */
/* The host alone, as limits and logs want it: "192.0.2.1", "2001:db8::1", "unix". IPv4 in IPv6 shows as IPv4. */
void address_host(const struct address *a, struct buf *out);

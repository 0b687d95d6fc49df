/* common/base/address.c: text to socket addresses and back, without asking anybody. */
#include "common/base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

static bool parse_unix(struct address *a, struct str path)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&a->sa;

	if (path.n == 0 || path.n >= sizeof un->sun_path || str_find(path, '\0') >= 0)
		return false;
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path.p, path.n);
	a->n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.n + 1);
	return true;
}

/* `host` ends with a NUL: inet_pton wants one. */
static bool parse_host(struct address *a, const char *host, bool v6, uint16_t port)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)&a->sa;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&a->sa;

	if (v6) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		a->n = sizeof *in6;
		return inet_pton(AF_INET6, host, &in6->sin6_addr) == 1;
	}
	in4->sin_family = AF_INET;
	in4->sin_port = htons(port);
	a->n = sizeof *in4;
	return inet_pton(AF_INET, host, &in4->sin_addr) == 1;
}

bool address_parse(struct address *a, struct str text)
{
	char host[INET6_ADDRSTRLEN];
	uint64_t port;

	memset(a, 0, sizeof *a);
	if (str_starts(text, S("unix:")))
		return parse_unix(a, str_skip(text, 5));
	ptrdiff_t colon = str_rfind(text, ':');
	if (colon < 0 || !str_u64(str_skip(text, (size_t)colon + 1), &port) || port > 65535)
		return false;
	struct str name = str_head(text, (size_t)colon);
	bool v6 = str_starts(name, S("[")) && str_ends(name, S("]"));
	if (v6)
		name = str_head(str_skip(name, 1), name.n - 2);
	else if (str_ieq(name, S("localhost")))
		name = S("127.0.0.1");
	if (name.n >= sizeof host || str_find(name, '\0') >= 0)
		return false;
	memcpy(host, name.p, name.n);
	host[name.n] = '\0';
	return parse_host(a, host, v6, (uint16_t)port);
}

bool address_is_unix(const struct address *a) { return a->sa.ss_family == AF_UNIX; }

int address_port(const struct address *a)
{
	if (a->sa.ss_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)&a->sa)->sin_port);
	if (a->sa.ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)&a->sa)->sin6_port);
	return 0;
}

/* The IPv4 address, also of one that travels as ::ffff:a.b.c.d; NULL: there is none. */
static const uint8_t *ipv4_of(const struct address *a)
{
	if (a->sa.ss_family == AF_INET)
		return (const uint8_t *)&((const struct sockaddr_in *)&a->sa)->sin_addr;
	const struct in6_addr *in6 = &((const struct sockaddr_in6 *)&a->sa)->sin6_addr;
	if (a->sa.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(in6))
		return in6->s6_addr + 12;
	return NULL;
}

bool address_is_local(const struct address *a)
{
	const uint8_t *v4 = ipv4_of(a);

	if (v4)
		return v4[0] == 127;
	if (a->sa.ss_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)&a->sa)->sin6_addr);
	return address_is_unix(a);
}

void address_host(const struct address *a, struct buf *out)
{
	const uint8_t *v4 = ipv4_of(a);
	char text[INET6_ADDRSTRLEN] = "unix";

	if (v4)
		inet_ntop(AF_INET, v4, text, sizeof text);
	else if (a->sa.ss_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)&a->sa)->sin6_addr, text, sizeof text);
	buf_add(out, str_of(text));
}

/* tests/load/null_server.c: an IMAP and LMTP server that does as little as it can get away with: what a load generator measures
 * against it is the generator.
 *
 *	null_server [--letters N] [--bytes N] [--processes N] [--lie uid|body|count|drop]
 *
 * Prints "IMAP-ADDRESS LMTP-ADDRESS" and serves until its input ends. Every user has one mailbox, INBOX, which begins with letters 1 to N
 * of seed 1. Of what comes in, only letter numbers and flags are kept: letters can be made again. It trusts its clients.
 * Several processes have mailboxes of their own each: they are for more connections than one process may have open files.
 *
 * --lie makes it a bad server, which a generator must notice:
 *   uid    FETCH gives the UID of the message before, now and then
 *   body   one octet of each body differs
 *   count  SELECT says one message more than there is
 *   drop   what comes in is acknowledged, and now and then not kept
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/address.h"
#include "common/base/buf.h"
#include "common/base/must.h"
#include "tools/load/letters.h"

enum { READ_BYTES = 64 << 10, EVENTS = 64, USERS_MAX = 100000, LIE_EVERY = 5 };
enum lie { LIE_NONE, LIE_UID, LIE_BODY, LIE_COUNT, LIE_DROP };
enum { FLAG_SEEN = 1, FLAG_ANSWERED = 2, FLAG_FLAGGED = 4, FLAG_DELETED = 8, FLAG_DRAFT = 16, FLAG_COUNT = 5 };

static const char *const flag_names[FLAG_COUNT] = { "\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft" };

struct message { uint32_t letter; uint8_t flags; };

/* Message i has the UID i + 1: nothing ever leaves. */
struct box { struct message *at; uint32_t n, cap; };

struct server {
	int             epoll;
	struct letters *letters;
	uint32_t        n;               /* letters in a new mailbox */
	enum lie        lie;
	uint32_t        tempted;         /* how often there was a chance to lie */
	struct box     *users[USERS_MAX];
	struct buf      scratch;
};

struct conn {
	struct server *server;
	int         fd;
	bool        lmtp, ended, in_data;
	bool        asked;               /* for a literal that waits for "+" */
	struct buf  in, out;
	struct box *box;
	struct box *to[100];             /* LMTP: recipients so far */
	unsigned    to_n;
};

/* ---- mailboxes ---- */

static bool tempted(struct server *s, enum lie lie)
{
	return s->lie == lie && ++s->tempted % LIE_EVERY == 0;
}

static void box_add(struct box *b, struct message m)
{
	if (b->n == b->cap) {
		b->cap = b->cap ? 2 * b->cap : 16;
		b->at = mem_resize(b->at, b->cap * sizeof *b->at);
	}
	b->at[b->n++] = m;
}

/* A message came in. */
static void box_take_in(struct server *s, struct box *b, struct str octets, uint8_t flags)
{
	uint32_t letter = 0;

	letters_number(s->letters, octets, &letter);
	if (!tempted(s, LIE_DROP))
		box_add(b, (struct message){ letter, flags });
}

/* By the digits in the user's name. */
static struct box *box_of(struct server *s, struct str name)
{
	unsigned n = 0;

	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] >= '0' && name.p[i] <= '9')
			n = (n * 10 + (unsigned)(name.p[i] - '0')) % USERS_MAX;
	if (!s->users[n]) {
		s->users[n] = mem_new(sizeof *s->users[n]);
		for (uint32_t letter = 1; letter <= s->n; letter++)
			box_add(s->users[n], (struct message){ letter, 0 });
	}
	return s->users[n];
}

/* ---- words ---- */

static struct str take_word(struct str *in)
{
	struct str word;

	str_cut(*in, ' ', &word, in);
	return word;
}

static bool take_u32(struct str *in, uint32_t *n)
{
	size_t len = 0;
	uint64_t v;

	while (len < in->n && in->p[len] >= '0' && in->p[len] <= '9')
		len++;
	if (!str_u64(str_head(*in, len), &v) || v > UINT32_MAX)
		return false;
	*n = (uint32_t)v;
	*in = str_skip(*in, len);
	return true;
}

static uint8_t flags_in(struct str words)
{
	uint8_t flags = 0;

	for (unsigned i = 0; i < FLAG_COUNT; i++)
		if (str_search(words, str_of(flag_names[i])) >= 0)
			flags |= (uint8_t)(1u << i);
	return flags;
}

static void say_flags(struct buf *out, uint8_t flags)
{
	const char *gap = "";

	buf_add(out, S("FLAGS ("));
	for (unsigned i = 0; i < FLAG_COUNT; i++)
		if (flags >> i & 1) {
			buf_printf(out, "%s%s", gap, flag_names[i]);
			gap = " ";
		}
	buf_addc(out, ')');
}

/* ---- FETCH and STORE ---- */

/* "BODY.PEEK[section]<at.n>" of a letter; the only sections are none and header fields, of which we know one. */
static void say_body(struct conn *c, struct str item, const struct message *m)
{
	struct server *s = c->server;
	struct str section = str_skip(item, (size_t)str_find(item, '[') + 1), rest, text;
	uint32_t at = 0, n = UINT32_MAX;

	s->scratch.n = 0;
	str_cut(section, ']', &section, &rest);
	letters_write(s->letters, m->letter, &s->scratch);
	if (section.n > 0) {
		s->scratch.n = (size_t)str_find(buf_str(&s->scratch), '\n') + 1;
		buf_add(&s->scratch, S("\r\n"));
	} else if (s->lie == LIE_BODY) {
		s->scratch.p[s->scratch.n / 2] ^= 1;
	}
	text = buf_str(&s->scratch);
	buf_printf(&c->out, "BODY[%.*s]", STR_ARG(section));
	rest = str_skip(rest, 1);
	if (take_u32(&rest, &at)) {
		rest = str_skip(rest, 1);
		take_u32(&rest, &n);
		text = str_head(str_skip(text, at), n);
		buf_printf(&c->out, "<%u>", at);
	}
	buf_printf(&c->out, " {%zu}\r\n", text.n);
	buf_add(&c->out, text);
}

/* The next item of "(UID FLAGS BODY.PEEK[HEADER.FIELDS (X)])"; empty: no more. */
static struct str take_item(struct str *in)
{
	size_t n = 0;
	int deep = 0;

	while (in->n > 0 && (in->p[0] == ' ' || in->p[0] == '('))
		*in = str_skip(*in, 1);
	while (n < in->n && (deep > 0 || (in->p[n] != ' ' && in->p[n] != ')'))) {
		deep += in->p[n] == '[' ? 1 : in->p[n] == ']' ? -1 : 0;
		n++;
	}
	struct str item = str_head(*in, n);
	*in = str_skip(*in, n);
	return item;
}

static void say_row(struct conn *c, uint32_t n, struct str items, bool by_uid)
{
	const struct message *m = &c->box->at[n - 1];
	const char *gap = "";
	struct str item;

	buf_printf(&c->out, "* %u FETCH (", n);
	if (by_uid || str_search(items, S("UID")) >= 0) {
		buf_printf(&c->out, "UID %u", tempted(c->server, LIE_UID) ? n - 1 : n);
		gap = " ";
	}
	while ((item = take_item(&items)).n > 0) {
		if (str_ieq(item, S("UID")))
			continue;
		buf_add(&c->out, str_of(gap));
		gap = " ";
		if (str_ieq(item, S("FLAGS")))
			say_flags(&c->out, m->flags);
		else if (str_ieq(item, S("RFC822.SIZE")))
			buf_printf(&c->out, "RFC822.SIZE %zu", letters_bytes(c->server->letters, m->letter));
		else if (str_ieq(item, S("INTERNALDATE")))
			buf_add(&c->out, S("INTERNALDATE \" 1-Jan-2024 00:00:00 +0000\""));
		else if (str_istarts(item, S("BODY")))
			say_body(c, item, m);
	}
	buf_add(&c->out, S(")\r\n"));
}

static void store_row(struct conn *c, uint32_t n, struct str words)
{
	struct str how = take_word(&words);
	uint8_t *flags = &c->box->at[n - 1].flags, these = flags_in(words);

	*flags = how.p[0] == '+' ? *flags | these : how.p[0] == '-' ? *flags & (uint8_t)~these : these;
	if (!str_ends(how, S(".SILENT")))
		say_row(c, n, S("UID FLAGS"), true);
}

/* "2:4,7,9:*": UIDs and positions are the same here. */
static void each_row(struct conn *c, struct str set, void (*row)(struct conn *c, uint32_t n, struct str words, bool by_uid),
                     struct str words, bool by_uid)
{
	struct str range, rest;
	uint32_t lo, hi;

	while (set.n > 0) {
		str_cut(set, ',', &range, &set);
		bool many = str_cut(range, ':', &range, &rest);
		lo = take_u32(&range, &lo) ? lo : c->box->n;
		hi = !many ? lo : take_u32(&rest, &hi) ? hi : c->box->n;
		for (; lo <= hi && lo <= c->box->n; lo++)
			if (lo > 0)
				row(c, lo, words, by_uid);
	}
}

static void store_or_not(struct conn *c, uint32_t n, struct str words, bool by_uid)
{
	(void)by_uid;
	store_row(c, n, words);
}

/* ---- IMAP commands ---- */

static void ok(struct conn *c, struct str tag, const char *code)
{
	buf_add(&c->out, tag);
	buf_printf(&c->out, " OK %sdone\r\n", code);
}

#define CAPABILITIES "IMAP4rev1 LITERAL+ UIDPLUS IDLE NAMESPACE UNSELECT ENABLE"

static void do_select(struct conn *c, struct str tag, bool examine)
{
	uint32_t exists = c->box->n + (c->server->lie == LIE_COUNT);

	buf_printf(&c->out, "* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft)\r\n* %u EXISTS\r\n* 0 RECENT\r\n"
	           "* OK [UIDVALIDITY 1] .\r\n* OK [UIDNEXT %u] .\r\n", exists, c->box->n + 1);
	ok(c, tag, examine ? "[READ-ONLY] " : "[READ-WRITE] ");
}

/* "INBOX (\Seen) {5+}" CRLF and five octets. */
static void do_append(struct conn *c, struct str tag, struct str words)
{
	struct str line;
	char code[48];

	str_cut(words, '\n', &line, &words);
	box_take_in(c->server, c->box, words, flags_in(line));
	snprintf(code, sizeof code, "[APPENDUID 1 %u] ", c->box->n);
	ok(c, tag, code);
}

static void do_rows(struct conn *c, struct str tag, struct str verb, struct str words, bool by_uid)
{
	struct str set = take_word(&words);

	each_row(c, set, str_ieq(verb, S("FETCH")) ? say_row : store_or_not, words, by_uid);
	ok(c, tag, "");
}

static void do_command(struct conn *c, struct str words)
{
	struct str tag = take_word(&words), verb = take_word(&words);
	bool by_uid = str_ieq(verb, S("UID"));

	if (by_uid)
		verb = take_word(&words);
	if (str_ieq(tag, S("DONE"))) {
		buf_add(&c->out, S("a OK done\r\n"));
	} else if (str_ieq(verb, S("FETCH")) || str_ieq(verb, S("STORE"))) {
		do_rows(c, tag, verb, words, by_uid);
	} else if (str_ieq(verb, S("APPEND"))) {
		do_append(c, tag, words);
	} else if (str_ieq(verb, S("SELECT")) || str_ieq(verb, S("EXAMINE"))) {
		do_select(c, tag, str_ieq(verb, S("EXAMINE")));
	} else if (str_ieq(verb, S("LOGIN"))) {
		c->box = box_of(c->server, take_word(&words));
		ok(c, tag, "[CAPABILITY " CAPABILITIES "] ");
	} else if (str_ieq(verb, S("IDLE"))) {
		buf_add(&c->out, S("+ idling\r\n"));
	} else {
		if (str_ieq(verb, S("CAPABILITY")))
			buf_add(&c->out, S("* CAPABILITY " CAPABILITIES "\r\n"));
		if (str_ieq(verb, S("NAMESPACE")))
			buf_add(&c->out, S("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n"));
		if (str_ieq(verb, S("LIST")))
			buf_add(&c->out, S("* LIST () \"/\" INBOX\r\n"));
		if (str_ieq(verb, S("LOGOUT")))
			buf_add(&c->out, S("* BYE .\r\n"));
		c->ended = str_ieq(verb, S("LOGOUT"));
		ok(c, tag, "");
	}
}

/* A line that ends with "{5}" or "{5+}" goes on behind five octets. False: it does not. */
static bool literal_at_end(struct str line, uint32_t *bytes, bool *waits)
{
	ptrdiff_t at = line.n > 0 && line.p[line.n - 1] == '}' ? str_rfind(line, '{') : -1;
	struct str n = at < 0 ? S("") : str_skip(line, (size_t)at + 1);

	if (!take_u32(&n, bytes))
		return false;
	*waits = n.p[0] == '}';
	return true;
}

/* One command with its literals, if all of it is here. */
static bool take_command(struct conn *c, struct str *in, struct str *command)
{
	size_t end = 0;
	uint32_t literal;
	bool waits;

	for (;;) {
		const char *lf = end < in->n ? memchr(in->p + end, '\n', in->n - end) : NULL;
		if (!lf)
			return false;
		struct str line = { in->p + end, (size_t)(lf - in->p) - end - 1 };
		end = (size_t)(lf - in->p) + 1;
		if (!literal_at_end(line, &literal, &waits))
			break;
		if (waits && !c->asked && end == in->n)
			buf_add(&c->out, S("+ go on\r\n"));
		c->asked = waits;
		end += literal;
	}
	c->asked = false;
	*command = str_head(*in, end - 2);
	*in = str_skip(*in, end);
	return true;
}

/* ---- LMTP ---- */

static void do_lmtp(struct conn *c, struct str line)
{
	struct str verb = str_head(line, 4);

	if (str_ieq(verb, S("LHLO"))) {
		buf_add(&c->out, S("250-null\r\n250-PIPELINING\r\n250 8BITMIME\r\n"));
	} else if (str_ieq(verb, S("DATA"))) {
		c->in_data = true;
		buf_add(&c->out, S("354 go on\r\n"));
	} else if (str_ieq(verb, S("QUIT"))) {
		c->ended = true;
		buf_add(&c->out, S("221 bye\r\n"));
	} else {
		if (str_ieq(verb, S("RCPT")) && c->to_n < sizeof c->to / sizeof *c->to)
			c->to[c->to_n++] = box_of(c->server, line);
		buf_add(&c->out, S("250 ok\r\n"));
	}
}

static bool take_data(struct conn *c, struct str *in)
{
	ptrdiff_t end = str_search(*in, S("\r\n.\r\n"));

	if (end < 0)
		return false;
	for (unsigned i = 0; i < c->to_n; i++) {
		box_take_in(c->server, c->to[i], str_head(*in, (size_t)end), 0);
		buf_add(&c->out, S("250 ok\r\n"));
	}
	c->to_n = 0;
	c->in_data = false;
	*in = str_skip(*in, (size_t)end + 5);
	return true;
}

static bool take_lmtp_line(struct str *in, struct str *line)
{
	if (!str_cut(*in, '\n', line, in)) {
		*in = *line;
		return false;
	}
	line->n -= line->n > 0;                  /* CR */
	return true;
}

/* ---- connections ---- */

static void conn_work(struct conn *c)
{
	struct str in = buf_str(&c->in), command;

	for (;;) {
		if (c->lmtp && c->in_data) {
			if (!take_data(c, &in))
				break;
		} else if (c->lmtp) {
			if (!take_lmtp_line(&in, &command))
				break;
			do_lmtp(c, command);
		} else {
			if (!take_command(c, &in, &command))
				break;
			do_command(c, command);
		}
	}
	buf_drop(&c->in, c->in.n - in.n);
}

static void conn_free(struct conn *c)
{
	close(c->fd);
	buf_fini(&c->in);
	buf_fini(&c->out);
	free(c);
}

/* Blocks nobody for long: clients read what they ask for. */
static bool conn_send(struct conn *c)
{
	while (c->out.n > 0) {
		ssize_t n = send(c->fd, c->out.p, c->out.n, MSG_NOSIGNAL);
		if (n < 0)
			return false;
		buf_drop(&c->out, (size_t)n);
	}
	return !c->ended;
}

static void conn_turn(struct conn *c)
{
	buf_reserve(&c->in, READ_BYTES);
	ssize_t n = recv(c->fd, c->in.p + c->in.n, READ_BYTES, 0);

	if (n > 0) {
		c->in.n += (size_t)n;
		conn_work(c);
	}
	if (n <= 0 || !conn_send(c))
		conn_free(c);
}

static void server_accept(struct server *s, int listener, bool lmtp)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	struct conn *c = mem_new(sizeof *c);
	*c = (struct conn){ .server = s, .fd = fd, .lmtp = lmtp };
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
	must(epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) == 0);
	buf_add(&c->out, lmtp ? S("220 null LMTP\r\n") : S("* OK [CAPABILITY " CAPABILITIES "] null\r\n"));
	conn_send(c);
}

/* Prints where it listens. */
static int listen_on_free_port(const char *behind)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof sa;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	must(fd >= 0 && bind(fd, (struct sockaddr *)&sa, n) == 0 && listen(fd, 4096) == 0 && getsockname(fd, (struct sockaddr *)&sa, &n) == 0);
	printf("127.0.0.1:%u%s", ntohs(sa.sin_port), behind);
	return fd;
}

/* Several processes may wait for what comes to one descriptor. `mark` tells its events from those of connections. */
static void watch(const struct server *s, int fd, void *mark)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = mark };

	epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e);      /* not of a file, as input may be: then until it is killed */
}

static void serve(struct server *s, int imap, int lmtp)
{
	struct epoll_event e[EVENTS];

	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	must(s->epoll >= 0);
	watch(s, STDIN_FILENO, s);
	watch(s, imap, &imap);
	watch(s, lmtp, &lmtp);
	for (;;) {
		int n = epoll_wait(s->epoll, e, EVENTS, -1);
		for (int i = 0; i < n; i++) {
			if (e[i].data.ptr == s)
				return;
			else if (e[i].data.ptr == &imap || e[i].data.ptr == &lmtp)
				server_accept(s, e[i].data.ptr == &imap ? imap : lmtp, e[i].data.ptr == &lmtp);
			else
				conn_turn(e[i].data.ptr);
		}
	}
}

static enum lie lie_of(const char *word)
{
	static const char *const words[] = { [LIE_UID] = "uid", [LIE_BODY] = "body", [LIE_COUNT] = "count", [LIE_DROP] = "drop" };

	for (enum lie l = LIE_UID; l <= LIE_DROP; l++)
		if (strcmp(word, words[l]) == 0)
			return l;
	fprintf(stderr, "null_server: no such lie: %s\n", word);
	exit(2);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "letters", required_argument, NULL, 'n' }, { "bytes", required_argument, NULL, 'b' }, { "lie", required_argument, NULL, 'l' },
		{ "processes", required_argument, NULL, 'p' }, { 0 },
	};
	struct server *s = mem_new(sizeof *s);
	uint64_t bytes = 4096, n = 0, processes = 1;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (option == '?' || (option == 'n' && !str_u64(str_of(optarg), &n)) || (option == 'b' && !str_u64(str_of(optarg), &bytes)) ||
		    (option == 'p' && !str_u64(str_of(optarg), &processes)))
			return 2;
		else if (option == 'l')
			s->lie = lie_of(optarg);
	s->n = (uint32_t)n;
	s->letters = letters_new(1, (struct letter_sizes){ .least = bytes, .most = bytes });
	int imap = listen_on_free_port(" "), lmtp = listen_on_free_port("\n");
	fflush(stdout);
	while (processes-- > 1 && fork() > 0)
		;
	serve(s, imap, lmtp);
	return 0;
}

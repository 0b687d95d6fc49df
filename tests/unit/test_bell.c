/* tests/unit/test_bell.c: who is rung, how often, and with what. Peers are pretended: push_bell is ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/buf.h"
#include "common/loop/loop.h"
#include "common/rpc/server.h"
#include "storaged/bell/bell.h"

static struct buf heard;
static char peers[3];

static struct rpc_peer *peer(char name) { return (struct rpc_peer *)(void *)&peers[name - 'a']; }

void push_bell(struct rpc_peer *p, const struct rpc_bell *m)
{
	char line[64];

	snprintf(line, sizeof line, "%c%u/%u@%llu%s ", 'a' + (int)((char *)(void *)p - peers), m->user, m->mailbox, (unsigned long long)m->modseq,
	         m->gone ? "!" : "");
	buf_add(&heard, str_of(line));
}

/* One turn of the loop: what was rung leaves. */
static void turn(struct loop *l)
{
	struct loop_timer t = { 0 };

	loop_timer_start(l, &t, 1, 0, (loop_fn *)loop_stop, l);
	loop_run(l);
}

/* A script: "+a1/2" a listens, "-a1/2" no longer, "xa" a is gone, "*1/2@7" rings ("!" gone), "." a turn ends. */
static void play(struct bell *b, struct loop *l, const char *script)
{
	for (const char *s = script; *s; s += strcspn(s, " ")) {
		unsigned user = 0, mailbox = 0;
		s += strspn(s, " ");
		if (*s == '.')
			turn(l);
		if (*s == '+' || *s == '-') {
			user = (unsigned)s[2] - '0';
			mailbox = (unsigned)s[4] - '0';
			(*s == '+' ? bell_listen : bell_unlisten)(b, peer(s[1]), user, mailbox);
		}
		if (*s == 'x')
			bell_forget(b, peer(s[1]));
		if (*s == '*')
			bell_ring(b, (unsigned)s[1] - '0', (unsigned)s[3] - '0', (uint64_t)(s[5] - '0'), s[6] == '!');
	}
}

static void scripts(void **state)
{
	static const struct { const char *script, *heard; uint64_t listeners; } row[] = {
		{ "*1/2@3 .", "", 0 },                                              /* nobody listens                     */
		{ "+a1/2 *1/2@3 .", "a1/2@3 ", 1 },
		{ "+a1/2 *1/2@3", "", 1 },                                          /* not within the turn                */
		{ "+a1/2 *1/2@3 *1/2@5 *1/2@4 .", "a1/2@5 ", 1 },                   /* once, with the newest              */
		{ "+a1/2 *1/2@3 . *1/2@4 . .", "a1/2@3 a1/2@4 ", 1 },
		{ "+a1/2 +a1/2 *1/2@3 .", "a1/2@3 ", 1 },                           /* once however many sessions         */
		{ "+a1/2 +b1/2 *1/2@3 .", "a1/2@3 b1/2@3 ", 2 },
		{ "+a1/2 +a1/3 +a2/2 *1/3@4 .", "a1/3@4 ", 3 },                     /* only that mailbox of that user     */
		{ "+a1/2 -a1/2 *1/2@3 .", "", 0 },
		{ "+a1/2 +b1/2 -a1/2 *1/2@3 .", "b1/2@3 ", 1 },
		{ "-a1/2 *1/2@3 .", "", 0 },                                        /* never listened                     */
		{ "+a1/2 *1/2@3 -a1/2 .", "", 0 },                                  /* left before the turn ended         */
		{ "+a1/2 *1/2@3 xa .", "", 0 }, { "+a1/2 +b1/2 +a1/3 xa *1/2@3 *1/3@4 .", "b1/2@3 ", 1 },
		{ "+a1/2 *1/2@3 xa +b1/2 .", "b1/2@3 ", 1 },                        /* came in time                       */
		{ "+a1/2 *1/2@3! .", "a1/2@3! ", 1 }, { "+a1/2 *1/2@3! *1/2@4 .", "a1/2@4! ", 1 },
		{ "+a1/2 *1/2@3! . *1/2@4 .", "a1/2@3! a1/2@4 ", 1 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct loop *l = loop_new();
		struct bell *b = bell_new(l);
		play(b, l, row[i].script);
		if (!str_eq(buf_str(&heard), str_of(row[i].heard)) || bell_listeners(b) != row[i].listeners)
			fail_msg("row %zu: heard \"%.*s\", %u listeners", i, (int)heard.n, heard.p, (unsigned)bell_listeners(b));
		bell_free(&b);
		loop_free(&l);
		buf_fini(&heard);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(scripts) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tools/roost/deliver.c: `roost deliver`: standard input becomes a delivered message, as LMTP would do it. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/mail/mboxname.h"
#include "tools/roost/client.h"
#include "tools/roost/mailsource.h"
#include "tools/roost/run.h"
#include "tools/roost/sending.h"
#include "tools/roost/tell.h"

#define SPOOL 1                      /* our only one on this connection */

static bool read_message(struct buf *out)
{
	char block[64 * 1024];
	ssize_t n;

	while ((n = read(STDIN_FILENO, block, sizeof block)) > 0)
		mail_add_crlf(out, (struct str){ block, (size_t)n });
	if (n < 0)
		tell("standard input: %s", strerror(errno));
	else if (out->n == 0)
		tell("standard input is empty: give a message, as in `roost deliver NAME < message`");
	return n == 0 && out->n > 0;
}

/* --- the message, once ---------------------------------------------------------------------------------------------- */

struct spooling { struct client *client; struct sending sending; bool ended; enum err err; };

static void on_spool_news(void *ctx, struct call *call, const struct call_news *news)
{
	struct spooling *s = ctx;
	struct rpc_confirm confirm;

	if (news->event == CALL_ANSWER) {
		if (news->no == RPC_confirm && rpc_get_confirm(news->fields, &confirm) && sending_confirmed(&s->sending, call, confirm.offset))
			call_more(call, RPC_data_end, S(""));
		return;
	}
	s->ended = true;
	s->err = news->event == CALL_LOST ? ERR_BUSY : news->err;      /* nothing was delivered yet */
	client_wake(s->client);
}

static enum err spool(struct client *c, struct door *shard, const struct grant *g, struct str message)
{
	struct spooling s = { .client = c, .sending = { message, 0 } };
	struct rpc_spool m = { buf_str(&g->ticket), SPOOL };

	if (!CALL_START(door_channel(shard), spool, &m, on_spool_news, &s))
		return ERR_BUSY;
	while (!s.ended)
		client_run(c);
	return s.err;
}

/* --- and into the mailbox -------------------------------------------------------------------------------------------- */

static enum err deliver(struct client *c, struct door *shard, const struct grant *g, const char *name, struct str folder)
{
	uint64_t req = client_next_req(c);
	struct buf prefix = { 0 }, fields = { 0 };

	buf_printf(&prefix, "Delivered-To: %s\r\n", name);
	rpc_put_deliver(&fields, &(struct rpc_deliver){
		.ticket = buf_str(&g->ticket), .req = req, .mark = req, .spool = SPOOL, .folder = folder, .prefix = buf_str(&prefix),
	});
	buf_fini(&prefix);
	return door_call(shard, RPC_deliver, &fields, NULL, NULL);
}

static int deliver_message(struct client *c, const char *name, struct str message, struct str folder)
{
	struct grant g = { 0 };
	enum err err = client_admit(c, name, &g);
	struct door *shard = err == OK ? client_shard(c, g.shard) : NULL;

	if (shard) {
		err = spool(c, shard, &g, message);
		if (err == OK)
			err = deliver(c, shard, &g, name, folder);
		if (err != OK)
			tell("not delivered: %s", tell_err(err));
	}
	buf_fini(&g.ticket);
	return shard && err == OK ? ROOST_DONE : ROOST_REFUSED;
}

int run_deliver(const struct args *a)
{
	struct buf message = { 0 }, folder = { 0 };
	const char *mailbox = args_has(a, OPT_MAILBOX) ? args_value(a, OPT_MAILBOX) : "INBOX";

	if (!mboxname_normal(&folder, str_of(mailbox))) {
		tell("\"%s\" is not a name that a mailbox can have", mailbox);
		return ROOST_USAGE;
	}
	struct client *c = client_open(a);
	int code = ROOST_REFUSED;
	if (c && read_message(&message))
		code = deliver_message(c, a->operands.at[0], buf_str(&message), buf_str(&folder));
	client_close(&c);
	buf_fini(&message);
	buf_fini(&folder);
	return code;
}

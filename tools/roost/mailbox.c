/* tools/roost/mailbox.c: `roost mailbox list`. */
#include <jansson.h>
#include <stdio.h>

#include "common/mail/mbox_attr.h"
#include "tools/roost/client.h"
#include "tools/roost/run.h"
#include "tools/roost/table.h"
#include "tools/roost/tell.h"

static void take_mailbox(void *ctx, uint16_t no, struct str fields)
{
	struct rpc_mbox_is m;

	if (no == 0)
		json_array_clear(ctx);
	if (no != RPC_mbox_is || !rpc_get_mbox_is(fields, &m) || m.mailbox == 0)
		return;
	json_array_append_new(ctx, json_pack("{s:s%, s:b, s:b, s:I, s:I, s:I, s:I}", "name", m.name.p, m.name.n,
	                      "selectable", !(m.attrs & MBOX_NOSELECT), "subscribed", (m.attrs & MBOX_SUBSCRIBED) != 0,
	                      "messages", (json_int_t)m.messages, "unseen", (json_int_t)m.unseen,
	                      "bytes", (json_int_t)m.size_bytes, "uidvalidity", (json_int_t)m.uidvalidity));
}

/* Not OK: told. */
static enum err fetch_mailboxes(struct client *c, const char *name, json_t *into)
{
	struct grant g = { 0 };
	struct buf fields = { 0 };
	enum err err = client_admit(c, name, &g);
	struct door *shard = err == OK ? client_shard(c, g.shard) : NULL;

	if (err == OK && !shard)
		err = ERR_BUSY;
	if (shard) {
		rpc_put_mbox_list(&fields, &(struct rpc_mbox_list){ .ticket = buf_str(&g.ticket), .counts = 1 });
		err = door_ask(shard, RPC_mbox_list, &fields, take_mailbox, into);
		if (err != OK)
			tell("%s: %s", name, tell_err(err));
	}
	buf_fini(&g.ticket);
	return err;
}

static void print_mailboxes(const json_t *list)
{
	static const char *const heading[] = { "mailbox", "messages", "unseen", "size" };
	struct table t = { 0 };
	size_t i;
	json_t *box;

	table_row(&t, heading, 4);
	json_array_foreach(list, i, box) {
		char messages[24], unseen[24];
		snprintf(messages, sizeof messages, "%lld", (long long)json_integer_value(json_object_get(box, "messages")));
		snprintf(unseen, sizeof unseen, "%lld", (long long)json_integer_value(json_object_get(box, "unseen")));
		const char *row[] = { json_string_value(json_object_get(box, "name")), messages, unseen,
		                      table_bytes((unsigned long long)json_integer_value(json_object_get(box, "bytes"))) };
		table_row(&t, row, 4);
	}
	table_print(&t, stdout);
	table_fini(&t);
}

int run_mailbox_list(const struct args *a)
{
	struct client *c = client_open(a);
	json_t *list = json_array();
	int code = c && fetch_mailboxes(c, a->operands.at[0], list) == OK ? ROOST_DONE : ROOST_REFUSED;

	if (code == ROOST_DONE && args_has(a, OPT_JSON)) {
		json_dumpf(list, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (code == ROOST_DONE) {
		print_mailboxes(list);
	}
	json_decref(list);
	client_close(&c);
	return code;
}

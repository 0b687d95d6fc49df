/* frontend/imap/say_quota.c: QUOTA and QUOTAROOT (RFC 9208 4.2). */
#include "frontend/imap/say.h"

/* STORAGE counts 1024 octets; what is begun counts whole, so that a limit never looks like none. */
static uint64_t kib(uint64_t bytes) { return bytes / 1024 + (bytes % 1024 != 0); }

void say_quota(struct buf *out, struct str root, const struct rpc_quota_is *q, bool utf8)
{
	const struct { enum quota_resource which; uint64_t used, limit; } rows[] = {
		{ QUOTA_STORAGE, kib(q->used_bytes), kib(q->bytes) },
		{ QUOTA_MESSAGE, q->used_messages, q->messages },
		{ QUOTA_MAILBOX, q->used_mailboxes, q->mailboxes },
	};
	const char *between = "";

	buf_add(out, S("* QUOTA "));
	say_astring(out, root, utf8);
	buf_add(out, S(" ("));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (!rows[i].limit)
			continue;
		buf_printf(out, "%s%s %llu %llu", between, quota_resource_name(rows[i].which), (unsigned long long)rows[i].used,
		           (unsigned long long)rows[i].limit);
		between = " ";
	}
	buf_add(out, S(")\r\n"));
}

void say_quotaroot(struct buf *out, struct str mailbox, struct str root, bool utf8)
{
	buf_add(out, S("* QUOTAROOT "));
	say_mailbox(out, mailbox, utf8);
	buf_addc(out, ' ');
	say_astring(out, root, utf8);
	buf_add(out, S("\r\n"));
}

void say_fullness(struct buf *out, const struct rpc_room *room)
{
	buf_printf(out, "You use %u %% of your %s\r\n", room->percent,
	           quota_resource_words(room->resource < QUOTA_RESOURCES ? (enum quota_resource)room->resource : QUOTA_STORAGE));
}

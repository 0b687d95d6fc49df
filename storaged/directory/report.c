/* storaged/directory/report.c: status: numbers, never names. */
#include <stdlib.h>

#include "common/rpc/status.h"
#include "storaged/directory/inside.h"

static json_t *journal_of(const struct directory *d)
{
	struct journal_stats s;

	ledger_stats(d->ledger, &s);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "lsn", (json_int_t)ledger_durable(d->ledger).n,
	                 "groups", (json_int_t)s.groups, "syncs", (json_int_t)s.syncs, "bytes", (json_int_t)s.bytes,
	                 "records", (json_int_t)s.records, "segments", (json_int_t)s.segments, "sync_us_max", (json_int_t)s.sync_us_max);
}

/* By door, in the order of directory.c. */
static json_t *heard_at(const struct directory *d)
{
	return json_pack("{s:o, s:o, s:o}", "imap", status_heard(d->doors[0].server), "lmtp", status_heard(d->doors[1].server),
	                 "admin", status_heard(d->doors[2].server));
}

void hear_status(struct door *door, struct rpc_call *call, struct str fields)
{
	const struct directory *d = door->d;

	(void)fields;
	json_t *status = json_pack("{s:s, s:i, s:I, s:I, s:I, s:i, s:o, s:o, s:o}", "role", "directory", "users", (int)d->people.living,
	                           "logins", (json_int_t)d->logins, "login_failures", (json_int_t)d->login_failures,
	                           "cache_hits", (json_int_t)d->cache_hits, "hash_queue", (int)hasher_waiting(d->hasher),
	                           "lag_us", status_lag(d->loop), "journal", journal_of(d),
	                           "heard", heard_at(d));
	char *text = status_text(status);
	answer_status_is(call, &(struct rpc_status_is){ str_of(text) });
	server_end(call, OK, ledger_durable(d->ledger).n);
	free(text);
}

/* storaged/serve/serve_status.c: how this shard is doing, in numbers. Never names of users or mailboxes. */
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "storaged/serve/shard.h"

static json_t *lag_json(const struct hist *h)
{
	json_t *buckets = json_array();

	for (unsigned i = 0; i < HIST_BUCKETS; i++)
		if (h->count[i])
			json_array_append_new(buckets, json_pack("[I,I]", (json_int_t)hist_bucket_end_us(i), (json_int_t)h->count[i]));
	return json_pack("{s:I,s:I,s:I,s:I,s:o}", "p50", (json_int_t)hist_percentile(h, 50), "p99", (json_int_t)hist_percentile(h, 99),
	                 "max", (json_int_t)h->max_us, "n", (json_int_t)h->n, "buckets", buckets);
}

static json_t *journal_json(struct shard *s)
{
	struct journal_stats st;

	journal_stats_get(s->journal, &st);
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "durable_lsn", (json_int_t)s->durable.n, "groups", (json_int_t)st.groups,
	                 "syncs", (json_int_t)st.syncs, "bytes", (json_int_t)st.bytes, "records", (json_int_t)st.records,
	                 "segments", (json_int_t)st.segments, "sync_us_max", (json_int_t)st.sync_us_max,
	                 "room", (json_int_t)journal_room(s->journal));
}

void serve_status(struct job *j)
{
	struct shard *s = j->s;
	json_t *o = json_pack("{s:s,s:i,s:i,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:b,s:I,s:I,s:o,s:o}",
		"role", "shard", "shard", (int)s->number, "pid", (int)getpid(), "users_in_memory", (json_int_t)s->state.users.n,
		"calls", (json_int_t)s->counts.calls, "changes", (json_int_t)s->counts.changes, "held", (json_int_t)s->counts.held,
		"loads", (json_int_t)s->counts.loads, "checkpoints", (json_int_t)s->counts.checkpoints,
		"checkpoint_us_max", (json_int_t)s->counts.checkpoint_us_max, "no_space", s->no_space, "listeners", (json_int_t)bell_listeners(s->bell),
		"uptime_ms", (json_int_t)(loop_now_ms(s->loop) - s->started_ms), "lag_us", lag_json(loop_lag(s->loop)), "journal", journal_json(s));
	char *text = json_dumps(o, JSON_COMPACT);

	JOB_ANSWER(j, status_is, &(struct rpc_status_is){ str_of(text) });
	free(text);
	json_decref(o);
	job_end(j, OK);
}

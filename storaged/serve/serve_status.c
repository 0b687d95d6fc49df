/* storaged/serve/serve_status.c: how this shard is doing, in numbers. Never names of users or mailboxes. */
#include <stdlib.h>
#include <unistd.h>

#include "common/rpc/status.h"
#include "storaged/serve/shard.h"

static json_t *journal_json(struct shard *s)
{
	struct journal_stats st;

	journal_stats_get(s->journal, &st);
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "durable_lsn", (json_int_t)s->durable.n, "groups", (json_int_t)st.groups,
	                 "syncs", (json_int_t)st.syncs, "bytes", (json_int_t)st.bytes, "records", (json_int_t)st.records,
	                 "segments", (json_int_t)st.segments, "sync_us_max", (json_int_t)st.sync_us_max,
	                 "room", (json_int_t)journal_room(s->journal));
}

static json_t *reads_json(const struct shard *s)
{
	struct db_reads r = db_reads_get(s->db);

	return json_pack("{s:I,s:I}", "rows", (json_int_t)r.rows, "pages", (json_int_t)r.pages);
}

void serve_status(struct job *j)
{
	struct shard *s = j->s;
	json_t *o = json_pack("{s:s,s:i,s:i,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:b,s:I,s:I,s:o,s:o,s:o,s:o,s:I}",
		"role", "shard", "shard", (int)s->number, "pid", (int)getpid(), "users_in_memory", (json_int_t)s->state.users.n,
		"calls", (json_int_t)s->counts.calls, "changes", (json_int_t)s->counts.changes, "held", (json_int_t)s->counts.held,
		"loads", (json_int_t)s->counts.loads, "checkpoints", (json_int_t)s->counts.checkpoints,
		"checkpoint_us_max", (json_int_t)s->counts.checkpoint_us_max, "turn_messages_max", (json_int_t)s->counts.turn_max, "no_space", s->no_space, "listeners", (json_int_t)bell_listeners(s->bell),
		"uptime_ms", (json_int_t)(loop_now_ms(s->loop) - s->started_ms), "lag_us", status_lag(s->loop), "journal", journal_json(s),
		"heard", status_heard(s->server), "index_reads", reads_json(s),
		"unsaved_bytes", (json_int_t)db_active_bytes(s->db));
	char *text = status_text(o);

	JOB_ANSWER(j, status_is, &(struct rpc_status_is){ str_of(text) });
	free(text);
	job_end(j, OK);
}

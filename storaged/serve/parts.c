/* storaged/serve/parts.c: what concerns many messages is done a part in each turn of the loop, so that only its user waits. */
#include <stdlib.h>

#include "common/base/must.h"
#include "storaged/mbox/apply.h"
#include "storaged/serve/shard.h"

/* A record that is in its group, on its way into the state. */
struct long_record { struct long_record *next; struct applying applying; struct buf bytes; };

/* --- how much a turn had to do --- */

static void turn_ends(void *arg)
{
	struct shard *s = arg;

	if (s->turn_messages > s->counts.turn_max)
		s->counts.turn_max = s->turn_messages;
	s->turn_messages = 0;
}

void shard_handled(struct shard *s, uint32_t messages)
{
	s->turn_messages += messages;
	loop_defer(s->loop, &s->turn_job, turn_ends, s);
}

/* --- turns --- */

static enum err some(struct shard *s, struct applying *a, uint32_t messages, bool *done)
{
	enum err err = apply_some(a, messages, done);

	shard_handled(s, (uint32_t)(messages - a->room));
	return err;
}

static void record_done(struct shard *s, struct long_record *l)
{
	struct user *u = l->applying.u;

	u->applying = false;
	u->pins--;
	buf_fini(&l->bytes);
	free(l);
	shard_wake(s, u->id);
}

/* One part of the first, which then stands behind the others. */
static void record_part(struct shard *s)
{
	struct long_record *l = s->applying, **end = &s->applying;
	bool done;

	s->applying = l->next;
	if (some(s, &l->applying, PART_MESSAGES, &done))
		shard_die(s, "apply", ERR_CORRUPT);
	if (done) {
		record_done(s, l);
		return;
	}
	while (*end)
		end = &(*end)->next;
	*end = l;
	l->next = NULL;
}

static void next_part(void *arg)
{
	struct shard *s = arg;
	struct job *j = jobs_take(&s->again);

	if (s->applying)
		record_part(s);
	if (j)
		job_run(j);
	if (s->applying || s->again.first)
		loop_next(s->loop, &s->part_job, next_part, s);
}

bool parts_busy(const struct shard *s) { return s->applying != NULL; }

void parts_finish(struct shard *s)
{
	loop_job_stop(&s->part_job);
	while (s->applying)
		record_part(s);
	loop_job_stop(&s->turn_job);
}

/* --- what has parts --- */

void parts_apply(struct shard *s, struct lsn lsn, struct buf *record)
{
	struct applying a;
	bool done = false;
	enum err err = apply_begin(&a, &s->state, lsn, buf_str(record));

	must(err || !a.u->applying);
	if (err == OK)
		err = some(s, &a, AT_ONCE_MESSAGES, &done);
	if (err)
		shard_die(s, "apply", err);
	if (done)
		return;
	struct long_record *l = mem_new(sizeof *l);
	*l = (struct long_record){ s->applying, a, *record };
	*record = (struct buf){ 0 };
	a.u->applying = true;
	a.u->pins++;
	s->applying = l;
	loop_next(s->loop, &s->part_job, next_part, s);
}

bool job_need_open(struct job *j, struct box *b, const struct uidset *uids)
{
	struct shard *s = j->s;
	uint32_t messages = PART_MESSAGES;
	bool open = box_open(b, uids, &messages);

	shard_handled(s, messages);
	if (open)
		return true;
	jobs_add(&s->again, j);
	loop_next(s->loop, &s->part_job, next_part, s);
	return false;
}

bool job_may_change(struct job *j, uint64_t messages)
{
	if (messages <= AT_ONCE_MESSAGES || !j->s->saving || !parts_busy(j->s))
		return true;
	job_park(j, 0);
	return false;
}

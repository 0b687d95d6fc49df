/* frontend/route/query.c: one call to the directory, asked again whenever it comes back. */
#include <stdlib.h>

#include "common/base/must.h"
#include "frontend/route/inside.h"

struct query {
	struct route *route;
	TAILQ_ENTRY(query) in_route;
	uint16_t     no;
	struct buf   fields, answer;
	struct call *call;              /* NULL: the directory is away */
	struct loop_timer patience;
	query_fn    *fn;
	void        *ctx;
};

static void query_free(struct query *q)
{
	TAILQ_REMOVE(&q->route->queries, q, in_route);
	loop_timer_stop(q->route->loop, &q->patience);
	call_drop(&q->call);
	buf_fini(&q->fields);
	buf_fini(&q->answer);
	free(q);
}

/* Its last word. The owner's pointer dies with it, so fn may not drop it. */
static void query_end(struct query *q, enum err err)
{
	struct rpc_granted granted;

	if (err == OK && !rpc_get_granted(buf_str(&q->answer), &granted))
		err = ERR_BUSY;           /* done without an answer: not a directory we know */
	q->fn(q->ctx, err, err == OK ? &granted : NULL);
	query_free(q);
}

static void query_late(void *arg) { query_end(arg, ERR_BUSY); }

static void query_hear(void *ctx, struct call *call, const struct call_news *news)
{
	struct query *q = ctx;

	(void)call;
	if (news->event == CALL_ANSWER) {
		buf_reset(&q->answer);
		if (news->no == RPC_granted)
			buf_add(&q->answer, news->fields);
		return;
	}
	q->call = NULL;
	if (news->event == CALL_DONE)
		query_end(q, news->err);
}

static void query_send(struct query *q)
{
	if (!q->call)
		q->call = call_start(q->route->directory.channel, q->no, buf_str(&q->fields), query_hear, q);
}

void queries_send(struct route *r)
{
	struct query *q;

	TAILQ_FOREACH(q, &r->queries, in_route)
		query_send(q);
}

struct query *query_new(struct route *r, uint16_t no, struct buf *fields, uint32_t patience_ms, query_fn *fn, void *ctx)
{
	struct query *q = mem_new(sizeof *q);

	q->route = r;
	q->no = no;
	q->fields = *fields;
	*fields = (struct buf){ NULL, 0, 0 };
	q->fn = fn;
	q->ctx = ctx;
	TAILQ_INSERT_TAIL(&r->queries, q, in_route);
	if (patience_ms)
		loop_timer_start(r->loop, &q->patience, patience_ms, 0, query_late, q);
	query_send(q);
	return q;
}

void query_drop(struct query **q)
{
	if (*q)
		query_free(*q);
	*q = NULL;
}

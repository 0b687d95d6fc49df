/* common/rpc/channel.c: connects, calls, hears answers; and connects again. */
#include "common/rpc/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/base/log.h"
#include "common/base/map.h"
#include "common/base/must.h"
#include "common/loop/stream.h"
#include "common/rpc/frame.h"

#define RETRY_FIRST_MS 10
#define RETRY_MOST_MS 500

struct call {
	struct channel *channel;
	TAILQ_ENTRY(call) in_order;
	uint32_t id;
	bool     heard;                 /* its callback runs: whoever runs it frees it */
	bool     dropped;
	call_fn *fn;
	void    *ctx;
};

struct channel {
	struct loop   *loop;
	struct stream *stream;          /* NULL: waiting to connect */
	char          *where, *who;
	uint64_t       incarnation;
	const struct channel_events *events;
	void          *ctx;
	struct frame_reader in;
	struct buf     scratch;         /* fields being encoded */
	struct map     by_id;           /* open calls */
	TAILQ_HEAD(, call) calls;       /* the same, oldest first */
	uint32_t       last_id;
	struct loop_timer retry;
	uint32_t       retry_ms;
	bool           up, busy, freed;  /* busy: a callback may be running, freeing waits for it */
};

static void connect_now(void *arg);

static void channel_write(struct channel *c, uint32_t id, uint16_t no, struct str fields)
{
	char head[FRAME_HEAD_BYTES];

	stream_write(c->stream, frame_head(head, id, no, fields.n));
	stream_write(c->stream, fields);
}

/* From here on nobody finds the call; it is still to be freed. */
static void call_forget(struct call *call)
{
	map_del(&call->channel->by_id, call->id);
	TAILQ_REMOVE(&call->channel->calls, call, in_order);
}

static void call_hear(struct call *call, const struct call_news *news)
{
	bool last = news->event != CALL_ANSWER;

	if (last)
		call_forget(call);
	call->heard = true;
	call->fn(call->ctx, call, news);
	call->heard = false;
	if (last || call->dropped)
		free(call);
}

/* The connection is over, or never came about. */
static void lose(struct channel *c, const char *why)
{
	bool was_up = c->up;
	struct call *call;

	stream_close(&c->stream);
	frame_reader_fini(&c->in);
	c->up = false;
	c->busy = true;
	if (was_up)
		log_info("channel_down", "where=%s why=\"%s\"", c->where, why);
	while (!c->freed && (call = TAILQ_FIRST(&c->calls)))
		call_hear(call, &(struct call_news){ .event = CALL_LOST, .err = ERR_UNKNOWN });
	if (was_up && !c->freed && c->events->down)
		c->events->down(c->ctx);
	c->busy = false;
	if (c->freed) {
		free(c);
		return;
	}
	loop_timer_start(c->loop, &c->retry, was_up ? 1 : c->retry_ms, 0, connect_now, c);
	if (!was_up)
		c->retry_ms = c->retry_ms * 2 < RETRY_MOST_MS ? c->retry_ms * 2 : RETRY_MOST_MS;
}

static bool hear_hello(struct channel *c, const struct frame *f)
{
	struct rpc_hello m;

	if (f->no != RPC_hello || !rpc_get_hello(f->fields, &m))
		return false;
	if (m.version_least > RPC_VERSION || m.version_most < RPC_VERSION) {
		log_error("rpc_version", "where=%s least=%u most=%u ours=%d", c->where, m.version_least, m.version_most, RPC_VERSION);
		return false;
	}
	c->up = true;
	c->retry_ms = RETRY_FIRST_MS;
	log_debug("channel_up", "where=%s who=%s", c->where, LOG_S(m.who));
	if (c->events->up)
		c->events->up(c->ctx);
	return true;
}

/* False: the peer broke the contract. */
static bool hear(struct channel *c, const struct frame *f)
{
	struct rpc_done done;

	if (!c->up)
		return hear_hello(c, f);
	if (!rpc_valid(f->no, f->fields))
		return false;
	if (f->call == 0) {
		if (c->events->push)
			c->events->push(c->ctx, f->no, f->fields);
		return true;
	}
	struct call *call = map_get(&c->by_id, f->call);
	if (!call)
		return (int32_t)(c->last_id - f->call) >= 0;   /* dropped by us while the answer was on its way */
	if (f->no != RPC_done) {
		call_hear(call, &(struct call_news){ .event = CALL_ANSWER, .no = f->no, .fields = f->fields });
		return true;
	}
	if (!rpc_get_done(f->fields, &done) || done.err >= ERR_COUNT)
		return false;
	call_hear(call, &(struct call_news){ .event = CALL_DONE, .err = (enum err)done.err, .lsn = done.lsn });
	return true;
}

static void on_read(void *arg, struct str bytes)
{
	struct channel *c = arg;
	enum frame_got got = FRAME_MORE;
	struct frame f;
	bool good = true;

	c->busy = true;
	while (good && !c->freed && (got = frame_next(&c->in, &bytes, &f)) == FRAME_WHOLE)
		good = hear(c, &f);
	c->busy = false;
	if (c->freed) {
		frame_reader_fini(&c->in);
		free(c);
	} else if (!good || got == FRAME_BAD) {
		log_warn("rpc_contract_broken", "where=%s", c->where);
		lose(c, "contract broken");
	}
}

static void on_end(void *arg, int error)
{
	lose(arg, error ? strerror(error) : "ended");
}

static void connect_now(void *arg)
{
	static const struct stream_events events = { .on_read = on_read, .on_end = on_end };
	struct channel *c = arg;
	struct rpc_hello hello = { RPC_VERSION, RPC_VERSION, c->incarnation, str_of(c->who) };

	c->stream = stream_connect(c->loop, str_of(c->where), &events, c);
	c->last_id = 0;
	buf_reset(&c->scratch);
	rpc_put_hello(&c->scratch, &hello);
	channel_write(c, 0, RPC_hello, buf_str(&c->scratch));
}

struct channel *channel_new(struct loop *loop, const char *socket_path, const char *who, uint64_t incarnation,
                            const struct channel_events *events, void *ctx)
{
	struct channel *c = mem_new(sizeof *c);
	struct buf where = { 0 };

	buf_printf(&where, "unix:%s", socket_path);
	c->where = str_heap_z(buf_str(&where));
	buf_fini(&where);
	c->who = str_heap_z(str_of(who));
	c->loop = loop;
	c->incarnation = incarnation;
	c->events = events;
	c->ctx = ctx;
	c->retry_ms = RETRY_FIRST_MS;
	TAILQ_INIT(&c->calls);
	connect_now(c);
	return c;
}

/* The calls left hear nothing: who frees a channel has ended what used it. */
void channel_free(struct channel **cp)
{
	struct channel *c = *cp;
	struct call *call;

	*cp = NULL;
	if (!c)
		return;
	while ((call = TAILQ_FIRST(&c->calls))) {
		call_forget(call);
		if (call->heard)
			call->dropped = true;
		else
			free(call);
	}
	loop_timer_stop(c->loop, &c->retry);
	stream_close(&c->stream);
	map_fini(&c->by_id);
	buf_fini(&c->scratch);
	free(c->where);
	free(c->who);
	c->up = false;
	c->freed = true;
	if (c->busy)
		return;                   /* on_read or lose still looks at `freed`, and at a lent frame */
	frame_reader_fini(&c->in);
	free(c);
}

bool channel_is_up(const struct channel *c) { return c->up; }

struct call *call_start(struct channel *c, uint16_t no, struct str fields, call_fn *fn, void *ctx)
{
	if (!c->up)
		return NULL;
	struct call *call = mem_new(sizeof *call);
	/* After 2^32 calls the ids begin again: "ascending" is meant as for serial numbers. */
	if (++c->last_id == 0)
		++c->last_id;
	call->channel = c;
	call->id = c->last_id;
	call->fn = fn;
	call->ctx = ctx;
	map_put(&c->by_id, call->id, call);
	TAILQ_INSERT_TAIL(&c->calls, call, in_order);
	channel_write(c, call->id, no, fields);
	return call;
}

/* False: the last word about it was said. */
static bool call_is_open(const struct call *call)
{
	return map_get(&call->channel->by_id, call->id) == call;
}

/* Without connection nobody hears it, and CALL_LOST is under way. */
static void call_say(struct call *call, uint16_t no, struct str fields)
{
	if (call->channel->up)
		channel_write(call->channel, call->id, no, fields);
}

void call_more(struct call *call, uint16_t no, struct str fields)
{
	if (call_is_open(call))
		call_say(call, no, fields);
}

void call_drop(struct call **callp)
{
	struct call *call = *callp;

	*callp = NULL;
	if (!call)
		return;
	if (call_is_open(call)) {
		call_say(call, RPC_cancel, (struct str){ NULL, 0 });
		call_forget(call);
	}
	if (call->heard)
		call->dropped = true;
	else
		free(call);
}

#define RPC_MSG(name, no) \
	struct call *call_start_##name(struct channel *c, const struct rpc_##name *m, call_fn *fn, void *ctx) \
	{ \
		buf_reset(&c->scratch); \
		rpc_put_##name(&c->scratch, m); \
		return call_start(c, no, buf_str(&c->scratch), fn, ctx); \
	}
#define RPC_U32(f)
#define RPC_U64(f)
#define RPC_STR(f)
#define RPC_END
#include "common/rpc/rpc.def"
#include "common/rpc/undef.h"

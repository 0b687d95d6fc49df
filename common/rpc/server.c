/* common/rpc/server.c: listens, hears calls, answers them.
 *
 * A peer is closed in two steps, so that a handler may drop the peer it is hearing: first it is marked `closing` and
 * nothing more of it is heard; at the end of the turn its calls are told `gone` and it is freed.
 */
#include "common/rpc/server.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/map.h"
#include "common/base/must.h"
#include "common/loop/listener.h"
#include "common/loop/stream.h"
#include "common/rpc/frame.h"

#define OUT_HIGH_BYTES (8 << 20)        /* of answers not read: stop hearing that peer */
#define SEND_BYTES     (512 << 10)      /* the kernel takes so much at once, if it may: what one body may be ahead of its reader */
#define CALLS_MOST     (1 << 18)        /* open on one connection */
#define NUMBERS        256              /* of messages: all are below (see hear) */

struct open_call {
	struct rpc_call told;           /* first: what the handler sees is where we are */
	uint64_t        owed_bytes;     /* answered beyond the credit */
	TAILQ_ENTRY(open_call) in_order;
};

struct rpc_peer {
	struct rpc_server *server;
	TAILQ_ENTRY(rpc_peer) in_server;
	struct stream  *stream;         /* NULL: gone */
	struct frame_reader in;
	struct map      by_id;
	TAILQ_HEAD(, open_call) calls;  /* the same, oldest first */
	struct loop_job end_of_turn;    /* close */
	char           *who;            /* NULL: no hello yet */
	uint64_t        incarnation;
	uint32_t        last_id;
	bool            closing, full;
};

struct rpc_server {
	struct loop     *loop;
	struct listener *listener;      /* NULL: closed */
	char            *who;
	const struct rpc_handler *handler;
	void            *ctx;
	TAILQ_HEAD(, rpc_peer) peers;
	struct buf       scratch;       /* fields being encoded */
	uint64_t         heard[NUMBERS];
};

static void peer_write(struct rpc_peer *p, uint32_t id, uint16_t no, struct str fields)
{
	char head[FRAME_HEAD_BYTES];

	if (p->closing)
		return;
	stream_write(p->stream, frame_head(head, id, no, fields.n));
	stream_write(p->stream, fields);
	if (!p->full && stream_pending(p->stream) > OUT_HIGH_BYTES) {
		p->full = true;
		stream_pause(p->stream);
	}
}

static void call_forget(struct open_call *call)
{
	struct rpc_peer *p = call->told.peer;

	map_del(&p->by_id, call->told.id);
	TAILQ_REMOVE(&p->calls, call, in_order);
}

/* The caller no longer listens. */
static void call_gone(struct open_call *call)
{
	struct rpc_server *s = call->told.peer->server;

	call_forget(call);
	s->handler->gone(s->ctx, &call->told);
	free(call);
}

static void peer_close(void *arg)
{
	struct rpc_peer *p = arg;
	struct rpc_server *s = p->server;
	struct open_call *call;

	p->closing = true;
	loop_job_stop(&p->end_of_turn);
	stream_close(&p->stream);
	while ((call = TAILQ_FIRST(&p->calls)))
		call_gone(call);
	if (p->who && s->handler->peer_down)
		s->handler->peer_down(s->ctx, p);
	loop_job_stop(&p->end_of_turn);   /* peer_drop by one of those handlers */
	TAILQ_REMOVE(&s->peers, p, in_server);
	frame_reader_fini(&p->in);
	map_fini(&p->by_id);
	free(p->who);
	free(p);
}

void peer_drop(struct rpc_peer *p)
{
	p->closing = true;
	loop_defer(p->server->loop, &p->end_of_turn, peer_close, p);
}

static bool hear_hello(struct rpc_peer *p, const struct frame *f)
{
	struct rpc_server *s = p->server;
	struct rpc_hello m;

	if (f->no != RPC_hello || f->call != 0 || !rpc_get_hello(f->fields, &m))
		return false;
	if (m.version_least > RPC_VERSION || m.version_most < RPC_VERSION) {
		log_error("rpc_version", "who=%s least=%u most=%u ours=%d", LOG_S(m.who), m.version_least, m.version_most, RPC_VERSION);
		return false;
	}
	p->who = str_heap_z(m.who);
	p->incarnation = m.incarnation;
	if (s->handler->peer_up)
		s->handler->peer_up(s->ctx, p);
	return true;
}

/* Messages that never begin a call. */
static bool only_within(uint16_t no)
{
	return no == RPC_hello || no == RPC_done || no == RPC_credit || no == RPC_cancel || no == RPC_data || no == RPC_data_end;
}

static bool hear_new(struct rpc_peer *p, const struct frame *f)
{
	struct rpc_server *s = p->server;

	if ((int32_t)(f->call - p->last_id) <= 0)
		return only_within(f->no);   /* of a call that we ended meanwhile */
	if (only_within(f->no) || p->by_id.n >= CALLS_MOST)
		return false;
	p->last_id = f->call;
	struct open_call *call = mem_new(sizeof *call);
	call->told.peer = p;
	call->told.id = f->call;
	map_put(&p->by_id, f->call, call);
	TAILQ_INSERT_TAIL(&p->calls, call, in_order);
	s->handler->call(s->ctx, &call->told, f->no, f->fields);
	return true;
}

static void credit(struct open_call *call, struct str fields)
{
	struct rpc_credit m;

	rpc_get_credit(fields, &m);
	uint64_t paid = m.bytes < call->owed_bytes ? m.bytes : call->owed_bytes;
	call->owed_bytes -= paid;
	call->told.credit_bytes += m.bytes - paid;
}

/* False: the peer broke the contract. */
static bool hear(struct rpc_peer *p, const struct frame *f)
{
	struct rpc_server *s = p->server;

	if (!p->who)
		return hear_hello(p, f);
	if (f->call == 0 || !rpc_valid(f->no, f->fields))
		return false;
	must(f->no < NUMBERS);
	s->heard[f->no]++;
	struct open_call *call = map_get(&p->by_id, f->call);
	if (!call)
		return hear_new(p, f);
	if (!only_within(f->no))
		return false;
	if (f->no == RPC_cancel) {
		call_gone(call);
		return true;
	}
	if (f->no == RPC_credit)
		credit(call, f->fields);
	s->handler->more(s->ctx, &call->told, f->no, f->fields);
	return true;
}

static void on_read(void *arg, struct str bytes)
{
	struct rpc_peer *p = arg;
	enum frame_got got = FRAME_MORE;
	struct frame f;
	bool good = true;

	while (good && !p->closing && (got = frame_next(&p->in, &bytes, &f)) == FRAME_WHOLE)
		good = hear(p, &f);
	if (good && got != FRAME_BAD)
		return;
	log_warn("rpc_contract_broken", "by=%s message=%u bytes=%zu", p->who ? LOG_S(str_of(p->who)) : "stranger",
	         good ? 0 : f.no, good ? 0 : f.fields.n);
	peer_drop(p);
}

static void on_end(void *arg, int error)
{
	struct rpc_peer *p = arg;

	if (error)
		log_info("rpc_peer_lost", "who=%s error=\"%s\"", p->who ? LOG_S(str_of(p->who)) : "stranger", strerror(error));
	peer_close(p);
}

static void on_drain(void *arg)
{
	struct rpc_peer *p = arg;

	if (p->full)
		stream_resume(p->stream);
	p->full = false;
}

static void on_accept(void *arg, int fd)
{
	static const struct stream_events events = { .on_read = on_read, .on_end = on_end, .on_drain = on_drain };
	struct rpc_server *s = arg;
	struct rpc_peer *p = mem_new(sizeof *p);
	struct rpc_hello hello = { RPC_VERSION, RPC_VERSION, 0, str_of(s->who) };   /* only who calls needs an incarnation */

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){ SEND_BYTES }, sizeof(int));
	p->server = s;
	TAILQ_INIT(&p->calls);
	TAILQ_INSERT_TAIL(&s->peers, p, in_server);
	p->stream = stream_new(s->loop, fd, &events, p);
	buf_reset(&s->scratch);
	rpc_put_hello(&s->scratch, &hello);
	peer_write(p, 0, RPC_hello, buf_str(&s->scratch));
}

static int bind_socket(const char *path, unsigned mode)
{
	struct listener_options opt = { .mode = mode };
	struct buf where = { 0 };

	buf_printf(&where, "unix:%s", path);
	int fd = listener_bind(buf_str(&where), &opt);
	buf_fini(&where);
	return fd;
}

struct rpc_server *rpc_server_new(struct loop *loop, const char *socket_path, unsigned mode, const char *who,
                                  const struct rpc_handler *handler, void *ctx)
{
	int fd = bind_socket(socket_path, mode);

	if (fd < 0)
		return NULL;
	struct rpc_server *s = mem_new(sizeof *s);
	s->loop = loop;
	s->who = str_heap_z(str_of(who));
	s->handler = handler;
	s->ctx = ctx;
	TAILQ_INIT(&s->peers);
	s->listener = listener_new(loop, fd, on_accept, s);
	return s;
}

void rpc_server_close(struct rpc_server *s) { listener_free(&s->listener); }

uint64_t rpc_server_heard(const struct rpc_server *s, uint16_t no) { return no < NUMBERS ? s->heard[no] : 0; }

void rpc_server_free(struct rpc_server **sp)
{
	struct rpc_server *s = *sp;
	struct rpc_peer *p;

	*sp = NULL;
	if (!s)
		return;
	rpc_server_close(s);
	while ((p = TAILQ_FIRST(&s->peers)))
		peer_close(p);
	buf_fini(&s->scratch);
	free(s->who);
	free(s);
}

uint64_t    peer_incarnation(const struct rpc_peer *p) { return p->incarnation; }
const char *peer_who(const struct rpc_peer *p) { return p->who; }

static void peer_push(struct rpc_peer *p, uint16_t no, struct str fields) { peer_write(p, 0, no, fields); }

void server_answer(struct rpc_call *told, uint16_t no, struct str fields)
{
	struct open_call *call = (struct open_call *)told;

	if (fields.n <= told->credit_bytes) {
		told->credit_bytes -= fields.n;
	} else {
		call->owed_bytes += fields.n - told->credit_bytes;
		told->credit_bytes = 0;
	}
	peer_write(told->peer, told->id, no, fields);
}

void server_end(struct rpc_call *told, enum err err, uint64_t lsn)
{
	struct open_call *call = (struct open_call *)told;
	struct rpc_done done = { err, lsn };
	struct buf *fields = &told->peer->server->scratch;

	buf_reset(fields);
	rpc_put_done(fields, &done);
	peer_write(told->peer, told->id, RPC_done, buf_str(fields));
	call_forget(call);
	free(call);
}

#define RPC_MSG(name, no) \
	void answer_##name(struct rpc_call *call, const struct rpc_##name *m) \
	{ \
		struct buf *fields = &call->peer->server->scratch; \
		buf_reset(fields); \
		rpc_put_##name(fields, m); \
		server_answer(call, no, buf_str(fields)); \
	} \
	void push_##name(struct rpc_peer *p, const struct rpc_##name *m) \
	{ \
		buf_reset(&p->server->scratch); \
		rpc_put_##name(&p->server->scratch, m); \
		peer_push(p, no, buf_str(&p->server->scratch)); \
	}
#define RPC_U32(f)
#define RPC_U64(f)
#define RPC_STR(f)
#define RPC_END
#include "common/rpc/rpc.def"
#include "common/rpc/undef.h"

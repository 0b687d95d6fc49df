/* frontend/route/ask.c: one call on behalf of an account, sent until it is answered.
 *
 * An ask waits (no call) or is sent (a call). It waits while the shard is away, while its account's ticket is being
 * renewed, while its spool is not there; whoever removes the obstacle calls account_kick.
 */
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "frontend/route/inside.h"

#define TICKET_SLOT 4           /* the empty ticket in `fields`, ... */
#define CHANGE_SLOTS (8 + 4 + 8) /* ... and req, idx, mark behind it: written anew at each sending */
#define OFFSET_SLOT (8 + 4)     /* resume_from and an empty message, the last fields of append */
#define ASK_BYTES_MAX (RPC_FRAME_MAX - 4096)   /* beyond it no frame holds the call */
#define UNKNOWN_TRIES 10        /* a shard that keeps saying ERR_UNKNOWN does not know */

struct ask {
	struct account *account;
	TAILQ_ENTRY(ask) in_account;
	TAILQ_ENTRY(ask) in_changes;
	uint64_t      req;              /* 0: a read */
	uint16_t      no;
	bool          telling, dropped; /* its callback runs: whoever runs it frees it */
	bool          resumed;          /* this sending went on where another ended */
	bool          doubtful;         /* a sending was lost: it may have happened */
	uint8_t       unknown;          /* how often the shard said so */
	uint32_t      told;             /* answers the caller has heard */
	uint32_t      heard;            /* answers of this sending */
	uint64_t      since_ms;         /* when something last came of it */
	struct buf    fields;
	struct call  *call;             /* NULL: it waits */
	struct upload *upload;          /* append */
	struct spool *spool;            /* deliver */
	struct loop_job too_large;      /* ends it with ERR_LIMIT in the next turn */
	ask_fn       *fn;
	void         *ctx;
};

static struct route *route_of(const struct ask *a) { return a->account->route; }

static void ask_touch(struct ask *a) { a->since_ms = loop_now_ms(route_of(a)->loop); }

/* From here on nobody finds it. A change that was sent may still happen; its caller has left. */
static void ask_unlink(struct ask *a)
{
	loop_job_stop(&a->too_large);
	TAILQ_REMOVE(&a->account->asks, a, in_account);
	if (a->req)
		TAILQ_REMOVE(&route_of(a)->changes, a, in_changes);
	call_drop(&a->call);
}

static void ask_free(struct ask *a)
{
	struct account *account = a->account;

	if (a->spool)
		spool_release(a->spool);
	if (a->upload)
		upload_fini(a->upload);
	free(a->upload);
	buf_fini(&a->fields);
	free(a);
	account_unneeded(account);
}

void ask_end(struct ask *a, enum err err)
{
	struct account *account = account_hold(a->account);   /* the callback may let go of the last other hold */

	ask_unlink(a);
	a->telling = true;
	a->fn(a->ctx, a, &(struct ask_news){ .end = true, .err = err });
	ask_free(a);
	account_release(&account);
}

/* The caller may drop it meanwhile: then it is gone on return. */
static void ask_tell(struct ask *a, const struct ask_news *news)
{
	a->telling = true;
	a->fn(a->ctx, a, news);
	a->telling = false;
	if (!a->dropped)
		return;
	ask_unlink(a);
	ask_free(a);
}

void ask_drop(struct ask **ap)
{
	struct ask *a = *ap;

	*ap = NULL;
	if (!a)
		return;
	a->dropped = true;
	if (a->telling)
		return;
	ask_unlink(a);
	ask_free(a);
}

bool ask_waits(const struct ask *a) { return !a->call; }

void ask_refuse(struct ask *a) { ask_end(a, a->doubtful ? ERR_UNKNOWN : ERR_DENIED); }

/* It waits again. What was heard of a read is void when it starts over; of a change it stands, and is not told twice. */
static void ask_over(struct ask *a)
{
	a->heard = 0;
	if (a->account->dead)
		account_dead_soon(a->account);
	if (a->upload)
		upload_lost(a->upload);
	if (a->req || a->told == 0)
		return;
	a->told = 0;
	ask_tell(a, &(struct ask_news){ .again = true });
}

static void ask_confirmed(struct ask *a, const struct ask_news *news)
{
	struct rpc_confirm m;

	if (!a->upload || !rpc_get_confirm(news->fields, &m) || !upload_confirm(a->upload, m.offset)) {
		log_warn("confirm", "user=%u err=%s", a->account->user, err_name(ERR_INPUT));
		return;
	}
	upload_flush(a->upload, a->call);
	ask_tell(a, news);
}

static void ask_answered(struct ask *a, const struct call_news *news)
{
	struct ask_news told = { .no = news->no, .fields = news->fields };

	ask_touch(a);
	if (news->no == RPC_room) {
		account_room_heard(a->account, news->fields);
		return;
	}
	if (news->no == RPC_confirm) {
		ask_confirmed(a, &told);
		return;
	}
	a->heard++;
	if (a->heard <= a->told)
		return;
	a->told = a->heard;
	ask_tell(a, &told);
}

static void ask_done(struct ask *a, enum err err)
{
	bool unknown = err == ERR_UNKNOWN && a->unknown++ < UNKNOWN_TRIES;

	if (err == ERR_EXPIRED || err == ERR_MOVED || unknown) {
		account_stale(a->account);
		ask_over(a);
		return;
	}
	/* The upload cannot go on; the first time, ERR_ABSENT means the mailbox. Either way the message is not there. */
	if (a->no == RPC_append && a->resumed && err == ERR_ABSENT)
		err = ERR_BUSY;
	ask_end(a, err);
}

static void ask_hear(void *ctx, struct call *call, const struct call_news *news)
{
	struct ask *a = ctx;

	(void)call;
	if (news->event == CALL_ANSWER) {
		ask_answered(a, news);
		return;
	}
	a->call = NULL;
	if (news->event == CALL_DONE) {
		ask_done(a, news->err);
		return;
	}
	a->doubtful = a->req != 0;
	ask_over(a);
}

/* The fields with today's ticket, number, mark and offset. */
static void ask_write(struct ask *a, struct buf *out)
{
	struct str kept = buf_str(&a->fields);

	buf_lstr(out, buf_str(&a->account->ticket));
	kept = str_skip(kept, TICKET_SLOT);
	if (a->req) {
		buf_u64(out, a->req);
		buf_u32(out, 0);
		buf_u64(out, TAILQ_FIRST(&route_of(a)->changes)->req);
		kept = str_skip(kept, CHANGE_SLOTS);
	}
	if (!a->upload) {
		buf_add(out, kept);
		return;
	}
	buf_add(out, str_head(kept, kept.n - OFFSET_SLOT));
	buf_u64(out, a->upload->base);
	buf_lstr(out, S(""));
	a->resumed = a->upload->base > 0;
}

void ask_send(struct ask *a)
{
	struct channel *c = account_channel(a->account);
	struct buf out = { 0 };

	if (a->fields.n > ASK_BYTES_MAX)
		return;
	if (a->call || a->dropped || a->account->stale || a->account->dead || !channel_is_up(c) || (a->spool && spool_blocks(a->spool)))
		return;
	ask_write(a, &out);
	a->call = call_start(c, a->no, buf_str(&out), ask_hear, a);
	buf_fini(&out);
}

static void ask_too_large(void *arg) { ask_end(arg, ERR_LIMIT); }

struct ask *ask_new(struct account *account, uint16_t no, bool change, struct buf *fields, struct spool *spool, ask_fn *fn, void *ctx)
{
	struct route *r = account->route;
	struct ask *a = mem_new(sizeof *a);

	a->account = account;
	a->no = no;
	a->fields = *fields;
	a->spool = spool;
	a->fn = fn;
	a->ctx = ctx;
	ask_touch(a);
	if (spool)
		spool_hold(spool);
	TAILQ_INSERT_TAIL(&account->asks, a, in_account);
	if (change) {
		a->req = r->next_req++;
		TAILQ_INSERT_TAIL(&r->changes, a, in_changes);
	}
	if (account->dead)
		account_dead_soon(account);
	if (a->fields.n > ASK_BYTES_MAX)
		loop_next(r->loop, &a->too_large, ask_too_large, a);
	ask_send(a);
	return a;
}

struct ask *ask_next(const struct ask *a) { return TAILQ_NEXT(a, in_account); }

/* A read that is being answered may take as long as its client does. */
bool ask_is_late(const struct ask *a, uint64_t now_ms)
{
	return now_ms - a->since_ms > route_of(a)->give_up_ms && (a->req || !a->call);
}

void ask_credit(struct ask *a, uint32_t bytes)
{
	struct buf fields = { 0 };

	if (!a->call)
		return;                   /* started over, with its first credit */
	rpc_put_credit(&fields, &(struct rpc_credit){ bytes });
	call_more(a->call, RPC_credit, buf_str(&fields));
	buf_fini(&fields);
}

void ask_data(struct ask *a, struct str bytes)
{
	ask_touch(a);
	upload_give(a->upload, bytes);
	upload_flush(a->upload, a->call);
}

size_t ask_data_room(const struct ask *a) { return upload_room(a->upload); }

#define ASK(name, change) ASK_AS(, name, ask_##name, change)
#define ASK_AS(linkage, name, function, change) \
	linkage struct ask *function(struct route *r, struct account *a, const struct rpc_##name *m, ask_fn *fn, void *ctx) \
	{ \
		struct rpc_##name filled = *m; \
		struct buf fields = { 0 }; \
		must(a->route == r); \
		filled.ticket = (struct str){ NULL, 0 }; \
		rpc_put_##name(&fields, &filled); \
		return ask_new(a, RPC_##name, change, &fields, NULL, fn, ctx); \
	}
ASK(mbox_list, false)
ASK(mbox_create, true)
ASK(mbox_delete, true)
ASK(mbox_rename, true)
ASK(subscribe, true)
ASK(select, false)
ASK(changes, false)
ASK(fetch, false)
ASK(store, true)
ASK(expunge, true)
ASK(copy, true)
ASK(search, false)
ASK(deliver, true)
ASK(quota_get, false)
ASK_AS(static, append, append_new, true)

/* A message that is not inside is uploaded, from the shard's first confirm on. */
struct ask *ask_append(struct route *r, struct account *account, const struct rpc_append *m, ask_fn *fn, void *ctx)
{
	struct ask *a = append_new(r, account, m, fn, ctx);

	if (m->message.n == 0) {
		a->upload = mem_new(sizeof *a->upload);
		buf_reserve(&a->upload->kept, m->size_bytes <= UPLOAD_WHOLE_BYTES ? m->size_bytes : 0);   /* kept to the end: not to be moved */
	}
	return a;
}

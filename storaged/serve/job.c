/* storaged/serve/job.c: an open call from its first byte to its last answer. */
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "storaged/serve/shard.h"

enum kind { KIND_OPEN, KIND_READ, KIND_CHANGE };

/* What an answer's fields and a record's operations may take: the rest is for what stands around them. */
enum { ANSWER_BYTES_MAX = RPC_FRAME_MAX - 64, RECORD_HEAD = 256 };

/* Every call a shard answers: who may make it, and what does the work. */
static const struct service {
	uint16_t no;
	enum kind kind;
	uint32_t rights;
	void (*run)(struct job *j);
	bool adds;                   /* refused when the disk is full; what frees space is not */
} services[] = {
	{ RPC_user_put,    KIND_READ,   RIGHT_ADMIN,   serve_user_put, false },
	{ RPC_user_drop,   KIND_READ,   RIGHT_ADMIN,   serve_user_drop, false },
	{ RPC_quota_get,   KIND_READ,   RIGHT_QUOTA,   serve_quota_get, false },
	{ RPC_mbox_list,   KIND_READ,   RIGHT_READ,    serve_list, false },
	{ RPC_mbox_create, KIND_CHANGE, RIGHT_READ,    serve_create, true },
	{ RPC_mbox_delete, KIND_CHANGE, RIGHT_READ,    serve_delete, false },
	{ RPC_mbox_rename, KIND_CHANGE, RIGHT_READ,    serve_rename, true },
	{ RPC_subscribe,   KIND_CHANGE, RIGHT_READ,    serve_subscribe, false },
	{ RPC_select,      KIND_READ,   RIGHT_READ,    serve_select, false },
	{ RPC_changes,     KIND_READ,   RIGHT_READ,    serve_changes, false },
	{ RPC_fetch,       KIND_READ,   RIGHT_READ,    serve_fetch, false },
	{ RPC_store,       KIND_CHANGE, RIGHT_READ,    serve_store, false },
	{ RPC_expunge,     KIND_CHANGE, RIGHT_READ,    serve_expunge, false },
	{ RPC_copy,        KIND_CHANGE, RIGHT_READ,    serve_copy, true },
	{ RPC_search,      KIND_READ,   RIGHT_READ,    serve_search, false },
	{ RPC_append,      KIND_CHANGE, RIGHT_READ,    serve_append, true },
	{ RPC_spool,       KIND_READ,   RIGHT_DELIVER, serve_spool, true },
	{ RPC_deliver,     KIND_CHANGE, RIGHT_DELIVER, serve_deliver, true },
	{ RPC_spool_drop,  KIND_OPEN,   0,             serve_spool_drop, false },
	{ RPC_listen,      KIND_READ,   RIGHT_READ,    serve_listen, false },
	{ RPC_unlisten,    KIND_OPEN,   0,             serve_unlisten, false },
	{ RPC_status,      KIND_OPEN,   0,             serve_status, false },
};

static const struct service *service_of(uint16_t no)
{
	for (size_t i = 0; i < sizeof services / sizeof *services; i++)
		if (services[i].no == no)
			return &services[i];
	return NULL;
}

/* --- checking who asks --- */

/* All tickets begin a message; a change goes on with req, idx, mark (rpc.def). */
static enum err job_read_ticket(struct job *j, const struct service *sv)
{
	struct rd r = rd_of(buf_str(&j->fields));
	struct str ticket = rd_str(&r);

	if (sv->kind == KIND_CHANGE) {
		j->request.incarnation = peer_incarnation(j->call->peer);
		j->request.req = rd_u64(&r);
		j->request.idx = rd_u32(&r);
		j->request.mark = rd_u64(&r);
	}
	if (r.bad)
		return ERR_INPUT;
	enum err err = ticket_read(&j->ticket, &j->s->master, ticket, j->s->disk->ops->clock_ms(j->s->disk));
	if (err)
		return err;
	if (j->ticket.shard != j->s->number)
		return ERR_MOVED;
	return (j->ticket.rights & sv->rights) == sv->rights ? OK : ERR_DENIED;
}

static enum err user_admits(const struct user *u, const struct ticket *t)
{
	if (t->rights & RIGHT_ADMIN)
		return OK;
	if (!u->exists)
		return ERR_MOVED;
	if (t->epoch != u->epoch)
		return ERR_MOVED;
	return t->generation >= u->generation ? OK : ERR_DENIED;
}

/* A request that was done before is answered again; one that may not be done any more is refused. True: ended. */
static bool job_is_old(struct job *j)
{
	const struct result *r = user_result(j->user, &j->request);

	if (r && j->no == RPC_store) {
		serve_store_again(j, r);
		return true;
	}
	if (r) {
		job_answer(j, r->answer_no, r->answer);
		job_end(j, OK);
		return true;
	}
	if (!user_request_fresh(j->user, &j->request)) {
		job_end(j, ERR_UNKNOWN);
		return true;
	}
	return false;
}

/* May it be done now? While the index is far behind, what adds bytes waits for the checkpoint; on a full disk it is refused, and
 * all changes are when the reserve is used up, too. */
static bool job_admit(struct job *j, const struct service *sv)
{
	bool room = sv->adds ? shard_has_room(j->s) : sv->kind != KIND_CHANGE || shard_has_reserve(j->s);

	if (!room) {
		job_end(j, ERR_NOSPACE);
		return false;
	}
	if (sv->adds && checkpoint_behind(j->s)) {
		job_park(j, 0);
		return false;
	}
	return true;
}

/* Who the call concerns: an admin's ticket names nobody, their calls do. */
static uint32_t job_user_id(const struct job *j)
{
	if (!(j->ticket.rights & RIGHT_ADMIN))
		return j->ticket.user;
	struct rd r = rd_of(buf_str(&j->fields));
	rd_str(&r);
	return rd_u32(&r);
}

/* --- queues --- */

void jobs_add(struct jobs *q, struct job *j)
{
	j->next = NULL;
	if (q->last)
		q->last->next = j;
	else
		q->first = j;
	q->last = j;
}

struct job *jobs_take(struct jobs *q)
{
	struct job *j = q->first;

	if (j)
		q->first = j->next;
	if (!q->first)
		q->last = NULL;
	return j;
}

/* --- running --- */

static void job_run_for_user(struct job *j, const struct service *sv)
{
	enum err err = job_read_ticket(j, sv);

	if (err == OK && job_user_id(j) == 0)
		err = ERR_INPUT;
	if (err) {
		job_end(j, err);
		return;
	}
	j->user = shard_user(j->s, job_user_id(j));
	if (!j->user || j->user->applying) {
		job_park(j, job_user_id(j));
		return;
	}
	err = user_admits(j->user, &j->ticket);
	if (err)
		job_end(j, err);
	else if ((sv->kind != KIND_CHANGE || !job_is_old(j)) && job_admit(j, sv))
		sv->run(j);
}

void job_run(struct job *j)
{
	const struct service *sv = service_of(j->no);

	if (!j->call) {         /* the caller left while we waited: nothing was begun */
		job_free(j);
		return;
	}
	if (sv->kind == KIND_OPEN)
		sv->run(j);
	else
		job_run_for_user(j, sv);
}

void job_park(struct job *j, uint32_t user)
{
	jobs_add(&j->s->waiting, j);
	j->waits_for = user;
	j->out.n = 0;
	j->user = NULL;
}

bool job_behind(struct job *j, void (*resume)(struct job *j))
{
	if (!j->pinned->applying)
		return false;
	j->resume = resume;
	job_park(j, j->pinned->id);
	return true;
}

void shard_wake(struct shard *s, uint32_t user)
{
	struct jobs woken = { NULL, NULL }, all = s->waiting;
	struct job *j;

	/* Taken out first, in their order: a job that runs may park again. */
	s->waiting = (struct jobs){ NULL, NULL };
	while ((j = jobs_take(&all)))
		jobs_add(user && j->waits_for != user ? &s->waiting : &woken, j);
	while ((j = jobs_take(&woken))) {
		if (j->resume)
			j->resume(j);
		else
			job_run(j);
	}
}

/* --- answering --- */

bool job_fits(const struct change *c, struct str answer)
{
	return c->ops.n + answer.n <= JOURNAL_RECORD_MAX - RECORD_HEAD && answer.n <= ANSWER_BYTES_MAX;
}

void job_answer(struct job *j, uint16_t no, struct str fields)
{
	buf_u16(&j->out, no);
	buf_lstr(&j->out, fields);
}

void job_flush(struct job *j)
{
	struct rd r = rd_of(buf_str(&j->out));

	while (j->call && rd_more(&r)) {
		uint16_t no = rd_u16(&r);
		struct str fields = rd_str(&r);
		if (fields.n <= ANSWER_BYTES_MAX)
			server_answer(j->call, no, fields);
		else
			j->err = ERR_LIMIT;     /* a million messages with hundreds of keywords each: the call fails, nobody else */
	}
	buf_reset(&j->out);
}

static void job_leave(struct job *j)
{
	job_flush(j);
	if (j->call)
		server_end(j->call, j->err, j->lsn);
	j->call = NULL;
	job_free(j);
}

static void job_stamp(struct job *j)
{
	struct user *u = j->user ? j->user : j->pinned;

	j->lsn = u ? u->lsn.n : 0;
}

static void held_add(struct job *j)
{
	jobs_add(&j->s->held, j);
	j->s->counts.held++;
}

void job_end(struct job *j, enum err err)
{
	j->err = err;
	j->ended = true;
	job_stamp(j);
	if (j->lsn > j->s->durable.n)
		held_add(j);
	else
		job_leave(j);
}

bool job_hold(struct job *j)
{
	job_stamp(j);
	if (j->lsn <= j->s->durable.n)
		return false;
	held_add(j);
	return true;
}

void job_pin(struct job *j)
{
	must(j->user && !j->pinned);
	j->pinned = j->user;
	j->pinned->pins++;
}

void jobs_release(struct shard *s)
{
	struct jobs all = s->held;
	struct job *j;

	s->held = (struct jobs){ NULL, NULL };
	while ((j = jobs_take(&all))) {
		if (j->lsn > s->durable.n)
			jobs_add(&s->held, j);
		else if (j->ended)
			job_leave(j);
		else
			j->resume(j);
	}
}

/* --- birth and death --- */

void job_free(struct job *j)
{
	if (j->call)
		j->call->ctx = NULL;
	if (j->pinned)
		j->pinned->pins--;
	buf_fini(&j->fields);
	buf_fini(&j->out);
	free(j);
}

void job_new(struct shard *s, struct rpc_call *call, uint16_t no, struct str fields)
{
	if (!service_of(no)) {
		log_warn("peer_dropped", "who=%s why=not_a_shard_call no=%u", peer_who(call->peer), no);
		peer_drop(call->peer);
		return;
	}
	struct job *j = mem_new(sizeof *j);
	j->s = s;
	j->call = call;
	j->no = no;
	buf_add(&j->fields, fields);
	call->ctx = j;
	s->counts.calls++;
	job_run(j);
}

void jobs_call_gone(struct shard *s, struct job *j)
{
	(void)s;
	j->call = NULL;
	if (j->gone)
		j->gone(j);
}

static void list_forget(struct jobs *list)
{
	struct job *j;

	while ((j = jobs_take(list))) {
		if (j->ended || !j->resume)
			job_free(j);
		else
			j->resume(j);           /* whoever goes on with it sees that the caller is gone, and frees */
	}
}

void jobs_forget(struct shard *s)
{
	list_forget(&s->held);
	list_forget(&s->waiting);
	list_forget(&s->again);
}

/* storaged/serve/serve_append.c: APPEND: a message streams in, is sealed run by run, and appears in a mailbox.
 *
 * A small one comes inside the call (whole.c). Up to RUN_BYTES a message is one record. A larger one goes into the journal as pieces while it arrives (DESIGN section 3, "Large
 * messages"): each piece is a record of its own, confirmed when durable, so that memory stays bounded and the upload goes on
 * after a restart where it was. At most one worker or one unconfirmed piece at a time.
 */
#include <stdlib.h>

#include "common/base/must.h"
#include "storaged/serve/landing.h"
#include "storaged/serve/source.h"
#include "storaged/serve/whole.h"

/* Uploads that nobody went on with for this long are dropped. */
static const uint64_t ABANDONED_MS = 10 * 60 * 1000;
enum { WINDOW_BYTES = 512 * 1024 };

struct uploading {
	struct shard *s;
	struct job *job;
	struct landing landing;                /* what became records */
	uint64_t size, received;               /* of the message: announced; here */
	struct buf arrived;                    /* what is not sealed yet, less what a worker has */
	struct buf working;                    /* what the worker has */
	struct source durable;                 /* when resuming: what is fed to the parser again */
	bool busy, finishing;
	enum err err;
};

static void uploading_free(struct uploading *u)
{
	landing_fini(&u->landing);
	source_fini(&u->durable);
	buf_fini(&u->arrived);
	buf_fini(&u->working);
	free(u);
}

static void upload_end(struct uploading *u, enum err err)
{
	struct job *j = u->job;

	j->own = NULL;
	j->more = NULL;
	j->gone = NULL;
	uploading_free(u);
	job_end(j, err);
}

/* The caller left while somebody was busy for them. True: all is freed. */
static bool upload_left(struct uploading *u)
{
	if (u->job->call)
		return false;
	struct job *j = u->job;
	uploading_free(u);
	job_free(j);
	return true;
}

static void upload_go_on(struct uploading *u);

/* --- a piece becomes a record --- */

static void piece_confirmed(struct job *j)
{
	struct uploading *u = j->own;

	u->busy = false;
	if (upload_left(u))
		return;
	job_flush(j);
	upload_go_on(u);
}

static void piece_commit(struct uploading *u)
{
	struct job *j = u->job;
	enum err err = landing_piece(&u->landing, (uint32_t)u->working.n);

	if (err) {
		upload_end(u, err);
		return;
	}
	JOB_ANSWER(j, confirm, &(struct rpc_confirm){ u->landing.sealed });
	j->resume = piece_confirmed;
	if (!job_hold(j))
		piece_confirmed(j);
}

/* --- the last run, and the message appears --- */

static enum err append_land(struct landing *l, uint32_t plain)
{
	const struct disk *d = l->job->s->disk;
	struct rpc_append m;

	must(JOB_GET(l->job, append, &m));
	struct new_message msg = {
		.size = m.size_bytes, .system = m.system, .keywords = m.keywords,
		.date = m.has_date ? (int64_t)m.date : (int64_t)(d->ops->clock_ms(l->job->s->disk) / 1000),
	};
	enum err err = landing_message(l, user_box_named(l->job->pinned, m.name), &msg, plain);
	if (err == OK)
		quota_tell_room(l->job);
	return err;
}

/* --- workers --- */

static void seal_work(void *arg)
{
	struct uploading *u = arg;

	ingest_run(&u->landing.ingest, buf_str(&u->working), (uint32_t)(u->landing.sealed / PIECE_BYTES), u->finishing);
	if (u->finishing)
		ingest_end(&u->landing.ingest);
}

static void sealed_lands(struct job *j)
{
	struct uploading *u = j->own;

	u->busy = false;
	if (upload_left(u))
		return;
	u->busy = true;
	if (u->finishing)
		upload_end(u, append_land(&u->landing, (uint32_t)u->working.n));
	else
		piece_commit(u);
}

static void seal_done(void *arg)
{
	struct uploading *u = arg;

	if (!job_behind(u->job, sealed_lands))
		sealed_lands(u->job);
}

static void seal_start(struct uploading *u, size_t bytes)
{
	u->busy = true;
	buf_reset(&u->working);
	buf_add(&u->working, str_head(buf_str(&u->arrived), bytes));
	buf_drop(&u->arrived, bytes);
	work_submit(u->s->loop, seal_work, seal_done, u);
}

/* Enough is here for a run, or all is here? */
static void upload_go_on(struct uploading *u)
{
	if (u->busy)
		return;
	uint64_t rest = u->size - u->landing.sealed;
	if (rest > RUN_BYTES && u->arrived.n >= RUN_BYTES) {
		seal_start(u, RUN_BYTES);
	} else if (rest <= RUN_BYTES && u->arrived.n == rest) {
		u->finishing = true;
		seal_start(u, u->arrived.n);
	}
}

/* --- calls --- */

static void upload_more(struct job *j, uint16_t no, struct str fields)
{
	struct uploading *u = j->own;
	struct rpc_data m;

	if (no != RPC_data)
		return;
	if (!rpc_get_data(fields, &m) || m.bytes.n > u->size - u->received || u->arrived.n + m.bytes.n > WINDOW_BYTES + RUN_BYTES) {
		peer_drop(j->call->peer);
		return;
	}
	buf_add(&u->arrived, m.bytes);
	u->received += m.bytes.n;
	upload_go_on(u);
}

static void upload_gone(struct job *j)
{
	struct uploading *u = j->own;

	if (!u->busy)
		upload_left(u);
}

/* Says from where the caller shall send. */
static void upload_open(struct uploading *u)
{
	struct job *j = u->job;

	j->more = upload_more;
	JOB_ANSWER(j, confirm, &(struct rpc_confirm){ u->received });
	j->resume = piece_confirmed;
	u->busy = true;
	if (!job_hold(j))
		piece_confirmed(j);
}

/* --- going on after a restart: the parser must see again what is already durable --- */

static void replay_work(void *arg)
{
	struct uploading *u = arg;
	struct str bytes;

	for (uint64_t at = 0; at < u->landing.sealed && u->err == OK; at += bytes.n) {
		u->err = source_read(&u->durable, at, &bytes);
		if (u->err == OK)
			ingest_see(&u->landing.ingest, bytes);
	}
}

static void replay_done(void *arg)
{
	struct uploading *u = arg;

	u->busy = false;
	if (upload_left(u))
		return;
	if (u->err)
		upload_end(u, u->err);
	else
		upload_open(u);
}

static enum err replay_start(struct uploading *u, const struct upload *up)
{
	struct row_key key = { u->job->pinned->id, T_WHERE, up->blob, 0, 0 };
	struct str where = { NULL, 0 };
	enum peek p = db_peek(u->s->db, key, &where);
	struct db_reader *r = p == PEEK_BELOW ? db_reader_new(u->s->db) : NULL;
	enum err err = r ? db_reader_get(r, key, &where) : p == PEEK_HERE ? OK : ERR_ABSENT;

	if (err == OK)
		err = source_place(&u->durable, where);
	db_reader_free(&r);
	if (err == OK && u->durable.bytes != up->bytes)
		err = ERR_BUSY;             /* a piece is not durable yet: its place is unknown; ask again */
	u->landing.blob = up->blob;
	u->landing.sealed = u->received = up->bytes;
	u->busy = err == OK;
	if (err == OK)
		work_submit(u->s->loop, replay_work, replay_done, u);
	return err;
}

static enum err append_admit(struct job *j, const struct rpc_append *m, struct box **b)
{
	*b = user_box_named(j->user, m->name);
	enum err err = mbox_append_check(j->user, *b, &(struct arrival){ 1, m->size_bytes, false });

	if (m->message.n && (m->message.n != m->size_bytes || m->message.n > RPC_WHOLE_MAX))
		return ERR_INPUT;
	return err == OK && m->size_bytes > j->s->config->max_message_bytes ? ERR_TOOBIG : err;
}

static void upload_start(struct job *j, const struct rpc_append *m, const struct key *key)
{
	const struct upload *up = user_upload(j->user, &j->request);
	struct uploading *u = mem_new(sizeof *u);
	enum err err = OK;

	u->s = j->s;
	u->job = j;
	u->size = m->size_bytes;
	landing_init(&u->landing, j, key);
	source_init(&u->durable, j->s->journal, key, j->user->id);
	job_pin(j);
	j->own = u;
	j->gone = upload_gone;
	if (m->resume_from > (up ? up->bytes : 0))
		err = ERR_ABSENT;
	else if (up && up->bytes >= m->size_bytes)
		err = ERR_INPUT;                /* not the message it was */
	else if (up)
		err = replay_start(u, up);
	else
		upload_open(u);
	if (err)
		upload_end(u, err);
}

void serve_append(struct job *j)
{
	struct rpc_append m;
	struct box *b;
	struct key key;
	enum err err = JOB_GET(j, append, &m) ? append_admit(j, &m, &b) : ERR_INPUT;

	if (err == OK && !keyring_get(j->s->keys, (struct user_id){ j->user->id }, &key))
		err = ERR_CORRUPT;
	if (err) {
		job_end(j, err);
		return;
	}
	if (job_need_box(j, b)) {
		if (m.message.n)
			whole_start(j, m.message, &key, append_land);
		else
			upload_start(j, &m, &key);
	}
	key_wipe(&key);
}

/* --- what nobody will finish --- */

static void user_sweep(struct shard *s, struct user *u, uint64_t now_ms)
{
	struct change c = change_new(s, u);

	for (uint32_t i = 0; i < u->n_uploads; i++)
		if (u->uploads[i].touched_ms + ABANDONED_MS < now_ms && u->pins == 0)
			rec_add_upload_drop(&c.ops, &(struct rec_upload_drop){ u->uploads[i].incarnation, u->uploads[i].req, u->uploads[i].idx });
	if (c.ops.n)
		shard_commit(s, &c);
	change_fini(&c);
}

void uploads_sweep(struct shard *s)
{
	uint64_t now_ms = s->disk->ops->clock_ms(s->disk), id;
	size_t at = 0;
	void *u;

	while (map_each(&s->state.users, &at, &id, &u))
		if (((struct user *)u)->loaded)
			user_sweep(s, u, now_ms);
}

/* storaged/serve/serve_deliver.c: LMTP's two steps: a message is spooled once, then delivered to each recipient. A small one for
 * one recipient comes inside the call instead (whole.c). */
#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "common/mail/mbox_attr.h"
#include "storaged/serve/landing.h"
#include "storaged/serve/spool.h"
#include "storaged/serve/whole.h"

enum { WINDOW_BYTES = 512 * 1024, PREFIX_MAX = 64 * 1024 };

/* --- the table of spools: few, each found by its connection and the caller's number --- */

static uint64_t spool_key(const struct rpc_peer *peer, uint64_t number)
{
	return (uint64_t)(uintptr_t)peer * 0x9e3779b97f4a7c15u ^ number;
}

static struct spool *spool_find(const struct shard *s, const struct rpc_peer *peer, uint64_t number)
{
	struct spool *sp = map_get(&s->spools, spool_key(peer, number));

	return sp && sp->peer == peer && sp->number == number ? sp : NULL;
}

static void spool_forget(struct shard *s, struct spool *sp)
{
	map_del(&s->spools, spool_key(sp->peer, sp->number));
	spool_release(&sp);
}

void spools_drop_peer(struct shard *s, struct rpc_peer *peer)
{
	struct spool **gone = mem_new((s->spools.n + 1) * sizeof *gone);
	size_t at = 0, n = 0;
	uint64_t key;
	void *v;

	while (map_each(&s->spools, &at, &key, &v))
		if (((struct spool *)v)->peer == peer)
			gone[n++] = v;
	for (size_t i = 0; i < n; i++)
		spool_forget(s, gone[i]);
	free(gone);
}

/* --- spool: bytes come in --- */

struct receiving {
	struct shard *s;
	struct job *job;
	struct spool *spool;
	struct buf arrived, working;
	bool busy, ended, last;      /* last: decided when the worker starts */
	enum err err;
};

static void receiving_free(struct receiving *r)
{
	/* What nobody will finish cannot be delivered. */
	if (!r->spool->whole && spool_find(r->s, r->spool->peer, r->spool->number) == r->spool)
		spool_forget(r->s, r->spool);
	spool_release(&r->spool);
	buf_fini(&r->arrived);
	buf_fini(&r->working);
	free(r);
}

static void receiving_end(struct receiving *r, enum err err)
{
	struct job *j = r->job;

	if (err == OK)
		JOB_ANSWER(j, spooled, &(struct rpc_spooled){ r->spool->bytes });
	else if (spool_find(r->s, r->spool->peer, r->spool->number) == r->spool)
		spool_forget(r->s, r->spool);
	j->own = NULL;
	j->more = NULL;
	j->gone = NULL;
	receiving_free(r);
	job_end(j, err);
}

static void receive_go_on(struct receiving *r);

static void receive_work(void *arg)
{
	struct receiving *r = arg;

	r->err = spool_take(r->spool, buf_str(&r->working), r->last);
}

static void receive_done(void *arg)
{
	struct receiving *r = arg;
	struct job *j = r->job;

	r->busy = false;
	if (!j->call) {
		receiving_free(r);
		job_free(j);
		return;
	}
	if (r->err == OK && r->spool->bytes > r->s->config->max_message_bytes)
		r->err = ERR_TOOBIG;
	if (r->err || r->spool->whole) {
		receiving_end(r, r->err);
		return;
	}
	JOB_ANSWER(j, confirm, &(struct rpc_confirm){ r->spool->bytes });
	job_flush(j);
	receive_go_on(r);
}

static void receive_go_on(struct receiving *r)
{
	/* A full run may be the last one, so it waits for a byte behind it or for the end. */
	if (r->busy || (!r->ended && r->arrived.n <= RUN_BYTES))
		return;
	size_t n = r->arrived.n < RUN_BYTES ? r->arrived.n : RUN_BYTES;
	buf_reset(&r->working);
	buf_add(&r->working, str_head(buf_str(&r->arrived), n));
	buf_drop(&r->arrived, n);
	r->busy = true;
	r->last = r->ended && r->arrived.n == 0;
	shard_work(r->s, r->spool->bytes + n, receive_work, receive_done, r);
}

static void receive_more(struct job *j, uint16_t no, struct str fields)
{
	struct receiving *r = j->own;
	struct rpc_data m;

	if (r->ended || (no != RPC_data && no != RPC_data_end))
		return;
	if (no == RPC_data_end)
		r->ended = true;
	else if (!rpc_get_data(fields, &m) || r->arrived.n + m.bytes.n > WINDOW_BYTES + RUN_BYTES)
		peer_drop(j->call->peer);
	else
		buf_add(&r->arrived, m.bytes);
	receive_go_on(r);
}

static void receive_gone(struct job *j)
{
	struct receiving *r = j->own;

	if (r->busy)
		return;
	receiving_free(r);
	job_free(j);
}

void serve_spool(struct job *j)
{
	struct rpc_spool m;

	if (!JOB_GET(j, spool, &m) || map_get(&j->s->spools, spool_key(j->call->peer, m.spool))) {
		job_end(j, ERR_INPUT);
		return;
	}
	struct receiving *r = mem_new(sizeof *r);
	r->s = j->s;
	r->job = j;
	job_pin(j);
	r->spool = spool_new(j->s->disk, j->call->peer, m.spool);
	map_put(&j->s->spools, spool_key(j->call->peer, m.spool), r->spool);
	spool_hold(r->spool);
	j->own = r;
	j->more = receive_more;
	j->gone = receive_gone;
	JOB_ANSWER(j, confirm, &(struct rpc_confirm){ 0 });
	job_flush(j);
}

void serve_spool_drop(struct job *j)
{
	struct rpc_spool_drop m;
	struct spool *sp = JOB_GET(j, spool_drop, &m) ? spool_find(j->s, j->call->peer, m.spool) : NULL;

	if (sp)
		spool_forget(j->s, sp);
	job_end(j, OK);
}

/* --- deliver: one recipient --- */

struct delivering {
	struct shard *s;
	struct job *job;
	struct spool *spool;
	struct landing landing;      /* what became records */
	struct buf prefix, lead;     /* plain; sealed */
	uint32_t at;                 /* the run being sealed */
	enum err err;
};

static void delivering_free(struct delivering *d)
{
	spool_release(&d->spool);
	landing_fini(&d->landing);
	buf_fini(&d->prefix);
	buf_fini(&d->lead);
	free(d);
}

static void deliver_end(struct delivering *d, enum err err)
{
	struct job *j = d->job;

	j->own = NULL;
	delivering_free(d);
	job_end(j, err);
}

static bool deliver_is_last(const struct delivering *d) { return d->at + 1 == d->spool->n_runs; }

static void deliver_work(void *arg)
{
	struct delivering *d = arg;
	struct ingest *in = &d->landing.ingest;
	struct buf summary = { 0 };

	buf_reset(&in->run);
	d->err = spool_seal_run(d->spool, d->at, &in->key, in->user, &in->run);
	if (!deliver_is_last(d))
		return;
	buf_add(&summary, buf_str(&d->spool->summary));
	summary_shift(&summary, (uint32_t)d->prefix.n);
	ingest_summary(in, buf_str(&summary));
	if (d->prefix.n)
		run_seal(&d->lead, &in->key, (struct user_id){ in->user }, SEAL_LEAD, 0, true, buf_str(&d->prefix));
	buf_fini(&summary);
}

static struct box *folder_or_inbox(const struct user *u, struct str folder)
{
	struct box *b = folder.n ? user_box_named(u, folder) : NULL;

	return b && !(b->attrs & MBOX_NOSELECT) ? b : user_box_named(u, S("INBOX"));
}

static enum err land(struct landing *l, struct str folder, struct new_message *msg, uint32_t plain)
{
	bool soft_before = quota_soft_now(l->job);
	enum err err = landing_message(l, folder_or_inbox(l->job->pinned, folder), msg, plain);

	if (err == OK)
		quota_tell_crossed(l->job, soft_before);
	return err;
}

static void deliver_run(struct delivering *d);

static void message_commit(struct delivering *d)
{
	struct job *j = d->job;
	struct rpc_deliver m;

	must(JOB_GET(j, deliver, &m));
	struct new_message msg = {
		.size = d->spool->bytes + d->prefix.n, .date = (int64_t)(d->s->disk->ops->clock_ms(d->s->disk) / 1000),
		.lead = buf_str(&d->lead), .lead_plain = (uint32_t)d->prefix.n, .incoming = true,
	};
	deliver_end(d, land(&d->landing, m.folder, &msg, d->spool->runs[d->at].plain));
}

/* One piece at a time: else a large message would gather in memory faster than the disk takes it. */
static void piece_durable(struct job *j)
{
	struct delivering *d = j->own;

	if (j->call) {
		deliver_run(d);
		return;
	}
	delivering_free(d);
	job_free(j);
}

static void piece_commit(struct delivering *d)
{
	enum err err = landing_piece(&d->landing, d->spool->runs[d->at].plain);

	if (err) {
		deliver_end(d, err);
		return;
	}
	d->at++;
	d->job->resume = piece_durable;
	if (!job_hold(d->job))
		piece_durable(d->job);
}

static void sealed_lands(struct job *j)
{
	struct delivering *d = j->own;

	if (!j->call) {
		delivering_free(d);
		job_free(j);
	} else if (d->err) {
		deliver_end(d, d->err);
	} else if (deliver_is_last(d)) {
		message_commit(d);
	} else {
		piece_commit(d);
	}
}

static void deliver_done(void *arg)
{
	struct delivering *d = arg;

	if (!job_behind(d->job, sealed_lands))
		sealed_lands(d->job);
}

static void deliver_run(struct delivering *d)
{
	shard_work(d->s, d->spool->bytes, deliver_work, deliver_done, d);
}

/* The caller left while a worker is busy: deliver_done frees. */
static void deliver_gone(struct job *j) { (void)j; }

static void deliver_start(struct job *j, const struct rpc_deliver *m, struct spool *sp, const struct key *key)
{
	const struct upload *up = user_upload(j->user, &j->request);
	struct delivering *d = mem_new(sizeof *d);

	d->s = j->s;
	d->job = j;
	d->spool = sp;
	spool_hold(sp);
	landing_init(&d->landing, j, key);
	buf_add(&d->prefix, m->prefix);
	job_pin(j);
	j->own = d;
	j->gone = deliver_gone;
	/* A try before a restart left pieces: begin again from nothing. */
	if (up) {
		struct change c = change_new(j->s, j->pinned);
		rec_add_upload_drop(&c.ops, &(struct rec_upload_drop){ up->incarnation, up->req, up->idx });
		shard_commit(j->s, &c);
		change_fini(&c);
	}
	deliver_run(d);
}

static enum err whole_land(struct landing *l, uint32_t plain)
{
	const struct disk *d = l->job->s->disk;
	struct rpc_deliver m;

	must(JOB_GET(l->job, deliver, &m));
	struct new_message msg = { .size = plain, .date = (int64_t)(d->ops->clock_ms(l->job->s->disk) / 1000), .incoming = true };
	return land(l, m.folder, &msg, plain);
}

static enum err deliver_admit(struct job *j, const struct rpc_deliver *m, struct spool **sp, struct box **b)
{
	*sp = m->message.n ? NULL : spool_find(j->s, j->call->peer, m->spool);
	*b = folder_or_inbox(j->user, m->folder);
	if (m->message.n == 0 && (!*sp || !(*sp)->whole))
		return ERR_ABSENT;
	if (m->prefix.n > PREFIX_MAX || m->message.n > RPC_WHOLE_MAX || (m->message.n && m->prefix.n))
		return ERR_INPUT;
	uint64_t bytes = *sp ? (*sp)->bytes + m->prefix.n : m->message.n;
	return mbox_append_check(j->user, *b, &(struct arrival){ 1, bytes, true });
}

void serve_deliver(struct job *j)
{
	struct rpc_deliver m;
	struct spool *sp;
	struct box *b;
	struct key key;
	enum err err = JOB_GET(j, deliver, &m) ? deliver_admit(j, &m, &sp, &b) : ERR_INPUT;

	if (err == OK && !keyring_get(j->s->keys, (struct user_id){ j->user->id }, &key))
		err = ERR_CORRUPT;
	if (err) {
		job_end(j, err);
		return;
	}
	if (job_need_box(j, b)) {
		if (sp)
			deliver_start(j, &m, sp, &key);
		else
			whole_start(j, m.message, &key, whole_land);
	}
	key_wipe(&key);
}

/* storaged/serve/serve_msg.c: calls that change messages: STORE, EXPUNGE, COPY and MOVE. */
#include "storaged/serve/shard.h"

enum { RANGES_MAX = 1000000 };

static void bufs_fini(struct buf *b, int n)
{
	for (int i = 0; i < n; i++)
		buf_fini(&b[i]);
}

/* The record, if there is anything to record, and the answer. */
static void end_with(struct job *j, struct change *c, enum err err, uint16_t no, struct str answer)
{
	if (err == OK && !job_fits(c, answer))
		err = ERR_LIMIT;
	if (err == OK && c->ops.n && !job_commit(j, c, no, answer))
		return;                 /* parked: runs again */
	if (err == OK)
		job_answer(j, no, answer);
	if (err == OK && no == RPC_copied)
		quota_tell_room(j);
	job_end(j, err);
}

/* The mailbox, with its messages at hand. NULL: the job ended or was parked. */
static struct box *box_at_hand(struct job *j, uint32_t mailbox)
{
	struct box *b = user_box(j->user, mailbox);

	if (!b)
		job_end(j, ERR_ABSENT);
	return b && job_need_box(j, b) ? b : NULL;
}

static void store(struct job *j, struct box *b, const struct rpc_store *m, const struct uidset *uids)
{
	struct change c = change_new(j->s, j->user);
	struct rpc_stored out = { 0 };
	struct buf text[4] = { { 0 }, { 0 }, { 0 }, { 0 } }, told = { 0 }, remembered = { 0 };
	enum err err = mbox_store(&c, b, m, uids, &out, text);

	if (err == OK) {
		out.keywords_full = mbox_keywords_after(&c, b, &text[3]);
		out.keywords = buf_str(&text[3]);
		rpc_put_stored(&told, &out);
		/* The flags of ten thousand messages are not worth remembering: serve_store_again reads them anew. */
		out.flags = S("");
		rpc_put_stored(&remembered, &out);
		if (!job_fits(&c, buf_str(&told)))
			err = ERR_LIMIT;
	}
	if (err || c.ops.n == 0 || job_commit(j, &c, RPC_stored, buf_str(&remembered))) {
		if (err == OK)
			job_answer(j, RPC_stored, buf_str(&told));
		job_end(j, err);
	}
	change_fini(&c);
	bufs_fini(text, 4);
	buf_fini(&told);
	buf_fini(&remembered);
}

static void flags_now(const struct box *b, const struct uidset *uids, struct buf *out)
{
	for (size_t i = 0; i < uids->n; i++) {
		struct msg_iter it = box_from(b, uids->r[i].lo);
		const struct msg *m;
		while ((m = box_next(b, &it)) && m->uid <= uids->r[i].hi) {
			buf_u32(out, m->uid);
			buf_u64(out, m->modseq);
			box_pack_flags(b, m, out);
		}
	}
}

void serve_store_again(struct job *j, const struct result *r)
{
	struct rpc_store m;
	struct rpc_stored out;
	struct uidset uids = { 0 }, modified = { 0 };
	struct buf flags = { 0 };
	struct box *b = NULL;

	bool ok = JOB_GET(j, store, &m) && rpc_get_stored(r->answer, &out) && uidset_unpack(&uids, m.uids, RANGES_MAX) &&
	          uidset_unpack(&modified, out.modified, RANGES_MAX);
	if (ok)
		b = user_box(j->user, m.mailbox);
	if (!ok || !b) {
		job_end(j, ok ? ERR_ABSENT : ERR_INPUT);
	} else if (job_need_box(j, b)) {
		uidset_subtract(&uids, &modified);
		if (!m.quiet)
			flags_now(b, &uids, &flags);
		out.flags = buf_str(&flags);
		JOB_ANSWER(j, stored, &out);
		job_end(j, OK);
	}
	uidset_fini(&uids);
	uidset_fini(&modified);
	buf_fini(&flags);
}

void serve_store(struct job *j)
{
	struct rpc_store m;
	struct uidset uids = { 0 };
	struct box *b;

	if (!JOB_GET(j, store, &m) || !uidset_unpack(&uids, m.uids, RANGES_MAX))
		job_end(j, ERR_INPUT);
	else if ((b = box_at_hand(j, m.mailbox)) && job_need_open(j, b, &uids))
		store(j, b, &m, &uids);
	uidset_fini(&uids);
}

static void expunge(struct job *j, struct box *b, const struct uidset *only)
{
	struct change c = change_new(j->s, j->user);
	struct rpc_expunged out;
	struct buf text = { 0 }, answer = { 0 };
	enum err err = mbox_expunge(&c, b, only, &out, &text);

	rpc_put_expunged(&answer, &out);
	end_with(j, &c, err, RPC_expunged, buf_str(&answer));
	change_fini(&c);
	buf_fini(&text);
	buf_fini(&answer);
}

void serve_expunge(struct job *j)
{
	struct rpc_expunge m;
	struct uidset uids = { 0 };
	struct box *b;

	if (!JOB_GET(j, expunge, &m) || (m.uids.n && !uidset_unpack(&uids, m.uids, RANGES_MAX)))
		job_end(j, ERR_INPUT);
	else if ((b = box_at_hand(j, m.mailbox)))
		expunge(j, b, m.uids.n ? &uids : NULL);
	uidset_fini(&uids);
}

static void copy(struct job *j, struct box *from, struct box *to, const struct rpc_copy *m, const struct uidset *uids)
{
	struct change c = change_new(j->s, j->user);
	struct rpc_copied out;
	struct buf text[3] = { { 0 }, { 0 }, { 0 } }, answer = { 0 };
	enum err err = mbox_copy(&c, from, to, uids, m->move != 0, m->all != 0, &out, text);

	rpc_put_copied(&answer, &out);
	end_with(j, &c, err, RPC_copied, buf_str(&answer));
	change_fini(&c);
	bufs_fini(text, 3);
	buf_fini(&answer);
}

void serve_copy(struct job *j)
{
	struct rpc_copy m;
	struct uidset uids = { 0 };
	struct box *from;

	if (!JOB_GET(j, copy, &m) || !uidset_unpack(&uids, m.uids, RANGES_MAX)) {
		job_end(j, ERR_INPUT);
	} else if ((from = box_at_hand(j, m.mailbox))) {
		struct box *to = user_box_named(j->user, m.to);
		if ((!to || job_need_box(j, to)) && job_may_change(j, uidset_count(&uids)) && job_need_open(j, from, &uids))
			copy(j, from, to, &m, &uids);
	}
	uidset_fini(&uids);
}

/* storaged/serve/serve_mbox.c: calls about mailboxes: their names, their state, what changed in them. */
#include "common/base/must.h"
#include "common/mail/mbox_attr.h"
#include "common/mail/mboxname.h"
#include "storaged/serve/shard.h"

/* --- list --- */

static uint32_t recent_count(const struct box *b)
{
	if (b->claimed_from <= 1)
		return b->messages;
	struct msg_iter it = box_from(b, b->claimed_from);
	uint32_t n = 0;

	while (b->claimed_from < b->uidnext && box_next(b, &it))
		n++;
	return n;
}

static void tell_box(struct job *j, const struct box *b, bool counts)
{
	const struct user *u = j->user;
	struct rpc_mbox_is is = {
		.name = b->name, .mailbox = b->id, .uidvalidity = b->uidvalidity, .uidnext = b->uidnext, .highestmodseq = b->modseq,
		.attrs = b->attrs | (user_has_children(u, b->name) ? MBOX_HASCHILDREN : 0) | (user_subscribed(u, b->name) ? MBOX_SUBSCRIBED : 0),
	};

	if (counts) {
		is.messages = b->messages;
		is.unseen = b->unseen;
		is.deleted = b->deleted;
		is.recent = recent_count(b);
		is.size_bytes = b->bytes;
		is.deleted_bytes = b->deleted_bytes;
	}
	JOB_ANSWER(j, mbox_is, &is);
}

static void tell_subscription(struct job *j, struct str name)
{
	JOB_ANSWER(j, mbox_is, (&(struct rpc_mbox_is){
		.name = name, .attrs = MBOX_NONEXISTENT | MBOX_SUBSCRIBED | (user_has_children(j->user, name) ? MBOX_HASCHILDREN : 0) }));
}

/* Only \Recent needs messages: where some are claimed and others not yet. */
static bool counts_ready(struct job *j, struct box *b, bool counts)
{
	return !counts || b->claimed_from <= 1 || b->claimed_from >= b->uidnext || job_need_box(j, b);
}

static void list_all(struct job *j, bool counts)
{
	const struct user *u = j->user;
	uint32_t sub = 0;

	for (uint32_t i = 0; i < u->n_boxes; i++)
		if (!counts_ready(j, u->boxes[i], counts))
			return;
	for (uint32_t i = 0; i <= u->n_boxes; i++) {
		/* Subscriptions without a mailbox stand among the mailboxes, in order of names. */
		while (sub < u->n_subs && (i == u->n_boxes || str_cmp(u->subs[sub].name, u->boxes[i]->name) < 0))
			tell_subscription(j, u->subs[sub++].name);
		if (i == u->n_boxes)
			break;
		if (sub < u->n_subs && str_eq(u->subs[sub].name, u->boxes[i]->name))
			sub++;
		tell_box(j, u->boxes[i], counts);
	}
	job_end(j, OK);
}

static void list_named(struct job *j, struct str names, bool counts)
{
	struct rd r = rd_of(names);

	while (rd_more(&r)) {
		struct str name = rd_str(&r);
		struct box *b = r.bad ? NULL : user_box_named(j->user, name);
		if (b && !counts_ready(j, b, counts))
			return;
		if (b)
			tell_box(j, b, counts);
		else
			JOB_ANSWER(j, mbox_is, (&(struct rpc_mbox_is){ .name = name, .attrs = MBOX_NONEXISTENT }));
	}
	job_end(j, rd_done(&r) ? OK : ERR_INPUT);
}

void serve_list(struct job *j)
{
	struct rpc_mbox_list m;

	if (!JOB_GET(j, mbox_list, &m)) {
		job_end(j, ERR_INPUT);
		return;
	}
	if (m.names.n > 0) {
		list_named(j, m.names, m.counts);
		return;
	}
	if (m.name.n == 0) {
		list_all(j, m.counts);
		return;
	}
	struct box *b = user_box_named(j->user, m.name);
	if (!b) {
		job_end(j, ERR_ABSENT);
		return;
	}
	if (!counts_ready(j, b, m.counts))
		return;
	tell_box(j, b, m.counts);
	job_end(j, OK);
}

/* --- names change --- */

/* Ends a change: refused, nothing to do, or a record with its answer. */
static void change_end(struct job *j, struct change *c, enum err err, uint16_t no, struct str answer)
{
	bool parked = false;

	if (err == OK && !job_fits(c, answer))
		err = ERR_LIMIT;
	if (err == OK && c->ops.n)
		parked = !job_commit(j, c, no, answer);
	if (!parked && err == OK && no)
		job_answer(j, no, answer);
	if (!parked)
		job_end(j, err);
	change_fini(c);
}

/* What CREATE, DELETE and RENAME answer: the name, as it was understood. */
static void names_end(struct job *j, struct change *c, enum err err, struct str name)
{
	struct buf fields = { 0 };

	rpc_put_mbox_is(&fields, &(struct rpc_mbox_is){ .name = name });
	change_end(j, c, err, RPC_mbox_is, buf_str(&fields));
	buf_fini(&fields);
}

/* Frontends send normal names; what did not come from one that works shall not become a row. */
static bool name_ok(struct str name)
{
	struct buf normal = { 0 };
	bool ok = name.n <= MBOXNAME_BYTES_MAX && mboxname_normal(&normal, name) && str_eq(buf_str(&normal), name);

	buf_fini(&normal);
	return ok;
}

void serve_create(struct job *j)
{
	struct rpc_mbox_create m;
	struct change c = change_new(j->s, j->user);
	bool ok = JOB_GET(j, mbox_create, &m) && name_ok(m.name);
	enum err err = ok ? mbox_create(&c, m.name, m.attrs) : ERR_INPUT;

	names_end(j, &c, err, ok ? m.name : S(""));
}

void serve_delete(struct job *j)
{
	struct rpc_mbox_delete m;
	bool ok = JOB_GET(j, mbox_delete, &m);
	const struct box *b = ok ? user_box_named(j->user, m.name) : NULL;

	if (b && !job_may_change(j, b->messages))
		return;
	struct change c = change_new(j->s, j->user);
	enum err err = ok ? mbox_delete(&c, m.name) : ERR_INPUT;

	names_end(j, &c, err, ok ? m.name : S(""));
}

void serve_rename(struct job *j)
{
	struct rpc_mbox_rename m;
	struct box *b;
	bool ok = JOB_GET(j, mbox_rename, &m) && name_ok(m.to);

	/* INBOX's messages move, so they must be at hand. */
	b = ok ? user_box_named(j->user, m.name) : NULL;
	if (b && mboxname_is_inbox(b->name) && !(job_need_box(j, b) && job_may_change(j, b->messages)))
		return;
	struct change c = change_new(j->s, j->user);
	enum err err = ok ? mbox_rename(&c, m.name, m.to) : ERR_INPUT;
	names_end(j, &c, err, ok ? m.to : S(""));
}

void serve_subscribe(struct job *j)
{
	struct rpc_subscribe m;
	struct change c = change_new(j->s, j->user);
	bool ok = JOB_GET(j, subscribe, &m) && name_ok(m.name);
	enum err err = ok ? mbox_subscribe(&c, m.name, m.on != 0) : ERR_INPUT;

	bool parked = err == OK && c.ops.n && !job_commit(j, &c, 0, S(""));
	if (!parked)
		job_end(j, err);
	change_fini(&c);
}

/* --- select and changes --- */

/* Who asks first gets the \Recent messages (RFC 3501 2.3.2). Not durable at once: a checkpoint writes it. */
static uint32_t claim(struct user *u, struct box *b, bool take)
{
	uint32_t from = b->claimed_from;

	if (take && from < b->uidnext) {
		b->claimed_from = b->uidnext;
		u->claims = true;
	}
	return from;
}

static void tell_selected(struct job *j, struct box *b, const struct rpc_select *m)
{
	struct uidset uids = { 0 };
	struct buf packed = { 0 }, keywords = { 0 };
	bool same = m->known_mailbox == b->id && m->known_modseq == b->modseq;

	if (!same) {
		box_uids(b, &uids);
		uidset_pack(&packed, &uids);
	}
	keywords_pack(&keywords, &b->keywords);
	JOB_ANSWER(j, selected, (&(struct rpc_selected){
		.mailbox = b->id, .name = b->name, .uidvalidity = b->uidvalidity, .uidnext = b->uidnext, .modseq = b->modseq,
		.messages = b->messages, .unseen = b->unseen, .first_unseen = box_first_unseen(b), .recent_from = claim(j->user, b, m->claim),
		.keywords = buf_str(&keywords), .keywords_full = box_keywords_full(b), .same = same, .uids = buf_str(&packed) }));
	uidset_fini(&uids);
	buf_fini(&packed);
	buf_fini(&keywords);
}

void serve_select(struct job *j)
{
	struct rpc_select m;

	if (!JOB_GET(j, select, &m)) {
		job_end(j, ERR_INPUT);
		return;
	}
	struct box *b = user_box_named(j->user, m.name);
	if (!b || b->attrs & MBOX_NOSELECT) {
		job_end(j, b ? ERR_CANNOT : ERR_ABSENT);
		return;
	}
	if (!box_outlined(b) && !job_need_box(j, b))
		return;
	tell_selected(j, b, &m);
	quota_tell_room(j);
	bell_listen(j->s->bell, j->call->peer, j->user->id, b->id);
	job_end(j, OK);
}

static void tell_changes(struct job *j, struct box *b, const struct rpc_changes *m, const struct uidset *known)
{
	struct rpc_changed out;
	struct buf text[4] = { { 0 }, { 0 }, { 0 }, { 0 } };

	mbox_changes(b, m, known, &out, text);
	if (b->claimed_from < b->uidnext)
		out.recent_from = claim(j->user, b, m->claim);
	JOB_ANSWER(j, changed, &out);
	for (int i = 0; i < 4; i++)
		buf_fini(&text[i]);
}

void serve_changes(struct job *j)
{
	struct rpc_changes m;
	struct uidset known = { 0 };

	if (!JOB_GET(j, changes, &m) || (m.known_uids.n && !uidset_unpack(&known, m.known_uids, 1000000))) {
		job_end(j, ERR_INPUT);
		return;
	}
	struct box *b = user_box(j->user, m.mailbox);
	if (!b) {
		job_end(j, ERR_ABSENT);
	} else if (b->modseq <= m.since || job_need_box(j, b)) {     /* that nothing happened can be said without its messages */
		tell_changes(j, b, &m, &known);
		job_end(j, OK);
	}
	uidset_fini(&known);
}

/* --- bells --- */

void serve_listen(struct job *j)
{
	struct rpc_listen m;

	if (!JOB_GET(j, listen, &m)) {
		job_end(j, ERR_INPUT);
		return;
	}
	bool here = user_box(j->user, m.mailbox) != NULL;
	if (here)
		bell_listen(j->s->bell, j->call->peer, j->user->id, m.mailbox);
	job_end(j, here ? OK : ERR_ABSENT);
}

void serve_unlisten(struct job *j)
{
	struct rpc_unlisten m;
	bool ok = JOB_GET(j, unlisten, &m);

	if (ok)
		bell_unlisten(j->s->bell, j->call->peer, m.user, m.mailbox);
	job_end(j, ok ? OK : ERR_INPUT);
}

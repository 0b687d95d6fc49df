/* frontend/imap/tell.c: from the view's news to untagged lines. */
#include "frontend/imap/tell.h"

void tell_keywords(struct cmd *c)
{
	struct session *s = c->session;
	struct buf *out = session_out(s);
	const struct keywords *k = mailbox_keywords(s->mailbox);

	say_flags_line(out, k);
	say_status(out, SAY_UNTAGGED, SAY_OK);
	if (s->readonly)
		say_code(out, "PERMANENTFLAGS ()");
	else
		say_code_permanentflags(out, k, mailbox_keywords_full(s->mailbox));
	say_text(out, "flags");
	s->keywords_told = (unsigned)k->n;
}

void tell_new_keywords(struct cmd *c)
{
	if (mailbox_keywords(c->session->mailbox)->n > c->session->keywords_told)
		tell_keywords(c);
}

void tell_exists(struct cmd *c)
{
	struct session *s = c->session;
	struct buf *out = session_out(s);

	say_number(out, uidmap_count(s->view.told), "EXISTS");
	if (!s->rev2)                          /* RFC 9051 has no \Recent */
		say_number(out, (uint32_t)uidset_count(&s->view.recent), "RECENT");
}

void tell_flags(struct cmd *c, uint32_t uid, uint64_t modseq, const struct flagset *flags, bool with_uid)
{
	struct session *s = c->session;
	struct buf *out = session_out(s);
	struct say_row row;

	say_row_begin(&row, out, uidmap_seqno(s->view.told, uid));
	if (with_uid || s->condstore || s->rev2)          /* RFC 7162 3.2.4, RFC 9051 7.5.2 */
		say_row_uid(&row, out, uid);
	if (s->condstore)
		say_row_modseq(&row, out, modseq);
	say_row_flags(&row, out, flags, mailbox_keywords(s->mailbox), !s->rev2 && uidset_has(&s->view.recent, uid));
	say_row_end(&row, out);
}

/* Of what was known before the news, up to a UID; new messages the client will ask about. */
static void flag_news(struct cmd *c, struct str flags, uint64_t since, uint32_t known)
{
	struct rd in = rd_of(flags);

	while (rd_more(&in)) {
		uint32_t uid = rd_u32(&in);
		uint64_t modseq = rd_u64(&in);
		struct flagset f = { 0 };
		if (!flagset_unpack(&f, &in))
			return;
		/* The answer may reach further back than we asked, and our own change was answered already. */
		bool news = modseq > since && modseq != c->echo_modseq;
		if (news && uid <= known && uidmap_has(c->session->view.told, uid))
			tell_flags(c, uid, modseq, &f, false);
		flagset_fini(&f);
	}
}

/* How many are told before others have their turn. */
enum { EXPUNGES_MAX = 8192 };

/* The UID from which on there are so many, or all. */
static uint32_t last_ones(const struct uidset *s, uint32_t n)
{
	for (size_t i = s->n; i-- > 0;) {
		uint32_t more = s->r[i].hi - s->r[i].lo + 1;
		if (more >= n)
			return s->r[i].hi - n + 1;
		n -= more;
	}
	return 1;
}

static void say_expunges(struct buf *out, const struct view *v, uint32_t from)
{
	/* From the last to the first, so that no position shifts before it is said. */
	for (size_t i = v->pending.n; i-- > 0;) {
		const struct range *r = &v->pending.r[i];
		for (uint64_t uid = r->hi; uid >= r->lo && uid >= from; uid--)
			say_number(out, uidmap_seqno(v->told, (uint32_t)uid), "EXPUNGE");
	}
}

void tell_pending(struct cmd *c)
{
	struct session *s = c->session;
	struct view *v = &s->view;
	uint32_t from = 1;

	if (v->pending.n == 0 || c->command->flags & CMD_HOLDS)
		return;
	if (s->qresync) {
		say_vanished(session_out(s), &v->pending, false);
	} else {
		from = last_ones(&v->pending, EXPUNGES_MAX);
		say_expunges(session_out(s), v, from);
	}
	view_let_go(v, from, !mailbox_gone(s->mailbox) && mailbox_modseq(s->mailbox) == v->modseq ? mailbox_truth(s->mailbox) : NULL);
	c->modseq_due = s->qresync;
}

void tell_news(struct cmd *c, const struct mailbox_news *news)
{
	struct view *v = &c->session->view;
	uint32_t known = uidmap_max(v->told);
	uint64_t since = v->modseq;
	bool more = view_take(v, news->truth, news->modseq, news->expunge_modseq, news->recent_from);

	tell_pending(c);
	if (more)
		tell_exists(c);
	tell_new_keywords(c);
	flag_news(c, news->flags, since, known);
	view_behind(v, since, news->flags_from, known);
}

struct ask *tell_ask_part(struct cmd *c, ask_fn *fn)
{
	struct session *s = c->session;
	const struct rpc_changes q = { .mailbox = mailbox_id(s->mailbox), .since = s->view.behind_since, .flags_from = s->view.behind_from };

	return ask_changes(s->frontend->route, s->account, &q, fn, c);
}

void tell_part(struct cmd *c, const struct ask_news *news)
{
	struct view *v = &c->session->view;
	struct rpc_changed got;

	if (news->no != RPC_changed || !rpc_get_changed(news->fields, &got))
		return;
	flag_news(c, got.flags, v->behind_since, v->behind_to);
	view_catch_up(v, got.flags_from);
}

static step_fn rest;

static void rest_came(void *ctx, struct ask *ask, const struct ask_news *news)
{
	struct cmd *c = ctx;

	(void)ask;
	if (!news->end) {
		tell_part(c, news);
		return;
	}
	c->ask = NULL;
	c->next = news->err == OK ? rest : c->then;
	cmd_run(c);
}

static enum step rest(struct cmd *c)
{
	const struct view *v = &c->session->view;
	bool expunges = v->pending.n > 0 && !(c->command->flags & CMD_HOLDS);

	if (!expunges && v->behind_from == 0) {
		c->next = c->then;
		return STEP_MORE;
	}
	if (cmd_full(c))
		return STEP_WAIT;
	if (expunges) {
		tell_pending(c);
		return STEP_MORE;
	}
	c->ask = tell_ask_part(c, rest_came);
	return STEP_WAIT;
}

enum step tell_rest(struct cmd *c, step_fn *then)
{
	c->then = then;
	c->next = rest;
	return STEP_MORE;
}

void tell_gone(struct cmd *c)
{
	view_catch_up(&c->session->view, 0);
	view_lose_all(&c->session->view);
	tell_pending(c);
}

static const struct rpc_room *room_that_is_short(const struct cmd *c)
{
	const struct rpc_room *room = account_room(c->session->account);

	return room && room->percent ? room : NULL;
}

void tell_soft_quota(struct cmd *c)
{
	struct buf *out = session_out(c->session);
	const struct rpc_room *room = room_that_is_short(c);

	if (!room)
		return;
	say_status(out, SAY_UNTAGGED, SAY_NO);
	say_code(out, "OVERQUOTA");
	say_fullness(out, room);
}

void tell_quota_alert(struct cmd *c)
{
	struct session *s = c->session;
	const struct rpc_room *room = room_that_is_short(c);

	if (s->quota_told || !room)
		return;
	s->quota_told = true;
	say_status(session_out(s), SAY_UNTAGGED, SAY_OK);
	say_code(session_out(s), "ALERT");
	say_fullness(session_out(s), room);
}

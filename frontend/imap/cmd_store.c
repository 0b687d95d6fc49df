/* frontend/imap/cmd_store.c: STORE and UID STORE. What changed is said here, so its echo is no news later.
 *
 * Many messages are stored some at a time: each call is one durable change of bounded size, and the shard serves others in
 * between. RFC 9051 6.4.6 promises nothing about all of them at once.
 */
#include "frontend/imap/cmd.h"

#include <stdlib.h>

#include "frontend/imap/tell.h"

static const char some_gone[] = "some of these messages are gone";

enum { CALL_MESSAGES = 10240 };

struct storing {
	struct uidset uids;
	struct uidset_iter next;     /* the first of them that was not yet asked for */
	struct str keywords;
	struct uidset modified, missing;
	uint16_t answer_no;
	struct buf answer;           /* of the call at hand */
	struct rpc_stored got;
	struct rd flags;             /* of it: what was not yet said */
};

static void store_fini(struct cmd *c)
{
	struct storing *st = c->state;

	uidset_fini(&st->uids);
	uidset_fini(&st->modified);
	uidset_fini(&st->missing);
	buf_fini(&st->answer);
}

/* The flags after the change; for .SILENT only the MODSEQ of what changed (RFC 7162 3.1.3), and only if the client wants it: else the
 * answer has no rows. False: no more. */
static bool say_stored(struct cmd *c, struct storing *st)
{
	const struct store_args *a = c->args;
	struct session *s = c->session;
	struct buf *out = session_out(s);
	uint32_t uid = rd_u32(&st->flags);
	uint64_t modseq = rd_u64(&st->flags);
	struct flagset flags = { 0 };
	struct say_row row;

	if (!flagset_unpack(&flags, &st->flags))
		return false;
	if (!a->silent) {
		tell_flags(c, uid, modseq, &flags, a->uid);
	} else if (modseq == st->got.modseq) {
		say_row_begin(&row, out, uidmap_seqno(s->view.told, uid));
		say_row_uid(&row, out, uid);
		say_row_modseq(&row, out, modseq);
		say_row_end(&row, out);
	}
	flagset_fini(&flags);
	return true;
}

static enum step store_end(struct cmd *c)
{
	const struct store_args *a = c->args;
	struct storing *st = c->state;
	bool some_modified = st->modified.n > 0;

	if (some_modified) {
		if (!a->uid)
			uidmap_to_seqnos(c->session->view.told, &st->modified);
		say_code_set(&c->code, "MODIFIED", &st->modified);
	}
	if (st->missing.n > 0 && !a->uid)
		return cmd_end_text(c, ERR_ABSENT, some_modified ? NULL : "EXPUNGEISSUED", some_gone);
	return cmd_end_text(c, OK, NULL, some_modified ? "conditional STORE failed for some" : NULL);
}

static step_fn store_some;

static enum step say_all_stored(struct cmd *c)
{
	struct storing *st = c->state;

	while (rd_more(&st->flags) && say_stored(c, st))
		if (cmd_full(c))
			return STEP_WAIT;
	c->next = store_some;
	return STEP_MORE;
}

/* False: the answer makes no sense. */
static bool take_answer(struct storing *st)
{
	struct uidset modified = { 0 }, missing = { 0 };
	bool ok = st->answer_no == RPC_stored && rpc_get_stored(buf_str(&st->answer), &st->got) &&
	          uidmap_read_set(&modified, st->got.modified) && uidmap_read_set(&missing, st->got.missing);

	uidset_union(&st->modified, &modified);
	uidset_union(&st->missing, &missing);
	uidset_fini(&modified);
	uidset_fini(&missing);
	st->flags = rd_of(st->got.flags);
	return ok;
}

static enum step store_answered(struct cmd *c)
{
	const struct store_args *a = c->args;
	struct session *s = c->session;
	struct storing *st = c->state;
	const struct rpc_stored *got = &st->got;

	if (c->err != OK)
		return cmd_end(c, c->err);
	if (!take_answer(st))
		return cmd_end(c, ERR_CORRUPT);
	mailbox_learn(s->mailbox, got->keywords, got->keywords_full != 0);
	mailbox_stored(s->mailbox, got->mailbox_before, got->modseq);
	/* Our change may lie on top of one the client has not heard of, and .SILENT said nothing: then the echo is news. */
	if (!a->silent || got->modseq_before <= s->view.modseq)
		c->echo_modseq = got->modseq;
	view_stored(&s->view, got->mailbox_before, got->modseq);
	tell_new_keywords(c);
	c->next = say_all_stored;
	return STEP_MORE;
}

static void store_news(void *ctx, struct ask *ask, const struct ask_news *news)
{
	struct cmd *c = ctx;
	struct storing *st = c->state;

	(void)ask;
	if (news->end) {
		c->ask = NULL;
		c->err = news->err;
		cmd_run(c);
		return;
	}
	st->answer_no = news->again ? 0 : news->no;
	buf_reset(&st->answer);
	buf_add(&st->answer, news->fields);
}

static enum step store_some(struct cmd *c)
{
	const struct store_args *a = c->args;
	struct session *s = c->session;
	struct storing *st = c->state;
	struct uidset some = { 0 };
	struct buf uids = { 0 };
	struct range r;

	for (uint32_t left = CALL_MESSAGES; left > 0 && uidset_next_range(&st->uids, &st->next, left, &r); left -= r.hi - r.lo + 1)
		uidset_add_range(&some, r.lo, r.hi);
	if (some.n == 0)
		return store_end(c);
	uidset_pack(&uids, &some);
	uidset_fini(&some);
	struct rpc_store q = {
		.mailbox = mailbox_id(s->mailbox), .uids = buf_str(&uids), .mode = a->mode, .system = a->flags.system, .keywords = st->keywords,
		.conditional = a->conditional, .unchanged_since = a->unchanged_since, .quiet = a->silent && !s->condstore,
	};
	c->next = store_answered;
	c->ask = ask_store(s->frontend->route, s->account, &q, store_news, c);
	buf_fini(&uids);
	return STEP_WAIT;
}

enum step store_start(struct cmd *c)
{
	const struct store_args *a = c->args;
	struct session *s = c->session;
	struct storing *st = c->state = arena_zalloc(&c->arena, sizeof *st);

	c->fini = store_fini;
	if (a->conditional)
		cmd_condstore(c);
	if (s->readonly)
		return cmd_end_text(c, ERR_DENIED, NULL, "the mailbox is open for reading only");
	if (!view_uids(&s->view, &a->set, a->uid, &st->uids))
		return cmd_end_bad(c, "no such message");
	if (!cmd_keywords(c, &a->flags, &st->keywords))
		return cmd_end(c, ERR_LIMIT);
	c->next = store_some;
	return STEP_MORE;
}

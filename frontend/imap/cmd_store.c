/* frontend/imap/cmd_store.c: STORE and UID STORE. What changed is said here, so its echo is no news later. */
#include "frontend/imap/cmd.h"

#include <stdlib.h>

#include "frontend/imap/tell.h"

static const char some_gone[] = "some of these messages are gone";

/* What storage answered, and how much of it has been said. */
struct storing { struct rpc_stored got; struct rd flags; };

/* The flags after the change; for .SILENT only the MODSEQ of what changed, and only if the client wants it
 * (RFC 7162 3.1.3). False: no more. */
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
	} else if (s->condstore && modseq == st->got.modseq) {
		say_row_begin(&row, out, uidmap_seqno(s->view.told, uid));
		say_row_uid(&row, out, uid);
		say_row_modseq(&row, out, modseq);
		say_row_end(&row, out);
	}
	flagset_fini(&flags);
	return true;
}

/* UIDs to what the client counts by. */
static void as_named(const struct session *s, bool by_uid, struct uidset *set)
{
	struct uidset places = { 0 };
	struct uidset_iter it = { 0 };
	uint32_t uid;

	if (by_uid)
		return;
	while (uidset_next(set, &it, &uid))
		uidset_add(&places, uidmap_seqno(s->view.told, uid));
	uidset_fini(set);
	*set = places;
}

static enum step store_end(struct cmd *c)
{
	const struct store_args *a = c->args;
	struct session *s = c->session;
	const struct storing *st = c->state;
	struct uidset modified = { 0 }, missing = { 0 };

	if (!uidmap_read_set(&modified, st->got.modified) || !uidmap_read_set(&missing, st->got.missing))
		return cmd_end(c, ERR_CORRUPT);
	bool gone = missing.n > 0 && !a->uid;
	if (modified.n > 0) {
		as_named(s, a->uid, &modified);
		say_code_set(&c->code, "MODIFIED", &modified);
	}
	bool some_modified = modified.n > 0;
	uidset_fini(&modified);
	uidset_fini(&missing);
	if (gone)
		return cmd_end_text(c, ERR_ABSENT, some_modified ? NULL : "EXPUNGEISSUED", some_gone);
	return cmd_end_text(c, OK, NULL, some_modified ? "conditional STORE failed for some" : NULL);
}

static enum step say_all_stored(struct cmd *c)
{
	struct storing *st = c->state;

	while (rd_more(&st->flags) && say_stored(c, st))
		if (cmd_full(c))
			return STEP_WAIT;
	return store_end(c);
}

static enum step store_answered(struct cmd *c)
{
	const struct store_args *a = c->args;
	struct session *s = c->session;
	struct storing *st = c->state = arena_zalloc(&c->arena, sizeof *st);
	struct rpc_stored *got = &st->got;

	if (c->err != OK)
		return cmd_end(c, c->err);
	if (c->answer_no != RPC_stored || !rpc_get_stored(c->answer, got))
		return cmd_end(c, ERR_CORRUPT);
	mailbox_learn(s->mailbox, got->keywords, got->keywords_full != 0);
	mailbox_stored(s->mailbox, got->mailbox_before, got->modseq);
	/* Our change may lie on top of one the client has not heard of, and .SILENT said nothing: then the echo is news. */
	if (!a->silent || got->modseq_before <= s->view.modseq)
		c->echo_modseq = got->modseq;
	view_stored(&s->view, got->mailbox_before, got->modseq);
	tell_new_keywords(c);
	st->flags = rd_of(got->flags);
	c->next = say_all_stored;
	return STEP_MORE;
}

enum step store_start(struct cmd *c)
{
	const struct store_args *a = c->args;
	struct session *s = c->session;
	struct uidset uids = { 0 };

	if (a->conditional)
		cmd_condstore(c);
	if (s->readonly)
		return cmd_end_text(c, ERR_DENIED, NULL, "the mailbox is open for reading only");
	if (!view_uids(&s->view, &a->set, a->uid, &uids))
		return cmd_end_bad(c, "no such message");
	struct rpc_store q = {
		.mailbox = mailbox_id(s->mailbox), .uids = cmd_pack(c, &uids), .mode = a->mode, .system = a->flags.system,
		.conditional = a->conditional, .unchanged_since = a->unchanged_since,
	};
	bool none = uids.n == 0;
	uidset_fini(&uids);
	if (none)
		return cmd_end(c, OK);
	if (!cmd_keywords(c, &a->flags, &q.keywords))
		return cmd_end(c, ERR_LIMIT);
	c->next = store_answered;
	c->ask = ask_store(s->frontend->route, s->account, &q, cmd_answer, c);
	return STEP_WAIT;
}

/* frontend/imap/cmd_select.c: SELECT, EXAMINE and what ends them: CLOSE, UNSELECT; also CHECK. */
#include "frontend/imap/cmd.h"

#include "frontend/imap/resync.h"
#include "frontend/imap/tell.h"

struct selecting { struct str name; bool examine; struct mailbox_before before; struct rpc_selected got; };

static void select_fini(struct cmd *c)
{
	struct selecting *sel = c->state;

	uidmap_release(&sel->before.known);
}

static void ok_number(struct buf *out, const char *code, uint64_t n, const char *text)
{
	say_status(out, SAY_UNTAGGED, SAY_OK);
	say_code_number(out, code, n);
	say_text(out, text);
}

/* What a client must know of a mailbox before it works with it (RFC 9051 6.3.2, RFC 3501 6.3.1). */
static void say_selected(struct cmd *c, const struct rpc_selected *got)
{
	struct session *s = c->session;
	struct buf *out = session_out(s);
	uint32_t unseen = uidmap_seqno(s->view.told, got->first_unseen);

	tell_keywords(c);
	tell_exists(c);
	if (unseen > 0 && !s->rev2)
		ok_number(out, "UNSEEN", unseen, "first unseen");
	ok_number(out, "UIDVALIDITY", got->uidvalidity, "UIDs valid");
	ok_number(out, "UIDNEXT", got->uidnext, "predicted next UID");
	ok_number(out, "HIGHESTMODSEQ", got->modseq, "highest");
	if (s->rev2) {
		struct say_list l = { .name = got->name };
		say_list(out, &l, true);
	}
}

static enum step select_end(struct cmd *c)
{
	tell_quota_alert(c);
	say_code(&c->code, c->session->readonly ? "READ-ONLY" : "READ-WRITE");
	return cmd_end(c, OK);
}

static enum step select_answered(struct cmd *c)
{
	const struct select_args *a = c->args;
	struct selecting *sel = c->state;
	struct session *s = c->session;
	struct rpc_selected *got = &sel->got;
	struct uidmap *truth;

	if (c->err != OK)
		return cmd_end(c, c->err);
	if (c->answer_no != RPC_selected || !rpc_get_selected(c->answer, got) ||
	    !(s->mailbox = mailbox_open(&s->frontend->mailboxes, s->account, got, &sel->before, &truth)))
		return cmd_end(c, ERR_CORRUPT);
	view_open(&s->view, truth, got->modseq);
	uidmap_release(&truth);
	s->readonly = sel->examine;
	/* EXAMINE is told which are recent, but takes them from nobody (RFC 3501 6.3.2). */
	if (!s->rev2 && got->recent_from > 0)
		view_recent(&s->view, got->recent_from);
	say_selected(c, got);
	if (!a->qresync || a->uidvalidity != got->uidvalidity)
		return select_end(c);
	return resync_start(c, a, select_end);
}

/* RFC 7162 3.2.11, RFC 9051 7.1: from here on answers are about the other mailbox. */
static void leave(struct cmd *c)
{
	struct session *s = c->session;

	if (s->mailbox && (s->qresync || s->rev2))
		say_line(session_out(s), SAY_UNTAGGED, SAY_OK, "CLOSED", "the mailbox selected so far is closed");
	session_unselect(s);
}

static enum step open_start(struct cmd *c, bool examine)
{
	const struct select_args *a = c->args;
	struct session *s = c->session;
	struct selecting *sel = arena_zalloc(&c->arena, sizeof *sel);
	struct mailbox *known;

	if (a->qresync && !s->qresync)
		return cmd_end_bad(c, "ENABLE QRESYNC first");
	leave(c);
	if (!cmd_mailbox(c, a->mailbox, &sel->name))
		return cmd_end(c, ERR_ABSENT);
	sel->examine = examine;
	s->condstore |= a->condstore;
	c->state = sel;
	c->fini = select_fini;
	struct rpc_select q = { .name = sel->name, .claim = !examine && !s->rev2 };
	known = mailbox_find_name(&s->frontend->mailboxes, s->account, sel->name);
	if (known) {
		sel->before.known = uidmap_hold(mailbox_truth(known));
		q.known_mailbox = mailbox_id(known);
		q.known_modseq = mailbox_modseq(known);
	}
	sel->before.unlistens = route_unlistens(s->frontend->route);
	c->next = select_answered;
	c->ask = ask_select(s->frontend->route, s->account, &q, cmd_answer, c);
	return STEP_WAIT;
}

enum step select_start(struct cmd *c) { return open_start(c, false); }
enum step examine_start(struct cmd *c) { return open_start(c, true); }

enum step unselect_start(struct cmd *c)
{
	session_unselect(c->session);
	return cmd_end(c, OK);
}

static enum step close_expunged(struct cmd *c)
{
	session_unselect(c->session);
	return cmd_end(c, c->err == ERR_ABSENT ? OK : c->err);
}

/* CLOSE expunges without a word (RFC 9051 6.4.1). */
enum step close_start(struct cmd *c)
{
	struct session *s = c->session;

	if (s->readonly || mailbox_gone(s->mailbox))
		return unselect_start(c);
	return cmd_expunge(c, S(""), close_expunged);
}

enum step check_start(struct cmd *c) { return cmd_end(c, OK); }

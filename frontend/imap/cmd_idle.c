/* frontend/imap/cmd_idle.c: IDLE: told at once of whatever happens, until DONE (RFC 2177, RFC 9051 6.3.13). */
#include "frontend/imap/cmd.h"

#include "frontend/imap/tell.h"
#include "frontend/net/conn.h"

static void ask_if_idle(struct cmd *c);

static enum step idle_end(struct cmd *c) { return cmd_end(c, OK); }

static bool has_news(const struct cmd *c)
{
	const struct session *s = c->session;

	return s->mailbox && (s->view.pending.n || s->view.behind_from || mailbox_moved(s->mailbox, s->view.modseq));
}

/* News, said at once. A client that does not read is told no more until it does: `drained` asks again. */
static void news_came(void *ctx, enum err err, const struct mailbox_news *news)
{
	struct cmd *c = ctx;

	if (err == OK)
		tell_news(c, news);
	else if (err == ERR_ABSENT)
		tell_gone(c);
	session_flush(c->session);
	if (c->session->view.pending.n || (err == OK && has_news(c)))
		ask_if_idle(c);
}

static void more_expunges(void *arg)
{
	struct cmd *c = arg;

	tell_pending(c);
	session_flush(c->session);
	if (c->session->view.pending.n || (!mailbox_gone(c->session->mailbox) && has_news(c)))
		ask_if_idle(c);
}

static void part_came(void *ctx, struct ask *ask, const struct ask_news *news)
{
	struct cmd *c = ctx;

	(void)ask;
	if (!news->end) {
		tell_part(c, news);
		session_flush(c->session);
		return;
	}
	c->ask = NULL;
	if (news->err == OK && has_news(c))
		ask_if_idle(c);
}

static void ask_if_idle(struct cmd *c)
{
	struct session *s = c->session;

	if (c->wait.link || c->ask || conn_full(s->conn))
		return;
	if (s->view.pending.n)
		loop_next(s->frontend->loop, &c->turn, more_expunges, c);
	else if (s->view.behind_from)
		c->ask = tell_ask_part(c, part_came);
	else
		cmd_ask_news(c, news_came);
}

static void moved(void *ctx) { ask_if_idle(ctx); }

static void drained(struct cmd *c)
{
	if (has_news(c))
		ask_if_idle(c);
}

static enum step not_done(struct cmd *c) { return cmd_end_bad(c, "expected DONE"); }

static void idle_line(struct cmd *c, enum got got, struct str *in)
{
	struct frame *f = &c->session->frame;

	(void)in;
	if (got == GOT_LITERAL) {
		frame_refuse(f, session_limits(c->session));
		return;
	}
	if (got == GOT_HOPELESS) {
		session_bye(c->session, "TOOBIG", "literal far too long");
		return;
	}
	c->next = got == GOT_COMMAND && grammar_is_done(frame_bytes(f)) ? idle_end : not_done;
	frame_done(f);
	c->input = NULL;
	mailbox_wait_drop(&c->wait);
	ask_drop(&c->ask);
	loop_job_stop(&c->turn);
	cmd_run(c);
}

enum step idle_start(struct cmd *c)
{
	struct session *s = c->session;

	say_go_on(session_out(s));
	c->input = idle_line;
	c->drained = drained;
	if (s->mailbox) {
		c->listener.moved = moved;
		c->listener.ctx = c;
		mailbox_listen(s->mailbox, &c->listener);
		ask_if_idle(c);
	}
	return STEP_WAIT;
}

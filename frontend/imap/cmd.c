/* frontend/imap/cmd.c: the one runner, and the one end of every command. */
#include "frontend/imap/cmd.h"

#include <stdlib.h>

#include "common/base/must.h"
#include "frontend/imap/mailbox_name.h"
#include "frontend/imap/tell.h"
#include "frontend/net/conn.h"

struct cmd *cmd_new(struct session *s)
{
	struct cmd *c = mem_new(sizeof *c);

	c->session = s;
	arena_init(&c->arena);
	return c;
}

void cmd_free(struct cmd **at)
{
	struct cmd *c = *at;

	*at = NULL;
	if (!c)
		return;
	if (c->fini)
		c->fini(c);
	ask_drop(&c->ask);
	login_drop(&c->login);
	loop_timer_stop(c->session->frontend->loop, &c->timer);
	loop_job_stop(&c->turn);
	mailbox_wait_drop(&c->wait);
	mailbox_unlisten(&c->listener);
	buf_fini(&c->code);
	arena_fini(&c->arena);
	free(c);
}

void cmd_run(struct cmd *c)
{
	struct session *s = c->session;
	enum step step;

	must(!c->running);
	c->running = true;
	do
		step = c->next(c);
	while (step == STEP_MORE);
	c->running = false;
	session_flush(s);
	if (step == STEP_WAIT)
		return;
	bool bad = c->bad;
	cmd_free(&s->cmd);
	if (bad)
		session_bad(s);
	else
		s->bad_in_row = 0;
	session_resume(s);
}

static void next_turn(void *arg) { cmd_run(arg); }

static void go_on(struct cmd *c)
{
	c->drained = NULL;
	cmd_run(c);
}

bool cmd_full(struct cmd *c)
{
	struct session *s = c->session;

	if (session_out(s)->n < CONN_OUT_LOW)
		return false;
	session_flush(s);
	if (conn_full(s->conn))
		c->drained = go_on;
	else
		loop_next(s->frontend->loop, &c->turn, next_turn, c);
	return true;
}

/* The tagged line may say how far the client has been told: while an expunge is withheld, not as far as that. */
static void say_modseq(struct cmd *c, struct buf *out)
{
	struct session *s = c->session;

	if (!s->mailbox || !s->condstore || (!c->modseq_due && s->view.pending.n == 0))
		return;
	if (c->code.n == 0 && c->result == OK) {
		say_code_number(&c->code, "HIGHESTMODSEQ", view_modseq(&s->view));
		return;
	}
	say_status(out, SAY_UNTAGGED, SAY_OK);
	say_code_number(out, "HIGHESTMODSEQ", view_modseq(&s->view));
	say_text(out, "told so far");
}

void cmd_condstore(struct cmd *c)
{
	struct session *s = c->session;
	struct buf *out = session_out(s);

	if (s->condstore)
		return;
	s->condstore = true;
	if (!s->mailbox)
		return;
	say_status(out, SAY_UNTAGGED, SAY_OK);
	say_code_number(out, "HIGHESTMODSEQ", view_modseq(&s->view));
	say_text(out, "highest");
}

static enum step say_tagged(struct cmd *c)
{
	struct buf *out = session_out(c->session);

	say_modseq(c, out);
	if (c->result != OK && !c->text) {
		say_failure(out, c->tag, c->result, NULL);
	} else {
		say_status(out, c->tag, c->bad ? SAY_BAD : c->result != OK ? SAY_NO : SAY_OK);
		buf_add(out, buf_str(&c->code));
		say_text(out, c->text ? c->text : "completed");
	}
	if (c->after) {
		session_flush(c->session);
		c->after(c->session);
	}
	return STEP_END;
}

static void news_came(void *ctx, enum err err, const struct mailbox_news *news)
{
	struct cmd *c = ctx;

	if (err == OK)
		tell_news(c, news);
	else if (err == ERR_ABSENT)
		tell_gone(c);
	else if (c->command->flags & CMD_ASKS && c->result == OK)
		c->result = err;               /* it promised to be fresh, and cannot */
	cmd_run(c);
}

static enum step say_rest(struct cmd *c) { return tell_rest(c, say_tagged); }

static enum step tell_and_say(struct cmd *c)
{
	struct session *s = c->session;
	unsigned flags = c->command ? c->command->flags : CMD_FRESH;

	c->next = say_tagged;
	if (!s->mailbox || flags & CMD_FRESH)
		return STEP_MORE;
	c->next = say_rest;
	if (!(flags & CMD_ASKS) && !mailbox_moved(s->mailbox, s->view.modseq)) {
		tell_pending(c);
		return STEP_MORE;
	}
	cmd_ask_news(c, news_came);
	return STEP_WAIT;
}

void cmd_ask_news(struct cmd *c, mailbox_fn *fn)
{
	c->wait.since = c->session->view.modseq;
	c->wait.claim = session_claims(c->session);
	c->wait.fn = fn;
	c->wait.ctx = c;
	mailbox_ask(c->session->mailbox, &c->wait);
}

enum step cmd_end(struct cmd *c, enum err err)
{
	c->result = err;
	c->next = tell_and_say;
	return STEP_MORE;
}

enum step cmd_end_text(struct cmd *c, enum err err, const char *code, const char *text)
{
	if (code)
		say_code(&c->code, code);
	c->text = text;
	return cmd_end(c, err);
}

enum step cmd_end_bad(struct cmd *c, const char *text)
{
	c->bad = true;
	return cmd_end_text(c, ERR_INPUT, NULL, text);
}

void cmd_answer(void *ctx, struct ask *ask, const struct ask_news *news)
{
	struct cmd *c = ctx;

	(void)ask;
	if (news->again) {
		c->answer_no = 0;
	} else if (!news->end) {
		c->answer_no = news->no;
		c->answer = str_dup(&c->arena, news->fields);
	} else {
		c->ask = NULL;
		c->err = news->err;
		cmd_run(c);
	}
}

bool cmd_mailbox(struct cmd *c, struct str wire, struct str *name)
{
	return mailbox_decode(&c->arena, wire, c->session->rev2, name);
}

struct str cmd_pack(struct cmd *c, const struct uidset *set)
{
	struct buf packed = { 0 };
	struct str s;

	uidset_pack(&packed, set);
	s = str_dup(&c->arena, buf_str(&packed));
	buf_fini(&packed);
	return s;
}

bool cmd_keywords(struct cmd *c, const struct flag_list *flags, struct str *packed)
{
	struct keywords k = { 0 };
	struct buf table = { 0 };
	bool fit = true;

	for (size_t i = 0; i < flags->n_keywords && fit; i++)
		fit = keywords_add(&k, flags->keywords[i]) >= 0;
	keywords_pack(&table, &k);
	*packed = str_dup(&c->arena, buf_str(&table));
	buf_fini(&table);
	keywords_fini(&k);
	return fit;
}

/* frontend/imap/session_input.c: frames to commands, one at a time; what comes too early waits. */
#include "frontend/imap/session_input.h"

#include "common/base/must.h"
#include "frontend/imap/cmd.h"
#include "frontend/net/conn.h"

enum { BAD_IN_ROW_MAX = 1000 };

/* Not while a client that does not read has answers waiting, nor behind a command that does not want input. */
static bool listening(const struct session *s)
{
	return !s->ending && !conn_full(s->conn) && (!s->cmd || s->cmd->input);
}

void session_bad(struct session *s)
{
	if (++s->bad_in_row >= BAD_IN_ROW_MAX)
		session_bye(s, NULL, "too many bad commands");
}

static void command_bad(struct session *s, struct str tag, const char *code, const char *text)
{
	say_line(session_out(s), tag.n ? tag : SAY_UNTAGGED, SAY_BAD, code, text);
	session_flush(s);
	session_bad(s);
}

/* What the bytes say is to be done; NULL: refused with BAD, and c is no more. */
static struct cmd *command_read(struct session *s, struct cmd *c, struct grammar *g)
{
	struct str name;
	const char *fault = NULL;

	if (!grammar_start(g, &c->tag, &name))
		fault = g->error;
	else if (!(c->command = command_find(name)))
		fault = "unknown command";
	else if (!(c->command->allowed & session_state(s)))
		fault = "not in this state";
	else if (!grammar_args(g, c->command->parse, &c->args))
		fault = g->error;
	if (!fault)
		return c;
	command_bad(s, c->tag, NULL, fault);
	cmd_free(&c);
	return NULL;
}

static enum step gone_start(struct cmd *c) { return cmd_end_text(c, ERR_ABSENT, "NONEXISTENT", "the mailbox was deleted"); }

static void command_start(struct session *s, struct cmd *c)
{
	bool gone = s->mailbox && mailbox_gone(s->mailbox) && !(c->command->flags & CMD_GONE);

	s->cmd = c;
	s->frontend->counts.commands[command_number(c->command)]++;
	c->next = gone ? gone_start : c->command->start;
	cmd_run(c);
}

static void whole_command(struct session *s)
{
	struct cmd *c = cmd_new(s);
	struct grammar g;

	grammar_init(&g, &c->arena, frame_take(&s->frame, &c->arena));
	if (command_read(s, c, &g))
		command_start(s, c);
}

/* A command stops at a literal. The message of an APPEND is the command's to handle; all else is part of its words. */
static void literal_begins(struct session *s)
{
	struct cmd *c = cmd_new(s);
	struct grammar g;
	struct str name;
	bool append;

	grammar_init(&g, &c->arena, str_dup(&c->arena, frame_bytes(&s->frame)));
	append = session_state(s) & IN_USER && grammar_start(&g, &c->tag, &name) && str_ieq(name, S("APPEND")) &&
	         grammar_args(&g, parse_append, &c->args);
	if (append) {
		c->command = command_find(name);
		command_start(s, c);
		return;
	}
	cmd_free(&c);
	if (!frame_join(&s->frame, session_limits(s))) {
		frame_refuse(&s->frame, session_limits(s));
	} else if (s->frame.literal.sync) {
		say_go_on(session_out(s));
		session_flush(s);
	}
}

/* A command that was read away: its head is enough to find the tag. */
static void unwanted_command(struct session *s, const char *code, const char *text)
{
	struct cmd *c = cmd_new(s);
	struct grammar g;
	struct str name;

	grammar_init(&g, &c->arena, frame_take(&s->frame, &c->arena));
	(void)grammar_start(&g, &c->tag, &name);          /* the tag, if there is one, is all we want */
	command_bad(s, c->tag, code, text);
	cmd_free(&c);
}

static void pump_one(struct session *s, enum got got, struct str *in)
{
	if (s->cmd) {
		s->cmd->input(s->cmd, got, in);
		return;
	}
	switch (got) {
	case GOT_COMMAND:
		whole_command(s);
		break;
	case GOT_LITERAL:
		literal_begins(s);
		break;
	case GOT_TOO_LONG:
		unwanted_command(s, "TOOBIG", "too long");
		break;
	case GOT_REFUSED:
		unwanted_command(s, "TOOBIG", "literal too long");
		break;
	case GOT_HOPELESS:
		session_bye(s, "TOOBIG", "literal far too long");
		break;
	case GOT_BYTES:
	case GOT_MORE:
		must(!"bytes without a command that streams them");
	}
}

/* Commands run from here may end at once and ask us to go on: `pumping` keeps that from nesting. */
static void pump(struct session *s, struct str *in)
{
	s->pumping = true;
	while (listening(s)) {
		enum got got = s->unheard != GOT_MORE ? s->unheard : frame_feed(&s->frame, session_limits(s), in);
		s->unheard = GOT_MORE;
		if (got == GOT_MORE)
			break;
		pump_one(s, got, in);
		if (s->drop_input) {
			*in = str_skip(*in, in->n);
			s->drop_input = false;
		}
	}
	s->pumping = false;
}

void session_hear_later(struct session *s, enum got got)
{
	must(got != GOT_MORE && !s->cmd->input);
	s->unheard = got;
}

void session_input(struct session *s, struct str bytes)
{
	must(s->backlog.n == 0);
	pump(s, &bytes);
	if (bytes.n > 0 && !s->ending) {
		buf_add(&s->backlog, bytes);
		conn_pause(s->conn, true);
	}
}

void session_resume(struct session *s)
{
	if (s->pumping || !listening(s))
		return;
	struct str in = str_skip(buf_str(&s->backlog), s->backlog_at);
	pump(s, &in);
	s->backlog_at = s->backlog.n - in.n;
	if (in.n > 0)
		return;
	if (s->backlog.n > 0 && !s->ending)
		conn_pause(s->conn, false);
	buf_fini(&s->backlog);
	s->backlog_at = 0;
}

const struct frame_limits *session_limits(const struct session *s)
{
	const struct frontend *f = s->frontend;

	return s->account ? &f->limits_after : &f->limits_before;
}

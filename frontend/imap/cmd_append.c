/* frontend/imap/cmd_append.c: APPEND. Storaged is asked before the client may send the message, which then streams through.
 *
 * At most what the upload keeps unconfirmed is in memory here, whatever the message's size. The arguments were read at
 * the literal's announcement; behind the message the line must end. Its last byte is kept until it has, so that a
 * command that turns out malformed, or is cut off, appends nothing.
 */
#include "frontend/imap/cmd.h"

struct append {
	uint64_t bytes, taken;       /* of the message; taken from the client */
	char     last;               /* its last byte, once taken */
	bool     going;              /* storaged has said: go on */
	bool     whole;              /* the command has been read to its end, or read away */
	bool     ended;              /* the outcome is known */
};

static void append_input(struct cmd *c, enum got got, struct str *in);

static enum step append_end(struct cmd *c)
{
	struct session *s = c->session;
	struct rpc_appended got;

	if (c->bad)
		return cmd_end_bad(c, "APPEND takes one message");
	if (c->err == ERR_ABSENT)
		return cmd_end_text(c, c->err, "TRYCREATE", "no such mailbox");
	if (c->err != OK)
		return cmd_end(c, c->err);
	if (c->answer_no != RPC_appended || !rpc_get_appended(c->answer, &got))
		return cmd_end(c, ERR_CORRUPT);
	say_code_appenduid(&c->code, got.uidvalidity, got.uid);
	if (s->mailbox && mailbox_id(s->mailbox) == got.mailbox)
		mailbox_heard(s->mailbox, got.modseq);       /* EXISTS comes before the tagged OK */
	return cmd_end(c, OK);
}

/* The outcome is known: what the client still sends of this command is read away. */
static void append_over(struct cmd *c, enum err err)
{
	struct append *a = c->state;

	a->ended = true;
	c->err = err;
	c->input = append_input;
	c->next = append_end;
	if (a->taken < a->bytes || !a->going)
		frame_refuse(&c->session->frame, session_limits(c->session));
}

static void append_news(void *ctx, struct ask *ask, const struct ask_news *news)
{
	struct cmd *c = ctx;
	struct append *a = c->state;
	struct frame *f = &c->session->frame;

	if (news->end) {
		c->ask = NULL;
		append_over(c, news->err);
		if (a->whole)
			cmd_run(c);
		else
			session_resume(c->session);
		return;
	}
	if (news->no != RPC_confirm) {
		c->answer_no = news->no;
		c->answer = str_dup(&c->arena, news->fields);
		return;
	}
	if (!a->going) {
		a->going = true;
		frame_stream(f);
		if (f->literal.sync)
			say_go_on(session_out(c->session));
		session_flush(c->session);
	}
	if (a->whole || ask_data_room(ask) == 0)
		return;
	c->input = append_input;
	session_resume(c->session);
}

static void message_bytes(struct cmd *c, struct str *in)
{
	struct append *a = c->state;
	struct str chunk = frame_chunk(&c->session->frame, in, ask_data_room(c->ask));

	a->taken += chunk.n;
	if (a->taken == a->bytes && chunk.n > 0)
		a->last = chunk.p[--chunk.n];
	if (chunk.n > 0)
		ask_data(c->ask, chunk);
	if (a->taken < a->bytes && ask_data_room(c->ask) == 0)
		c->input = NULL;                       /* until storaged has confirmed some */
}

/* The line's end is here. */
static void line_came(struct cmd *c, enum got got)
{
	struct append *a = c->state;
	struct frame *f = &c->session->frame;

	a->whole = true;
	c->input = NULL;
	if (got == GOT_TOO_LONG || (got == GOT_COMMAND && frame_bytes(f).n > 0) || (got == GOT_REFUSED && !a->ended))
		c->bad = true;
	frame_done(f);
	if (c->bad)
		ask_drop(&c->ask);
	if (c->bad || a->ended) {
		c->next = append_end;
		cmd_run(c);
	} else if (a->bytes > 0) {
		ask_data(c->ask, (struct str){ &a->last, 1 });
	}
}

static void append_input(struct cmd *c, enum got got, struct str *in)
{
	switch (got) {
	case GOT_MORE:
		return;
	case GOT_BYTES:
		message_bytes(c, in);
		return;
	case GOT_LITERAL:                              /* a second message (RFC 3502) is not on offer */
		frame_refuse(&c->session->frame, session_limits(c->session));
		return;
	case GOT_HOPELESS:
		session_bye(c->session, "TOOBIG", "literal far too long");
		return;
	case GOT_COMMAND:
	case GOT_TOO_LONG:
	case GOT_REFUSED:
		line_came(c, got);
	}
}

enum step append_start(struct cmd *c)
{
	const struct append_args *args = c->args;
	struct session *s = c->session;
	struct append *a = arena_zalloc(&c->arena, sizeof *a);
	struct rpc_append q = { .system = args->flags.system, .has_date = args->has_date, .date = (uint64_t)args->date };

	c->state = a;
	a->bytes = q.size_bytes = s->frame.literal.bytes;
	if (a->bytes > s->frontend->config->max_message_bytes) {
		append_over(c, ERR_TOOBIG);
		return STEP_WAIT;
	}
	if (!cmd_mailbox(c, args->mailbox, &q.name)) {
		append_over(c, ERR_CANNOT);
		return STEP_WAIT;
	}
	if (!cmd_keywords(c, &args->flags, &q.keywords)) {
		append_over(c, ERR_LIMIT);
		return STEP_WAIT;
	}
	c->ask = ask_append(s->frontend->route, s->account, &q, append_news, c);
	return STEP_WAIT;
}

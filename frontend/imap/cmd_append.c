/* frontend/imap/cmd_append.c: APPEND. A small message that surely fits the quota is gathered and goes to storaged with the call. For
 * any other storaged is asked before the client may send it, and then it streams through.
 *
 * At most what the upload keeps unconfirmed is in memory here, whatever the message's size. The arguments were read at
 * the literal's announcement; behind the message the line must end. Until it has, a small one is not sent, nor the last byte
 * of a larger one, so that a command that turns out malformed, or is cut off, appends nothing.
 */
#include "frontend/imap/cmd.h"
#include "frontend/imap/tell.h"

struct append {
	struct rpc_append call;
	uint64_t   bytes, taken;     /* of the message; taken from the client */
	bool       small;            /* and fits the quota */
	struct buf message;          /* small: what was taken */
	char       last;             /* not small: its last byte, once taken */
	bool       going;            /* the client was told to go on */
	bool       whole;            /* the command has been read to its end, or read away */
	bool       ended;            /* the outcome is known */
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
	tell_soft_quota(c);
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

static void append_go_on(struct cmd *c)
{
	struct append *a = c->state;
	struct frame *f = &c->session->frame;

	a->going = true;
	frame_stream(f);
	if (f->literal.sync)
		say_go_on(session_out(c->session));
	session_flush(c->session);
}

static void append_news(void *ctx, struct ask *ask, const struct ask_news *news)
{
	struct cmd *c = ctx;
	struct append *a = c->state;

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
	if (!a->going)
		append_go_on(c);
	if (a->whole || ask_data_room(ask) == 0)
		return;
	c->input = append_input;
	session_resume(c->session);
}

static void small_bytes(struct append *a, struct frame *f, struct str *in)
{
	struct str chunk = frame_chunk(f, in, RPC_WHOLE_MAX);

	a->taken += chunk.n;
	buf_add(&a->message, chunk);
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

static void small_send(struct cmd *c)
{
	struct append *a = c->state;

	a->call.message = buf_str(&a->message);
	c->ask = ask_append(c->session->frontend->route, c->session->account, &a->call, append_news, c);
	buf_fini(&a->message);
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
	} else if (a->small) {
		small_send(c);
	} else if (a->bytes > 0) {
		ask_data(c->ask, (struct str){ &a->last, 1 });
	}
}

static void append_input(struct cmd *c, enum got got, struct str *in)
{
	struct append *a = c->state;

	switch (got) {
	case GOT_MORE:
		return;
	case GOT_BYTES:
		if (a->small)
			small_bytes(a, &c->session->frame, in);
		else
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

static void append_fini(struct cmd *c) { buf_fini(&((struct append *)c->state)->message); }

/* OK: c's state holds the call. */
static enum err append_read(struct cmd *c)
{
	const struct append_args *args = c->args;
	struct append *a = c->state;

	a->bytes = c->session->frame.literal.bytes;
	/* Where the quota may be too small storaged is asked first, so that nobody sends what will be refused. */
	a->small = a->bytes > 0 && a->bytes <= RPC_WHOLE_MAX && account_has_room(c->session->account, a->bytes);
	a->call = (struct rpc_append){
		.system = args->flags.system, .has_date = args->has_date, .date = (uint64_t)args->date, .size_bytes = a->bytes,
	};
	if (a->bytes > c->session->frontend->config->max_message_bytes)
		return ERR_TOOBIG;
	if (!cmd_mailbox(c, args->mailbox, &a->call.name))
		return ERR_CANNOT;
	return cmd_keywords(c, &args->flags, &a->call.keywords) ? OK : ERR_LIMIT;
}

enum step append_start(struct cmd *c)
{
	struct session *s = c->session;

	c->state = arena_zalloc(&c->arena, sizeof(struct append));
	c->fini = append_fini;
	enum err err = append_read(c);
	const struct append *a = c->state;
	if (err) {
		append_over(c, err);
	} else if (a->small) {
		c->input = append_input;
		append_go_on(c);
	} else {
		c->ask = ask_append(s->frontend->route, s->account, &a->call, append_news, c);
	}
	return STEP_WAIT;
}

/* frontend/imap/cmd_auth.c: LOGIN, and AUTHENTICATE by PLAIN and LOGIN. */
#include "frontend/imap/cmd.h"

#include "common/base/log.h"
#include "common/mail/cte.h"
#include "frontend/net/conn.h"

enum { FAILED_LOGIN_DELAY_MAX_MS = 2000 };

struct auth { struct str line, name, password; bool plain, named; };

static enum step logged_in(struct cmd *c)
{
	struct say_capabilities caps;

	session_capabilities(c->session, &caps);
	say_code_capability(&c->code, &caps);
	return cmd_end_text(c, OK, NULL, "logged in");
}

static enum step login_refused(struct cmd *c) { return cmd_end_text(c, ERR_DENIED, "AUTHENTICATIONFAILED", "wrong name or password"); }

static enum step login_failed(struct cmd *c)
{
	if (c->err == ERR_LIMIT)
		return cmd_end_text(c, c->err, "UNAVAILABLE", "too many connections of this user");
	return cmd_end_text(c, c->err, "UNAVAILABLE", "cannot log in now: try again later");
}

static void delay_over(void *arg) { cmd_run(arg); }

/* Guessing is made slow, one connection at a time (RFC 9051 11.8.3). */
static void refuse_later(struct cmd *c)
{
	struct frontend *f = c->session->frontend;
	uint64_t ms = f->config->failed_login_delay_ms;

	f->counts.login_failures++;
	log_info("login_refused", "session=%lu peer=%s", (unsigned long)c->session->number, conn_peer(c->session->conn));
	c->next = login_refused;
	loop_timer_start(f->loop, &c->timer, ms < FAILED_LOGIN_DELAY_MAX_MS ? ms : FAILED_LOGIN_DELAY_MAX_MS, 0, delay_over, c);
}

static void login_done(void *ctx, enum err err, struct account *account)
{
	struct cmd *c = ctx;

	c->login = NULL;
	if (err == ERR_DENIED || err == ERR_ABSENT) {
		refuse_later(c);
		return;
	}
	if (err == OK && !session_login(c->session, account))
		err = ERR_LIMIT;
	c->err = err;
	c->next = err == OK ? logged_in : login_failed;
	cmd_run(c);
}

static enum step login_by(struct cmd *c, struct str name, struct str password)
{
	struct session *s = c->session;

	c->input = NULL;
	c->login = route_login(s->frontend->route, name, password, str_of(conn_peer(s->conn)), login_done, c);
	return STEP_WAIT;
}

static enum step plaintext_refused(struct cmd *c)
{
	return cmd_end_text(c, ERR_DENIED, "PRIVACYREQUIRED", "start TLS before sending a password");
}

enum step login_start(struct cmd *c)
{
	const struct login_args *a = c->args;

	if (!session_plaintext_ok(c->session))
		return plaintext_refused(c);
	return login_by(c, a->name, a->password);
}

/* ---- AUTHENTICATE ---- */

/* False: not base64. The bytes are in the arena. */
static bool base64_read(struct cmd *c, struct str in, struct str *out)
{
	struct cte_decoder d;
	struct buf b = { 0 };

	cte_init(&d, CTE_BASE64);
	cte_feed(&d, in, &b);
	cte_end(&d, &b);
	*out = str_dup(&c->arena, buf_str(&b));
	buf_fini(&b);
	return !d.broken;
}

static enum step not_base64(struct cmd *c) { return cmd_end_bad(c, "not base64"); }

/* RFC 4616: who to act as, who it is, password, with NULs between. Acting as somebody else is not offered. */
static enum step plain_answered(struct cmd *c)
{
	struct auth *auth = c->state;
	struct str as, rest;

	if (!str_cut(auth->name, '\0', &as, &rest) || !str_cut(rest, '\0', &auth->name, &auth->password))
		return cmd_end_bad(c, "malformed PLAIN response");
	if (as.n > 0 && !str_ieq(as, auth->name))
		return cmd_end_text(c, ERR_DENIED, "AUTHORIZATIONFAILED", "cannot act as somebody else");
	return login_by(c, auth->name, auth->password);
}

static enum step login_password(struct cmd *c)
{
	struct auth *auth = c->state;

	return login_by(c, auth->name, auth->password);
}

static void auth_line(struct cmd *c, enum got got, struct str *in);

static enum step challenge(struct cmd *c, struct str base64)
{
	say_challenge(session_out(c->session), base64);
	c->input = auth_line;
	return STEP_WAIT;
}

static enum step ask_password(struct cmd *c) { return challenge(c, S("UGFzc3dvcmQ6")); }

/* One base64 line of the client, given with the command or sent after our challenge. */
static enum step answered(struct cmd *c)
{
	struct auth *auth = c->state;
	struct str text;

	c->input = NULL;
	if (str_eq(auth->line, S("*")))
		return cmd_end_bad(c, "authentication cancelled");
	if (!base64_read(c, auth->line, &text))
		return not_base64(c);
	if (auth->named) {
		auth->password = text;
		c->next = login_password;
	} else {
		auth->name = text;
		auth->named = true;
		c->next = auth->plain ? plain_answered : ask_password;
	}
	return STEP_MORE;
}

static void auth_line(struct cmd *c, enum got got, struct str *in)
{
	struct auth *auth = c->state;
	struct frame *f = &c->session->frame;

	(void)in;
	if (got == GOT_LITERAL) {
		frame_refuse(f, session_limits(c->session));
		return;
	}
	if (got == GOT_COMMAND) {
		auth->line = frame_take(f, &c->arena);
		c->next = answered;
	} else if (got == GOT_HOPELESS) {
		session_bye(c->session, "TOOBIG", "literal far too long");
		return;
	} else {
		frame_done(f);
		c->next = not_base64;
	}
	cmd_run(c);
}

enum step authenticate_start(struct cmd *c)
{
	const struct authenticate_args *a = c->args;
	struct auth *auth = arena_zalloc(&c->arena, sizeof *auth);

	c->state = auth;
	auth->plain = str_ieq(a->mechanism, S("PLAIN"));
	if (!auth->plain && !str_ieq(a->mechanism, S("LOGIN")))
		return cmd_end_text(c, ERR_CANNOT, "CANNOT", "mechanism not supported");
	if (!session_plaintext_ok(c->session))
		return plaintext_refused(c);
	if (a->has_initial) {
		auth->line = a->initial;
		c->next = answered;
		return STEP_MORE;
	}
	return challenge(c, auth->plain ? S("") : S("VXNlcm5hbWU6"));
}

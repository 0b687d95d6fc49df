/* frontend/imap/session.c: bytes to commands, one at a time; and how a connection begins and ends. */
#include "frontend/imap/session.h"

#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/base/sum.h"
#include "frontend/imap/cmd.h"
#include "frontend/imap/session_input.h"
#include "frontend/net/conn.h"

struct buf *session_out(struct session *s) { return &s->frontend->out; }

void session_flush(struct session *s)
{
	struct buf *out = session_out(s);

	if (out->n > 0)
		conn_write(s->conn, buf_str(out));
	s->frontend->counts.bytes_out += out->n;
	if (out->cap > CONN_OUT_LOW)
		buf_fini(out);
	else
		buf_reset(out);
}

void session_pass(struct session *s, struct str bytes)
{
	session_flush(s);
	conn_write(s->conn, bytes);
	s->frontend->counts.bytes_out += bytes.n;
}

enum session_state session_state(const struct session *s)
{
	return !s->account ? IN_LOGIN : s->mailbox ? IN_SELECTED : IN_AUTHED;
}

bool session_claims(const struct session *s) { return !s->rev2 && !s->readonly; }

bool session_plaintext_ok(const struct session *s)
{
	enum config_plaintext rule = s->frontend->config->allow_plaintext;

	return conn_is_tls(s->conn) || rule == PLAINTEXT_ALWAYS || (rule == PLAINTEXT_LOOPBACK && conn_is_loopback(s->conn));
}

/* How long we wait for the client: to log in, all in all; later, between its signs of life. */
static void timeout_start(struct session *s)
{
	const struct config *config = s->frontend->config;

	conn_timeout(s->conn, (unsigned)(s->account ? config->idle_timeout_ms : config->login_timeout_ms));
}

static void session_hook(struct session *s)
{
	struct frontend *f = s->frontend;

	s->next = f->sessions;
	s->link = &f->sessions;
	if (s->next)
		s->next->link = &s->next;
	f->sessions = s;
}

static void session_free(struct session **at)
{
	struct session *s = *at;
	struct frontend *f = s->frontend;

	*at = NULL;
	cmd_free(&s->cmd);
	session_unselect(s);
	if (s->account) {
		frontend_count_down(&f->per_user, account_user(s->account));
		account_release(&s->account);
	}
	if (s->address_key)
		frontend_count_down(&f->per_address, s->address_key);
	frame_fini(&s->frame);
	buf_fini(&s->backlog);
	conn_free(&s->conn);
	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
	free(s);
	if (f->stopping && !f->sessions)
		loop_stop(f->loop);
}

void session_unselect(struct session *s)
{
	if (!s->mailbox)
		return;
	view_close(&s->view);
	mailbox_close(&s->mailbox);
	s->readonly = false;
}

bool session_login(struct session *s, struct account *account)
{
	struct frontend *f = s->frontend;

	if (!frontend_count_up(&f->per_user, account_user(account), f->config->max_connections_per_user)) {
		account_release(&account);
		return false;
	}
	s->account = account;
	f->counts.logins++;
	timeout_start(s);
	log_info("login", "session=%lu user=%u peer=%s", (unsigned long)s->number, account_user(account), conn_peer(s->conn));
	return true;
}

void session_bye(struct session *s, const char *code, const char *text)
{
	if (s->ending)
		return;
	/* No words can be said in a handshake, nor inside a message that is being sent. */
	bool silent = s->securing || (s->cmd && s->cmd->mid_line);
	s->ending = true;
	cmd_free(&s->cmd);
	if (!silent)
		say_line(session_out(s), SAY_UNTAGGED, SAY_BYE, code, text);
	session_flush(s);
	conn_end(s->conn);
}

void session_hang_up(struct session *s)
{
	s->ending = true;
	conn_end(s->conn);
}

void session_starttls(struct session *s)
{
	s->drop_input = s->securing = true;
	buf_fini(&s->backlog);
	s->backlog_at = 0;
	conn_pause(s->conn, false);           /* STARTTLS itself may have come out of the backlog */
	conn_starttls(s->conn, s->frontend->tls);
}

void session_capabilities(const struct session *s, struct say_capabilities *caps)
{
	*caps = (struct say_capabilities){
		.authenticated = s->account != NULL,
		.admin = s->account && account_is_admin(s->account),
		.starttls = s->frontend->tls && !conn_is_tls(s->conn),
		.plaintext = session_plaintext_ok(s),
		.literal_minus = s->frontend->config->literal == LITERAL_MINUS,
	};
}

static void on_input(void *ctx, struct str bytes)
{
	struct session *s = ctx;

	s->frontend->counts.bytes_in += bytes.n;
	if (s->ending)
		return;
	if (s->account)
		timeout_start(s);
	session_input(s, bytes);
}

static void on_drained(void *ctx)
{
	struct session *s = ctx;

	if (s->cmd && s->cmd->drained)
		s->cmd->drained(s->cmd);
	session_resume(s);
}

static void on_secured(void *ctx)
{
	struct session *s = ctx;

	s->securing = false;
}

static void on_closed(void *ctx, const char *why)
{
	struct session *s = ctx;

	log_debug("closed", "session=%lu why=%s", (unsigned long)s->number, why);
	session_free(&s);
}

/* A command may take long, and so may a client that reads slowly; a client that does not read at all has gone. */
static void on_timeout(void *ctx)
{
	struct session *s = ctx;
	size_t waiting = conn_out_bytes(s->conn);
	bool stalled = waiting > 0 && waiting == s->out_mark;

	s->out_mark = waiting;
	if (s->account && s->cmd && !s->cmd->input && !stalled)
		timeout_start(s);
	else
		session_bye(s, NULL, "autologout: nothing heard for too long");
}

static const struct conn_events events = {
	.input = on_input, .drained = on_drained, .secured = on_secured, .closed = on_closed, .timeout = on_timeout,
};

static bool address_fits(struct session *s)
{
	struct frontend *f = s->frontend;

	if (conn_is_loopback(s->conn))
		return true;
	uint64_t key = sum64(str_of(conn_peer(s->conn))) | 1;
	if (!frontend_count_up(&f->per_address, key, f->config->max_connections_per_address))
		return false;
	s->address_key = key;
	return true;
}

static void greet(struct session *s)
{
	struct buf *out = session_out(s);
	struct say_capabilities caps;

	session_capabilities(s, &caps);
	say_status(out, SAY_UNTAGGED, SAY_OK);
	say_code_capability(out, &caps);
	say_text(out, "Roost is ready");
	session_flush(s);
}

void session_new(struct frontend *f, struct conn *conn)
{
	struct session *s = mem_new(sizeof *s);

	s->frontend = f;
	s->conn = conn;
	s->number = ++f->counts.connections;
	frame_init(&s->frame);
	session_hook(s);
	conn_events_set(conn, &events, s);
	if (!address_fits(s)) {
		session_bye(s, "UNAVAILABLE", "too many connections from your address");
		return;
	}
	timeout_start(s);
	greet(s);
}

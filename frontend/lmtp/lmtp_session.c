/* frontend/lmtp/lmtp_session.c: one client: its bytes become lines and messages, answers leave in order.
 *
 * The pump runs until it can do no more: no input, the client does not read its answers, a shard has no room, or answers
 * before the next command's are not known. What is left of the input then waits in `backlog`, and the client is paused.
 */
#include <stdarg.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "frontend/lmtp/inside.h"
#include "frontend/net/conn.h"

void lmtp_say(struct lmtp_session *s, const char *fmt, ...)
{
	struct buf reply = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&reply, fmt, ap);
	va_end(ap);
	buf_add(&reply, S("\r\n"));
	conn_write(s->conn, buf_str(&reply));
	buf_fini(&reply);
}

void lmtp_hang_up(struct lmtp_session *s)
{
	s->ending = true;
	conn_end(s->conn);
}

static void say_bye(struct lmtp_session *s, const char *reply)
{
	lmtp_say(s, "%s", reply);
	lmtp_hang_up(s);
}

/* ---- the transaction ---- */

static void session_resume(void *ctx);

void lmtp_letter_new(struct lmtp_session *s, struct str sender)
{
	s->letter = letter_new(&(struct letter_setup){
		.loop = s->lmtp->loop, .route = s->lmtp->route, .warnings = s->lmtp->warnings, .sender = sender,
		.most_bytes = s->lmtp->config->max_message_bytes, .session = s->number, .news = session_resume, .ctx = s,
	});
}

void lmtp_letter_forget(struct lmtp_session *s)
{
	letter_free(&s->letter);
	s->chunked = s->utf8 = false;
}

/* True: one more answer was known. */
static bool tell_verdict(struct lmtp_session *s)
{
	struct letter_verdict v;

	if (!s->letter || !letter_next(s->letter, &v))
		return false;
	struct lmtp_verdict_words words = letter_ended(s->letter) ? lmtp_fate_words(v.err, s->lmtp->config->quota_full) : lmtp_name_words(v.err);
	s->lmtp->counts.deliveries += letter_ended(s->letter) && v.err == OK;
	s->lmtp->counts.refusals += v.err != OK;
	lmtp_say(s, "%s <%.*s> %s", words.code, STR_ARG(v.path), words.text);
	if (letter_told(s->letter)) {
		lmtp_letter_forget(s);
		s->reading = READ_LINE;
	}
	return true;
}

/* ---- lines ---- */

/* True: s->line is whole. Of a line too long only its end is looked for. */
static bool gather_line(struct lmtp_session *s, struct str *in)
{
	ptrdiff_t lf = str_find(*in, '\n');
	size_t n = lf < 0 ? in->n : (size_t)lf + 1;

	if (s->line.n + n > LMTP_LINE_BYTES)
		s->line_long = true;
	else if (!s->line_long)
		buf_add(&s->line, str_head(*in, n));
	*in = str_skip(*in, n);
	return lf >= 0;
}

/* NULL: it may be read. */
static const char *line_fault(const struct lmtp_session *s)
{
	if (s->line_long)
		return "500 5.5.2 line too long";
	return str_ends(buf_str(&s->line), S("\r\n")) ? NULL : "500 5.5.2 lines end with CRLF";      /* RFC 5321 2.3.8 */
}

/* False: no whole line, or it must wait. */
static bool read_line(struct lmtp_session *s, struct str *in)
{
	struct lmtp_words w = { 0 };

	s->line_whole = s->line_whole || gather_line(s, in);
	if (!s->line_whole)
		return false;
	const char *fault = line_fault(s);
	if (!fault)
		w = lmtp_words_read(str_head(buf_str(&s->line), s->line.n - 2));
	bool answers_wait = s->letter && letter_asking(s->letter) > 0;
	if (answers_wait && (fault || !lmtp_command_overtakes(s, &w)))
		return false;
	if (fault)
		lmtp_say(s, "%s", fault);
	else
		lmtp_command_run(s, &w);
	buf_fini(&s->line);
	s->line_whole = s->line_long = false;
	return true;
}

/* ---- messages ---- */

/* How much of the input the letter may get now. A byte less than there is room: the dots may hold one back. */
static struct str fitting(const struct lmtp_session *s, struct str in)
{
	size_t room = letter_room(s->letter);

	return str_head(in, room > 0 ? room - 1 : 0);
}

static bool read_data(struct lmtp_session *s, struct str *in)
{
	struct str part = fitting(s, *in);
	size_t n = part.n;
	struct buf *out = &s->lmtp->scratch;

	if (n == 0)
		return false;
	bool ended = dots_feed(&s->dots, &part, out);
	*in = str_skip(*in, n - part.n);
	letter_data(s->letter, buf_str(out));
	buf_reset(out);
	if (ended) {
		letter_end(s->letter);
		s->reading = READ_NOTHING;
	}
	return true;
}

static bool read_chunk(struct lmtp_session *s, struct str *in)
{
	struct str part = s->chunk_refusal ? *in : fitting(s, *in);

	if (s->chunk_left == 0) {
		lmtp_chunk_done(s);
		return true;
	}
	if (part.n > s->chunk_left)
		part.n = (size_t)s->chunk_left;
	if (part.n == 0)
		return false;
	if (!s->chunk_refusal)
		letter_data(s->letter, part);
	*in = str_skip(*in, part.n);
	s->chunk_left -= part.n;
	return true;
}

/* ---- the pump ---- */

static bool pump_one(struct lmtp_session *s, struct str *in)
{
	if (tell_verdict(s))
		return true;
	switch (s->reading) {
	case READ_LINE:    return read_line(s, in);
	case READ_DATA:    return read_data(s, in);
	case READ_CHUNK:   return read_chunk(s, in);
	case READ_NOTHING: break;
	}
	return false;
}

static void pump(struct lmtp_session *s, struct str *in)
{
	while (!s->ending && !conn_full(s->conn)) {
		if (s->lmtp->stopping && !s->letter)
			say_bye(s, "421 4.3.2 shutting down");
		else if (!pump_one(s, in))
			break;
	}
	if (!s->ending)
		conn_timeout(s->conn, LMTP_IDLE_MS);
}

static void on_input(void *ctx, struct str bytes)
{
	struct lmtp_session *s = ctx;

	must(s->backlog.n == 0);
	s->lmtp->counts.bytes_in += bytes.n;
	pump(s, &bytes);
	if (bytes.n > 0 && !s->ending) {
		buf_add(&s->backlog, bytes);
		conn_pause(s->conn, true);
	}
}

/* There is news of the letter, or the client has read its answers. */
static void session_resume(void *ctx)
{
	struct lmtp_session *s = ctx;
	struct str in = str_skip(buf_str(&s->backlog), s->backlog_at);

	pump(s, &in);
	s->backlog_at = s->backlog.n - in.n;
	if (in.n > 0 || s->backlog.n == 0)
		return;
	buf_fini(&s->backlog);
	s->backlog_at = 0;
	if (!s->ending)
		conn_pause(s->conn, false);
}

void lmtp_session_stop(struct lmtp_session *s) { session_resume(s); }

/* Whose turn is it? While it is ours, the client may be as silent as it likes. */
static void on_timeout(void *ctx)
{
	struct lmtp_session *s = ctx;
	bool ours = s->reading == READ_NOTHING || s->backlog.n > 0 || (s->letter && letter_asking(s->letter) > 0);

	if (s->ending)
		return;
	if (ours && !conn_full(s->conn))
		conn_timeout(s->conn, LMTP_IDLE_MS);
	else
		say_bye(s, "421 4.4.2 silent for too long");
}

static void on_closed(void *ctx, const char *why)
{
	struct lmtp_session *s = ctx;
	struct lmtp *l = s->lmtp;

	log_debug("closed", "session=%llu why=\"%s\"", (unsigned long long)s->number, why);
	lmtp_session_free(s);
	lmtp_session_gone(l);
}

void lmtp_session_free(struct lmtp_session *s)
{
	lmtp_letter_forget(s);
	conn_free(&s->conn);
	buf_fini(&s->line);
	buf_fini(&s->backlog);
	LIST_REMOVE(s, next);
	s->lmtp->n_sessions--;
	free(s);
}

void lmtp_session_new(struct lmtp *l, struct conn *c)
{
	static const struct conn_events events = { .input = on_input, .drained = session_resume, .closed = on_closed, .timeout = on_timeout };
	struct lmtp_session *s = mem_new(sizeof *s);

	s->lmtp = l;
	s->conn = c;
	s->number = ++l->counts.connections;
	LIST_INSERT_HEAD(&l->sessions, s, next);
	l->n_sessions++;
	conn_events_set(c, &events, s);
	log_debug("opened", "session=%llu peer=%s", (unsigned long long)s->number, conn_peer(c));
	lmtp_say(s, "220 %s LMTP Roost is ready", l->host);
	conn_timeout(c, LMTP_IDLE_MS);
}

/* frontend/lmtp/lmtp_commands.c: what each command does, and when it may. */
#include "frontend/lmtp/inside.h"

#define OUT_OF_ORDER "503 5.5.1 out of order"

/* RFC 2033 4.1; the list is RFC 5321 4.1.1.1's ehlo-ok-rsp */
static void run_lhlo(struct lmtp_session *s, const struct lmtp_words *w)
{
	(void)w;
	lmtp_letter_forget(s);
	s->greeted = true;
	lmtp_say(s, "250-%s", s->lmtp->host);
	lmtp_say(s, "250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250-CHUNKING");
	lmtp_say(s, "250 SIZE %llu", (unsigned long long)s->lmtp->config->max_message_bytes);
}

static void run_mail(struct lmtp_session *s, const struct lmtp_words *w)
{
	if (!s->greeted || s->letter) {
		lmtp_say(s, OUT_OF_ORDER);
	} else if (!w->utf8 && !lmtp_path_is_ascii(w->path)) {
		lmtp_say(s, "550 5.6.7 this sender needs SMTPUTF8");          /* RFC 6531 3.5 */
	} else if (w->bytes > s->lmtp->config->max_message_bytes) {
		lmtp_say(s, "552 5.3.4 message too big");                     /* RFC 1870 6.1 */
	} else {
		lmtp_letter_new(s, w->path);
		s->utf8 = w->utf8;
		lmtp_say(s, "250 2.1.0 sender ok");
	}
}

/* NULL: it will be looked up. */
static const char *rcpt_refusal(const struct lmtp_session *s, const struct lmtp_words *w)
{
	if (!s->letter || letter_begun(s->letter) || s->chunked)
		return OUT_OF_ORDER;
	if (!s->utf8 && !lmtp_path_is_ascii(w->path))
		return "553 5.6.7 this recipient needs SMTPUTF8";
	if (letter_n(s->letter) >= LETTER_RECIPIENTS_MAX)
		return "452 4.5.3 too many recipients";
	return NULL;
}

static void run_rcpt(struct lmtp_session *s, const struct lmtp_words *w)
{
	const char *refusal = rcpt_refusal(s, w);

	if (refusal)
		lmtp_say(s, "%s", refusal);
	else
		letter_to(s->letter, w->path);
}

bool lmtp_command_overtakes(const struct lmtp_session *s, const struct lmtp_words *w)
{
	return w->verb == LMTP_RCPT && !w->fault && !rcpt_refusal(s, w) && letter_asking(s->letter) < LETTER_ASKING_MAX;
}

/* NULL: a message may come. RFC 2033 4.2: without a recipient that exists there is no message. */
static const char *message_refusal(const struct lmtp_session *s)
{
	if (!s->letter)
		return OUT_OF_ORDER;
	return letter_known(s->letter) == 0 ? "503 5.5.1 no valid recipients" : NULL;
}

static void run_data(struct lmtp_session *s, const struct lmtp_words *w)
{
	const char *refusal = s->chunked ? OUT_OF_ORDER : message_refusal(s);    /* RFC 3030 2: never both */

	(void)w;
	if (refusal) {
		lmtp_say(s, "%s", refusal);
		return;
	}
	letter_begin(s->letter);
	s->dots = (struct dots){ 0 };
	s->reading = READ_DATA;
	lmtp_say(s, "354 go on, end with <CRLF>.<CRLF>");
}

/* The octets come whatever we think of them (RFC 3030 2): what is refused is read away first. */
static void run_bdat(struct lmtp_session *s, const struct lmtp_words *w)
{
	s->chunk_refusal = message_refusal(s);
	s->chunk_left = w->bytes;
	s->chunk_last = w->last;
	s->reading = READ_CHUNK;
	if (s->chunk_refusal)
		return;
	s->chunked = true;
	if (!letter_begun(s->letter))
		letter_begin(s->letter);
}

void lmtp_chunk_done(struct lmtp_session *s)
{
	enum err trouble = s->chunk_refusal ? OK : letter_trouble(s->letter);

	s->reading = READ_LINE;
	if (s->chunk_refusal) {
		lmtp_say(s, "%s", s->chunk_refusal);
	} else if (s->chunk_last) {
		letter_end(s->letter);
		s->reading = READ_NOTHING;
	} else if (trouble) {
		struct lmtp_verdict_words words = lmtp_fate_words(trouble, s->lmtp->config->quota_full);
		lmtp_say(s, "%s %s", words.code, words.text);
	} else {
		lmtp_say(s, "250 2.0.0 go on");
	}
}

static void run_rset(struct lmtp_session *s, const struct lmtp_words *w)
{
	(void)w;
	lmtp_letter_forget(s);
	lmtp_say(s, "250 2.0.0 forgotten");
}

static void run_noop(struct lmtp_session *s, const struct lmtp_words *w)
{
	(void)w;
	lmtp_say(s, "250 2.0.0 here");
}

/* RFC 5321 3.5.3: who exists is told to RCPT only. */
static void run_vrfy(struct lmtp_session *s, const struct lmtp_words *w)
{
	(void)w;
	lmtp_say(s, "252 2.5.2 try RCPT");
}

static void run_help(struct lmtp_session *s, const struct lmtp_words *w)
{
	(void)w;
	lmtp_say(s, "214 2.0.0 LHLO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT");
}

static void run_quit(struct lmtp_session *s, const struct lmtp_words *w)
{
	(void)w;
	lmtp_say(s, "221 2.0.0 bye");
	lmtp_hang_up(s);
}

static void (*const commands[])(struct lmtp_session *s, const struct lmtp_words *w) = {
	[LMTP_LHLO] = run_lhlo,
	[LMTP_MAIL] = run_mail,
	[LMTP_RCPT] = run_rcpt,
	[LMTP_DATA] = run_data,
	[LMTP_BDAT] = run_bdat,
	[LMTP_RSET] = run_rset,
	[LMTP_NOOP] = run_noop,
	[LMTP_VRFY] = run_vrfy,
	[LMTP_HELP] = run_help,
	[LMTP_QUIT] = run_quit,
};

void lmtp_command_run(struct lmtp_session *s, const struct lmtp_words *w)
{
	if (!w->fault) {
		commands[w->verb](s, w);
		return;
	}
	lmtp_say(s, "%s", lmtp_fault_reply(w->fault));
	if (w->verb == LMTP_BDAT)
		lmtp_hang_up(s);                /* octets of a number we cannot read follow: they must not be taken for commands */
}

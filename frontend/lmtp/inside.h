/* frontend/lmtp/inside.h: what the files of this room share; nobody else includes it.
 *
 * lmtp      listeners, the list of sessions, the end       lmtp.c
 * session   one client: bytes to lines and messages        lmtp_session.c
 * commands  what each line does                            lmtp_commands.c
 * replies   the words of every answer                      lmtp_replies.c
 * letter, warning, lmtp_words, dots have headers of their own.
 */
#pragma once

#include <sys/queue.h>

#include "common/base/buf.h"
#include "common/base/config.h"
#include "common/base/err.h"
#include "common/loop/loop.h"
#include "frontend/lmtp/dots.h"
#include "frontend/lmtp/letter.h"
#include "frontend/lmtp/lmtp.h"
#include "frontend/lmtp/lmtp_words.h"
#include "frontend/lmtp/warning.h"

struct conn;
struct conn_listener;

enum {
	LMTP_LINE_BYTES = 4096,         /* RFC 5321 4.5.3.1.4 asks for 512, its extensions for a few hundred more */
	LMTP_IDLE_MS = 5 * 60 * 1000,   /* RFC 5321 4.5.3.2.7 */
};

struct lmtp {
	struct loop         *loop;
	const struct config *config;
	struct route        *route;
	struct warnings     *warnings;
	char                *host;
	struct conn_listener **listeners;
	size_t               n_listeners, n_sessions;
	struct {                        /* since the process began; a session's number in logs is `connections` when it began */
		uint64_t connections, deliveries, refusals, bytes_in;
	} counts;
	LIST_HEAD(, lmtp_session) sessions;
	struct buf           scratch;   /* of the callback that runs; empty between callbacks */
	bool                 stopping;
	lmtp_empty_fn       *empty;
	void                *empty_ctx;
	struct loop_job      empty_job;
};

enum lmtp_reading {
	READ_LINE,
	READ_DATA,
	READ_CHUNK,
	READ_NOTHING,                   /* until every recipient's fate is told */
};

struct lmtp_session {
	LIST_ENTRY(lmtp_session) next;
	struct lmtp      *lmtp;
	struct conn      *conn;
	struct letter    *letter;       /* the transaction, or NULL */
	uint64_t          number;       /* in logs */
	enum lmtp_reading reading;
	struct buf        line;         /* a command so far; or, line_whole, one that waits for answers before its own */
	struct buf        backlog;      /* input that came too early; the client is paused meanwhile */
	size_t            backlog_at;   /* of it: used up */
	struct dots       dots;
	uint64_t          chunk_left;
	const char       *chunk_refusal;    /* NULL: the letter takes it */
	bool              chunk_last, chunked;  /* the transaction speaks BDAT */
	bool              line_whole, line_long;
	bool              greeted, utf8;    /* LHLO was said; the transaction is SMTPUTF8 */
	bool              ending;       /* all is said; `closed` will follow */
};

/* --- session */
void lmtp_session_new(struct lmtp *l, struct conn *c);
void lmtp_session_free(struct lmtp_session *s);
void lmtp_session_stop(struct lmtp_session *s);                /* goes as soon as no transaction runs */
void lmtp_session_gone(struct lmtp *l);                        /* one has gone: was it the last we wait for? */
void lmtp_say(struct lmtp_session *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));   /* a line, without its CRLF */
void lmtp_hang_up(struct lmtp_session *s);                     /* when all that was said has left */
void lmtp_letter_new(struct lmtp_session *s, struct str sender);
void lmtp_letter_forget(struct lmtp_session *s);

/* --- commands */
/* May it run before the answers to earlier RCPTs are known? Only a RCPT that will be looked up: so they run side by side. */
bool lmtp_command_overtakes(const struct lmtp_session *s, const struct lmtp_words *w);
void lmtp_command_run(struct lmtp_session *s, const struct lmtp_words *w);
void lmtp_chunk_done(struct lmtp_session *s);                  /* BDAT's octets have all come */

/* --- replies: static, without CRLF */
const char *lmtp_fault_reply(enum lmtp_fault fault);
/* Code and words around a recipient. */
struct lmtp_verdict_words { const char *code, *text; };
struct lmtp_verdict_words lmtp_name_words(enum err err);       /* RCPT */
struct lmtp_verdict_words lmtp_fate_words(enum err err, enum config_quota_full full);   /* behind the message */

/* frontend/imap/session.h: one client: its connection, what it may do, and the command it runs.
 *
 * Commands run strictly one after the other, so that pipelining is never ambiguous (RFC 9051 5.5): while one
 * runs, what the client sends further waits in `backlog` and then in the kernel. Between commands a session
 * holds no buffers.
 *
 * Owner: the frontend's list; session_new hooks it to its connection, whose end frees it.
 */
#pragma once

#include "common/base/buf.h"
#include "frontend/imap/frame.h"
#include "frontend/imap/frontend.h"
#include "frontend/view/mailbox.h"
#include "frontend/view/view.h"

struct cmd;
struct conn;
struct say_capabilities;

enum session_state {
	IN_LOGIN    = 1 << 0,
	IN_AUTHED   = 1 << 1,
	IN_SELECTED = 1 << 2,
	IN_ANY      = IN_LOGIN | IN_AUTHED | IN_SELECTED,
	IN_USER     = IN_AUTHED | IN_SELECTED,
};

struct session {
	struct session  *next, **link;
	struct frontend *frontend;
	struct conn     *conn;
	struct account  *account;        /* NULL before login */
	struct cmd      *cmd;            /* the one that runs, or NULL */
	struct frame     frame;
	struct buf       backlog;        /* input behind the running command */
	size_t           backlog_at;     /* of it: used up */
	struct mailbox  *mailbox;        /* selected, or NULL */
	struct view      view;
	uint64_t         number;         /* in logs */
	uint64_t         address_key;    /* of frontend->per_address; 0: not counted */
	size_t           out_mark;       /* output waiting when time was last up: does the client read at all? */
	unsigned         keywords_told;  /* how many of the mailbox's keywords FLAGS has announced */
	unsigned         bad_in_row;
	bool             readonly;       /* EXAMINE */
	bool             quota_told;     /* that it is nearly full */
	bool             condstore, qresync, rev2;   /* enabled (RFC 7162 3.1, 3.2.3; RFC 9051 6.3.1) */
	bool             pumping, ending;
	bool             securing;       /* STARTTLS was granted and its handshake is under way */
	enum got         unheard;        /* of the frame, for the next command: the running one has no use for it. GOT_MORE: none */
	bool             drop_input;     /* what came in clear text behind STARTTLS is not believed (RFC 9051 6.2.1) */
};

void session_new(struct frontend *f, struct conn *conn);
/* Says BYE (code may be NULL) and hangs up when that has left. */
void session_bye(struct session *s, const char *code, const char *text);

/* For commands. */
struct buf *session_out(struct session *s);          /* write answers here */
void session_flush(struct session *s);               /* after every callback: what was written leaves */
void session_pass(struct session *s, struct str bytes);   /* many bytes, behind what was written: not copied if they can leave */
void session_resume(struct session *s);              /* the running command ended or wants input again */
/* What the frame holds is not for the running command, whose `input` has cleared itself: it is heard again behind it. */
void session_hear_later(struct session *s, enum got got);
/* One more bad command in a row: a client that sends a thousand of them is none. */
void session_bad(struct session *s);
void session_capabilities(const struct session *s, struct say_capabilities *caps);
bool session_plaintext_ok(const struct session *s);  /* may a password be sent now? */
bool session_login(struct session *s, struct account *account);   /* takes it; false: too many sessions */
void session_unselect(struct session *s);
void session_starttls(struct session *s);
void session_hang_up(struct session *s);            /* when all that was said has left */
enum session_state session_state(const struct session *s);
const struct frame_limits *session_limits(const struct session *s);
bool session_claims(const struct session *s);        /* \Recent is for RFC 3501 sessions that may write */

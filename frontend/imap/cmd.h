/* frontend/imap/cmd.h: a command that runs: steps, what they wait for, and how it ends.
 *
 * A step does a bounded piece of work, sets c->next and says why it stopped. The runner exists once (cmd_run); whatever
 * a command waited for calls it again. At the end the session is told what is new, as far as this command
 * may (CMD_HOLDS), and then comes the tagged line.
 *
 * Owner: the session. The arena ends with the command, on success, failure and disconnect alike.
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "frontend/imap/frame.h"
#include "frontend/imap/grammar.h"
#include "frontend/imap/say.h"
#include "frontend/imap/session.h"
#include "frontend/route/ask.h"

struct cmd;
enum step { STEP_WAIT, STEP_MORE, STEP_END };
typedef enum step step_fn(struct cmd *c);

enum command_flags {
	CMD_ASKS   = 1 << 0,     /* what storage knows now must be told before it ends */
	CMD_HOLDS  = 1 << 1,     /* answers by position: tells no expunge (RFC 9051 7.5.1) */
	CMD_GONE   = 1 << 2,     /* works although the selected mailbox was deleted */
	CMD_FRESH  = 1 << 3,     /* its answer says it all: no news behind it */
};

struct command {
	const char *name;
	unsigned    allowed;     /* enum session_state */
	parse_fn   *parse;
	step_fn    *start;
	unsigned    flags;
};
const struct command *command_find(struct str name);       /* NULL: we do not speak it */
const struct command *command_at(size_t number);           /* NULL: there are not so many */
size_t command_number(const struct command *c);

struct cmd {
	struct session       *session;
	const struct command *command;
	struct arena          arena;
	struct str            tag;
	void                 *args;
	void                 *state;         /* what the command keeps between steps: in the arena */
	void                 *part;          /* the same of a part that several commands share (resync) */
	step_fn              *then;          /* the step behind tell_rest */
	void                (*fini)(struct cmd *c);   /* frees what of it is on the heap; NULL: nothing is */
	step_fn              *next;
	/* What it waits for. */
	struct ask           *ask;
	uint16_t              answer_no;     /* cmd_answer: of the last answer, 0: none yet */
	struct str            answer;
	enum err              err;           /* ... and how the call ended */
	struct login         *login;
	struct loop_timer     timer;
	struct loop_job       turn;          /* cmd_full: it goes on in the next */
	struct mailbox_wait   wait;
	struct mailbox_listener listener;
	void (*input)(struct cmd *c, enum got got, struct str *in);   /* NULL: the client's bytes have to wait */
	void (*drained)(struct cmd *c);      /* the client took what we had for it; NULL: nobody cares */
	/* How it ends. */
	struct buf            code;          /* "[APPENDUID 1 2] " */
	enum err              result;
	const char           *text;          /* instead of "completed", or of the words that `result` has */
	bool                  bad;           /* BAD rather than NO */
	bool                  modseq_due;    /* the tagged line must say HIGHESTMODSEQ (RFC 7162 3.2) */
	void                (*after)(struct session *s);   /* when the tagged line has been said */
	uint64_t              echo_modseq;   /* of this command's own change, already answered: not news */
	bool                  mid_line;      /* a line has been begun, perhaps a literal: nothing else may be said */
	bool                  running;
};

struct cmd *cmd_new(struct session *s);
void cmd_free(struct cmd **c);                             /* drops what it waits for */
void cmd_run(struct cmd *c);                               /* never from inside a step */

/* Last steps: `return cmd_end(c, err);` */
enum step cmd_end(struct cmd *c, enum err err);
/* With our own words, and a code (or NULL, if c->code holds it already) in place of those that err has. */
enum step cmd_end_text(struct cmd *c, enum err err, const char *code, const char *text);
enum step cmd_end_bad(struct cmd *c, const char *text);

/* For steps that say much: what was said leaves. True: wait; c->next runs when the client has read it and others had their turn. */
bool cmd_full(struct cmd *c);
/* A CONDSTORE enabling command: the first one says HIGHESTMODSEQ (RFC 7162 3.1). */
void cmd_condstore(struct cmd *c);
/* Ask storage what is new; fn tells it (tell_news) and runs the command. */
void cmd_ask_news(struct cmd *c, mailbox_fn *fn);
/* An ask_fn for calls with at most one answer: keeps it in c->answer, and runs c->next at the call's end. ctx: the cmd. */
ask_fn cmd_answer;
/* The mailbox name a client wrote, normal and in the arena. False: no mailbox can be called so. */
bool cmd_mailbox(struct cmd *c, struct str wire, struct str *name);
/* A uidset packed into the arena. */
struct str cmd_pack(struct cmd *c, const struct uidset *set);
/* Expunges of these UIDs (packed; empty: of all) what is \Deleted, then goes on with `then`, c->err saying how it went. */
enum step cmd_expunge(struct cmd *c, struct str uids, step_fn *then);
/* The keywords of a flag list, packed like a table into the arena. False: more than a mailbox may have. */
bool cmd_keywords(struct cmd *c, const struct flag_list *flags, struct str *packed);

step_fn capability_start, noop_start, logout_start, id_start, enable_start, starttls_start, authenticate_start, login_start;
step_fn select_start, examine_start, close_start, unselect_start, check_start, idle_start;
step_fn create_start, delete_start, rename_start, subscribe_start, unsubscribe_start, namespace_start;
step_fn list_start, lsub_start, status_start, append_start;
step_fn getquota_start, getquotaroot_start, setquota_start;
step_fn expunge_start, search_start, fetch_start, store_start, copy_start, move_start;

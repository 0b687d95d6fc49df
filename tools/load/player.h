/* tools/load/player.h: players, each one connection that does one thing at a time, timed and checked.
 *
 * A player connects, hears the greeting, goes through the scenario's opening and is ready. It then plays rounds: closed
 * loop, one after the other; open loop, when its team tells it to. Every answer is read and looked at; one that is
 * not what it should be is `wrong`, and its round is not counted. A player who loses the connection opens another.
 *
 * Owner: the team makes and frees its players.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tools/load/answer.h"
#include "tools/load/ledger.h"
#include "tools/load/letters.h"
#include "tools/load/ops.h"
#include "tools/load/settings.h"
#include "tools/load/timers.h"
#include "tools/load/wire.h"

#define OP_NONE OP_COUNT             /* a step that is not timed */

struct player;
struct team;

/* One command, or pipelined ones, and the answers; or a pause.
 *
 *   ask     puts onto the wire what is to be sent, each IMAP command tagged TAG. If it puts nothing there, the step is over: so
 *           steps leave themselves out (known already, not offered by this server).
 *           Asks that pipeline say in p->last_words how many last words (tagged answers, LMTP replies) will come; it is 1 before.
 *   plus    IMAP's "+" came: what is to be sent now. NULL: a "+" is wrong, unless plus_ends.
 *   heard   each untagged answer. What is common to all mailboxes (EXISTS, EXPUNGE, CAPABILITY, BYE) the player has seen to. May be NULL.
 *   good    each last word: is all as it should be? It may tell why not with player_wrong; else the answer itself is told.
 *           NULL: it must be OK (2xx).
 *   lost    the connection went before the last of the answers: what was asked for may have happened or not. May be NULL.
 *   until   instead of ask: waits until that time (wire_now_ns), or until `heard` (or anybody) calls player_go_on. UINT64_MAX: only so.
 */
struct step {
	enum op  op;
	bool     goes_on;                /* its operation ends with the next step (LMTP: the envelope, then the message) */
	bool     plus_ends;              /* "+" is the last word (IDLE) */
	void     (*ask)(struct player *p, struct buf *out);
	void     (*plus)(struct player *p, struct buf *out);
	void     (*heard)(struct player *p, const struct answer *a);
	bool     (*good)(struct player *p, const struct answer *a);
	void     (*lost)(struct player *p);
	uint64_t (*until)(struct player *p);
};

#define TAG "a"                      /* of all commands: answers come in the order of what was asked */

enum {                               /* capabilities that matter here */
	CAP_LITERAL_PLUS = 1 << 0, CAP_LITERAL_MINUS = 1 << 1, CAP_UIDPLUS = 1 << 2, CAP_MOVE = 1 << 3, CAP_LIST_STATUS = 1 << 4,
	CAP_QRESYNC = 1 << 5, CAP_CONDSTORE = 1 << 6, CAP_IDLE = 1 << 7, CAP_NAMESPACE = 1 << 8, CAP_ESEARCH = 1 << 9,
	CAP_UNSELECT = 1 << 10, CAP_ENABLE = 1 << 11, CAP_LOGIN_DISABLED = 1 << 12, CAP_IMAP4REV2 = 1 << 13,
	CAP_PIPELINING = 1 << 14,    /* LMTP */
	CAP_MULTIAPPEND = 1 << 15,
	CAP_KNOWN = 1 << 16,         /* the server has said since LOGIN */
};

enum stage { STAGE_OPENING, STAGE_BEFORE, STAGE_READY, STAGE_ROUND, STAGE_AFTER, STAGE_RESTING, STAGE_DONE };

/* The selected mailbox, as the server told. */
struct selected {
	struct box *box;                 /* what is known of it; NULL: none is selected */
	uint32_t    exists, uidvalidity, uidnext, vanished;
	uint64_t    modseq;
};

struct player {
	struct team  *team;
	struct wire  *wire;
	SSL_SESSION  *session;
	unsigned      number, user;      /* number: among all players of all workers, from 0; user: user0001 is 1 */
	enum stage    stage;
	bool          greeted, inside;         /* inside: logged in (LMTP: greeted) */
	unsigned      step;              /* index in the stage's steps */
	const struct step *now;          /* what it is doing; NULL between steps */
	unsigned      last_words, had_words;   /* expected; heard so far */
	bool          ever_ready, bye;
	bool          round_failed;      /* also: its opening */
	bool          op_runs;           /* the clock of the operation runs since a step before */
	uint64_t      began_ns, asked_ns, sent_ns, rounds;      /* the round; the operation (both as intended); the step itself */
	struct timer  timer;
	struct answer_place place;
	uint32_t      dice, caps;        /* CAP_... */

	/* what steps remember; the engine only clears `rows` and `fits` before each ask */
	struct selected in;
	struct box   *selecting;         /* by the SELECT that was asked for */
	uint32_t      rows;              /* FETCH answers so far */
	uint32_t      last_seq, last_uid;/* of the row before */
	bool          fits;              /* set by `heard` when it has seen what was wanted */
	uint32_t      uid, letter, count;/* what this round is about */
	uint32_t      work;              /* in the names of its work mailboxes */
	uint8_t       flags;
	bool          adds;
	uint32_t      changes;           /* of the mailbox, when something was asked of it: if others change it meanwhile, who is right? */
	struct player *next_free;        /* of the team's free players */
	void         *own;               /* scenario->own_bytes, zeroed */
};

struct player *player_new(struct team *t, unsigned number, unsigned user);
void           player_free(struct player **p);
void           player_open(struct player *p);                      /* connects and begins its opening */
/* A player who is ready begins a round, whose time counts from intended_ns. */
void           player_begin(struct player *p, uint64_t intended_ns);
void           player_stop(struct player *p);                      /* it is done; the connection stays as it is */
/* Its pause is over, or it has thought enough, or may connect again. */
void           player_wake(struct player *p);
bool           player_is_stuck(const struct player *p, uint64_t since_ns);   /* asked before that, and has no answer yet */
void           player_lost(struct player *p, const char *why);     /* the connection is of no use any more */

/* ---- for steps ---- */
/* An answer was not what it should be: the round fails, the first such answer stands in the report. */
void           player_wrong(struct player *p, const char *why, struct str answer);
void           player_go_on(struct player *p);                     /* ends a pause; nothing if it does not pause */
uint32_t       player_roll(struct player *p, uint32_t n);          /* 1 ... n, evenly */
const struct letters *player_letters(const struct player *p);
const struct settings *player_settings(const struct player *p);
struct ledger *player_ledger(const struct player *p);
struct box    *player_box(const struct player *p, const char *name);   /* of its user, in the ledger */
/* A letter number that nobody has used or will use in this run. */
uint32_t       player_new_letter(struct player *p);

/* tools/load/persona.h: how people's mail programs behave over a day: visits, and what is done in them.
 *
 * A round of a persona is a visit: a list of steps, chosen by its dice when the visit begins. Between visits it pauses, as long
 * as the hour of its day says. What a visit finds is checked against the ledger: all of it if a user has one connection in
 * this run; else only what no other connection can have changed meanwhile.
 *
 * Owner: a persona's visit lies in p->own.
 */
#pragma once

#include "tools/load/player.h"
#include "tools/load/scenario.h"

enum { VISIT_STEPS_MAX = 32 };

struct visit {
	const struct step *steps[VISIT_STEPS_MAX];
	unsigned n;
	uint32_t uidvalidity;            /* of INBOX at the last visit, and how far it had come: for QRESYNC */
	uint64_t modseq;
	uint32_t newest;                 /* the highest UID a row has told of */
	uint32_t moved_to;               /* the UID that COPYUID told; 0: none */
};

/* Personas give these as `next`; `plan` adds the steps of a visit. */
struct visit      *visit_of(const struct player *p);
void               visit_add(struct player *p, const struct step *s);
const struct step *visit_next(struct player *p, void (*plan)(struct player *p));
/* Nobody else can change this user's mailboxes: all that is heard must be as the ledger says. */
bool               visit_is_sole(const struct player *p);
/* Another connection may have taken it away, or be about to. */
bool               visit_may_be_gone(const struct player *p, uint32_t uid);
/* OK; or NO, as a server may refuse what another connection took away (RFC 5530 3). */
bool               visit_ok_or_gone(const struct answer *a);
/* This session was told of it: another one may have been told of more. */
bool               visit_was_told(const struct player *p, uint32_t uid);
/* A row's flags are those the ledger knows. Wrong ones are told. */
void               visit_check_flags(struct player *p, const struct box *b, const struct row *r, struct str raw);
bool               visit_one_in(struct player *p, uint32_t n);         /* true once in n times */

/* When something that happens so many times a day happens next; not after the end of the run. */
uint64_t           visit_pause_ns(struct player *p, double times_a_day);
/* A part of its day, about so long. */
uint64_t           visit_while_ns(struct player *p, double seconds_of_day);

extern const struct step visit_begin;            /* the first visits of a run do not all begin at once */
extern const struct step visit_enable;           /* QRESYNC, if offered */
extern const struct step visit_resync;           /* SELECT INBOX with what was known of it */
extern const struct step visit_new_mail;         /* headers of what has come since */
extern const struct step visit_last_headers;     /* of the last fifty */
extern const struct step visit_flags;            /* of all */
extern const struct step visit_pick;             /* p->uid: a message to read, unread ones first */
extern const struct step visit_read, visit_read_first;                 /* all of it; the beginning of its first part */
extern const struct step visit_seen, visit_move;
extern const struct step visit_send;             /* APPEND to Sent */
extern const struct step visit_statuses;         /* of all mailboxes */
extern const struct step visit_search;
/* Archive and Sent exist and what lies in them is known; INBOX is chosen afterwards. Nothing if so already. */
void               visit_add_folders(struct player *p);

/* tools/load/steps.h: what many scenarios do: logging in, choosing a mailbox, writing to it.
 *
 * All are for a player's step lists; functions beside them are parts to build others from.
 */
#pragma once

#include "tools/load/player.h"

extern const struct step step_login, step_logout;
extern const struct step step_capability;        /* if the server has not said by itself */
extern const struct step step_namespace;         /* how personal mailboxes are called; once for all users */
extern const struct step step_select;            /* INBOX; timed */
extern const struct step step_open;              /* INBOX, not timed, if it is not selected */
extern const struct step step_flag;              /* \Flagged is set on a random letter, or taken away: p->uid, p->adds */
extern const struct step step_append;            /* a new letter to INBOX */
extern const struct step step_idle, step_done;
extern const struct step step_lhlo, step_envelope, step_message;     /* one LMTP transaction is the last two */

/* Mailboxes of this player alone, to copy to and from: "load-a..." and "load-b...", others for each round. */
extern const struct step *const work_opening[];
extern const struct step step_work_make_a, step_work_make_both, step_work_drop_a, step_work_drop_both;
extern const struct step step_work_fill;         /* the first --batch letters of INBOX, which is selected, go to a */
extern const struct step step_work_select;       /* a */
/* With --verify: a or b is selected, then each letter in it compared; INBOX must have been learnt. */
extern const struct step step_work_look_a, step_work_look_b, step_work_look;
void work_name(const struct player *p, char which, char *out, size_t bytes);
bool work_is_looked_at(const struct player *p);  /* --verify */
bool work_has_batch(struct player *p);           /* INBOX, which is selected, holds --batch letters; if not, it is told */
/* "a COPY 1:last load-a..." */
void say_work_transfer(const struct player *p, const char *command, uint64_t last, char to, struct buf *out);
/* One box for all rounds' names: the ledger need not know what lies there. */
void say_select_work(struct player *p, char which, struct buf *out);
enum { WORK_NAME_MAX = 32 };

/* What a scenario that reads or changes INBOX begins with. */
extern const struct step *const inbox_opening[];

bool said_ok(struct player *p, const struct answer *a);
/* False: the server does not offer it, which is told: the scenario cannot be played. */
bool is_offered(struct player *p, uint32_t cap, const char *name);
/* The name as the server knows it, quoted. */
void say_mailbox(const struct player *p, const char *name, struct buf *out);
/* "a SELECT name words", and the player forgets the mailbox before it; heard and good of select go with it. */
void say_select(struct player *p, const char *name, const char *words, struct buf *out);
/* The same; the ledger knows the mailbox as this box. */
void say_select_as(struct player *p, struct box *box, const char *name, const char *words, struct buf *out);
void select_heard(struct player *p, const struct answer *a);
bool select_good(struct player *p, const struct answer *a);

/* "a APPEND INBOX (\Seen) {4096+}" and the letter, unless the server wants to be asked first. */
void say_append(struct player *p, const char *mailbox, uint32_t letter, struct buf *out);
void append_plus(struct player *p, struct buf *out);
/* The UID that APPENDUID tells; 0: it does not. */
uint32_t uid_given(const struct answer *a);
/* Notes p->letter, as the answer to its APPEND names it. */
bool append_good(struct player *p, const struct answer *a);
/* Nobody has changed the mailbox since box_watch: answers must agree with the ledger. */
void box_watch(struct player *p);
bool box_is_unchanged(const struct player *p);

/* tools/load/ledger.h: what lies in whose mailbox, as far as this worker process knows: learnt from the server before
 * the run, then noted with everything the server acknowledged. Answers are checked against it while playing, and the
 * whole store after it (--verify).
 *
 * A user's mailboxes are changed by one worker only, so its ledger knows all of them. A change that was asked for and never
 * answered (the connection was cut) leaves its message in doubt: either outcome is right.
 *
 * Owner: the worker. Pointers to boxes stay valid until ledger_free; pointers to notes die with the next change of their box.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/str.h"

#define LETTER_NONE UINT32_MAX   /* no letter of ours */

enum note_doubt { DOUBT_NONE = 0, DOUBT_THERE = 1, DOUBT_FLAGS = 2 };

/* One message. */
struct note {
	uint32_t uid;            /* 0: the server did not say (deliveries, no UIDPLUS) */
	uint32_t letter;
	uint64_t sum;            /* of the letter's octets; 0: not worked out yet */
	uint32_t bytes;          /* as the server said; 0: not known. LMTP puts fields in front */
	uint32_t envelope, structure, date;   /* hashes of what listings said of it, and was found right; 0: nothing yet */
	uint8_t  flags;          /* FLAG_SYSTEM bits */
	uint8_t  doubt;
	bool     seen;           /* by the verification */
};

struct box {
	char        *name;       /* "INBOX", or what the scenario calls it: without the namespace's prefix */
	bool         known;      /* all that lay there has been learnt */
	bool         changed;    /* by this run: worth verifying */
	uint32_t     changes;    /* begun or acknowledged so far: who saw it move must not judge flags */
	struct note *at;         /* those with a UID, ascending */
	size_t       n, cap;
	struct note *loose;      /* those without */
	size_t       loose_n, loose_cap;
	struct box  *next;       /* of the same user */
};

struct ledger;
struct ledger *ledger_new(unsigned first_user, unsigned users);
void           ledger_free(struct ledger **l);

/* Made if it was not there. */
struct box    *ledger_box(struct ledger *l, unsigned user, struct str name);
/* The first mailbox of a user; the others follow in ->next. NULL: nothing was noted. */
struct box    *ledger_boxes(const struct ledger *l, unsigned user);
unsigned       ledger_first_user(const struct ledger *l);
unsigned       ledger_users(const struct ledger *l);

struct note   *box_add(struct box *b, const struct note *n);       /* replaces the note of the same UID */
struct note   *box_find(const struct box *b, uint32_t uid);        /* NULL: not noted */
size_t         box_below(const struct box *b, uint32_t uid);       /* how many notes have lower UIDs: the first ones of `at` */
void           box_remove(struct box *b, uint32_t uid);
void           box_take_loose(struct box *b, size_t at);           /* removes the loose note at this index */
uint32_t       box_last_uid(const struct box *b);                  /* 0 when empty */

/* tools/load/rows.h: rows of FETCH answers, and what they must say: of letters we know, what the letter says.
 *
 * All are for a player's steps.
 */
#pragma once

#include "tools/load/player.h"

/* What lies in the selected mailbox, if the ledger does not know: UIDs, sizes, flags, letters. */
extern const struct step step_learn;

/* Reads a row and checks what holds of all: its place is within EXISTS, UIDs ascend with places, and those of the ledger's
 * `need` (ROW_...) are there. False: wrong (told), or not a row that was asked for. */
bool row_read(struct player *p, const struct answer *a, unsigned need, struct row *r);
/* What a row lists of this note's message (RFC822.SIZE, INTERNALDATE, ENVELOPE, BODYSTRUCTURE: what it has) must be as the letter says
 * that was stored; of messages that are no made letters, and of dates, as the first time. Wrong ones are told. */
void row_check(struct player *p, struct note *n, const struct row *r, struct str raw);
/* Its date, envelope and structure are word for word as they were when they were checked: much cheaper than to check them. */
bool row_was_checked(const struct note *n, const struct row *r);
/* The octets of a note's letter, whole or some of them; the first `bytes` may be a server's own fields (LMTP). */
bool letter_is_body(struct player *p, struct note *n, struct str body);
/* A random note of the selected mailbox that is a letter, and was there when it was selected; NULL: there is none, told. */
struct note *pick_note(struct player *p);

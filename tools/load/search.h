/* tools/load/search.h: searches of the selected mailbox for a word that is known to stand in one of so many letters (--one-in).
 *
 * Parts of steps. Messages that are no letters of ours may be found or not.
 */
#pragma once

#include "tools/load/player.h"

/* Must the letter of this note be found? */
typedef bool search_fn(const struct player *p, const struct note *n);

bool search_has_word(const struct player *p, const struct note *n);
void search_ask(struct player *p, const char *key, struct str word, struct buf *out);
/* Counts those found that must be; a letter without the word is wrong. */
void search_heard(struct player *p, const struct answer *a, search_fn *wanted);
/* As many were found as lie in the mailbox now. */
bool search_found_all(const struct player *p, search_fn *wanted);

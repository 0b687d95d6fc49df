/* storaged/search/scan.h: is a key in a text? At memory speed, and in linear time whatever key and text are.
 *
 * Keys are folded (common/mail/fold.h). A text is folded too, but its ASCII letters may still be capitals: they
 * compare without case here, so that plain ASCII, most of all mail, is never folded at all.
 *
 * Owner: whoever embeds a key or a scan, and calls its _fini. A key never changes after scan_key_init.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/str.h"
#include "storaged/search/grams.h"

struct scan_key {
	struct str text;      /* folded */
	uint32_t  *border;    /* of each beginning of text: its longest proper end that is also a beginning of text */
};

void scan_key_init(struct scan_key *k, struct str text);     /* folds and copies */
void scan_key_fini(struct scan_key *k);

bool scan_find(const struct scan_key *k, struct str text);
bool scan_find_plain(const struct scan_key *k, struct str text);   /* the same without vector instructions */

/* Several keys looked for in one text that arrives in pieces. Zero-initialised has no keys. A key is dropped
 * once it was found. Holds back at most SCAN_WINDOW_BYTES and three times the longest key. */
enum { SCAN_WINDOW_BYTES = 65536 };

struct scan_target { const struct scan_key *key; bool *found; };
struct scan {
	struct scan_target *target;
	size_t n, cap, longest;
	struct buf window;
	struct grams *grams;          /* lent, or NULL: notes all that is looked at */
};

void scan_fini(struct scan *s);
void scan_reset(struct scan *s);                              /* no keys, no text; keeps memory */
void scan_add(struct scan *s, const struct scan_key *k, bool *found);   /* *found becomes true when it is; the caller owns both */
/* True: something was found since the last call. */
bool scan_push(struct scan *s, struct str piece);
bool scan_end(struct scan *s);                                /* the text ends here; ready for a new one */

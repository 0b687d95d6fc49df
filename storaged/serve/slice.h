/* storaged/serve/slice.h: some messages of a mailbox, copied out of memory, that a worker judges for a search.
 *
 * Owner: a lane of serve_search.c, which fills a slice and lends it to one worker at a time; and the search, which has a
 * hand for each lane.
 */
#pragma once

#include "storaged/search/search.h"
#include "storaged/serve/source.h"
#include "storaged/serve/stored.h"

/* What a search needs to judge one slice after the other, and what it found in them: ascending, as slices are. */
struct hand {
	struct search_run *run;
	struct source source;
	struct buf summary, digest, grams;
	struct uidset found;
	uint64_t top_modseq;         /* of the found ones */
};

void hand_init(struct hand *h, const struct search *search, struct journal *journal, const struct key *key, uint32_t user);
void hand_fini(struct hand *h);

struct slice_item {
	struct stored stored;
	struct search_memory memory; /* empty: not known, until the worker made it */
	bool digest_made;            /* by the worker; grams always are */
};

struct slice {
	struct arena arena;          /* what items point to */
	struct slice_item *item;
	uint32_t n;
};

struct search_msg slice_columns(const struct msg *m, struct flagset flags);

/* On a worker. */
enum err slice_judge(struct slice *slice, struct hand *h, struct db *db);

/* storaged/serve/render.h: a batch of messages becomes answers of a fetch: rows and sections, in bounded steps.
 *
 * On a worker; also on the loop where nothing has to be waited for: rows of what memory knows, and little of one message (source.now).
 *
 * Owner: the fetch. Whoever runs it has it to itself.
 */
#pragma once

#include "storaged/serve/flow.h"
#include "storaged/serve/source.h"
#include "storaged/serve/stored.h"
#include "storaged/serve/summaries.h"

struct render {
	/* What is asked of each message; set once. */
	uint32_t fields;             /* enum fetch_field */
	const struct section_ask *ask;
	uint32_t n_ask;
	bool wants_blob, wants_where;
	struct source source;

	struct stored *item;         /* the batch; lent */
	uint32_t n, at;              /* how many; the one that comes next, or is being rendered */
	uint32_t at_ask;             /* the section of it that comes next */
	bool row_told, flowing;

	struct flow flow;
	struct summaries summaries;
	struct summary sum;          /* of the current item */
	struct buf out;              /* answers: u16 no, lstr fields each */
	size_t rows_at;              /* where the rows that gather begin in it; 0: none do */
};

void     render_fini(struct render *r);
void     render_batch(struct render *r, struct stored *item, uint32_t n);   /* the one before is done with */
bool     render_done(const struct render *r);                               /* with this batch */
/* Goes on until the batch is done or `out` has grown to so many bytes. db may be NULL when no item needs rows from below. */
enum err render_some(struct render *r, struct db *db, size_t bytes);
/* Forgets what was rendered of the batch: it begins again. */
void     render_again(struct render *r);

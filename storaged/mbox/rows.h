/* storaged/mbox/rows.h: users, mailboxes and messages as rows of the index, and back.
 *
 * Loading reads rows on a worker into a user or mailbox of its own, which the loop's thread then adopts, so that neither a page
 * fault nor a million messages ever stop the loop.
 */
#pragma once

#include "storaged/db/db.h"
#include "storaged/mbox/state.h"

/* --- rows written as they happen (by apply) ------------------------------------------------------------- */
struct blob_row { uint64_t size, thread; struct str summary; };
void row_put_blob(struct db *db, uint32_t user, uint64_t blob, const struct blob_row *row);
bool row_get_blob(struct str value, struct blob_row *row);                    /* borrowed */
/* A page of summaries that a listing made: not part of apply, which only drops it. */
enum { SUMMARY_PAGE = 64 };
void row_put_summaries(struct db *db, uint32_t user, uint32_t mailbox, uint32_t page, struct str sealed);
void row_put_refs(struct db *db, uint32_t user, uint64_t blob, uint64_t refs);
void row_put_result(struct db *db, uint32_t user, const struct result *r);
void row_put_upload(struct db *db, uint32_t user, const struct upload *u);
void user_upload_forget(struct state *s, struct user *u, const struct request *r);

/* --- where sealed runs lie (the side table; not part of apply) -------------------------------------------- */
struct where { uint32_t segment, record_bytes; uint64_t offset; uint32_t at, bytes, plain, lead; };   /* place of the record, run within it */
void where_pack(struct buf *out, const struct where *w);
/* n entries; false: malformed. */
bool where_unpack(struct str value, struct where *w, uint32_t cap, uint32_t *n);
enum { WHERE_BYTES = 4 + 4 + 8 + 4 + 4 + 4 + 4 };

/* --- before a checkpoint: what differs in memory becomes rows of the active layer -------------------------- */
/* About so many messages of it (a row of something else is one); then *messages says how many. True: that was all, nothing differs. */
bool state_save(struct state *s, uint32_t *messages);

/* --- loading ---------------------------------------------------------------------------------------------------- */
/* From the index into u, of which only the id is set, or into the messages of b. Any thread that has them to itself. ERR_CORRUPT, ERR_IO. */
enum err user_read(struct user *u, struct db *db);
enum err box_read(struct box *b, struct db *db, uint32_t user);

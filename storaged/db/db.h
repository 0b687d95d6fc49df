/* storaged/db/db.h: the index: rows in LMDB, and a layer of newer rows above it. The only caller of mdb_*.
 *
 * A row is a key (user, table, three numbers) and bytes. db_put and db_del change only the *active* layer in memory.
 * db_freeze turns it into the *frozen* layer at one group boundary; db_commit writes that to LMDB, synchronously,
 * together with its LSN, in whatever thread calls it; db_thaw then forgets the frozen layer. Reads look into active, then
 * frozen (db_peek, the loop's thread), then LMDB (a db_reader: any thread, its own transaction, never kept across a wait).
 *
 * Rows carry a version and a checksum; a row that fails it is ERR_CORRUPT: rebuild the index.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/str.h"
#include "common/mail/ids.h"

struct db;

enum table {
	T_META = 0,         /* user 0 only: the checkpoint's LSN                            */
	T_USER = 1,         /* one: counters, quota, incarnations                            */
	T_BOX = 2,          /* a: mailbox                                                    */
	T_SUB = 3,          /* a: subscription number; the name is the value                 */
	T_REF = 4,          /* a: blob; how many messages share it, when more than one       */
	T_RESULT = 5,       /* a: incarnation, b: request, c: index; what was answered       */
	T_UPLOAD = 6,       /* the same key; an upload still open                            */
	T_PAGE = 16,        /* a: mailbox, b: uid / 256; the columns of up to 256 messages   */
	T_GONE = 17,        /* a: mailbox, b: modseq; UIDs expunged by it                    */
	T_BLOB = 18,        /* a: blob; size, thread, sealed summary                         */
	T_WHERE = 19,       /* a: blob; where its sealed runs lie in the journal             */
	T_SUMMARIES = 20,   /* a: mailbox, b: uid / 64; a sealed page of summaries, made by listings and not by records: any may be missing */
};
struct row_key { uint32_t user; uint8_t table; uint64_t a, b; uint32_t c; };

/* Makes the file when missing. *at: the LSN of its state, 0 when new. ERR_CORRUPT, ERR_IO, ERR_NOSPACE. */
enum err db_open(struct db **db, const char *path, uint64_t map_bytes, struct lsn *at);
void     db_close(struct db **db);
/* Unmaps what readers and commits have looked at; the kernel still has it cached. Readers may be at work. */
void     db_trim(struct db *db);

/* --- newer rows (one thread: the loop's) ------------------------------------------------------------------ */
void   db_put(struct db *db, struct row_key key, struct str value);
void   db_del(struct db *db, struct row_key key);
void   db_drop_user(struct db *db, uint32_t user);                  /* every row of theirs, in all layers */
size_t db_active_bytes(const struct db *db);
size_t db_active_rows(const struct db *db);

enum peek { PEEK_HERE, PEEK_GONE, PEEK_BELOW };                     /* below: only LMDB can tell */
enum peek db_peek(const struct db *db, struct row_key key, struct str *value);   /* borrowed until the next turn */
enum peek db_frozen_peek(const struct db *db, struct row_key key, struct str *value);   /* as of the freeze: past the active layer */

/* --- LMDB, any thread ---------------------------------------------------------------------------------------- */
struct db_reader;
struct db_reader *db_reader_new(struct db *db);                     /* NULL: logged */
void     db_reader_free(struct db_reader **r);
enum err db_reader_get(struct db_reader *r, struct row_key key, struct str *value);   /* ERR_ABSENT; value borrowed from the map */
/* Rows from `from` on, while user and table (up to last_table) match and, when only_a, key.a == from.a. */
typedef enum err db_row_fn(void *ctx, struct row_key key, struct str value);
enum err db_reader_each(struct db_reader *r, struct row_key from, uint8_t last_table, bool only_a, db_row_fn *fn, void *ctx);
/* Large values are about to be read one after the other: those of rows from `from` on, of the same user, table and key.a, up to key.b ==
 * last. The kernel is asked to read the next of them from the disk meanwhile, some MiB; we wait for none. Returns the key.b at
 * which to ask again, half way; above `last`: never. */
uint64_t db_reader_ahead(struct db_reader *r, struct row_key from, uint64_t last);
/* What readers of all threads have read from LMDB since db_open: rows, and the tree's pages visited for them (the map's own
 * branch pages included; one visited twice counts twice). Costs are tested in these, not in seconds. */
struct db_reads { uint64_t rows, pages; };
struct db_reads db_reads_get(const struct db *db);
/* Every row there is, in order: for tests and checkers. */
enum err db_reader_all(struct db_reader *r, db_row_fn *fn, void *ctx);

/* --- checkpoints ------------------------------------------------------------------------------------------------- */
bool     db_is_frozen(const struct db *db);
void     db_freeze(struct db *db, struct lsn at);                    /* must not be frozen already */
void     db_frozen_put(struct db *db, struct row_key key, struct str value);   /* before db_commit runs */
enum err db_commit(struct db *db);                                   /* blocks; on failure the frozen layer stays, try again */
void     db_thaw(struct db *db);                                     /* after OK, on the loop's thread */
/* The same, but the rows are the caller's to free, in any thread: of a million that takes a while. */
struct db_layer;
struct db_layer *db_thaw_take(struct db *db);
void     db_layer_free(struct db_layer **l);

/* storaged/journal/journal.h: the shard's truth: records in groups, appended, synced, read back.
 *
 * The narrow door of DESIGN section 11: nothing above it knows that the journal is files. A record is bytes; a
 * group is the records that became durable together, and the unit of recovery. LSNs count records from 1
 * without gaps. A place names where a record's bytes lie, for reading parts of them later; it is opaque above.
 *
 * Threads: open, recover, submit and close are called by the loop's thread; the journal has one thread of its own that
 * writes and syncs; journal_read is for workers. One group is in flight at a time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/str.h"
#include "common/mail/ids.h"

struct disk;
struct loop;
struct journal;

struct place { uint32_t segment; uint32_t bytes; uint64_t offset; };   /* of one whole record's bytes */

enum journal_outcome {
	JOURNAL_DURABLE,     /* on stable storage                                                         */
	JOURNAL_NOSPACE,     /* nothing was written; the group is void                                     */
	JOURNAL_VOID,        /* the sync failed; the group's LSNs are voided on a fresh segment, durably   */
	JOURNAL_FENCED,      /* another owner has taken the journal; nothing more can be appended          */
	JOURNAL_UNKNOWN,     /* the sync failed and so did voiding: leave service, answer nothing          */
};

struct journal_options {
	uint64_t segment_bytes;      /* of a segment, e.g. 64 MiB; never below 4 MiB                             */
	uint64_t incarnation;        /* random, of this recovery: goes into each group it writes                */
};

/* One record found by recovery, in LSN order. `bytes` is borrowed. An error stops recovery and is returned. */
/* durable: up to here the record's group vouches that all was on stable storage when it was written. */
typedef enum err journal_found_fn(void *ctx, struct lsn lsn, struct str bytes, struct place place, struct lsn durable);

/* Opens (or makes) the journal in folder `name` of the disk, verifies the chain, tells every record with LSN > after, cuts a
 * torn tail (only above what is known durable: `known_durable`, or named by any valid group) and fdatasyncs the tail it
 * accepted: what was told is durable when OK comes back, and is not to be acted on before.
 * ERR_CORRUPT: damage below the durable mark (logged with the place), records after `after` that are no longer here, or a
 * journal that ends below known_durable; nothing is told past it. ERR_NOSPACE, ERR_IO: as the disk said. *j is NULL then. */
enum err journal_open(struct journal **j, struct disk *disk, const char *name, const struct journal_options *o,
                      struct lsn after, struct lsn known_durable, journal_found_fn *found, void *ctx);
/* Waits for the group in flight, and calls its `done` (which must not submit) if the loop has not yet. */
void journal_close(struct journal **j);

struct lsn journal_durable(const struct journal *j);          /* the newest durable record; 0: none */

/* A group: filled by the caller, owned by the caller until submit. Then the journal lends it to `done`, and frees it after
 * `done` returns; journal_submit_now leaves it with the caller, who frees it. Submitted once, whatever the outcome. */
struct journal_group {
	struct buf records;          /* room for the header (of some 80 bytes), then u32 length + bytes, each */
	uint32_t count;
	struct lsn first;            /* LSN of the first: journal_durable + 1 when alone; the caller counts on */
	struct place *places;        /* filled on JOURNAL_DURABLE: count entries, heap, freed with the group */
	void *ctx;                   /* the caller's */
};
struct journal_group *journal_group_new(struct lsn first);
void journal_group_free(struct journal_group **g);
/* At most JOURNAL_RECORD_MAX bytes. A group is full at JOURNAL_GROUP_BYTES (records.n); one record more may stand above it. */
void journal_group_add(struct journal_group *g, struct str record);
enum { JOURNAL_GROUP_BYTES = 1 << 20, JOURNAL_RECORD_MAX = 16 << 20 };

typedef void journal_done_fn(void *ctx, struct journal_group *g, enum journal_outcome outcome);
/* Write and sync, off the loop; `done` runs on the loop's thread. With loop NULL (tests, simulation): at once, in the caller's
 * thread. g->first must be journal_durable + 1: after NOSPACE or VOID, groups gathered behind the failed one are void, too.
 * The next group may be submitted from inside `done`. */
void journal_submit(struct journal *j, struct loop *loop, struct journal_group *g, journal_done_fn *done, void *ctx);
/* The same, blocking, in the caller's thread: for tests and tools. */
enum journal_outcome journal_submit_now(struct journal *j, struct journal_group *g);

/* Bytes `from`..`from+bytes` of the record at `place`. Any thread. ERR_CORRUPT, ERR_IO. */
enum err journal_read(struct journal *j, struct place place, uint32_t from, uint32_t bytes, void *to);
/* The same, for the loop's thread: ERR_BUSY if it would have to wait for the disk. */
enum err journal_read_now(struct journal *j, struct place place, uint32_t from, uint32_t bytes, void *to);

/* How many bytes of groups can still be taken without asking the disk for more: what is left of the open segment, and the
 * segments prepared ahead. Two are kept prepared (a third from the middle of the open one on), so while the disk has space this
 * is never below two segments; less means that the disk is full. The caller refuses what adds below 2 * JOURNAL_SEGMENT_ROOM(segment_bytes),
 * so that what frees space still finds it. A group occupies its records + up to 4 KiB, and may leave unused the rest of a
 * segment that is too short for it. */
#define JOURNAL_SEGMENT_ROOM(segment_bytes) ((segment_bytes) - 4096)
uint64_t journal_room(struct journal *j);
/* Space came back, or time passed: try to prepare the next segment again. */
void journal_retry_space(struct journal *j);
/* A number in every started journal that restarts with the folder: for tests and `status`. */
struct journal_stats { uint64_t groups, syncs, bytes, records, segments, sync_us_max; };
void journal_stats_get(const struct journal *j, struct journal_stats *s);

/* storaged/journal/inside.h: what the files of this room share; nobody else includes it.
 *
 * The format. Numbers are big-endian; everything starts on a block of 4 KiB, so that a torn block never touches
 * acknowledged bytes.
 *
 *   segment   one block of header, then groups, then whatever was allocated (zeros, or what a power cut left)
 *   header    sum64 of the rest | magic u64 | version u32 | number u32 | journal id u64 | incarnation u64 |
 *             first LSN u64 | sum of the group before (2 x u64) | zeros
 *   group     sum128 of the rest, padding included (2 x u64) | sum64 of the fields that follow | magic u64 |
 *             length of the records u32 | count u32 | first LSN u64 | incarnation u64 | durable LSN u64 |
 *             sum of the group before (2 x u64) | records: u32 length + bytes, each | zeros up to a block
 *
 * Sums of groups are seeded with the journal's id. A segment's header voids whatever older segments hold at or
 * above its first LSN; since one group is in flight at a time, it also says that all below was durable.
 */
#pragma once

#include <pthread.h>

#include "common/base/sum.h"
#include "storaged/disk/disk.h"
#include "storaged/journal/journal.h"

enum {
	BLOCK = 4096,
	GROUP_HEAD = 80,
	SPARES = 2,                          /* segments kept prepared; one more once the open one is half full */
	GROUP_MAX = JOURNAL_RECORD_MAX + 2 * JOURNAL_GROUP_BYTES,   /* of records, lengths included */
};

static inline uint64_t block_round(uint64_t bytes) { return (bytes + BLOCK - 1) & ~(uint64_t)(BLOCK - 1); }

struct segment {
	uint32_t          number;
	uint64_t          bytes;             /* allocated */
	uint64_t          first;             /* LSN; of a spare, nothing yet */
	struct sum128     prev;
	struct disk_file *file;              /* open as long as the journal: journal_read uses it from any thread */
};

struct flight;

struct journal {
	struct disk           *disk;
	char                  *folder;
	struct journal_options opt;
	uint64_t               id;

	/* Who writes holds `writing`; what others may look at changes only under `lock`, too. */
	pthread_mutex_t        writing, lock;
	struct segment       **segments;     /* ascending; the last is the one being written */
	size_t                 n_segments;
	struct segment        *spare[SPARES + 1];   /* the oldest first */
	unsigned               n_spares;
	uint32_t               next_number;
	uint64_t               at;           /* where the next group goes */
	struct sum128          chain;        /* of the newest durable group */
	uint64_t               durable;
	bool                   starved;      /* preparing failed: not tried again until asked, or needed */
	bool                   lost;         /* a sync and the voiding after it failed: nothing more is written */
	struct journal_stats   stats;

	pthread_t              thread;       /* from the first journal_submit with a loop */
	bool                   running, stop, want_spare;
	pthread_cond_t         wake;
	struct flight         *flight;       /* the one group submitted; until its `done` is called */
};

/* group.c: bytes of one group. */
struct group_head {
	struct sum128 sum, prev;
	uint32_t length, count;
	uint64_t first, durable;
};
static inline uint64_t group_bytes(const struct group_head *h) { return block_round(GROUP_HEAD + (uint64_t)h->length); }
/* Fills the header in front of the records and pads: g->records is what goes to the disk. */
struct sum128 group_seal(const struct journal *j, struct journal_group *g);
/* False: no header of a group of this journal. `block` holds at least GROUP_HEAD bytes. */
bool group_head_get(const struct journal *j, struct str block, struct group_head *h);
/* The whole group: do its sum and its records hold? */
bool group_valid(const struct journal *j, struct str whole, const struct group_head *h);

/* segment.c: one file. */
struct segment *segment_new(uint32_t number, struct disk_file *file, uint64_t bytes);
void            segment_free(struct journal *j, struct segment **s);
void            segment_name(const struct journal *j, uint32_t number, struct buf *name);   /* NUL-terminated path */
/* Allocated, its size and name durable, its header still zeros. NULL: *err, logged unless the disk is full. */
struct segment *segment_prepare(struct journal *j, uint32_t number, enum err *err);
enum err        segment_enlarge(struct journal *j, struct segment *s, uint64_t bytes);
void            segment_discard(struct journal *j, struct segment **s);                     /* unlinks it */
enum err        segment_head_write(struct journal *j, struct segment *s);                  /* not synced */
/* ERR_ABSENT: no header. ERR_CORRUPT: the header of a version that we do not know, logged. */
enum err        segment_head_get(struct str block, struct segment *s, uint64_t *id);

/* journal.c: for those who hold `writing`, and for recovery. */
void     journal_segment_add(struct journal *j, struct segment *s);
void     journal_spare_put(struct journal *j, struct segment *s);
enum err journal_spare_add(struct journal *j);             /* prepares one segment more */
enum err journal_roll(struct journal *j);                  /* the oldest spare becomes the last segment; its header not synced */
static inline struct segment *journal_last(const struct journal *j) { return j->segments[j->n_segments - 1]; }

/* commit.c: a group onto the disk. Takes `writing`. */
enum journal_outcome journal_commit(struct journal *j, struct journal_group *g);

/* recover.c: from the files of the folder to a journal that can go on. What to do is in `r`. */
struct recovery {
	uint64_t          after, known_durable;
	journal_found_fn *found;
	void             *ctx;
};
enum err journal_recover(struct journal *j, const struct recovery *r);

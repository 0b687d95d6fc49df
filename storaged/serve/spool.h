/* storaged/serve/spool.h: one message received once, to be delivered to many.
 *
 * It is parsed and compressed while it arrives, on workers. Up to SPOOL_MEMORY plain bytes stay in memory, compressed; what is beyond lies
 * in a file, sealed under a key that dies with the spool: plaintext never touches the disk. A spool is not durable: it goes
 * with its connection.
 *
 * Owner: the shard's table of spools; deliveries in progress hold a reference. spool_open_run is for workers, one at a time per delivery.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/mail/summary.h"
#include "common/seal/seal.h"
#include "storaged/disk/disk.h"

enum { SPOOL_MEMORY = 4 << 20 };

struct spool_run { struct packed_run *packed; uint64_t at; uint32_t sealed, plain; };   /* packed NULL: in the file */

struct spool {
	struct rpc_peer *peer;
	uint64_t number;
	unsigned refs;
	bool whole;                  /* all of it arrived */
	struct disk *disk;
	struct disk_file *file;
	char name[40];
	uint64_t file_bytes, bytes;
	struct key key;
	struct spool_run *runs;
	uint32_t n_runs, cap_runs;
	struct summarizer *summarizer;
	struct buf summary;          /* packed, when whole */
};

/* Before the first spool: removes what a killed process left. Nobody has its keys. */
void spools_clean(struct disk *disk);
struct spool *spool_new(struct disk *disk, struct rpc_peer *peer, uint64_t number);
void spool_hold(struct spool *s);
void spool_release(struct spool **s);                                       /* the last one wipes and unlinks */
/* On a worker: the next RUN_BYTES of the message, or fewer when last. */
enum err spool_take(struct spool *s, struct str plain, bool last);
/* On a worker: run i sealed for this user, appended to out. */
enum err spool_seal_run(const struct spool *s, uint32_t i, const struct key *key, uint32_t user, struct buf *out);

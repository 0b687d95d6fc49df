/* storaged/serve/landing.h: a sealed message becomes records: pieces of a large one, then the message itself.
 *
 * What APPEND and a delivery share. A request lands once: before each record the landing looks whether somebody else went on
 * with its request meanwhile (a repeated call), and whether the disk still takes it.
 *
 * Owner: whoever embeds it. The job must be pinned. Loop's thread, but for `ingest`, which a worker may have meanwhile.
 */
#pragma once

#include "storaged/serve/ingest.h"
#include "storaged/serve/shard.h"

struct landing {
	struct job *job;
	struct ingest ingest;        /* ingest.run: the newest sealed run */
	uint64_t sealed;             /* plain bytes that are pieces in records */
	uint64_t blob;               /* 0: no piece yet */
};

void landing_init(struct landing *l, struct job *j, const struct key *key);
void landing_fini(struct landing *l);
/* The newest run, `plain` bytes of the message, becomes a piece. ERR_BUSY: not ours any more; ERR_NOSPACE. Durable later: job_hold. */
enum err landing_piece(struct landing *l, uint32_t plain);
/* The newest run ends the message, which appears in b (NULL: ERR_ABSENT). msg's size, flags, date and lead are the caller's. The
 * job has its answer. */
enum err landing_message(struct landing *l, struct box *b, struct new_message *msg, uint32_t plain);

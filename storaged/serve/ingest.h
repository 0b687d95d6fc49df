/* storaged/serve/ingest.h: a message on its way in: parsed, summarised and sealed, run by run. Workers only.
 *
 * Owner: the upload or delivery that embeds it; ingest_fini wipes and frees.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/mail/summary.h"
#include "common/seal/seal.h"

struct ingest {
	struct key key;
	uint32_t user;
	struct summarizer *summarizer;   /* NULL until bytes are seen */
	struct buf run;              /* sealed: the newest run */
	struct buf summary;          /* sealed, after ingest_end */
	uint64_t thread;             /* after ingest_end */
};

void ingest_init(struct ingest *i, const struct key *key, uint32_t user);
void ingest_fini(struct ingest *i);
/* The next bytes of the message: parsed only (they were sealed before). */
void ingest_see(struct ingest *i, struct str plain);
/* The next bytes of the message (RUN_BYTES, or fewer at the end): parsed, and sealed into i->run. */
void ingest_run(struct ingest *i, struct str plain, uint32_t first_piece, bool last);
void ingest_end(struct ingest *i);
/* A packed summary, made elsewhere, sealed for this user; also finds the thread. */
void ingest_summary(struct ingest *i, struct str packed);

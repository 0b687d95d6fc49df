/* common/seal/run.h: one sealed run: consecutive 64 KiB pieces of one plaintext under one salt.
 *
 * Layout: version, algorithm, flags, salt[32], u32 first piece, u32 n pieces, n * u32 sealed length, then the pieces. Each piece was
 * packed (pack.h; kept raw when that does not pay) before sealing. A message up to 256 KiB is one run; an empty one is
 * a run of one empty piece.
 * Always: the whole head is authenticated with every piece, so a run can be neither shortened nor mixed with another.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/str.h"
#include "common/mail/ids.h"
#include "common/seal/key.h"

enum { PIECE_BYTES = 64 * 1024, RUN_PIECES = 4, RUN_BYTES = PIECE_BYTES * RUN_PIECES };
enum { RUN_HEAD_MAX = 3 + 32 + 4 + 4 + 4 * RUN_PIECES };
enum seal_purpose { SEAL_MESSAGE = 1, SEAL_SUMMARY = 2, SEAL_SPOOL = 3, SEAL_ROW = 4, SEAL_LEAD = 5 };

/* plain: at most RUN_BYTES; only the last run of a message may end with a piece shorter than PIECE_BYTES. last: this run ends the message. */
void run_seal(struct buf *out, const struct key *user_key, struct user_id user, enum seal_purpose purpose,
              uint32_t first_piece, bool last, struct str plain);

/* A run compressed once and sealed many times (LMTP to many recipients). Owner: the caller. Sealing only reads it, so threads may share it. */
struct packed_run;
struct packed_run *run_pack(struct str plain, uint32_t first_piece, bool last);
void packed_run_free(struct packed_run **p);
/* A sealed run as it was before sealing, still compressed: to be sealed for others. NULL: not authentic. */
struct packed_run *run_unseal(const struct key *user_key, struct user_id user, enum seal_purpose purpose, struct str run);
void run_seal_packed(struct buf *out, const struct key *user_key, struct user_id user, enum seal_purpose purpose, const struct packed_run *p);

struct run_info {
	uint32_t first_piece, n_pieces;
	bool     last;
	uint32_t header_bytes;
	uint32_t piece_at[RUN_PIECES + 1];     /* where pieces start within the run's bytes; the final one is the run's length */
};
/* head: the first bytes of a run; RUN_HEAD_MAX suffice. False: malformed. True says nothing about who wrote it: opening does. */
bool run_open_info(struct str head, struct run_info *info);
/* Opens one piece (numbered within the message): head as above, sealed = the piece's bytes. Appends at most PIECE_BYTES of plaintext,
 * or nothing and ERR_CORRUPT. */
enum err run_open_piece(struct buf *out, const struct key *user_key, struct user_id user, enum seal_purpose purpose,
                        struct str head, uint32_t piece, struct str sealed);
/* All pieces of a whole run in memory. All or nothing. */
enum err run_open(struct buf *out, const struct key *user_key, struct user_id user, enum seal_purpose purpose, struct str run);

/* common/seal/ticket.h: what the directory signs and a shard believes (DESIGN invariant 9).
 *
 * A ticket binds user, rights, shard, user epoch, credential generation and expiry under a MAC. Its key is derived from the
 * master key and the day number of its expiry (so keys rotate daily, with overlap, and survive restarts without being stored).
 */
#pragma once

#include "common/seal/seal.h"

enum ticket_right {
	RIGHT_READ    = 1 << 0,     /* everything a logged-in user may do */
	RIGHT_DELIVER = 1 << 1,     /* spool and deliver, nothing else    */
	RIGHT_ADMIN   = 1 << 2,     /* user_put, user_drop                */
	RIGHT_QUOTA   = 1 << 3,     /* quota_get                          */
};
struct ticket { uint32_t user, rights, shard, epoch, generation; uint64_t expires_ms; };
enum { TICKET_BYTES = 5 * 4 + 8 + MAC_BYTES };

void ticket_sign(struct buf *out, const struct key *master, const struct ticket *t);
/* ERR_DENIED: forged or malformed; ERR_EXPIRED: true once, too old at now_ms. *t changes only with OK. */
enum err ticket_read(struct ticket *t, const struct key *master, struct str in, uint64_t now_ms);

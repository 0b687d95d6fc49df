/* storaged/bell/bell.h: wakes whoever waits for a mailbox to change.
 *
 * A peer (one frontend process) listens to a mailbox once, however many sessions it has there. Rings are gathered
 * during a turn of the loop and leave once per peer and mailbox, with the newest modseq. A lost ring does no harm: the one
 * who is rung asks CHANGES.
 *
 * Owner: the shard. Forget a peer before it goes (bell_forget).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct bell;
struct loop;
struct rpc_peer;

struct bell *bell_new(struct loop *loop);
void bell_free(struct bell **b);

void bell_listen(struct bell *b, struct rpc_peer *peer, uint32_t user, uint32_t mailbox);
void bell_unlisten(struct bell *b, struct rpc_peer *peer, uint32_t user, uint32_t mailbox);
void bell_forget(struct bell *b, struct rpc_peer *peer);
/* After durability only (DESIGN invariant 2). */
void bell_ring(struct bell *b, uint32_t user, uint32_t mailbox, uint64_t modseq, bool gone);
uint64_t bell_listeners(const struct bell *b);

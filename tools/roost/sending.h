/* tools/roost/sending.h: one message on its way under a call (append, spool), never further ahead than the shard allows.
 *
 * Owner: whoever made the call; the bytes are borrowed.
 */
#pragma once

#include <stdbool.h>

#include "common/base/str.h"
#include "common/rpc/channel.h"

struct sending { struct str bytes; size_t sent; };

/* The shard confirmed up to `offset`: sends what may follow. True: everything was sent by this. */
bool sending_confirmed(struct sending *s, struct call *call, uint64_t offset);

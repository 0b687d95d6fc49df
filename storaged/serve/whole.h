/* storaged/serve/whole.h: a small message that came inside its call: parsed, sealed and landed in one go.
 *
 * Owner: the job. The message is lent by the job's fields.
 */
#pragma once

#include "storaged/serve/landing.h"

/* Lands what was sealed: `plain` bytes are all of the message. */
typedef enum err whole_land_fn(struct landing *l, uint32_t plain);

/* The last thing a handler does with a job whose call it has admitted. At most RPC_WHOLE_MAX bytes. */
void whole_start(struct job *j, struct str message, const struct key *key, whole_land_fn *land);

/* storaged/mbox/apply.h: a record becomes state. The only way state ever changes, live as in recovery.
 *
 * Pure and deterministic: no clock, no disk, no luck. What it touches must be in memory: the user, and the messages of
 * every mailbox that the record changes (walk.h says which).
 */
#pragma once

#include "common/base/err.h"
#include "common/base/str.h"
#include "common/mail/ids.h"
#include "storaged/mbox/state.h"

/* ERR_CORRUPT: the bytes are no record, or it does not fit the state: the index or the journal is damaged. */
enum err apply(struct state *s, struct lsn lsn, struct str record);

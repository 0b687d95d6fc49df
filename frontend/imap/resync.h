/* frontend/imap/resync.h: what a returning client missed: VANISHED (EARLIER) and FETCH (RFC 7162 3.2.5.1, 3.2.6). */
#pragma once

#include "frontend/imap/cmd.h"

/* After SELECT (QRESYNC ...), whose UIDVALIDITY still holds; `then` is the step behind it. */
enum step resync_start(struct cmd *c, const struct select_args *a, step_fn *then);
/* For UID FETCH (CHANGEDSINCE n VANISHED): says which of these UIDs vanished after `since`. */
enum step resync_vanished(struct cmd *c, const struct uidset *uids, uint64_t since, step_fn *then);
/* Numbers written by the client as UIDs, "*" being the last message there is. */
void resync_uids(const struct session *s, const struct seqset *in, struct uidset *out);

/* frontend/imap/status.h: the STATUS line of one mailbox, for STATUS and for LIST RETURN (STATUS ...). */
#pragma once

#include "frontend/imap/cmd.h"

void status_say(struct cmd *c, uint32_t items, const struct rpc_mbox_is *m);
/* HIGHESTMODSEQ is a CONDSTORE enabling item (RFC 7162 3.1). */
void status_enable(struct cmd *c, uint32_t items);

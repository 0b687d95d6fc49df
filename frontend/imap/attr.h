/* frontend/imap/attr.h: how IMAP spells the attributes of a mailbox (mbox_attr.h). */
#pragma once

#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/str.h"

/* "\Sent" to its bit, without case; 0: not a special use that can be set (RFC 6154 2). */
uint32_t attr_special_use(struct str name);
/* The words of these bits, joined by blanks: \HasChildren is not among them, since its absence has a word too. */
void     attr_print(struct buf *out, uint32_t bits);

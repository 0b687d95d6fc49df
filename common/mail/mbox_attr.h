/* common/mail/mbox_attr.h: what a mailbox is, as bits (RPC, records, rows). Append only. */
#pragma once

enum mbox_attr {
	MBOX_NOSELECT     = 1 << 0,   /* a name that holds only children (RFC 3501 6.3.4)       */
	MBOX_NONEXISTENT  = 1 << 1,   /* no mailbox: subscribed, or a bare parent (RFC 5258 3)  */
	MBOX_HASCHILDREN  = 1 << 2,   /* derived; never stored                                  */
	MBOX_SUBSCRIBED   = 1 << 3,   /* derived; never stored                                  */
	MBOX_ALL          = 1 << 8,   /* special uses (RFC 6154)                                */
	MBOX_ARCHIVE      = 1 << 9,
	MBOX_DRAFTS       = 1 << 10,
	MBOX_FLAGGED      = 1 << 11,
	MBOX_JUNK         = 1 << 12,
	MBOX_SENT         = 1 << 13,
	MBOX_TRASH        = 1 << 14,
	MBOX_SPECIAL_USE  = MBOX_ALL | MBOX_ARCHIVE | MBOX_DRAFTS | MBOX_FLAGGED | MBOX_JUNK | MBOX_SENT | MBOX_TRASH,
};

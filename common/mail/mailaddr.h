/* common/mail/mailaddr.h: reads address lists (RFC 5322 section 3.4 and its obsolete forms).
 *
 * Never fails: what makes no sense is read as the nearest address, or skipped. Words are undone
 * of quoting and comments, never of RFC 2047 encoding (ENVELOPE is raw).
 *
 * Owner: the arena. An empty run is a missing part (NIL in ENVELOPE).
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/str.h"

enum mailaddr_kind {
	MAILADDR_BOX,                          /* someone's mailbox                                    */
	MAILADDR_GROUP,                        /* a group starts: its name is in `mailbox`             */
	MAILADDR_GROUP_END
};

struct mailaddr {
	enum mailaddr_kind kind;
	struct str name, route, mailbox, host;   /* display name; "@a,@b"; local part; domain */
	struct mailaddr *next;
};

enum { MAILADDR_MAX = 10000 };                 /* more of them in one field are not read */

struct mailaddr *mailaddr_parse(struct arena *a, struct str value);   /* NULL: none */

/* common/base/err.h: what can go wrong, as callers need to tell it apart.
 *
 * A failure is logged once, where it is discovered; only this small code travels up.
 * Words for people are chosen at the edge. Numbers travel in RPC: append only.
 */
#pragma once

enum err {
	OK = 0,
	ERR_ABSENT,      /* no such user, mailbox, message, upload                 */
	ERR_EXISTS,      /* the name is taken                                      */
	ERR_QUOTA,       /* the user's quota is full                               */
	ERR_DENIED,      /* wrong password, missing right, stale ticket generation */
	ERR_INPUT,       /* the peer broke the contract                            */
	ERR_BUSY,        /* ask again later                                        */
	ERR_MOVED,       /* ask elsewhere: wrong shard or stale epoch              */
	ERR_UNKNOWN,     /* outcome unknown: ask again by request id               */
	ERR_CORRUPT,     /* stored bytes do not verify                             */
	ERR_NOSPACE,     /* the disk is full                                       */
	ERR_IO,          /* the disk failed                                        */
	ERR_LIMIT,       /* a stated bound is reached (keywords, mailboxes)        */
	ERR_TOOBIG,      /* the message is larger than allowed                     */
	ERR_EXPIRED,     /* the ticket is too old: renew it and ask again          */
	ERR_CANNOT,      /* the rules forbid it: DELETE INBOX, select \Noselect    */
	ERR_CTE,         /* unknown content transfer encoding (RFC 3516 4.3)       */
	ERR_COUNT
};

const char *err_name(enum err e);   /* "quota": static, lower case, for logs */

/* common/mail/program.h: a SEARCH as it travels: prefix code, sequence numbers already turned into UIDs.
 *
 * Each operation is u8 op, then its operands. The root is one operation. Text is UTF-8, as the client
 * wrote it (not folded). Depth at most 10,000 in a client's words; the reader walks without recursion
 * limits of its own by evaluating iteratively or bounding depth to PROGRAM_DEPTH_MAX: deeper is ERR_LIMIT.
 */
#pragma once

enum { PROGRAM_DEPTH_MAX = 1000, PROGRAM_BYTES_MAX = 8 << 20 };

enum program_op {
	OP_ALL = 1,         /*                                                             */
	OP_AND,             /* u16 n, then n operations                                    */
	OP_OR,              /* two operations                                              */
	OP_NOT,             /* one operation                                               */
	OP_UIDS,            /* lstr packed UID set                                         */
	OP_FLAGS,           /* u32 word: all these system flags are set                    */
	OP_KEYWORD,         /* lstr name                                                   */
	OP_BEFORE, OP_ON, OP_SINCE,                /* u32 day since 1970-01-01: INTERNALDATE in UTC */
	OP_SENTBEFORE, OP_SENTON, OP_SENTSINCE,    /* u32 day: the Date header's own calendar day   */
	OP_LARGER, OP_SMALLER,                     /* u64 octets                           */
	OP_HEADER,          /* lstr field name, lstr text ("" : the field exists)          */
	OP_ADDRESS,         /* u8 0 From 1 To 2 Cc 3 Bcc, lstr text                        */
	OP_SUBJECT,         /* lstr text                                                   */
	OP_BODY,            /* lstr text                                                   */
	OP_TEXT,            /* lstr text: header or body                                   */
	OP_MODSEQ,          /* u64: modseq >= this (RFC 7162 3.1.5)                        */
	OP_COUNT
};

/* frontend/imap/args.h: what each command asks for, once grammar has read it.
 *
 * Owner: the command's arena, which also holds the bytes that every str lends from.
 * Always: numbers are in the ranges of the RFC; text may hold any byte but NUL (ID values and literal8: any).
 * Mailbox names are as on the wire: what they mean depends on what was enabled when the command starts,
 * so the command calls mailbox_decode.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"
#include "common/mail/quota.h"
#include "common/mail/section_list.h"
#include "common/mail/seqset.h"

struct mailbox_args { struct str mailbox; };             /* DELETE SUBSCRIBE UNSUBSCRIBE GETQUOTAROOT */
struct quota_args   { struct str root; };                /* GETQUOTA */
/* SETQUOTA: limits, STORAGE in units of 1024 octets; 0: not named. cannot: a resource we do not have, or a limit that is none. */
struct setquota_args { struct str root; uint64_t limit[QUOTA_RESOURCES]; bool cannot; };
struct rename_args  { struct str from, to; };
struct login_args   { struct str name, password; };

struct create_args {
	struct str mailbox;
	uint32_t   special_use;                          /* MBOX_* bits (RFC 6154 3) */
	bool       use_unknown;                          /* an attribute we cannot set: NO [USEATTR] */
};

struct authenticate_args {
	struct str mechanism;
	bool       has_initial;                          /* RFC 4959 */
	struct str initial;                              /* base64 as written; "=" was made empty */
};

struct id_pair { struct str key, value; };               /* NIL is an empty value */
struct id_args { struct id_pair *pairs; size_t n; };     /* at most 30 (RFC 2971 3.3) */

struct enable_args { struct str *names; size_t n; };

/* SELECT, EXAMINE (RFC 7162 3.1.8, 3.2.5) */
struct select_args {
	struct str    mailbox;
	bool          condstore, qresync;
	uint32_t      uidvalidity;
	uint64_t      modseq;
	bool          has_known_uids;
	struct seqset known_uids;                        /* no '*', no "$" */
	bool          has_match;                         /* the sequence match data: */
	struct seqset match_seqs, match_uids;            /* no '*', no "$" */
};

enum status_item {
	STATUS_MESSAGES = 1 << 0, STATUS_RECENT = 1 << 1, STATUS_UIDNEXT = 1 << 2, STATUS_UIDVALIDITY = 1 << 3,
	STATUS_UNSEEN = 1 << 4, STATUS_DELETED = 1 << 5, STATUS_SIZE = 1 << 6, STATUS_HIGHESTMODSEQ = 1 << 7,
	STATUS_DELETED_STORAGE = 1 << 8,                 /* octets (RFC 9208 4.1.4) */
};
struct status_args { struct str mailbox; uint32_t items; };

enum list_select {
	LIST_SELECT_SUBSCRIBED = 1 << 0, LIST_SELECT_REMOTE = 1 << 1,
	LIST_SELECT_RECURSIVE = 1 << 2, LIST_SELECT_SPECIAL_USE = 1 << 3,
};
enum list_return {
	LIST_RETURN_SUBSCRIBED = 1 << 0, LIST_RETURN_CHILDREN = 1 << 1,
	LIST_RETURN_SPECIAL_USE = 1 << 2, LIST_RETURN_STATUS = 1 << 3,
};

/* LIST, LSUB (RFC 9051 6.3.9) */
struct list_args {
	struct str  reference;
	struct str *patterns;                            /* on the wire's encoding, like names */
	size_t      n_patterns;                          /* may be 0: "()" */
	bool        extended;                            /* any syntax of RFC 5258 was used */
	uint32_t    select;                              /* enum list_select */
	uint32_t    returns;                             /* enum list_return */
	uint32_t    status_items;                        /* enum status_item, for LIST_RETURN_STATUS */
};

struct flag_list {
	uint32_t    system;                              /* FLAG_* bits */
	struct str *keywords;                            /* in the client's order and case; may repeat */
	size_t      n_keywords;
};

/* APPEND up to its literal; the size of that is the frame's to know. */
struct append_args {
	struct str       mailbox;
	struct flag_list flags;
	bool             has_date;
	int64_t          date;                           /* UTC seconds */
};

struct expunge_args { bool uid; struct seqset set; };    /* set only with uid (RFC 4315 2.1) */
struct copy_args { bool uid; struct seqset set; struct str mailbox; };   /* COPY MOVE */

enum store_mode { STORE_REPLACE, STORE_ADD, STORE_REMOVE };  /* as in the rpc message store */
struct store_args {
	bool             uid;
	struct seqset    set;
	bool             conditional;
	uint64_t         unchanged_since;                /* may be 0 */
	enum store_mode  mode;
	bool             silent;
	struct flag_list flags;
};

/* How a section was asked for, since the answer must say it the same way. */
enum section_name { NAMED_BODY, NAMED_RFC822, NAMED_RFC822_HEADER, NAMED_RFC822_TEXT, NAMED_BINARY, NAMED_BINARY_SIZE };

struct fetch_args {
	bool                uid;
	struct seqset       set;
	uint32_t            fields;                      /* enum fetch_field: what storaged must read */
	bool                flags, show_uid, modseq;     /* items named that every row has */
	bool                sets_seen;                   /* BODY[...], RFC822, RFC822.TEXT or BINARY[...], without PEEK */
	struct section_ask *sections;                    /* in the client's order; at most 1000 */
	enum section_name  *names;                       /* one each */
	uint32_t            n_sections;
	bool                has_changed_since;
	uint64_t            changed_since;               /* at least 1 */
	bool                vanished;                    /* with uid and changed_since only (RFC 7162 3.2.6) */
};

enum search_return {
	RETURN_MIN = 1 << 0, RETURN_MAX = 1 << 1, RETURN_ALL = 1 << 2, RETURN_COUNT = 1 << 3, RETURN_SAVE = 1 << 4,
};

/* One operation of a search in prefix order, as in common/mail/program.h, beside which stand what only the
 * session can turn into UIDs. */
enum search_op { SEARCH_SET = 100, SEARCH_RECENT };
struct search_key {
	int           op;                                /* enum program_op or enum search_op */
	uint32_t      n;                                 /* OP_AND: operands; OP_FLAGS: bits; dates: day; OP_ADDRESS: which */
	uint64_t      big;                               /* OP_LARGER OP_SMALLER OP_MODSEQ */
	struct str    name;                              /* OP_KEYWORD, OP_HEADER */
	struct str    text;                              /* OP_HEADER, _ADDRESS, _SUBJECT, _BODY, _TEXT: in `charset` */
	bool          uid;                               /* SEARCH_SET: the numbers are UIDs */
	struct seqset set;                               /* SEARCH_SET */
};

struct search_args {
	bool               uid;
	bool               has_return;                   /* RETURN (...) was there: answer by ESEARCH */
	uint32_t           returns;                      /* enum search_return; "()" was made RETURN_ALL */
	struct str         charset;                      /* empty: none named */
	bool               modseq;                       /* a MODSEQ key was used: answer with MODSEQ (RFC 7162 3.1.5) */
	struct search_key *keys;                         /* one tree in prefix order; keys[0] is its root */
	size_t             n_keys;
};

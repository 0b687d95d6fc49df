/* frontend/imap/say.h: the words of answers. Each function appends to `out` and knows nothing of sessions.
 *
 * A status line is said in parts, since codes carry data:
 *
 *     say_status(out, tag, SAY_OK);            "a1 OK "
 *     say_code_uidvalidity(out, 7);            "[UIDVALIDITY 7] "
 *     say_text(out, "done");                   "done\r\n"
 *
 * `utf8` everywhere: the session enabled IMAP4rev2, so quoted strings and mailbox names may be UTF-8.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/str.h"
#include "common/mail/flags.h"
#include "common/mail/quota.h"
#include "common/mail/uidset.h"
#include "common/rpc/rpc.h"
#include "frontend/imap/args.h"

#define SAY_UNTAGGED S("*")

/* ---- status lines ---- */
enum say_status { SAY_OK, SAY_NO, SAY_BAD, SAY_PREAUTH, SAY_BYE };

void say_status(struct buf *out, struct str tag, enum say_status status);
void say_code(struct buf *out, const char *code);                      /* "[READ-ONLY] " */
void say_code_number(struct buf *out, const char *code, uint64_t n);   /* "[UIDNEXT 7] " */
void say_code_set(struct buf *out, const char *code, const struct uidset *set);   /* "[MODIFIED 1:3] " */
void say_code_appenduid(struct buf *out, uint32_t uidvalidity, uint32_t uid);
void say_code_copyuid(struct buf *out, uint32_t uidvalidity, const struct uidset *from, const struct uidset *to);
void say_code_badcharset(struct buf *out);                             /* with the charsets we promise */
/* full: no further keyword fits, so no \* (RFC 9051 7.1). */
void say_code_permanentflags(struct buf *out, const struct keywords *k, bool full);
void say_text(struct buf *out, const char *text);                      /* and the line's end */

/* One line: code may be NULL. */
void say_line(struct buf *out, struct str tag, enum say_status status, const char *code, const char *text);
/* The line for a failure, from one table (RFC 5530). code, if not NULL, stands in for the table's. e is not OK. */
void say_failure(struct buf *out, struct str tag, enum err e, const char *code);
void say_go_on(struct buf *out);                                       /* "+ go on" before a literal or for IDLE */
void say_challenge(struct buf *out, struct str base64);                /* "+ base64": AUTHENTICATE */

/* ---- strings ---- */
void say_string(struct buf *out, struct str s, bool utf8);             /* quoted if it can be, else a literal */
void say_astring(struct buf *out, struct str s, bool utf8);            /* an atom if it can be */
void say_mailbox(struct buf *out, struct str name, bool utf8);         /* a normal name, encoded for the wire */

/* ---- capabilities ---- */
struct say_capabilities {
	bool authenticated;
	bool starttls;                   /* TLS could still be started */
	bool plaintext;                  /* a password may be sent now: TLS runs or the configuration allows it */
	bool literal_minus;
	bool admin;                      /* may set quotas */
};
/* "IMAP4rev1 IMAP4rev2 ...": for the untagged line and for the code [CAPABILITY ...]. */
void say_capabilities(struct buf *out, const struct say_capabilities *c);
void say_capability_line(struct buf *out, const struct say_capabilities *c);   /* "* CAPABILITY ..." */
void say_code_capability(struct buf *out, const struct say_capabilities *c);   /* "[CAPABILITY ...] " */
/* "* ENABLED CONDSTORE QRESYNC": what ENABLE turned on, words joined by blanks; may be empty. */
void say_enabled(struct buf *out, struct str words);
void say_namespace(struct buf *out);
void say_id(struct buf *out, const char *version);

/* ---- mailboxes ---- */
struct say_list {
	bool       lsub;
	struct str name;                 /* normal */
	uint32_t   attrs;                /* MBOX_* bits to show; all but MBOX_HASCHILDREN */
	bool       children;             /* say \HasChildren or \HasNoChildren, by MBOX_HASCHILDREN */
	bool       child_subscribed;     /* CHILDINFO ("SUBSCRIBED") (RFC 5258 3.5) */
	struct str old_name;             /* not empty: OLDNAME (RFC 9051 6.3.9.7) */
};
void say_list(struct buf *out, const struct say_list *l, bool utf8);
void say_list_root(struct buf *out, bool lsub);                        /* the answer to an empty pattern */

struct say_status_item_values {
	uint64_t messages, recent, uidnext, uidvalidity, unseen, deleted, size, highestmodseq, deleted_storage;
};
/* items: enum status_item. */
void say_mailbox_status(struct buf *out, struct str name, uint32_t items, const struct say_status_item_values *v, bool utf8);

void say_number(struct buf *out, uint32_t n, const char *word);        /* "* 3 EXISTS", "* 2 EXPUNGE" */
void say_flags_line(struct buf *out, const struct keywords *k);        /* "* FLAGS (...)" */
void say_vanished(struct buf *out, const struct uidset *uids, bool earlier);   /* nothing if the set is empty */

/* ---- quota ---- */
/* Only what is limited: an empty list says that nothing is (RFC 9208 4.2.1). */
void say_quota(struct buf *out, struct str root, const struct rpc_quota_is *q, bool utf8);
void say_quotaroot(struct buf *out, struct str mailbox, struct str root, bool utf8);
void say_fullness(struct buf *out, const struct rpc_room *room);       /* the text of a status line, and the line's end */

/* ---- SEARCH ---- */
/* "* SEARCH 1 2 3 (MODSEQ 7)", in parts, since it may be long; modseq 0: not said. */
void say_search_begin(struct buf *out);
void say_search_number(struct buf *out, uint32_t n);
void say_search_end(struct buf *out, uint64_t modseq);
struct say_esearch {
	struct str           tag;
	bool                 uid;
	uint32_t             returns;        /* enum search_return */
	const struct uidset *found;          /* positions or UIDs; MIN MAX ALL COUNT are computed from it */
	uint64_t             modseq;         /* 0: not said */
};
void say_esearch(struct buf *out, const struct say_esearch *e);

/* ---- FETCH ---- */
/* One "* 5 FETCH (...)" line, item by item; may be spread over many steps, out emptied between them. */
struct say_row { bool some; };           /* something was said in the parentheses: a blank comes first */

void say_row_begin(struct say_row *row, struct buf *out, uint32_t seqno);
void say_row_end(struct say_row *row, struct buf *out);
void say_row_item(struct say_row *row, struct buf *out, struct str words);   /* of words made before */
void say_row_uid(struct say_row *row, struct buf *out, uint32_t uid);
void say_row_flags(struct say_row *row, struct buf *out, const struct flagset *f, const struct keywords *k, bool recent);
void say_row_modseq(struct say_row *row, struct buf *out, uint64_t modseq);
void say_row_date(struct say_row *row, struct buf *out, int64_t utc_s);      /* INTERNALDATE */
void say_row_size(struct say_row *row, struct buf *out, uint64_t bytes);     /* RFC822.SIZE */
/* name is "ENVELOPE", "BODY" or "BODYSTRUCTURE"; words come ready from storaged. */
void say_row_words(struct say_row *row, struct buf *out, const char *name, struct str words);
/* "BODY[1.TEXT]<0> ", then one of: say_nil, say_literal and the bytes, or for BINARY.SIZE a number. */
void say_row_section(struct say_row *row, struct buf *out, const struct section_ask *ask, enum section_name name);
void say_nil(struct buf *out);
/* "{12}\r\n"; binary: "~{12}\r\n", which the bytes of BINARY need when they may hold NULs (RFC 3516 4.2). */
void say_literal(struct buf *out, uint64_t bytes, bool binary);

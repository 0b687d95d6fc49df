/* tools/load/answer.h: what a server says, cut into answers and read. Pure.
 *
 * An IMAP answer is a line with all its literals (RFC 9051 4.3); an LMTP answer is a line.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"

/* How far an answer that is not all here has been looked through; zero at its beginning. Bytes are never looked at twice. */
struct answer_place { size_t line, at; };

/* Takes the first whole answer off *in, without its last CRLF. False: it is not all here; *in stays, and may come again longer. */
bool answer_take(struct str *in, struct answer_place *place, struct str *out);
bool answer_take_line(struct str *in, struct answer_place *place, struct str *out);

enum said {
	SAID_OK, SAID_NO, SAID_BAD,      /* by tag; untagged ones have `untagged` */
	SAID_PREAUTH, SAID_BYE, SAID_PLUS,
	SAID_EXISTS, SAID_RECENT, SAID_EXPUNGE, SAID_FETCH,    /* n is their number */
	SAID_VANISHED, SAID_SEARCH, SAID_ESEARCH, SAID_LIST, SAID_STATUS, SAID_CAPABILITY, SAID_NAMESPACE,
	SAID_FLAGS, SAID_ENABLED,
	SAID_REPLY,                      /* LMTP: n is the code; the last line of a reply */
	SAID_REPLY_GOES_ON,              /* LMTP: a line with a dash behind its code */
	SAID_OTHER                       /* an untagged answer of an extension: to be ignored */
};

struct answer {
	enum said  said;
	bool       tagged;
	uint32_t   n;
	struct str code;                 /* "[...]" of OK, NO, BAD, BYE, PREAUTH without its brackets; may be empty */
	struct str text;                 /* what stands behind the name, the number or the code */
	struct str raw;                  /* all of it */
};

/* False: no server may say that. */
bool answer_read(struct str raw, struct answer *a);
bool answer_read_lmtp(struct str raw, struct answer *a);

/* Values as IMAP writes them, one after the other: "true and moved on, or false and unmoved". A space before the value is skipped. */
enum value_kind { VALUE_ATOM, VALUE_STRING, VALUE_LIST };    /* NIL is an atom; strings: quoted (as written) or literal */
struct value { enum value_kind kind; struct str text; };     /* without quotes and parentheses */
bool       value_take(struct str *in, struct value *v);
bool       value_take_number(struct str *in, uint64_t *n);
/* Takes a word if it is next, without case. */
bool       value_take_word(struct str *in, struct str word);
/* Behind `name` within a code or a list of names and values: value_of("UIDNEXT 7 X 1", "UIDNEXT") is 7. False: not there. */
bool       value_named(struct str in, struct str name, struct value *v);
bool       value_named_number(struct str in, struct str name, uint64_t *n);

/* The system flags in a list of flags, as FLAG_SYSTEM bits (common/mail/flags.h); keywords and \Recent are passed over. */
uint8_t    value_flags(struct str list);

enum { ROW_UID = 1, ROW_FLAGS = 2, ROW_SIZE = 4, ROW_DATE = 8, ROW_ENVELOPE = 16, ROW_STRUCTURE = 32, ROW_BODY = 64, ROW_MODSEQ = 128 };

/* An untagged FETCH, item by item. */
struct row {
	unsigned   has;                  /* ROW_... bits */
	uint32_t   seq, uid;
	uint64_t   size, modseq;
	uint8_t    flags;                /* FLAG_SYSTEM bits */
	struct str date, envelope, structure;
	struct str section;              /* "" of BODY[], "HEADER.FIELDS (X)" of the same */
	struct str body;                 /* of the first BODY[...], BINARY[...] or RFC822...; NIL is empty */
};
/* False: not as RFC 9051 9 (msg-att) wants it. Items it does not know are passed over. */
bool answer_items(const struct answer *a, struct row *r);

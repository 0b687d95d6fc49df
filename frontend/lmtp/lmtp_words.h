/* frontend/lmtp/lmtp_words.h: what one command line says (RFC 5321 4.1.2 with the words of RFC 2033, 1870, 6152, 6531, 3030).
 *
 * Pure. Does no work and knows no order of commands. What it lends points into the line.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/str.h"

enum lmtp_verb {
	LMTP_LHLO, LMTP_MAIL, LMTP_RCPT, LMTP_DATA, LMTP_BDAT, LMTP_RSET, LMTP_NOOP, LMTP_VRFY, LMTP_HELP, LMTP_QUIT,
	LMTP_OTHER,                    /* EHLO and HELO too: RFC 2033 4.1 */
};

/* What is wrong with a line; the session has the words for it. */
enum lmtp_fault {
	LMTP_FINE,
	LMTP_NO_COMMAND,               /* not one we know */
	LMTP_BAD_ARGS,                 /* not what this command takes */
	LMTP_BAD_PATH,                 /* no address, or one too long */
	LMTP_BAD_PARAM,                /* a parameter we did not announce (RFC 5321 4.1.1.11) */
	LMTP_BAD_VALUE,                /* one we did, with a value it cannot have */
};

enum { LMTP_PATH_BYTES = 320 };        /* 64 + "@" + 255: RFC 5321 4.5.3.1 */

struct lmtp_words {
	enum lmtp_verb  verb;
	enum lmtp_fault fault;
	struct str      path;          /* MAIL, RCPT: between < and >, without a source route; MAIL: may be empty */
	bool            utf8;          /* MAIL: SMTPUTF8 */
	uint64_t        bytes;         /* MAIL: SIZE, 0 unless told; BDAT: of the chunk */
	bool            last;          /* BDAT */
};

/* The line without its CRLF. What the fault leaves open is zero. */
struct lmtp_words lmtp_words_read(struct str line);
/* A path as a name to look up: "a\ b"@c becomes a b@c. Appends. */
void lmtp_path_plain(struct str path, struct buf *out);
bool lmtp_path_is_ascii(struct str path);

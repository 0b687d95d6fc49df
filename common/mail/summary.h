/* common/mail/summary.h: what is kept of a message beside its bytes, so that listings and partial
 * reads never parse again.
 *
 * Written once, while the message arrives; read through views that borrow from the packed bytes.
 * The packed form starts with a version byte. It may come from elsewhere: summary_open refuses what
 * does not hold together, and a view never leads outside packed bytes or message.
 *
 * Owner: the caller owns summarizer, packed bytes and view; strs in a view die with the packed bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/rd.h"
#include "common/base/str.h"
#include "common/mail/cte.h"
#include "common/mail/mime.h"
#include "common/mail/section_list.h"

struct summarizer;

struct summarizer *summarizer_new(void);
void summarizer_free(struct summarizer **s);
void summarizer_feed(struct summarizer *s, struct str in);
void summarizer_end(struct summarizer *s, struct buf *out);   /* appends the packed summary; once */

/* The same message with `prefix_bytes` of header lines put before it (LMTP's per-recipient lines). Constant time. */
void summary_shift(struct buf *packed, uint32_t prefix_bytes);

struct summary {
	uint64_t   message_bytes;             /* prefix included */
	uint32_t   prefix_bytes;
	uint32_t   n_parts;                   /* at least 1 */
	struct str envelope, body, bodystructure;   /* IMAP words, ready to send */
	struct str date;                      /* value of the Date field, unfolded; may be empty */
	struct str message_id;                /* "<a@b>", or empty */
	struct str thread_root;               /* first id of References, else of In-Reply-To, else message_id */
	struct str subject;                   /* unfolded, not decoded */
	struct str parts;                     /* the part table: summary_next and summary_section read it */
};

bool summary_open(struct summary *s, struct str packed);      /* false: malformed */

struct summary_part {
	uint32_t       depth;                 /* the root is 0; parts come parents first */
	enum mime_kind kind;
	enum cte       cte;
	bool           broken;
	uint64_t       head_at, head_bytes, body_at, body_bytes;
	uint64_t       decoded_bytes;         /* of a leaf */
	struct str     type;                  /* "text/plain", lower case */
	struct str     charset;               /* as written; empty: none named */
	struct str     filename;              /* as written; empty: none named */
};

/* Walks all parts: start with at = rd_of(s->parts); false at the end. */
bool summary_next(const struct summary *s, struct rd *at, struct summary_part *p);

struct section {
	uint64_t   at, bytes;
	bool       whole;                     /* body of a part or the message: cte etc. below are meant */
	enum cte   cte;
	bool       broken;
	uint64_t   decoded_bytes;             /* == bytes unless encoded */
	struct str type, charset;
};

/* "", "1", "1.2" as numbers, and what of it: SECTION_BODY, _HEADER, _TEXT or _MIME (RFC 3501 6.4.5). False: the message has no such section. */
bool summary_section(const struct summary *s, const uint32_t *path, size_t n, enum section_kind kind, struct section *out);

/* common/mail/mime.h: takes a message apart (RFC 2045, 2046) while its bytes pass by.
 *
 * Fed cuts at any byte; gives a tree of parts with exact octet offsets into the bytes as they came.
 * A line ends at LF, with or without CR before it; a CR alone is a byte like others. Nothing is
 * ever refused: a broken message has fewer parts.
 *
 * Bounds: memory stays below some 10 MB whatever arrives; time is linear. Parts beyond
 * MIME_PARTS_MAX stay body of the last one; what lies deeper than MIME_DEPTH_MAX stays one opaque
 * leaf; a field's value is kept up to MIME_VALUE_MAX bytes, and none once MIME_TOTAL_MAX bytes are in use.
 *
 * Owner: the caller, who frees it; parts and their strings live in it.
 * Always: a part lies inside its parent's body; siblings ascend without overlap.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"
#include "common/mail/cte.h"

enum {
	MIME_PARTS_MAX    = 10000,
	MIME_DEPTH_MAX    = 100,
	MIME_VALUE_MAX    = 65536,
	MIME_TOTAL_MAX    = 2 << 20,
	MIME_BOUNDARY_MAX = 80,               /* RFC 2046 5.1.1 allows 70; of a longer one the beginning counts */
};

struct mime_param { struct str name, value; struct mime_param *next; };
struct mime_word  { struct str word; struct mime_word *next; };

enum mime_kind { MIME_LEAF, MIME_MULTIPART, MIME_MESSAGE };   /* stored in summaries: append only */

/* The fields of a message's own header that are kept, unfolded, else as they stand. Of a field
 * that comes twice the last one counts; address lists are joined. */
enum mime_field {
	MIME_DATE, MIME_SUBJECT, MIME_FROM, MIME_SENDER, MIME_REPLY_TO, MIME_TO, MIME_CC, MIME_BCC,
	MIME_IN_REPLY_TO, MIME_MESSAGE_ID, MIME_REFERENCES, MIME_FIELD_COUNT
};

struct mime_part {
	struct mime_part *parent, *next, *child, *last_child;
	uint32_t          depth;              /* the root is 0 */
	enum mime_kind    kind;               /* MIME_MESSAGE: its one child is the message in it; none beyond the depth limit */
	struct str        type, subtype;      /* as written, or the default */
	struct mime_param *params;
	struct str        id, description, encoding, md5, location;
	struct str        disposition;
	struct mime_param *disposition_params;
	struct mime_word  *language;
	struct str        *fields;            /* MIME_FIELD_COUNT of a message's own header; else NULL */
	enum cte          cte;
	bool              broken;             /* the encoded bytes did not make sense everywhere */
	uint64_t          head_at, head_bytes;   /* with the blank line */
	uint64_t          body_at, body_bytes;   /* without the line end that belongs to the boundary */
	uint64_t          head_lines, lines;     /* LFs in header and body */
	uint64_t          decoded_bytes;         /* of a leaf: the body without its transfer encoding */
};

struct mime;

struct mime *mime_new(void);
void mime_free(struct mime **m);
void mime_feed(struct mime *m, struct str in);
const struct mime_part *mime_end(struct mime *m);     /* the root; once, after the last byte */
uint64_t mime_bytes(const struct mime *m);            /* fed so far */

bool mime_type_is(const struct mime_part *p, struct str type, struct str subtype);
struct str mime_param(const struct mime_param *list, struct str name);   /* the value, or empty */

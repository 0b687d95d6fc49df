/* common/mail/cte.h: undoes a content transfer encoding (RFC 2045 section 6), fed cut at any byte.
 *
 * Tolerant, as mail is not: junk between base64 letters is skipped, soft line breaks may carry
 * spaces, a bad escape stands for itself. `broken` tells that something had to be guessed; what was
 * readable has been written all the same.
 *
 * Owner: the caller places the decoder; it holds no memory of its own. With out == NULL nothing
 * is written and only out_bytes grows (the number BINARY.SIZE wants).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/str.h"

/* Stored in summaries: append only. */
enum cte { CTE_7BIT, CTE_8BIT, CTE_BINARY, CTE_QP, CTE_BASE64, CTE_UNKNOWN, CTE_COUNT };

/* The encoding of this name; the empty name is 7bit (RFC 2045 6.1). Unknown: NO [UNKNOWN-CTE] (RFC 3516 4.3). */
enum cte cte_by_name(struct str name);

enum { CTE_HOLD = 1000 };                     /* blanks held back until we know whether their line ends */

struct cte_decoder {
	enum cte cte;
	bool     broken;
	uint64_t out_bytes;
	uint32_t quantum, letters;            /* base64: the letters of an unfinished group of four */
	char     held[CTE_HOLD + 4];          /* quoted-printable: an unfinished escape or trailing blanks */
	size_t   held_n;
};

void cte_init(struct cte_decoder *d, enum cte cte);   /* CTE_UNKNOWN passes bytes through */
void cte_feed(struct cte_decoder *d, struct str in, struct buf *out);
void cte_end(struct cte_decoder *d, struct buf *out); /* the encoded bytes end here */
/* Without output, and at a line's beginning: passes over whole lines of nothing but base64 letters, many at once. How many bytes, and
 * their LFs; 0: it is not base64, or the first line has something else or is not all here. */
size_t cte_count_lines(struct cte_decoder *d, struct str in, uint64_t *lfs);

/* common/mail/seqset.h: the numbers a client named, just as written: "9:3,7:*" or "$".
 *
 * Not yet a set: what '*' and "$" mean, and whether the numbers are positions or UIDs, is known only
 * when the command starts. Nobody owns anything; the ranges live where they were parsed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/mail/uidset.h"

enum { SEQ_STAR = 0 };                  /* '*' as an end of a range: 0 is no message's number */

struct seqset {
	struct range *r;                /* in the client's order; either end may be the larger, or SEQ_STAR */
	size_t        n;
	bool          saved;            /* "$" (RFC 5182): no ranges; the saved result */
};

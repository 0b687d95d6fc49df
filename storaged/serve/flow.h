/* storaged/serve/flow.h: the bytes of one section of a message, as FETCH wants them, in bounded steps.
 *
 * Raw ranges are cut from the message; chosen header fields and undone transfer encodings pass a filter. How long the answer
 * is, is known before its first byte. Workers only.
 *
 * Owner: the fetch; flow_fini when a section ends, or the fetch does.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/mail/cte.h"
#include "common/mail/hdrfilter.h"
#include "common/mail/section_list.h"
#include "common/mail/summary.h"
#include "storaged/serve/source.h"

struct flow {
	uint64_t at, end;            /* what is still to be read of the message */
	uint64_t skip, left;         /* of the output: to drop, then to give */
	struct hdrfilter *filter;    /* or NULL */
	bool decoding;
	struct cte_decoder decoder;
	struct buf ready;            /* output not yet given */
	size_t given;                /* of ready */
};

/* How a section is answered: rpc section.state. */
enum flow_state { FLOW_BYTES, FLOW_NIL, FLOW_CTE, FLOW_DAMAGED };

/* sum may be NULL for the whole message (BODY[]). *total: bytes that flow_next will give, or BINARY.SIZE. */
enum flow_state flow_start(struct flow *f, const struct section_ask *ask, const struct summary *sum, struct source *src, uint64_t *total);
/* Lends the next bytes, at most 32 KiB; empty at the end. */
enum err flow_next(struct flow *f, struct source *src, struct str *out);
void flow_fini(struct flow *f);

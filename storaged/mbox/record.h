/* storaged/mbox/record.h: one transaction of one user, as bytes in the journal and back.
 *
 * Bytes: u8 version, u32 user, u64 time_ms, request (u64 incarnation, u64 req, u32 idx, u64 mark), u16 answer number +
 * lstr answer fields (what the caller is told, again if they ask again), then operations: u8 number, lstr fields.
 * Built once by a rule's caller; read by apply, live as in recovery.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/rd.h"
#include "common/base/str.h"

enum { KEYWORD_LEFT = 0xffff };      /* of copied: a keyword that is not taken along */

/* Who asked, for once and for all (DESIGN invariant 5). incarnation 0: nobody will ask again. */
struct request { uint64_t incarnation, req, mark; uint32_t idx; };

struct record {
	uint32_t user;
	uint64_t time_ms;
	struct request request;
	uint16_t answer_no;          /* 0: no answer to remember */
	struct str answer;
	struct str ops;              /* packed operations */
};

void record_write(struct buf *out, const struct record *r);
bool record_read(struct record *r, struct str in);                    /* borrowed; false: malformed */
/* Operations in order. False at the end or when malformed: *ops is then empty or bad. */
bool record_op(struct rd *ops, uint8_t *no, struct str *fields);

/* REC_user_put...; struct rec_user_put; rec_add_user_put(ops, &op) appends "number, lstr fields"; rec_get_user_put reads the fields. */
#define RPC_MSG(name, number) REC_##name = number,
#define RPC_U32(f)
#define RPC_U64(f)
#define RPC_STR(f)
#define RPC_END
enum rec_no {
#include "storaged/mbox/record.def"
};
#include "common/rpc/undef.h"

#define RPC_MSG(name, no) struct rec_##name {
#define RPC_U32(f) uint32_t f;
#define RPC_U64(f) uint64_t f;
#define RPC_STR(f) struct str f;
#define RPC_END    };
#include "storaged/mbox/record.def"
#include "common/rpc/undef.h"

#define RPC_MSG(name, no) \
	void rec_add_##name(struct buf *ops, const struct rec_##name *m); \
	bool rec_get_##name(struct str fields, struct rec_##name *m);
#define RPC_U32(f)
#define RPC_U64(f)
#define RPC_STR(f)
#define RPC_END
#include "storaged/mbox/record.def"
#include "common/rpc/undef.h"

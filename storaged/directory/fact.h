/* storaged/directory/fact.h: one record of the directory's journal as bytes, and back; grown from directory.def.
 *
 * Bytes: u8 version, u8 number, fields. A fact that was read borrows its strings from the bytes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/rd.h"
#include "common/base/str.h"

#define RPC_MSG(name, number) FACT_##name = number,
#define RPC_U32(f)
#define RPC_U64(f)
#define RPC_STR(f)
#define RPC_END
enum fact_no {
#include "storaged/directory/directory.def"
};
#include "common/rpc/undef.h"

#define RPC_MSG(name, no) struct fact_##name {
#define RPC_U32(f) uint32_t f;
#define RPC_U64(f) uint64_t f;
#define RPC_STR(f) struct str f;
#define RPC_END    };
#include "storaged/directory/directory.def"
#include "common/rpc/undef.h"

/* fact_put_added(out, &f) appends a whole record; fact_get_added(fields, &f): false when malformed. */
#define RPC_MSG(name, no) \
	void fact_put_##name(struct buf *out, const struct fact_##name *f); \
	bool fact_get_##name(struct str fields, struct fact_##name *f);
#define RPC_U32(f)
#define RPC_U64(f)
#define RPC_STR(f)
#define RPC_END
#include "storaged/directory/directory.def"
#include "common/rpc/undef.h"

/* What kind of fact. False: of a version we do not know, or too short. */
bool fact_open(struct str record, uint8_t *no, struct str *fields);

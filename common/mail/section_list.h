/* common/mail/section_list.h: what a FETCH asks of each message, as it travels in one RPC string.
 *
 * Packed: u32 n, then each: u8 kind, u8 flags, lstr path ("" or "1.2"), u64 start, u64 count,
 * u16 number of fields, lstr each. At most 1000 sections of at most 1000 fields.
 * Struct fields borrow from the bytes they were unpacked from and from the arena.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/str.h"

enum fetch_field {
	FETCH_SIZE = 1 << 0, FETCH_DATE = 1 << 1, FETCH_SAVE_DATE = 1 << 2, FETCH_IDS = 1 << 3,
	FETCH_ENVELOPE = 1 << 4, FETCH_BODY = 1 << 5, FETCH_STRUCTURE = 1 << 6,
};

enum section_kind {
	SECTION_BODY,            /* BODY[path]                                 */
	SECTION_HEADER,          /* BODY[path.HEADER]                          */
	SECTION_TEXT,            /* BODY[path.TEXT]                            */
	SECTION_MIME,            /* BODY[path.MIME]                            */
	SECTION_FIELDS,          /* BODY[path.HEADER.FIELDS (...)]             */
	SECTION_FIELDS_NOT,
	SECTION_BINARY,          /* BINARY[path]: transfer encoding undone     */
	SECTION_BINARY_SIZE,     /* BINARY.SIZE[path]: a number, no bytes      */
	SECTION_KINDS
};

struct section_ask {
	enum section_kind kind;
	bool partial;                    /* start and count hold: <start.count> */
	struct str path;
	uint64_t start, count;
	uint16_t n_fields;
	struct str *fields;
};

void section_list_pack(struct buf *out, const struct section_ask *ask, uint32_t n);
/* False: malformed or beyond the bounds. *ask is from the arena. */
bool section_list_unpack(struct arena *a, struct str in, struct section_ask **ask, uint32_t *n);

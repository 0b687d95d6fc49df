/* common/mail/fetch_row.h: what a listing says of one message, as rows travel packed in one RPC string.
 *
 * Packed: u32 uid, u64 modseq, flags as in flags.h, then what was asked for and nothing else, in the order of the bits of
 * enum fetch_field: u64 size, u64 date, u64 save_date, u64 email and u64 thread, lstr envelope, lstr body, lstr structure.
 * The words of a row that was read lie in the bytes it was read from.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/rd.h"
#include "common/mail/flags.h"
#include "common/mail/section_list.h"

struct fetch_row {
	uint32_t   uid;
	uint64_t   modseq;
	struct flagset flags;
	uint64_t   size_bytes, email, thread;
	int64_t    date, save_date;         /* UTC seconds */
	struct str envelope, body, structure;   /* IMAP words, ready to send */
};

/* fields: enum fetch_field bits. */
void fetch_row_put(struct buf *out, const struct fetch_row *row, uint32_t fields);
/* The caller owns the row's flags: flagset_fini. False: malformed; there is nothing to free. */
bool fetch_row_get(struct rd *in, uint32_t fields, struct fetch_row *row);

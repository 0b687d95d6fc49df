/* common/mail/fetch_row.c: rows to bytes and back. */
#include "common/mail/fetch_row.h"

void fetch_row_put(struct buf *out, const struct fetch_row *row, uint32_t fields)
{
	buf_u32(out, row->uid);
	buf_u64(out, row->modseq);
	flagset_pack(out, &row->flags);
	if (fields & FETCH_SIZE)
		buf_u64(out, row->size_bytes);
	if (fields & FETCH_DATE)
		buf_u64(out, (uint64_t)row->date);
	if (fields & FETCH_SAVE_DATE)
		buf_u64(out, (uint64_t)row->save_date);
	if (fields & FETCH_IDS) {
		buf_u64(out, row->email);
		buf_u64(out, row->thread);
	}
	if (fields & FETCH_ENVELOPE)
		buf_lstr(out, row->envelope);
	if (fields & FETCH_BODY)
		buf_lstr(out, row->body);
	if (fields & FETCH_STRUCTURE)
		buf_lstr(out, row->structure);
}

bool fetch_row_get(struct rd *in, uint32_t fields, struct fetch_row *row)
{
	*row = (struct fetch_row){ .uid = rd_u32(in) };
	row->modseq = rd_u64(in);
	if (!flagset_unpack(&row->flags, in))
		return false;
	if (fields & FETCH_SIZE)
		row->size_bytes = rd_u64(in);
	if (fields & FETCH_DATE)
		row->date = (int64_t)rd_u64(in);
	if (fields & FETCH_SAVE_DATE)
		row->save_date = (int64_t)rd_u64(in);
	if (fields & FETCH_IDS) {
		row->email = rd_u64(in);
		row->thread = rd_u64(in);
	}
	if (fields & FETCH_ENVELOPE)
		row->envelope = rd_str(in);
	if (fields & FETCH_BODY)
		row->body = rd_str(in);
	if (fields & FETCH_STRUCTURE)
		row->structure = rd_str(in);
	if (!in->bad)
		return true;
	flagset_fini(&row->flags);
	return false;
}

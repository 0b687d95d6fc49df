/* common/mail/section_list.c: sections to bytes and back. */
#include "common/mail/section_list.h"

#include "common/base/rd.h"

enum { SECTIONS_MAX = 1000, FIELDS_MAX = 1000, FLAG_PARTIAL = 1 };

void section_list_pack(struct buf *out, const struct section_ask *ask, uint32_t n)
{
	buf_u32(out, n);
	for (uint32_t i = 0; i < n; i++) {
		buf_u8(out, (uint8_t)ask[i].kind);
		buf_u8(out, ask[i].partial ? FLAG_PARTIAL : 0);
		buf_lstr(out, ask[i].path);
		buf_u64(out, ask[i].start);
		buf_u64(out, ask[i].count);
		buf_u16(out, ask[i].n_fields);
		for (uint16_t k = 0; k < ask[i].n_fields; k++)
			buf_lstr(out, ask[i].fields[k]);
	}
}

static void ask_read(struct rd *r, struct arena *a, struct section_ask *ask)
{
	uint8_t kind = rd_u8(r), flags = rd_u8(r);

	ask->kind = (enum section_kind)kind;
	ask->partial = flags == FLAG_PARTIAL;
	ask->path = rd_str(r);
	ask->start = rd_u64(r);
	ask->count = rd_u64(r);
	ask->n_fields = rd_u16(r);
	if (kind >= SECTION_KINDS || flags > FLAG_PARTIAL || ask->n_fields > FIELDS_MAX)
		r->bad = true;
	if (r->bad)
		return;
	ask->fields = arena_zalloc(a, ask->n_fields * sizeof *ask->fields);
	for (uint16_t k = 0; k < ask->n_fields && !r->bad; k++)
		ask->fields[k] = rd_str(r);
}

bool section_list_unpack(struct arena *a, struct str in, struct section_ask **ask, uint32_t *n)
{
	struct rd r = rd_of(in);

	*ask = NULL;
	*n = in.n ? rd_u32(&r) : 0;
	if (r.bad || *n > SECTIONS_MAX)
		return false;
	*ask = arena_zalloc(a, *n * sizeof **ask);
	for (uint32_t i = 0; i < *n && !r.bad; i++)
		ask_read(&r, a, &(*ask)[i]);
	return rd_done(&r);
}

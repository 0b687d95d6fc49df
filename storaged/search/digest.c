/* storaged/search/digest.c: decoded and folded once, where a search would do it for each message again. */
#include "storaged/search/digest.h"

#include "common/base/rd.h"
#include "common/mail/date.h"

/* A field of the envelope (RFC 9051 6.4.4), as it came, save for line ends; its length goes before it. */
static void text_pack(struct buf *out, struct str raw, struct reader *reader)
{
	size_t at = out->n;

	buf_u32(out, 0);
	reader_header(reader, raw, out);
	buf_set_u32(out, at, (uint32_t)(out->n - at - 4));
}

void digest_pack(struct buf *out, const struct summary *s, struct reader *reader)
{
	struct date_header date = { 0 };
	struct buf addresses = { 0 };

	buf_u8(out, date_header_parse(s->date, &date));
	buf_u32(out, (uint32_t)date.day);
	text_pack(out, s->subject, reader);
	for (int field = 0; field < ADDRESS_FIELDS; field++) {
		buf_reset(&addresses);
		addresses_text(&addresses, s->envelope, field);
		text_pack(out, buf_str(&addresses), reader);
	}
	buf_fini(&addresses);
}

bool digest_unpack(struct digest *d, struct str packed)
{
	struct rd r = rd_of(packed);

	d->sent_known = rd_u8(&r);
	d->sent_day = (int32_t)rd_u32(&r);
	d->subject = rd_str(&r);
	for (int field = 0; field < ADDRESS_FIELDS; field++)
		d->address[field] = rd_str(&r);
	return rd_done(&r);
}

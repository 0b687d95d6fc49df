/* common/seal/ticket.c: fields, then a MAC over them. */
#include "common/seal/ticket.h"

#include "common/base/rd.h"

enum { FIELD_BYTES = TICKET_BYTES - MAC_BYTES, DAY_MS = 24 * 60 * 60 * 1000 };

static struct key ticket_key(const struct key *master, uint64_t expires_ms)
{
	return key_derive(master, "ticket", expires_ms / DAY_MS);
}

void ticket_sign(struct buf *out, const struct key *master, const struct ticket *t)
{
	struct key k = ticket_key(master, t->expires_ms);
	uint8_t mac[MAC_BYTES];
	size_t start = out->n;

	buf_u32(out, t->user);
	buf_u32(out, t->rights);
	buf_u32(out, t->shard);
	buf_u32(out, t->epoch);
	buf_u32(out, t->generation);
	buf_u64(out, t->expires_ms);
	mac_make(mac, &k, (struct str){ out->p + start, FIELD_BYTES });
	buf_add(out, (struct str){ (const char *)mac, sizeof mac });
	key_wipe(&k);
}

enum err ticket_read(struct ticket *t, const struct key *master, struct str in, uint64_t now_ms)
{
	struct rd r = rd_of(in);
	struct ticket got = { .user = rd_u32(&r) };

	got.rights = rd_u32(&r);
	got.shard = rd_u32(&r);
	got.epoch = rd_u32(&r);
	got.generation = rd_u32(&r);
	got.expires_ms = rd_u64(&r);
	const uint8_t *mac = (const uint8_t *)rd_bytes(&r, MAC_BYTES).p;
	if (!rd_done(&r))
		return ERR_DENIED;
	struct key k = ticket_key(master, got.expires_ms);
	bool genuine = mac_check(mac, &k, str_head(in, FIELD_BYTES));
	key_wipe(&k);
	if (!genuine)
		return ERR_DENIED;
	if (now_ms >= got.expires_ms)
		return ERR_EXPIRED;
	*t = got;
	return OK;
}

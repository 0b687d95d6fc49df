/* storaged/mbox/expunge.c: messages marked \Deleted leave, some at a time. */
#include "storaged/mbox/mbox.h"

/* Those of a page, as bits. */
static unsigned take_page(const struct page *p, const struct uidset *only, struct uidset *gone)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < PAGE_UIDS / 64; i++) {
		uint32_t first = p->no * PAGE_UIDS + i * 64;
		uint64_t bits = p->deleted.w[i];
		if (bits && only)
			bits &= uidset_word(only, first);
		uidset_add_word(gone, first, bits);
		n += (unsigned)__builtin_popcountll(bits);
	}
	return n;
}

enum err mbox_expunge(struct change *c, struct box *b, const struct uidset *only, struct rpc_expunged *out, struct buf *text)
{
	struct uidset gone = { 0 };
	uint32_t at = only && only->n ? box_from(b, only->r[0].lo).page : 0;
	unsigned n = 0;

	for (; at < b->n_pages && n < b->deleted && n < EXPUNGE_MAX; at++)
		n += take_page(b->pages[at], only, &gone);
	uidset_pack(text, &gone);
	*out = (struct rpc_expunged){ gone.n ? change_modseq(c) : 0, buf_str(text), at < b->n_pages && n < b->deleted };
	if (gone.n)
		rec_add_gone(&c->ops, &(struct rec_gone){ b->id, out->modseq, out->uids });
	uidset_fini(&gone);
	return OK;
}

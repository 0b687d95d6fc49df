/* storaged/mbox/expunge.c: messages marked \Deleted leave. */
#include "storaged/mbox/mbox.h"

enum err mbox_expunge(struct change *c, struct box *b, const struct uidset *only, struct rpc_expunged *out, struct buf *text)
{
	struct uidset gone = { 0 };
	struct msg_iter it = { 0, 0 };
	const struct msg *m;

	while (b->deleted && (m = box_next(b, &it)))
		if (m->word & FLAG_DELETED && (!only || uidset_has(only, m->uid)))
			uidset_add(&gone, m->uid);
	uidset_pack(text, &gone);
	*out = (struct rpc_expunged){ gone.n ? change_modseq(c) : 0, buf_str(text) };
	if (gone.n)
		rec_add_gone(&c->ops, &(struct rec_gone){ b->id, out->modseq, out->uids });
	uidset_fini(&gone);
	return OK;
}

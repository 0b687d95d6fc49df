/* storaged/mbox/changes.c: what happened in a mailbox after a moment. The one question behind NOOP, IDLE and QRESYNC.
 *
 * Living messages carry the modseq of their last change, and pages the highest of theirs, so only pages that changed are
 * read. Expunges are remembered by modseq. Cost: pages + changes, not messages.
 */
#include "storaged/mbox/mbox.h"

#include <stdlib.h>

#include "common/base/must.h"

/* What one answer holds, so that no frame, no turn of the loop and no frontend's memory is ever short of room for it. */
enum { FLAGS_MAX = 4096, FLAGS_BYTES_MAX = 1 << 20 };

/* Of messages from a UID on. Returns the UID to go on from, or 0. */
static uint32_t flags_since(const struct box *b, uint64_t since, uint32_t from, struct buf *out)
{
	struct msg_iter it = box_from(b, from);
	const struct msg *m;

	for (int n = 0; (m = box_next_since(b, &it, since)); n++) {
		if (n == FLAGS_MAX || out->n >= FLAGS_BYTES_MAX)
			return m->uid;
		buf_u32(out, m->uid);
		buf_u64(out, m->modseq);
		box_pack_flags(b, m, out);
	}
	return 0;
}

/* Born and changed leave the same mark, so all messages of the pages that changed are named: to the caller a UID it knows
 * already is no news. */
static void appended_since(const struct box *b, uint64_t since, struct buf *out)
{
	struct uidset uids = { 0 };

	for (uint32_t i = 0; i < b->n_pages; i++)
		if (b->pages[i]->max_modseq > since)
			page_uids(b->pages[i], &uids);
	uidset_pack(out, &uids);
	uidset_fini(&uids);
}

/* Index of the first remembered expunge after `since`. */
static uint32_t gone_after(const struct box *b, uint64_t since)
{
	uint32_t lo = 0, hi = b->n_gone;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (b->gone[mid].modseq <= since)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* All UIDs of the remembered expunges from `first` on. Sorted once: united one by one, they would be copied over and over. */
static void gone_gather(const struct box *b, uint32_t first, struct uidset *all)
{
	struct range *ranges;
	size_t n = 0;

	for (uint32_t i = first; i < b->n_gone; i++)
		n += b->gone[i].uids.n;
	ranges = mem_new((n + 1) * sizeof *ranges);
	n = 0;
	for (uint32_t i = first; i < b->n_gone; i++)
		for (size_t k = 0; k < b->gone[i].uids.n; k++)
			ranges[n++] = b->gone[i].uids.r[k];
	uidset_build(all, ranges, n);
	free(ranges);
}

static void vanished_since(const struct box *b, uint64_t since, const struct uidset *known, struct rpc_changed *out, struct buf *text)
{
	struct uidset all = { 0 };
	uint32_t first = gone_after(b, since);

	gone_gather(b, first, &all);
	if (known && known->n)
		uidset_intersect(&all, known);
	uidset_pack(text, &all);
	out->vanished = buf_str(text);
	out->expunge_modseq = first < b->n_gone ? b->gone[first].modseq : 0;
	uidset_fini(&all);
}

void mbox_changes(const struct box *b, const struct rpc_changes *ask, const struct uidset *known, struct rpc_changed *out, struct buf text[4])
{
	*out = (struct rpc_changed){
		.modseq = b->modseq, .uidnext = b->uidnext, .keywords_full = box_keywords_full(b), .recent_from = UINT32_MAX,
	};
	if (b->modseq <= ask->since)
		return;
	out->flags_from = flags_since(b, ask->since, ask->flags_from, &text[1]);
	out->flags = buf_str(&text[1]);
	if (ask->flags_from)
		return;
	appended_since(b, ask->since, &text[0]);
	out->appended = buf_str(&text[0]);
	vanished_since(b, ask->since, known, out, &text[2]);
	if (b->keywords.n > ask->keywords_known) {
		keywords_pack(&text[3], &b->keywords);
		out->keywords = buf_str(&text[3]);
	}
}

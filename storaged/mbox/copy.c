/* storaged/mbox/copy.c: messages appear in another mailbox, sharing their bytes; a move also lets them leave. */
#include "storaged/mbox/mbox.h"

#include <stdlib.h>

#include "common/base/must.h"
#include "common/mail/mbox_attr.h"

enum { UNMAPPED = -1 };

struct copying {
	struct change *c;
	const struct box *from, *to;
	int *numbers;                    /* keyword number there, by number here; UNMAPPED until used */
	uint32_t next_keyword, next_uid;
	struct uidset left, arrived;
	struct flagset before;           /* of the message before, borrowed; mostly this one's, too */
	struct buf flags;                /* what they are there */
};

/* The destination's number for a keyword of the source. -1: its table is full, the keyword is not taken along. */
static int keyword_there(struct copying *k, unsigned here)
{
	struct str name = k->from->keywords.names[here];

	if (k->numbers[here] != UNMAPPED)
		return k->numbers[here];
	int there = keywords_find(&k->to->keywords, name);
	if (there < 0 && k->next_keyword < FLAG_KEYWORDS_MAX) {
		there = (int)k->next_keyword++;
		rec_add_keyword(&k->c->ops, &(struct rec_keyword){ k->to->id, (uint32_t)there, name });
	}
	k->numbers[here] = there;
	return there;
}

static void flags_there(struct copying *k, const struct msg *m)
{
	struct flagset here = box_flags(k->from, m), there = { m->word & FLAG_SYSTEM, 0, NULL };

	if (k->flags.n && flagset_eq(&here, &k->before))
		return;
	k->before = here;
	for (unsigned i = 0; m->word >> 5 && i < k->from->keywords.n; i++) {
		int number = flagset_has(&here, i) ? keyword_there(k, i) : -1;
		if (number >= 0)
			flagset_set(&there, (unsigned)number);
	}
	buf_reset(&k->flags);
	flagset_pack(&k->flags, &there);
	flagset_fini(&there);
}

static void copy_one(struct copying *k, const struct msg *m)
{
	flags_there(k, m);
	rec_add_put(&k->c->ops, &(struct rec_put){
		.mailbox = k->to->id, .uid = k->next_uid, .modseq = change_modseq(k->c), .flags = buf_str(&k->flags), .date = (uint64_t)m->date,
		.saved = k->c->now_ms / 1000, .size_bytes = m->size, .blob = m->blob });
	uidset_add(&k->left, m->uid);
	uidset_add(&k->arrived, k->next_uid++);
}

/* What is to be copied: counted first, so that quota and bounds refuse before anything is written. */
struct load { uint64_t bytes, messages; struct uidset missing; };

static void load_count(const struct box *b, const struct uidset *uids, struct load *l)
{
	for (size_t i = 0; i < uids->n; i++) {
		struct msg_iter it = box_from(b, uids->r[i].lo);
		uint32_t next = uids->r[i].lo;
		const struct msg *m;
		while ((m = box_next(b, &it)) && m->uid <= uids->r[i].hi) {
			if (m->uid > next)
				uidset_add_range(&l->missing, next, m->uid - 1);
			l->bytes += m->size;
			l->messages++;
			next = m->uid + 1;
		}
		if (next <= uids->r[i].hi && next != 0)
			uidset_add_range(&l->missing, next, uids->r[i].hi);
	}
}

/* Stops where no record could hold it. */
static enum err copy_all(struct copying *k, const struct uidset *uids)
{
	for (size_t i = 0; i < uids->n; i++) {
		struct msg_iter it = box_from(k->from, uids->r[i].lo);
		const struct msg *m;
		while (k->c->ops.n <= RPC_FRAME_MAX && (m = box_next(k->from, &it)) && m->uid <= uids->r[i].hi)
			copy_one(k, m);
	}
	return k->c->ops.n <= RPC_FRAME_MAX ? OK : ERR_LIMIT;
}

static enum err copy_check(const struct change *c, const struct box *to, const struct load *l, bool move)
{
	if (!to)
		return ERR_ABSENT;
	if (to->attrs & MBOX_NOSELECT)
		return ERR_CANNOT;
	if (l->messages > BULK_MAX || to->uidnext > UINT32_MAX - l->messages)
		return ERR_LIMIT;
	/* A move adds nothing to what the user has. */
	return move ? OK : mbox_append_check(c->user, to, l->bytes);
}

enum err mbox_copy(struct change *c, struct box *from, struct box *to, const struct uidset *uids, bool move, bool all,
                   struct rpc_copied *out, struct buf text[3])
{
	struct load l = { 0 };
	struct copying k = { .c = c, .from = from, .to = to };

	load_count(from, uids, &l);
	enum err err = copy_check(c, to, &l, move);
	uidset_pack(&text[2], &l.missing);
	if (err == OK && l.messages && !(all && l.missing.n)) {
		k.next_keyword = (uint32_t)to->keywords.n;
		k.next_uid = to->uidnext;
		k.numbers = mem_new(from->keywords.n * sizeof *k.numbers);
		for (size_t i = 0; i < from->keywords.n; i++)
			k.numbers[i] = UNMAPPED;
		err = copy_all(&k, uids);
		free(k.numbers);
	}
	uidset_pack(&text[0], &k.left);
	uidset_pack(&text[1], &k.arrived);
	if (err == OK && move && k.left.n)
		rec_add_gone(&c->ops, &(struct rec_gone){ from->id, change_modseq(c), buf_str(&text[0]) });
	*out = (struct rpc_copied){
		.to_mailbox = to ? to->id : 0, .uidvalidity = to ? to->uidvalidity : 0, .from_uids = buf_str(&text[0]),
		.to_uids = buf_str(&text[1]), .missing = buf_str(&text[2]), .modseq = k.left.n ? change_modseq(c) : 0,
	};
	uidset_fini(&k.left);
	uidset_fini(&k.arrived);
	uidset_fini(&l.missing);
	buf_fini(&k.flags);
	return err;
}

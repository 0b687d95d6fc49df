/* storaged/mbox/copy.c: messages appear in another mailbox, sharing their bytes, or go there. */
#include "storaged/mbox/mbox.h"

#include "common/mail/mbox_attr.h"

/* What is to be copied: seen first, so that quota and bounds refuse before anything is written. */
struct load {
	uint64_t bytes, messages;
	struct uidset here, missing;
	struct flagset keywords;     /* of any of them */
};

static void load_one(struct load *l, const struct box *b, const struct msg *m)
{
	uidset_add(&l->here, m->uid);
	l->bytes += m->size;
	l->messages++;
	l->keywords.word |= m->word & ~(uint32_t)FLAG_MORE;
	if (m->word & FLAG_MORE) {
		struct flagset f = box_flags(b, m);
		flagset_add(&l->keywords, &f);
	}
}

static void load_see(struct load *l, const struct box *b, const struct uidset *uids)
{
	for (size_t i = 0; i < uids->n; i++) {
		struct msg_iter it = box_from(b, uids->r[i].lo);
		uint32_t next = uids->r[i].lo;
		const struct msg *m;
		while ((m = box_next(b, &it)) && m->uid <= uids->r[i].hi) {
			if (m->uid > next)
				uidset_add_range(&l->missing, next, m->uid - 1);
			load_one(l, b, m);
			next = m->uid + 1;
		}
		if (next <= uids->r[i].hi && next != 0)
			uidset_add_range(&l->missing, next, uids->r[i].hi);
	}
}

static void load_fini(struct load *l)
{
	uidset_fini(&l->here);
	uidset_fini(&l->missing);
	flagset_fini(&l->keywords);
}

/* The numbers there of the keywords here. One that nobody has, or for which the table there is full, is not taken along. */
static void keywords_there(struct change *c, const struct box *from, const struct box *to, const struct flagset *used, struct buf *out)
{
	uint32_t next = (uint32_t)to->keywords.n;

	for (uint32_t i = 0; i < from->keywords.n; i++) {
		struct str name = from->keywords.names[i];
		int there = flagset_has(used, i) ? keywords_find(&to->keywords, name) : KEYWORD_LEFT;
		if (there < 0 && next < FLAG_KEYWORDS_MAX) {
			there = (int)next++;
			rec_add_keyword(&c->ops, &(struct rec_keyword){ to->id, (uint32_t)there, name });
		}
		buf_u16(out, there < 0 ? KEYWORD_LEFT : (uint16_t)there);
	}
}

static enum err copy_check(const struct change *c, const struct box *to, const struct load *l, bool move)
{
	if (!to)
		return ERR_ABSENT;
	if (to->attrs & MBOX_NOSELECT)
		return ERR_CANNOT;
	if (to->uidnext > UINT32_MAX - l->messages)
		return ERR_LIMIT;
	/* A move adds nothing to what the user has. */
	if (move)
		return OK;
	return l->messages > COPY_MAX ? ERR_LIMIT : mbox_append_check(c->user, to, &(struct arrival){ l->messages, l->bytes, false });
}

static void copy_write(struct change *c, const struct box *from, const struct box *to, const struct load *l, bool move, struct str uids)
{
	struct buf keywords = { 0 };

	keywords_there(c, from, to, &l->keywords, &keywords);
	rec_add_copied(&c->ops, &(struct rec_copied){
		.mailbox = to->id, .from = from->id, .uids = uids, .uid = to->uidnext, .modseq = change_modseq(c), .saved = c->now_ms / 1000,
		.keywords = buf_str(&keywords), .leave = move });
	buf_fini(&keywords);
}

enum err mbox_copy(struct change *c, struct box *from, struct box *to, const struct uidset *uids, bool move, bool all,
                   struct rpc_copied *out, struct buf text[3])
{
	struct load l = { 0 };
	struct uidset arrived = { 0 };

	load_see(&l, from, uids);
	enum err err = copy_check(c, to, &l, move);
	bool done = err == OK && l.messages && !(all && l.missing.n);
	if (done) {
		uidset_add_range(&arrived, to->uidnext, to->uidnext + (uint32_t)l.messages - 1);
		uidset_pack(&text[0], &l.here);
		copy_write(c, from, to, &l, move, buf_str(&text[0]));
	} else {
		uidset_pack(&text[0], &arrived);
	}
	uidset_pack(&text[1], &arrived);
	uidset_pack(&text[2], &l.missing);
	*out = (struct rpc_copied){
		.to_mailbox = to ? to->id : 0, .uidvalidity = to ? to->uidvalidity : 0, .from_uids = buf_str(&text[0]),
		.to_uids = buf_str(&text[1]), .missing = buf_str(&text[2]), .modseq = done ? change_modseq(c) : 0,
	};
	uidset_fini(&arrived);
	load_fini(&l);
	return err;
}

void mbox_empty_into(struct change *c, const struct box *from, uint32_t to)
{
	struct uidset all = { 0 };
	struct buf uids = { 0 }, keywords = { 0 };

	for (uint32_t i = 0; i < from->keywords.n; i++) {
		rec_add_keyword(&c->ops, &(struct rec_keyword){ to, i, from->keywords.names[i] });
		buf_u16(&keywords, (uint16_t)i);
	}
	box_uids(from, &all);
	uidset_pack(&uids, &all);
	if (all.n)
		rec_add_copied(&c->ops, &(struct rec_copied){
			.mailbox = to, .from = from->id, .uids = buf_str(&uids), .uid = 1, .modseq = change_modseq(c), .saved = c->now_ms / 1000,
			.keywords = buf_str(&keywords), .leave = true });
	uidset_fini(&all);
	buf_fini(&uids);
	buf_fini(&keywords);
}

/* storaged/mbox/append.c: the one place where a UID is born. */
#include "storaged/mbox/mbox.h"

#include "common/mail/mbox_attr.h"

enum err mbox_append_check(const struct user *u, const struct box *b, const struct arrival *a)
{
	struct usage used = user_usage(u), more = { { [QUOTA_STORAGE] = a->bytes, [QUOTA_MESSAGE] = a->messages } };

	if (!b)
		return ERR_ABSENT;
	if (b->attrs & MBOX_NOSELECT)
		return ERR_CANNOT;
	if (b->uidnext == UINT32_MAX)
		return ERR_LIMIT;
	return quota_fits(&u->quota, &used, &more, a->incoming) ? OK : ERR_QUOTA;
}

enum err mbox_keywords(struct change *c, struct box *b, const struct keywords *names, bool create, struct flagset *into)
{
	uint32_t next = (uint32_t)b->keywords.n;

	for (size_t i = 0; i < names->n; i++) {
		if (!flag_keyword_valid(names->names[i]))
			return ERR_INPUT;
		int number = keywords_find(&b->keywords, names->names[i]);
		if (number < 0 && !create)
			continue;
		if (number < 0) {
			if (next >= FLAG_KEYWORDS_MAX)
				return ERR_LIMIT;
			number = (int)next++;
			rec_add_keyword(&c->ops, &(struct rec_keyword){ b->id, (uint32_t)number, names->names[i] });
		}
		flagset_set(into, (unsigned)number);
	}
	return OK;
}

bool mbox_keywords_after(const struct change *c, const struct box *b, struct buf *out)
{
	struct rd ops = rd_of(buf_str(&c->ops));
	struct keywords all = { 0 };
	struct rec_keyword op;
	struct str fields;
	uint8_t no;

	keywords_copy(&all, &b->keywords);
	while (record_op(&ops, &no, &fields))
		if (no == REC_keyword && rec_get_keyword(fields, &op) && op.mailbox == b->id)
			keywords_add(&all, op.name);
	if (all.n > b->keywords.n)
		keywords_pack(out, &all);
	bool full = all.n >= FLAG_KEYWORDS_MAX;
	keywords_fini(&all);
	return full;
}

/* What the client asked for, as a flag set of this mailbox. */
static enum err flags_asked(struct change *c, struct box *b, const struct new_message *m, struct flagset *f)
{
	struct keywords names = { 0 };

	*f = (struct flagset){ m->system & FLAG_SYSTEM, 0, NULL };
	if (m->keywords.n == 0)
		return OK;
	enum err err = keywords_unpack(&names, m->keywords) ? mbox_keywords(c, b, &names, true, f) : ERR_INPUT;
	keywords_fini(&names);
	return err;
}

enum err mbox_append(struct change *c, struct box *b, const struct new_message *m, struct rpc_appended *out)
{
	struct flagset f;
	struct buf flags = { 0 };
	enum err err = mbox_append_check(c->user, b, &(struct arrival){ 1, m->size, m->incoming });

	if (err)
		return err;
	err = flags_asked(c, b, m, &f);
	if (err == OK) {
		uint64_t blob = m->blob ? m->blob : c->user->next_blob;
		flagset_pack(&flags, &f);
		rec_add_blob(&c->ops, &(struct rec_blob){
			.blob = blob, .thread = m->thread, .size_bytes = m->size, .summary = m->summary,
			.run = m->run, .run_plain = m->run_plain, .lead = m->lead, .lead_plain = m->lead_plain });
		rec_add_put(&c->ops, &(struct rec_put){
			.mailbox = b->id, .uid = b->uidnext, .modseq = change_modseq(c), .flags = buf_str(&flags), .date = (uint64_t)m->date,
			.saved = c->now_ms / 1000, .size_bytes = m->size, .blob = blob });
		*out = (struct rpc_appended){ b->id, b->uidvalidity, b->uidnext, change_modseq(c) };
	}
	flagset_fini(&f);
	buf_fini(&flags);
	return err;
}

/* storaged/mbox/names.c: mailboxes are born, named, renamed and ended. */
#include "storaged/mbox/mbox.h"

#include "common/mail/mbox_attr.h"
#include "common/mail/mboxname.h"

void change_fini(struct change *c) { buf_fini(&c->ops); }

/* Numbers given out while one change is made: several mailboxes may be born in it. */
struct births { struct change *c; uint32_t next_box, next_uidvalidity, n; };

static struct births births_of(struct change *c)
{
	uint32_t now = (uint32_t)(c->now_ms / 1000);
	uint32_t next = c->user->next_uidvalidity;

	/* At least the clock (RFC 9051 2.3.1.1 suggests it), and above all this user ever had. */
	return (struct births){ c, c->user->next_box ? c->user->next_box : 1, next > now ? next : now, 0 };
}

static uint32_t box_born(struct births *b, struct str name, uint32_t attrs)
{
	const struct rec_box_new op = {
		.mailbox = b->next_box++, .name = name, .attrs = attrs, .uidvalidity = b->next_uidvalidity++, .modseq = change_modseq(b->c),
	};

	rec_add_box_new(&b->c->ops, &op);
	b->n++;
	return op.mailbox;
}

/* May the user have the mailboxes that were born, when so many others go? */
static enum err births_fit(const struct births *b, uint32_t gone)
{
	const struct user *u = b->c->user;
	struct usage used = user_usage(u), more = { { [QUOTA_MAILBOX] = b->n - gone } };

	return quota_fits(&u->quota, &used, &more, false) ? OK : ERR_QUOTA;
}

enum err mbox_user_put(struct change *c, uint32_t epoch, uint32_t generation, const struct quota *q)
{
	const struct user *u = c->user;

	if (u->exists && u->epoch == epoch && u->generation == generation && quota_eq(&u->quota, q))
		return OK;
	rec_add_user_put(&c->ops, &(struct rec_user_put){ epoch, generation, q->limit[QUOTA_STORAGE] });
	rec_add_limits(&c->ops, &(struct rec_limits){
		q->limit[QUOTA_MESSAGE], q->limit[QUOTA_MAILBOX], q->soft_percent, q->grace_percent, q->warn });
	if (!u->exists) {
		struct births b = births_of(c);
		box_born(&b, S("INBOX"), 0);
	}
	return OK;
}

bool user_has_children(const struct user *u, struct str name)
{
	bool found;

	for (uint32_t i = user_box_at(u, name, &found); i < u->n_boxes; i++) {
		if (mboxname_is_child(u->boxes[i]->name, name))
			return true;
		if (!str_starts(u->boxes[i]->name, name))
			return false;
	}
	return false;
}

/* CREATE and RENAME make missing parents (RFC 9051 6.3.4). */
static void parents_born(struct births *b, struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] == MBOXNAME_SEPARATOR && !user_box_named(b->c->user, str_head(name, i)))
			box_born(b, str_head(name, i), 0);
}

static bool special_use_taken(const struct user *u, uint32_t uses)
{
	for (uint32_t i = 0; i < u->n_boxes; i++)
		if (u->boxes[i]->attrs & uses)
			return true;
	return false;
}

enum err mbox_create(struct change *c, struct str name, uint32_t special_use)
{
	const struct box *old = user_box_named(c->user, name);
	struct births b = births_of(c);

	if (old && !(old->attrs & MBOX_NOSELECT))
		return ERR_EXISTS;
	if (special_use & ~(uint32_t)MBOX_SPECIAL_USE || special_use_taken(c->user, special_use))
		return ERR_CANNOT;
	if (c->user->n_boxes + MBOXNAME_LEVELS_MAX > BOXES_MAX)
		return ERR_LIMIT;
	/* A name that only held children becomes a mailbox again, and a new one. */
	if (old)
		rec_add_box_del(&c->ops, &(struct rec_box_del){ old->id, change_modseq(c) });
	parents_born(&b, name);
	box_born(&b, name, special_use);
	return births_fit(&b, old != NULL);
}

enum err mbox_delete(struct change *c, struct str name)
{
	const struct box *old = user_box_named(c->user, name);
	bool children = user_has_children(c->user, name);

	if (!old)
		return ERR_ABSENT;
	if (mboxname_is_inbox(name) || (children && old->attrs & MBOX_NOSELECT))
		return ERR_CANNOT;
	rec_add_box_del(&c->ops, &(struct rec_box_del){ old->id, change_modseq(c) });
	if (children) {         /* its name stays for theirs (RFC 3501 6.3.4) */
		struct births b = births_of(c);
		box_born(&b, name, MBOX_NOSELECT);
	}
	return OK;
}

/* Gives the mailbox and each inferior its new name. ERR_INPUT: one would be too long. */
static enum err names_move(struct change *c, struct str name, struct str to)
{
	const struct user *u = c->user;
	struct buf moved = { 0 };
	enum err err = OK;

	for (uint32_t i = 0; i < u->n_boxes && err == OK; i++) {
		const struct box *b = u->boxes[i];
		if (!str_eq(b->name, name) && !mboxname_is_child(b->name, name))
			continue;
		buf_reset(&moved);
		buf_add(&moved, to);
		buf_add(&moved, str_skip(b->name, name.n));
		if (moved.n > MBOXNAME_BYTES_MAX)
			err = ERR_INPUT;
		else if (user_box_named(u, buf_str(&moved)))
			err = ERR_EXISTS;
		rec_add_box_name(&c->ops, &(struct rec_box_name){ b->id, buf_str(&moved) });
	}
	buf_fini(&moved);
	return err;
}

enum err mbox_rename(struct change *c, struct str name, struct str to)
{
	struct box *old = user_box_named(c->user, name);
	struct births b = births_of(c);

	if (!old)
		return ERR_ABSENT;
	if (user_box_named(c->user, to))
		return ERR_EXISTS;
	if (mboxname_is_child(to, name) && !mboxname_is_inbox(name))
		return ERR_CANNOT;
	if (c->user->n_boxes + MBOXNAME_LEVELS_MAX > BOXES_MAX)
		return ERR_LIMIT;
	parents_born(&b, to);
	bool inbox = mboxname_is_inbox(name);
	uint32_t born = inbox ? box_born(&b, to, 0) : 0;
	if (births_fit(&b, 0) != OK)
		return ERR_QUOTA;
	if (!inbox)
		return names_move(c, name, to);
	mbox_empty_into(c, old, born);   /* its messages go, it stays (RFC 9051 6.3.6) */
	return OK;
}

enum err mbox_subscribe(struct change *c, struct str name, bool on)
{
	if (user_subscribed(c->user, name) == on)
		return OK;
	if (on && c->user->n_subs >= BOXES_MAX)
		return ERR_LIMIT;
	rec_add_sub(&c->ops, &(struct rec_sub){ name, on });
	return OK;
}

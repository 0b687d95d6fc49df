/* storaged/mbox/store.c: flags change. Messages that end with the same flags share one operation. */
#include "storaged/mbox/mbox.h"

#include <stdlib.h>

#include "common/base/map.h"
#include "common/base/must.h"
#include "common/base/sum.h"

enum store_mode { STORE_REPLACE, STORE_ADD, STORE_REMOVE };

/* All messages that get one flag set. */
struct outcome { struct outcome *next; struct buf packed; struct uidset uids; };

/* What becomes of a message whose flags are this word and no more. */
struct decided {
	bool known;
	uint32_t word;
	struct buf after;                /* packed */
	struct outcome *outcome;         /* NULL: no change */
};

struct storing {
	struct change *c;
	const struct box *b;
	const struct rpc_store *in;
	struct flagset asked;
	struct map outcomes;             /* hash of packed flags -> chain */
	struct decided now;              /* for the message before: mostly it does for the next one, too */
	struct buf *flags;               /* of the answer */
	size_t flags_bytes;              /* of the flags that messages get: they fit a frame, said or not, so that no change is too large */
	struct uidset modified, missing;
	uint64_t modseq_before;          /* the highest of those that change */
	bool changed;
};

static void flags_after(const struct storing *s, const struct flagset *before, struct flagset *after)
{
	*after = (struct flagset){ 0, 0, NULL };
	flagset_copy(after, s->in->mode == STORE_REPLACE ? &s->asked : before);
	if (s->in->mode == STORE_ADD)
		flagset_add(after, &s->asked);
	else if (s->in->mode == STORE_REMOVE)
		flagset_remove(after, &s->asked);
}

static struct outcome *outcome_of(struct storing *s, struct str packed)
{
	uint64_t hash = sum64(packed);
	struct outcome *first = map_get(&s->outcomes, hash), *o = first;

	while (o && !str_eq(buf_str(&o->packed), packed))
		o = o->next;
	if (!o) {
		o = mem_new(sizeof *o);
		o->next = first;
		buf_add(&o->packed, packed);
		map_put(&s->outcomes, hash, o);
	}
	return o;
}

static void decide(struct storing *s, const struct msg *m)
{
	struct flagset before = box_flags(s->b, m), after;
	struct decided *d = &s->now;

	d->known = !(m->word & FLAG_MORE);
	d->word = m->word;
	flags_after(s, &before, &after);
	buf_reset(&d->after);
	flagset_pack(&d->after, &after);
	d->outcome = flagset_eq(&before, &after) ? NULL : outcome_of(s, buf_str(&d->after));
	flagset_fini(&after);
}

static void store_one(struct storing *s, const struct msg *m)
{
	uint64_t modseq = m->modseq;

	/* RFC 7162 3.1.3: a message changed since then is left alone, and named. */
	if (s->in->conditional && m->modseq > s->in->unchanged_since) {
		uidset_add(&s->modified, m->uid);
		return;
	}
	if (!s->now.known || m->word != s->now.word)
		decide(s, m);
	if (s->now.outcome) {
		uidset_add(&s->now.outcome->uids, m->uid);
		if (m->modseq > s->modseq_before)
			s->modseq_before = m->modseq;
		modseq = change_modseq(s->c);
		s->changed = true;
	}
	s->flags_bytes += sizeof m->uid + sizeof modseq + s->now.after.n;
	if (s->in->quiet)
		return;
	buf_u32(s->flags, m->uid);
	buf_u64(s->flags, modseq);
	buf_add(s->flags, buf_str(&s->now.after));
}

/* Walks the living messages of each range, noting the holes between them. */
static void store_range(struct storing *s, struct range r)
{
	struct msg_iter it = box_from(s->b, r.lo);
	uint32_t next = r.lo;
	const struct msg *m;

	while (s->flags_bytes <= RPC_FRAME_MAX && (m = box_next(s->b, &it)) && m->uid <= r.hi) {
		if (m->uid > next)
			uidset_add_range(&s->missing, next, m->uid - 1);
		store_one(s, m);
		next = m->uid + 1;
	}
	if (next <= r.hi && next != 0)
		uidset_add_range(&s->missing, next, r.hi);
}

static void outcomes_write(struct storing *s)
{
	size_t at = 0;
	uint64_t hash;
	void *v;
	struct buf uids = { 0 };

	while (map_each(&s->outcomes, &at, &hash, &v)) {
		for (const struct outcome *o = v; o; o = o->next) {
			buf_reset(&uids);
			uidset_pack(&uids, &o->uids);
			rec_add_flags(&s->c->ops, &(struct rec_flags){ s->b->id, change_modseq(s->c), buf_str(&uids), buf_str(&o->packed) });
		}
	}
	buf_fini(&uids);
}

static void outcomes_free(struct storing *s)
{
	size_t at = 0;
	uint64_t hash;
	void *v;

	while (map_each(&s->outcomes, &at, &hash, &v)) {
		for (struct outcome *o = v, *next; o; o = next) {
			next = o->next;
			uidset_fini(&o->uids);
			buf_fini(&o->packed);
			free(o);
		}
	}
	map_fini(&s->outcomes);
}

static enum err asked_flags(struct storing *s, struct box *b)
{
	struct keywords names = { 0 };
	enum err err = OK;

	if (s->in->mode > STORE_REMOVE || s->in->system & ~(uint32_t)FLAG_SYSTEM)
		return ERR_INPUT;
	s->asked.word = s->in->system;
	if (s->in->keywords.n)
		err = keywords_unpack(&names, s->in->keywords) ? mbox_keywords(s->c, b, &names, s->in->mode != STORE_REMOVE, &s->asked) : ERR_INPUT;
	keywords_fini(&names);
	return err;
}

enum err mbox_store(struct change *c, struct box *b, const struct rpc_store *in, const struct uidset *uids, struct rpc_stored *out, struct buf text[4])
{
	struct storing s = { .c = c, .b = b, .in = in, .flags = &text[0] };
	enum err err = asked_flags(&s, b);

	for (size_t i = 0; err == OK && i < uids->n; i++)
		store_range(&s, uids->r[i]);
	if (s.flags_bytes > RPC_FRAME_MAX)
		err = ERR_LIMIT;
	if (err == OK) {
		if (!s.changed)
			buf_reset(&c->ops);     /* a keyword nobody got is not born */
		outcomes_write(&s);
		uidset_pack(&text[1], &s.modified);
		uidset_pack(&text[2], &s.missing);
		*out = (struct rpc_stored){
			.modseq = s.changed ? change_modseq(c) : 0, .flags = buf_str(&text[0]),
			.modified = buf_str(&text[1]), .missing = buf_str(&text[2]), .modseq_before = s.modseq_before,
			.mailbox_before = b->modseq,
		};
	}
	outcomes_free(&s);
	uidset_fini(&s.modified);
	uidset_fini(&s.missing);
	flagset_fini(&s.asked);
	buf_fini(&s.now.after);
	return err;
}

/* frontend/imap/resync.c: the changes call on behalf of one client, from where that client left off. */
#include "frontend/imap/resync.h"

#include <stdlib.h>

#include "common/base/must.h"
#include "frontend/imap/tell.h"

struct resync {
	bool       any;            /* the client did not say which UIDs it knows */
	struct str known;          /* which it knows, packed */
	uint32_t   proven;         /* up to this UID it has lost nothing */
	bool       flags;          /* say changed flags, too */
	uint64_t   since;
	step_fn   *then;
};

void resync_uids(const struct session *s, const struct seqset *in, struct uidset *out)
{
	uint32_t last = uidmap_count(s->view.told) ? uidmap_max(s->view.told) : 1;
	struct range *r = mem_resize(NULL, (in->n + 1) * sizeof *r);

	for (size_t i = 0; i < in->n; i++) {
		uint32_t lo = in->r[i].lo == SEQ_STAR ? last : in->r[i].lo, hi = in->r[i].hi == SEQ_STAR ? last : in->r[i].hi;
		r[i] = lo <= hi ? (struct range){ lo, hi } : (struct range){ hi, lo };
	}
	uidset_build(out, r, in->n);
	free(r);
}

/* A walk over the numbers of a sequence set in the order written, which is ascending. */
struct walk { const struct seqset *set; size_t i; uint32_t n; };

static bool walk_next(struct walk *w, uint32_t *n)
{
	while (w->i < w->set->n) {
		const struct range *r = &w->set->r[w->i];
		w->n = w->n < r->lo ? r->lo : w->n + 1;
		if (w->n <= r->hi) {
			*n = w->n;
			return true;
		}
		w->i++;
		w->n = 0;
	}
	return false;
}

/* Sequence match data (RFC 7162 3.2.5.2): where the client's n-th message is still the n-th, nothing up to it has
 * vanished. The last such UID; 0: none. Bounded by the number of messages, since larger positions match nothing. */
static uint32_t proven_uid(const struct uidmap *told, const struct seqset *seqs, const struct seqset *uids)
{
	struct walk a = { seqs, 0, 0 }, b = { uids, 0, 0 };
	uint32_t seqno, uid, proven = 0;

	while (walk_next(&a, &seqno) && seqno <= uidmap_count(told) && walk_next(&b, &uid))
		if (uidmap_uid(told, seqno) == uid)
			proven = uid;
	return proven;
}

static void say_vanished_earlier(struct cmd *c, const struct resync *r, const struct rpc_changed *got, const struct uidset *known)
{
	struct session *s = c->session;
	struct uidset gone = { 0 }, out_of_question = { 0 };

	if (!uidmap_read_set(&gone, got->vanished))
		return;
	if (!r->any)
		uidset_intersect(&gone, known);
	/* The answer may name more than was ever there, and newer expunges than the view knows: those are told in their turn. */
	if (r->proven > 0)
		uidset_add_range(&out_of_question, 1, r->proven);
	if (got->uidnext > 0)
		uidset_add_range(&out_of_question, got->uidnext, UINT32_MAX);
	uidset_subtract(&gone, &out_of_question);
	uidset_subtract(&gone, uidmap_uids(s->view.told));
	say_vanished(session_out(s), &gone, true);
	uidset_fini(&out_of_question);
	uidset_fini(&gone);
}

static void say_changed(struct cmd *c, const struct resync *r, struct str flags, const struct uidset *known)
{
	struct rd in = rd_of(flags);

	while (rd_more(&in)) {
		uint32_t uid = rd_u32(&in);
		uint64_t modseq = rd_u64(&in);
		struct flagset f = { 0 };
		if (!flagset_unpack(&f, &in))
			return;
		if (uidmap_has(c->session->view.told, uid) && (r->any || uidset_has(known, uid)))
			tell_flags(c, uid, modseq, &f, true);
		flagset_fini(&f);
	}
}

static enum step answered(struct cmd *c)
{
	struct resync *r = c->part;
	struct uidset known = { 0 };
	struct rpc_changed got;

	if (c->err != OK)
		return cmd_end(c, c->err);
	if (c->answer_no != RPC_changed || !rpc_get_changed(c->answer, &got) || (!r->any && !uidmap_read_set(&known, r->known)))
		return cmd_end(c, ERR_CORRUPT);
	say_vanished_earlier(c, r, &got, &known);
	if (r->flags) {
		mailbox_learn(c->session->mailbox, got.keywords, got.keywords_full != 0);
		tell_new_keywords(c);
		say_changed(c, r, got.flags, &known);
		view_behind(&c->session->view, r->since, got.flags_from, uidmap_max(c->session->view.told));
	}
	uidset_fini(&known);
	return tell_rest(c, r->then);          /* of messages the client did not say it knows, too: nothing forbids it */
}

static enum step ask(struct cmd *c, struct resync *r, uint64_t since)
{
	struct session *s = c->session;
	struct rpc_changes q = {
		.mailbox = mailbox_id(s->mailbox), .since = since, .known_uids = r->known,
		.keywords_known = (uint32_t)mailbox_keywords(s->mailbox)->n,
	};

	r->since = since;
	c->part = r;
	c->answer_no = 0;
	c->next = answered;
	c->ask = ask_changes(s->frontend->route, s->account, &q, cmd_answer, c);
	return STEP_WAIT;
}

enum step resync_start(struct cmd *c, const struct select_args *a, step_fn *then)
{
	struct session *s = c->session;
	struct resync *r = arena_zalloc(&c->arena, sizeof *r);
	struct uidset known = { 0 };

	*r = (struct resync){ .any = !a->has_known_uids, .flags = true, .then = then };
	if (a->has_known_uids) {
		resync_uids(s, &a->known_uids, &known);
		r->known = cmd_pack(c, &known);
		uidset_fini(&known);
	}
	if (a->has_match)
		r->proven = proven_uid(s->view.told, &a->match_seqs, &a->match_uids);
	return ask(c, r, a->modseq);
}

enum step resync_vanished(struct cmd *c, const struct uidset *uids, uint64_t since, step_fn *then)
{
	struct resync *r = arena_zalloc(&c->arena, sizeof *r);

	*r = (struct resync){ .known = cmd_pack(c, uids), .then = then };
	return ask(c, r, since);
}

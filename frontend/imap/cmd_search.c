/* frontend/imap/cmd_search.c: SEARCH and UID SEARCH. Storaged finds UIDs; what is saved stays UIDs (RFC 5182). */
#include "frontend/imap/cmd.h"

#include "common/mail/charset.h"
#include "common/mail/fetch_row.h"
#include "common/mail/section_list.h"
#include "frontend/imap/program_build.h"

enum { END_ROWS_BYTES = 64 * 1024 };   /* two rows with nothing but their flags */

static bool resolve(void *ctx, const struct search_key *key, struct uidset *out)
{
	struct session *s = ctx;

	if (key->op == SEARCH_SET)
		return view_uids(&s->view, &key->set, key->uid, out);
	uidset_copy(out, &s->view.recent);
	return true;
}

/* MIN and MAX alone save only what they name (RFC 5182 2.1). */
static void save(struct session *s, uint32_t returns, const struct uidset *found)
{
	struct uidset *saved = &s->view.saved;

	uidset_reset(saved);
	if (returns & (RETURN_ALL | RETURN_COUNT) || !(returns & (RETURN_MIN | RETURN_MAX))) {
		uidset_copy(saved, found);
		return;
	}
	if (found->n > 0 && returns & RETURN_MIN)
		uidset_add(saved, found->r[0].lo);
	if (found->n > 0 && returns & RETURN_MAX)
		uidset_add(saved, uidset_max(found));
}

/* What was found, the modseq to say with it, and how much of it has been said. */
struct searching {
	struct rpc_found got;
	uint64_t modseq;
	struct uidset found;
	struct uidset_iter said;
};

static void search_fini(struct cmd *c)
{
	struct searching *st = c->state;

	uidset_fini(&st->found);
}

/* To positions, for those who asked by position; only messages that the client was told of. */
static void as_asked(const struct session *s, bool by_uid, struct uidset *found)
{
	uidset_intersect(found, uidmap_uids(s->view.told));
	if (!by_uid)
		uidmap_to_seqnos(s->view.told, found);
}

static enum step say_numbers(struct cmd *c)
{
	struct searching *st = c->state;
	struct buf *out = session_out(c->session);
	uint32_t n;

	while (uidset_next(&st->found, &st->said, &n)) {
		say_search_number(out, n);
		if (cmd_full(c))
			return STEP_WAIT;
	}
	say_search_end(out, st->found.n ? st->modseq : 0);      /* RFC 7162 3.1.5: none if nothing was found */
	c->mid_line = false;
	return cmd_end(c, OK);
}

/* RFC 9051 6.4.4: IMAP4rev2 has no SEARCH response; RETURN (SAVE) alone says nothing. */
static enum step say_found(struct cmd *c)
{
	const struct search_args *a = c->args;
	const struct searching *st = c->state;
	struct session *s = c->session;
	uint32_t returns = a->has_return ? a->returns : RETURN_ALL;
	struct say_esearch e = {
		.tag = c->tag, .uid = a->uid, .returns = returns & ~(uint32_t)RETURN_SAVE, .found = &st->found, .modseq = st->modseq };

	if (!a->has_return && !s->rev2) {
		say_search_begin(session_out(s));
		c->mid_line = true;
		c->next = say_numbers;
		return STEP_MORE;
	}
	if (e.returns)
		say_esearch(session_out(s), &e);
	return cmd_end(c, OK);
}

/* A search that fails leaves nothing saved (RFC 5182 2.1). */
static void forget_saved(struct cmd *c)
{
	const struct search_args *a = c->args;

	if (a->returns & RETURN_SAVE)
		uidset_fini(&c->session->view.saved);
}

static enum step search_failed(struct cmd *c, enum err err)
{
	forget_saved(c);
	return cmd_end(c, err);
}

static enum step search_say(struct cmd *c)
{
	const struct search_args *a = c->args;
	struct session *s = c->session;
	struct searching *st = c->state;

	if (!uidmap_read_set(&st->found, st->got.uids))
		return search_failed(c, ERR_CORRUPT);
	as_asked(s, a->uid, &st->found);
	if (a->modseq)
		mailbox_heard(s->mailbox, st->got.modseq);
	return say_found(c);
}

static void end_row(void *ctx, struct ask *ask, const struct ask_news *news)
{
	struct cmd *c = ctx;
	struct searching *st = c->state;
	struct rpc_rows rows = { { NULL, 0 } };
	struct fetch_row row;

	(void)ask;
	if (news->end) {
		c->ask = NULL;
		cmd_run(c);
		return;
	}
	if (news->no == RPC_rows)
		rpc_get_rows(news->fields, &rows);
	struct rd in = rd_of(rows.rows);
	while (rd_more(&in) && fetch_row_get(&in, 0, &row)) {
		if (row.modseq > st->modseq)
			st->modseq = row.modseq;
		flagset_fini(&row.flags);
	}
}

/* MIN and MAX alone go with the modseq of what they name, not of all that was found (RFC 4731 3.2). */
static enum step ask_ends(struct cmd *c, uint32_t returns, const struct uidset *found)
{
	struct session *s = c->session;
	struct uidset ends = { 0 };
	struct buf no_sections = { 0 };

	if (returns & RETURN_MIN)
		uidset_add(&ends, found->r[0].lo);
	if (returns & RETURN_MAX)
		uidset_add(&ends, uidset_max(found));
	section_list_pack(&no_sections, NULL, 0);
	struct rpc_fetch q = {
		.mailbox = mailbox_id(s->mailbox), .uids = cmd_pack(c, &ends), .sections = buf_str(&no_sections), .credit = END_ROWS_BYTES,
	};
	c->ask = ask_fetch(s->frontend->route, s->account, &q, end_row, c);
	buf_fini(&no_sections);
	uidset_fini(&ends);
	return STEP_WAIT;
}

static enum step search_answered(struct cmd *c)
{
	const struct search_args *a = c->args;
	struct searching *st = c->state = arena_zalloc(&c->arena, sizeof *st);
	struct uidset found = { 0 }, missing = { 0 };
	enum step step = STEP_MORE;

	c->fini = search_fini;
	if (c->err != OK)
		return search_failed(c, c->err);
	if (c->answer_no != RPC_found || !rpc_get_found(c->answer, &st->got) || !uidmap_read_set(&found, st->got.uids) ||
	    !uidmap_read_set(&missing, st->got.missing))
		return search_failed(c, ERR_CORRUPT);
	if (a->returns & RETURN_SAVE)
		save(c->session, a->returns, &found);
	if (missing.n > 0 && !a->uid)
		say_code(&c->code, "EXPUNGEISSUED");
	c->next = search_say;
	if (a->modseq && found.n > 0) {
		if (a->returns & (RETURN_MIN | RETURN_MAX) && !(a->returns & (RETURN_ALL | RETURN_COUNT)))
			step = ask_ends(c, a->returns, &found);
		else
			st->modseq = st->got.modseq;
	}
	uidset_fini(&missing);
	uidset_fini(&found);
	return step;
}

enum step search_start(struct cmd *c)
{
	const struct search_args *a = c->args;
	struct session *s = c->session;
	struct rpc_search q = { .mailbox = mailbox_id(s->mailbox) };
	struct buf program = { 0 };
	struct uidset within = { 0 };
	bool bounded;

	if (a->charset.n > 0 && !charset_known(a->charset)) {
		forget_saved(c);
		say_code_badcharset(&c->code);
		return cmd_end_text(c, ERR_CANNOT, NULL, "charset not known");
	}
	if (a->modseq)
		cmd_condstore(c);
	enum err err = program_build(&program, a, resolve, s, &within, &bounded);
	if (err) {
		buf_fini(&program);
		uidset_fini(&within);
		return err == ERR_LIMIT ? cmd_end(c, err) : cmd_end_bad(c, "no such message");
	}
	/* Sets that the client named are part of the view, so they bound the search more closely. */
	q.within = cmd_pack(c, bounded ? &within : uidmap_uids(s->view.told));
	uidset_fini(&within);
	q.program = buf_str(&program);
	c->next = search_answered;
	c->ask = ask_search(s->frontend->route, s->account, &q, cmd_answer, c);
	buf_fini(&program);
	return STEP_WAIT;
}

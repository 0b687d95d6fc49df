/* frontend/imap/fetch_rows.c: the stream of rows, section by section. */
#include "frontend/imap/fetch_rows.h"

#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/mail/fetch_row.h"
#include "frontend/imap/tell.h"
#include "frontend/net/conn.h"

enum { CREDIT_BYTES = 512 * 1024, CREDIT_LEAST_BYTES = 4096, CREDIT_STEPS = 4, ROW_BYTES = 64 };

/* How far the line of one message has been said. */
struct row_at {
	uint32_t uid;              /* 0: between rows */
	uint32_t section;          /* sections said in full */
	uint64_t said, total;      /* bytes of the one after them; total 0: not begun */
};

/* FLAGS of the row before: most neighbours have the same. */
struct flag_words { uint32_t word; bool recent; struct buf words; };

struct rows {
	const struct fetch_args *args;
	struct uidset  uids;       /* asked for */
	uint64_t       n_asked, n_rows;
	uint32_t       done;       /* rows come ascending: up to this UID all has been said */
	struct str     sections;   /* packed */
	uint64_t       seen_modseq;
	struct row_at  at;         /* what the client has */
	struct row_at  from;       /* what the daemon gives, while it catches up with a row begun before */
	struct say_row words;
	struct flag_words flags;
	uint32_t       credit_bytes;   /* the daemon may be ahead of the client by so much */
	uint64_t       owed_bytes; /* credit to give back when the client reads */
	struct rows_result result;
	step_fn       *then;
};

static void rows_fini(struct cmd *c)
{
	struct rows *r = c->part;

	uidset_fini(&r->uids);
	buf_fini(&r->flags.words);
}

struct rows_result rows_result(const struct cmd *c)
{
	const struct rows *r = c->part;

	return r->result;
}

static unsigned keywords_needed(const struct flagset *f)
{
	uint32_t in_word = f->word / FLAG_KEYWORD0;

	if (f->n_more > 0)
		return f->more[f->n_more - 1] + 1u;
	return in_word ? 32 - (unsigned)__builtin_clz(in_word) : 0;
}

/* ---- one row ---- */

static void say_flags(struct session *s, struct rows *r, const struct fetch_row *row)
{
	struct flag_words *f = &r->flags;
	bool recent = !s->rev2 && uidset_has(&s->view.recent, row->uid);
	bool same = f->words.n && f->word == row->flags.word && f->recent == recent && row->flags.n_more == 0;

	if (!same) {
		buf_reset(&f->words);
		say_row_flags(&(struct say_row){ false }, &f->words, &row->flags, mailbox_keywords(s->mailbox), recent);
		f->word = row->flags.word;
		f->recent = recent;
	}
	say_row_item(&r->words, session_out(s), buf_str(&f->words));
}

static void say_fields(struct cmd *c, struct rows *r, const struct fetch_row *row)
{
	struct session *s = c->session;
	const struct fetch_args *a = r->args;
	struct buf *out = session_out(s);
	bool seen_now = r->seen_modseq > 0 && row->modseq == r->seen_modseq;
	bool modseq = a->modseq || a->has_changed_since || (seen_now && s->condstore);

	say_row_begin(&r->words, out, uidmap_seqno(s->view.told, row->uid));
	if (a->uid || a->show_uid || (seen_now && s->condstore))
		say_row_uid(&r->words, out, row->uid);
	if (a->flags || seen_now)
		say_flags(s, r, row);
	if (modseq) {
		say_row_modseq(&r->words, out, row->modseq);
		mailbox_heard(s->mailbox, row->modseq);      /* the client must hear of all that came before it */
	}
	if (a->fields & FETCH_DATE)
		say_row_date(&r->words, out, row->date);
	if (a->fields & FETCH_SIZE)
		say_row_size(&r->words, out, row->size_bytes);
	if (a->fields & FETCH_ENVELOPE)
		say_row_words(&r->words, out, "ENVELOPE", row->envelope);
	if (a->fields & FETCH_BODY)
		say_row_words(&r->words, out, "BODY", row->body);
	if (a->fields & FETCH_STRUCTURE)
		say_row_words(&r->words, out, "BODYSTRUCTURE", row->structure);
}

static void row_done(struct cmd *c, struct rows *r, uint32_t uid)
{
	say_row_end(&r->words, session_out(c->session));
	r->done = uid;
	r->n_rows++;
}

static void section_done(struct cmd *c, struct rows *r)
{
	r->at.section++;
	r->at.said = r->at.total = 0;
	r->from = r->at;
	if (r->at.section < r->args->n_sections)
		return;
	row_done(c, r, r->at.uid);
	r->at = r->from = (struct row_at){ 0 };
}

/* ---- what the daemon says ---- */

static enum step rows_ask(struct cmd *c);

/* A keyword nobody here has heard of is announced before the row that shows it; the row is asked for again. */
static void learned(void *ctx, enum err err, const struct mailbox_news *news)
{
	struct cmd *c = ctx;
	struct rows *r = c->part;

	if (err == OK) {
		tell_news(c, news);
		c->next = rows_ask;
	} else {
		r->result.err = err;
		c->next = r->then;
	}
	cmd_run(c);
}

/* False: the answer makes no sense. */
static bool row_came(struct cmd *c, struct rows *r, const struct fetch_row *row)
{
	if (row->uid <= r->done || !uidset_has(&r->uids, row->uid))
		return false;
	if (r->at.uid && r->at.uid != row->uid)            /* the one begun before is no longer there */
		return false;
	if (r->at.uid) {
		r->from = (struct row_at){ .uid = row->uid };  /* its sections catch up */
	} else if (keywords_needed(&row->flags) > mailbox_keywords(c->session->mailbox)->n) {
		ask_drop(&c->ask);
		cmd_ask_news(c, learned);
	} else {
		say_fields(c, r, row);
		if (r->args->n_sections == 0)
			row_done(c, r, row->uid);
		else
			r->at = r->from = (struct row_at){ .uid = row->uid };
	}
	return true;
}

static bool rows_came(struct cmd *c, struct rows *r, struct str packed)
{
	struct rd in = rd_of(packed);
	struct fetch_row row;
	bool good = true;

	while (good && c->ask && rd_more(&in)) {           /* no ask: a row's keyword is being learned, the rest comes again */
		good = !r->from.uid && fetch_row_get(&in, r->args->fields, &row);
		if (!good)
			break;
		good = row_came(c, r, &row);
		flagset_fini(&row.flags);
	}
	return good;
}

enum section_state { SECTION_BYTES, SECTION_NIL, SECTION_ERR_CTE, SECTION_DAMAGED };

static void section_came(struct cmd *c, struct rows *r, const struct rpc_section *sec)
{
	struct buf *out = session_out(c->session);
	uint32_t i = r->from.section;

	r->result.unknown_cte |= sec->state == SECTION_ERR_CTE;
	r->result.damaged |= sec->state == SECTION_DAMAGED;
	r->from.said = 0;
	r->from.total = sec->state == SECTION_BYTES && r->args->sections[i].kind != SECTION_BINARY_SIZE ? sec->total_bytes : 0;
	if (i < r->at.section) {                                   /* said before */
		if (r->from.total == 0)
			r->from.section++;
		return;
	}
	if (r->at.total > 0)                                       /* its beginning was said before */
		return;
	say_row_section(&r->words, out, &r->args->sections[i], r->args->names[i]);
	if (r->args->sections[i].kind == SECTION_BINARY_SIZE)      /* a number, 0 for what is not there: RFC 9051 section 9 */
		buf_dec(out, sec->total_bytes);
	else if (sec->state != SECTION_BYTES)
		say_nil(out);
	else
		say_literal(out, sec->total_bytes, r->args->sections[i].kind == SECTION_BINARY);
	r->at.total = r->from.total;
	if (r->at.total == 0)
		section_done(c, r);
}

static void bytes_came(struct cmd *c, struct rows *r, struct str data)
{
	bool said_before = r->from.section < r->at.section;
	uint64_t skip = said_before ? data.n : r->at.said - r->from.said;

	r->from.said += data.n;
	must(r->from.said <= r->from.total);
	if (skip < data.n) {
		data = str_skip(data, (size_t)skip);
		session_pass(c->session, data);
		r->at.said += data.n;
	}
	if (r->from.said < r->from.total)
		return;
	if (!said_before) {
		section_done(c, r);
	} else {
		r->from.section++;
		r->from.said = r->from.total = 0;
	}
}

/* The client reads: the daemon may go on. */
static void give_credit(struct cmd *c)
{
	struct rows *r = c->part;

	if (!c->ask || r->owed_bytes < r->credit_bytes / CREDIT_STEPS || conn_full(c->session->conn))
		return;
	ask_credit(c->ask, (uint32_t)r->owed_bytes);
	r->owed_bytes = 0;
}

static bool answer_came(struct cmd *c, struct rows *r, const struct ask_news *news)
{
	struct rpc_rows rows;
	struct rpc_section section;
	struct rpc_bytes bytes;

	switch (news->no) {
	case RPC_rows:
		return rpc_get_rows(news->fields, &rows) && rows_came(c, r, rows.rows);
	case RPC_section:
		if (!r->from.uid || r->from.total > 0 || !rpc_get_section(news->fields, &section))
			return false;
		section_came(c, r, &section);
		return true;
	case RPC_bytes:
		if (r->from.total == 0 || !rpc_get_bytes(news->fields, &bytes) || bytes.data.n > r->from.total - r->from.said)
			return false;
		bytes_came(c, r, bytes.data);
		return true;
	default:
		return false;
	}
}

static void rows_end(struct cmd *c, enum err err)
{
	struct rows *r = c->part;

	r->result.err = err;
	r->result.missing = r->n_rows < r->n_asked;
	if (r->at.uid) {
		/* Half a line was said, and its rest is nowhere: only the end of the connection tells that. */
		log_warn("fetch_broken", "session=%lu uid=%u err=%s", (unsigned long)c->session->number, r->at.uid, err_name(err));
		session_flush(c->session);
		session_hang_up(c->session);
		return;
	}
	c->next = r->then;
	cmd_run(c);
}

static void rows_news(void *ctx, struct ask *ask, const struct ask_news *news)
{
	struct cmd *c = ctx;
	struct rows *r = c->part;

	(void)ask;
	if (news->again) {
		ask_drop(&c->ask);
		c->next = rows_ask;
		cmd_run(c);
	} else if (news->end) {
		c->ask = NULL;
		rows_end(c, news->err);
	} else if (!answer_came(c, r, news)) {
		ask_drop(&c->ask);
		rows_end(c, ERR_CORRUPT);
	} else {
		r->owed_bytes += news->fields.n;
		c->mid_line = r->at.uid != 0;
		session_flush(c->session);
		give_credit(c);
	}
}

/* A keyword is a bit in a row and a word in its line: where lines may be long, fewer rows are let in. */
static uint32_t credit_for(const struct keywords *k)
{
	size_t words = 0;

	for (size_t i = 0; i < k->n; i++)
		words += k->names[i].n;
	size_t credit = CREDIT_BYTES / (1 + words / ROW_BYTES);
	return credit > CREDIT_LEAST_BYTES ? (uint32_t)credit : CREDIT_LEAST_BYTES;
}

static enum step rows_ask(struct cmd *c)
{
	struct rows *r = c->part;
	struct session *s = c->session;
	const struct fetch_args *a = r->args;
	struct uidset left = { 0 }, done = { 0 };
	struct buf packed = { 0 };

	if (r->done > 0)
		uidset_add_range(&done, 1, r->done);
	uidset_copy(&left, &r->uids);
	uidset_subtract(&left, &done);
	r->from = (struct row_at){ 0 };
	r->owed_bytes = 0;
	r->credit_bytes = credit_for(mailbox_keywords(s->mailbox));
	uidset_pack(&packed, &left);
	uidset_fini(&left);
	uidset_fini(&done);
	struct rpc_fetch q = {
		.mailbox = mailbox_id(s->mailbox), .uids = buf_str(&packed), .fields = a->fields, .sections = r->sections,
		.changed_since = a->has_changed_since ? a->changed_since : 0, .credit = r->credit_bytes,
	};
	c->ask = ask_fetch(s->frontend->route, s->account, &q, rows_news, c);
	buf_fini(&packed);
	return STEP_WAIT;
}

enum step rows_start(struct cmd *c, const struct fetch_args *a, struct uidset *uids, uint64_t seen_modseq, step_fn *then)
{
	struct rows *r = arena_zalloc(&c->arena, sizeof *r);
	struct buf packed = { 0 };

	section_list_pack(&packed, a->sections, a->n_sections);
	*r = (struct rows){ .args = a, .uids = *uids, .n_asked = uidset_count(uids), .seen_modseq = seen_modseq, .then = then };
	r->sections = str_dup(&c->arena, buf_str(&packed));
	buf_fini(&packed);
	*uids = (struct uidset){ 0 };
	c->part = r;
	c->fini = rows_fini;
	c->drained = give_credit;
	tell_new_keywords(c);
	if (r->n_asked == 0) {
		c->next = then;
		return STEP_MORE;
	}
	return rows_ask(c);
}

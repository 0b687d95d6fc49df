/* storaged/search/message.c: looks into one message, no further than the answer needs. */
#include "common/base/log.h"
#include "common/base/must.h"
#include "storaged/search/inside.h"

/* One message being looked into. `err` sticks. */
struct look {
	struct search_run *run;
	const struct search_source *src;
	struct summary summary;
	bool opened;                  /* the summary */
	enum search_verdict verdict;
	enum err err;
};

static bool go_on(const struct look *l)
{
	return l->err == OK && l->verdict == SEARCH_UNSURE;
}

static void reached(struct look *l, enum looked at)
{
	l->run->looked = at;
	l->verdict = search_evaluate(l->run);
}

static void note(struct look *l, bool any_found)
{
	if (any_found)
		l->verdict = search_evaluate(l->run);
}

/* The next bytes of a stretch of the message. False: it ends here, or nothing more is wanted. */
static bool next_piece(struct look *l, uint64_t *at, uint64_t end, struct str *piece)
{
	if (*at >= end || !go_on(l))
		return false;
	l->err = l->src->read(l->src->ctx, *at, end - *at < SEARCH_PIECE_BYTES ? (size_t)(end - *at) : SEARCH_PIECE_BYTES, piece);
	if (l->err != OK)
		return false;
	must(piece->n > 0 && piece->n <= end - *at);
	*at += piece->n;
	return true;
}

/* -- the summary -- */

static struct summary_part root_of(const struct look *l)
{
	struct rd at = rd_of(l->summary.parts);
	struct summary_part root = { 0 };

	summary_next(&l->summary, &at, &root);          /* an opened summary has one */
	return root;
}

static void broken(struct look *l)
{
	log_error("search_summary_broken", "uid=%u", l->run->msg->uid.n);
	l->err = ERR_CORRUPT;
}

static void open_summary(struct look *l)
{
	struct str packed;

	l->err = l->src->summary(l->src->ctx, &packed);
	if (l->err == OK && !summary_open(&l->summary, packed))
		broken(l);
	l->opened = l->err == OK;
}

/* whole: nothing of the envelope was cut off. */
static void read_digest(struct search_run *run, const struct digest *d, bool whole)
{
	run->sent_known = d->sent_known;
	run->sent_day = d->sent_day;
	run->envelope_whole = whole;
	for (uint32_t i = 0; whole && i < run->search->n_keys; i++) {
		const struct text_key *key = &run->search->keys[i];
		struct str text = key->op == OP_ADDRESS ? d->address[key->address] : d->subject;
		if (key->op == OP_SUBJECT || key->op == OP_ADDRESS)
			run->found[i] = text.n > 0 && scan_find(&key->scan, text);
	}
	run->looked = LOOKED_DIGEST;
}

static void look_at_envelope(struct look *l)
{
	struct buf *packed = l->src->digest;
	struct digest digest;
	bool whole = true;

	if (packed->n == 0) {
		open_summary(l);
		if (l->err != OK)
			return;
		digest_pack(packed, &l->summary, &l->run->reader);
		whole = root_of(l).head_bytes < MIME_VALUE_MAX;
	}
	if (digest_unpack(&digest, buf_str(packed))) {
		read_digest(l->run, &digest, whole);
		l->verdict = search_evaluate(l->run);
	} else {
		broken(l);
	}
	if (!whole)
		buf_reset(packed);
}

/* -- headers and texts -- */

static void want(struct search_run *run, struct scan *scan, enum program_op op)
{
	for (uint32_t i = 0; i < run->search->n_keys; i++)
		if (run->search->keys[i].op == op && !run->found[i])
			scan_add(scan, &run->search->keys[i].scan, &run->found[i]);
}

static void look_at_header(struct look *l, const struct summary_part *p, bool fields)
{
	struct header_look h = { .run = l->run, .fields = fields };
	uint64_t at = p->head_at;
	struct str piece;

	scan_reset(&l->run->head_scan);
	want(l->run, &l->run->head_scan, OP_TEXT);
	if (!fields && l->run->head_scan.n == 0)
		return;
	buf_reset(&l->run->line);
	while (next_piece(l, &at, p->head_at + p->head_bytes, &piece))
		note(l, header_push(&h, piece));
	if (go_on(l))
		note(l, header_end(&h));
}

static void look_at_text(struct look *l, const struct summary_part *p)
{
	struct search_run *run = l->run;
	uint64_t at = p->body_at;
	struct str piece;

	scan_reset(&run->body_scan);
	want(run, &run->body_scan, OP_BODY);
	want(run, &run->body_scan, OP_TEXT);
	if (run->body_scan.n == 0)
		return;
	text_begin(&run->text, p->cte, charsets_get(&run->reader.charsets, p->charset), &run->reader.folds, &run->body_scan);
	while (next_piece(l, &at, p->body_at + p->body_bytes, &piece))
		note(l, text_push(&run->text, piece));
	if (go_on(l))
		note(l, text_end(&run->text));
}

/* -- header and body of the message -- */

/* What is in an encoding that nobody knows is no text (RFC 2045 6.4); reports of delivery are. */
static bool is_text(const struct summary_part *p)
{
	return p->kind == MIME_LEAF && p->cte != CTE_UNKNOWN &&
	       (str_starts(p->type, S("text/")) || str_starts(p->type, S("message/")));
}

static void look_at_root(struct look *l)
{
	struct summary_part root = root_of(l);

	look_at_header(l, &root, header_wanted(l->run));
	if (go_on(l))
		reached(l, LOOKED_HEADER);
}

static void look_at_body(struct look *l)
{
	struct rd at = rd_of(l->summary.parts);
	struct summary_part p;

	grams_reset(&l->run->grams);
	l->run->body_scan.grams = &l->run->grams;
	while (go_on(l) && summary_next(&l->summary, &at, &p)) {
		if (p.depth > 0)
			look_at_header(l, &p, false);
		if (go_on(l) && is_text(&p))
			look_at_text(l, &p);
	}
	if (!go_on(l))
		return;
	grams_pack(l->src->grams, &l->run->grams);      /* some key was wanted to the end, so all went through the scan */
	reached(l, LOOKED_BODY);
}

/* -- what was learned before -- */

static void read_grams(struct search_run *run, struct str grams)
{
	for (uint32_t i = 0; i < run->search->n_keys; i++)
		if (run->search->keys[i].op == OP_BODY)
			run->absent[i] = !grams_may_hold(grams, run->search->keys[i].scan.text);
}

enum search_verdict search_remember(struct search_run *run, const struct search_msg *msg, const struct search_memory *memory)
{
	enum search_verdict v = search_columns(run, msg);
	struct digest digest;

	if (v != SEARCH_UNSURE)
		return v;
	if (memory->digest.n > 0 && digest_unpack(&digest, memory->digest))
		read_digest(run, &digest, true);        /* others are not left for us */
	if (memory->grams.n > 0)
		read_grams(run, memory->grams);
	return search_evaluate(run);
}

enum err search_message(struct search_run *run, const struct search_msg *msg, const struct search_source *src, bool *match)
{
	struct look l = { .run = run, .src = src, .verdict = search_columns(run, msg) };

	run->envelope_whole = false;
	if (go_on(&l) && search_needs(run->search) & SEARCH_DIGEST)
		look_at_envelope(&l);
	if (go_on(&l) && !l.opened)
		open_summary(&l);
	if (go_on(&l))
		look_at_root(&l);
	if (go_on(&l))
		look_at_body(&l);
	must(l.err != OK || l.verdict != SEARCH_UNSURE);
	*match = l.verdict == SEARCH_YES;
	return l.err;
}

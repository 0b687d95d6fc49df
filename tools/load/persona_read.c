/* tools/load/persona_read.c: what a visit looks at: INBOX as it has become, headers, messages, searches. */
#include "common/mail/flags.h"
#include "common/mail/mime.h"
#include "tools/load/persona.h"
#include "tools/load/rows.h"
#include "tools/load/search.h"
#include "tools/load/steps.h"
#include "tools/load/worker.h"

enum { FIRST_PART_BYTES = 2048, LAST_HEADERS = 50 };

/* ---- choosing INBOX ---- */

static void enable_ask(struct player *p, struct buf *out)
{
	if (p->caps & CAP_QRESYNC)
		buf_add(out, S(TAG " ENABLE QRESYNC\r\n"));
}

const struct step visit_enable = { .op = OP_NONE, .ask = enable_ask, .good = said_ok };

static void resync_ask(struct player *p, struct buf *out)
{
	struct visit *v = visit_of(p);
	struct buf words = { 0 };

	if (p->caps & CAP_QRESYNC && v->modseq > 0)
		buf_printf(&words, " (QRESYNC (%u %llu))", v->uidvalidity, (unsigned long long)v->modseq);
	else if (p->caps & (CAP_QRESYNC | CAP_CONDSTORE))
		buf_add(&words, S(" (CONDSTORE)"));
	buf_addc(&words, '\0');
	say_select(p, "INBOX", words.p, out);
	buf_fini(&words);
}

/* "(EARLIER) 3:7,9": none of these may be in the ledger (RFC 7162 3.2.10). */
static void check_vanished(struct player *p, struct str raw, struct str set)
{
	uint64_t lo, hi;

	value_take_word(&set, S("(EARLIER)"));
	while (value_take_number(&set, &lo)) {
		hi = value_take_word(&set, S(":")) && value_take_number(&set, &hi) ? hi : lo;
		for (uint64_t uid = lo; uid <= hi && uid <= box_last_uid(p->selecting); uid++) {
			const struct note *n = box_find(p->selecting, (uint32_t)uid);
			if (n && !n->doubt)
				player_wrong(p, "what nobody has removed has vanished", raw);
		}
		value_take_word(&set, S(","));
	}
}

static void resync_heard(struct player *p, const struct answer *a)
{
	struct row r;

	select_heard(p, a);
	if (a->said == SAID_VANISHED)
		check_vanished(p, a->raw, a->text);
	else if (row_read(p, a, ROW_UID | ROW_FLAGS, &r))
		visit_check_flags(p, p->selecting, &r, a->raw);
}

static bool resync_good(struct player *p, const struct answer *a)
{
	struct visit *v = visit_of(p);

	if (!select_good(p, a))
		return false;
	v->uidvalidity = p->in.uidvalidity;
	v->modseq = p->in.modseq;
	return true;
}

const struct step visit_resync = { .op = OP_QRESYNC, .ask = resync_ask, .heard = resync_heard, .good = resync_good };

/* ---- headers and flags ---- */

static void new_mail_ask(struct player *p, struct buf *out)
{
	const struct box *b = p->in.box;

	if (p->in.exists > b->n)
		buf_printf(out, TAG " UID FETCH %u:* (UID FLAGS RFC822.SIZE INTERNALDATE ENVELOPE BODY.PEEK[HEADER.FIELDS (X-Load-Letter)])\r\n",
		           box_last_uid(b) + 1);
}

/* A delivery that was acknowledged without a UID has been found; it may also be one whose reply has not come yet. */
static void note_uid(struct box *b, const struct row *r, uint32_t letter)
{
	for (size_t i = 0; i < b->loose_n; i++) {
		struct note n = b->loose[i];
		if (n.letter != letter || n.doubt)
			continue;
		n.uid = r->uid;
		n.bytes = (uint32_t)r->size;
		box_take_loose(b, i);
		box_add(b, &n);
		return;
	}
}

static void new_mail_heard(struct player *p, const struct answer *a)
{
	struct row r;
	uint32_t letter;

	if (!row_read(p, a, ROW_UID | ROW_FLAGS | ROW_SIZE | ROW_DATE | ROW_ENVELOPE | ROW_BODY, &r))
		return;
	if (r.uid > visit_of(p)->newest)
		visit_of(p)->newest = r.uid;
	if (!box_find(p->in.box, r.uid) && letters_number(player_letters(p), r.body, &letter))
		note_uid(p->in.box, &r, letter);
	struct note *n = box_find(p->in.box, r.uid);
	if (n)
		row_check(p, n, &r, a->raw);
}

static bool some_or_none(struct player *p, const struct answer *a)
{
	return visit_ok_or_gone(a) && (p->rows > 0 || p->in.exists == 0 || !visit_is_sole(p));
}

const struct step visit_new_mail = { .op = OP_HEADERS, .ask = new_mail_ask, .heard = new_mail_heard, .good = some_or_none };

static void last_headers_ask(struct player *p, struct buf *out)
{
	uint32_t n = p->in.exists;

	p->count = n < LAST_HEADERS ? n : LAST_HEADERS;
	if (n > 0)
		buf_printf(out, TAG " FETCH %u:%u (UID FLAGS RFC822.SIZE INTERNALDATE ENVELOPE BODYSTRUCTURE)\r\n", n - p->count + 1, n);
}

static void last_headers_heard(struct player *p, const struct answer *a)
{
	struct row r;

	if (!row_read(p, a, ROW_UID | ROW_FLAGS | ROW_SIZE | ROW_DATE | ROW_ENVELOPE | ROW_STRUCTURE, &r))
		return;
	struct note *n = box_find(p->in.box, r.uid);
	if (n)
		row_check(p, n, &r, a->raw);
	visit_check_flags(p, p->in.box, &r, a->raw);
}

/* What is removed elsewhere meanwhile need not be answered. */
static bool last_headers_good(struct player *p, const struct answer *a)
{
	return visit_ok_or_gone(a) && (p->rows == p->count || !visit_is_sole(p));
}

const struct step visit_last_headers = { .op = OP_HEADERS, .ask = last_headers_ask, .heard = last_headers_heard, .good = last_headers_good };

static void flags_ask(struct player *p, struct buf *out)
{
	p->count = p->in.exists;
	if (p->in.exists > 0)
		buf_add(out, S(TAG " FETCH 1:* (UID FLAGS)\r\n"));
}

static void flags_heard(struct player *p, const struct answer *a)
{
	struct row r;

	if (row_read(p, a, ROW_UID | ROW_FLAGS, &r))
		visit_check_flags(p, p->in.box, &r, a->raw);
}

const struct step visit_flags = { .op = OP_FLAGS, .ask = flags_ask, .heard = flags_heard, .good = last_headers_good };

/* ---- reading ---- */

static bool is_choice(const struct player *p, const struct note *n, bool unread)
{
	return visit_was_told(p, n->uid) && n->letter != LETTER_NONE && !n->doubt && (!unread || !(n->flags & FLAG_SEEN));
}

/* The newest unread one of the last few, else any of them. */
static void pick_ask(struct player *p, struct buf *out)
{
	const struct box *b = p->in.box;
	size_t oldest = b->n > LAST_HEADERS ? b->n - LAST_HEADERS : 0;

	(void)out;
	p->uid = 0;
	for (int unread = 1; unread >= 0 && p->uid == 0; unread--)
		for (size_t i = b->n; i-- > oldest && p->uid == 0;)
			if (is_choice(p, &b->at[i], unread) && (unread || visit_one_in(p, 8)))
				p->uid = b->at[i].uid;
}

const struct step visit_pick = { .op = OP_NONE, .ask = pick_ask };

static void read_ask(struct player *p, struct buf *out)
{
	if (p->uid)
		buf_printf(out, TAG " UID FETCH %u (UID BODY.PEEK[])\r\n", p->uid);
}

static void read_heard(struct player *p, const struct answer *a)
{
	struct row r;

	if (!row_read(p, a, ROW_UID | ROW_BODY, &r) || r.uid != p->uid)
		return;
	struct note *n = box_find(p->in.box, r.uid);
	if (n && !letter_is_body(p, n, r.body))
		player_wrong(p, "the body is not what was stored", str_head(a->raw, 80));
	p->fits = true;
}

static bool read_good(struct player *p, const struct answer *a)
{
	return visit_ok_or_gone(a) && (p->fits || visit_may_be_gone(p, p->uid));
}

const struct step visit_read = { .op = OP_BODY, .ask = read_ask, .heard = read_heard, .good = read_good };

static void read_first_ask(struct player *p, struct buf *out)
{
	if (p->uid)
		buf_printf(out, TAG " UID FETCH %u (UID BODY.PEEK[1]<0.%d>)\r\n", p->uid, FIRST_PART_BYTES);
}

/* BODY[1] begins as the letter's first part does, or as its body if it has no parts. */
static bool is_first_part(struct player *p, const struct note *n, struct str got)
{
	struct buf *letter = &p->team->worker->scratch;
	struct mime *m = mime_new();

	buf_reset(letter);
	letters_write(player_letters(p), n->letter, letter);
	mime_feed(m, buf_str(letter));
	const struct mime_part *part = mime_end(m);
	if (part->kind == MIME_MULTIPART && part->child)
		part = part->child;
	struct str want = str_head(str_skip(buf_str(letter), part->body_at), part->body_bytes);
	mime_free(&m);
	return str_eq(got, str_head(want, FIRST_PART_BYTES));
}

static void read_first_heard(struct player *p, const struct answer *a)
{
	struct row r;

	if (!row_read(p, a, ROW_UID | ROW_BODY, &r) || r.uid != p->uid)
		return;
	const struct note *n = box_find(p->in.box, r.uid);
	if (n && !is_first_part(p, n, r.body))
		player_wrong(p, "the first part is not what was stored", str_head(a->raw, 80));
	p->fits = true;
}

const struct step visit_read_first = { .op = OP_PARTIAL, .ask = read_first_ask, .heard = read_first_heard, .good = read_good };

/* ---- searching ---- */

static void subject_ask(struct player *p, struct buf *out)
{
	search_ask(p, "SUBJECT", letters_subject_word((unsigned)player_settings(p)->one_in), out);
}

static void subject_heard(struct player *p, const struct answer *a)
{
	search_heard(p, a, search_has_word);
}

static bool subject_good(struct player *p, const struct answer *a)
{
	return a->said == SAID_OK && p->fits && (search_found_all(p, search_has_word) || !visit_is_sole(p));
}

const struct step visit_search = { .op = OP_SEARCH, .ask = subject_ask, .heard = subject_heard, .good = subject_good };

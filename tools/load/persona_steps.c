/* tools/load/persona_steps.c: what is done in a visit. */
#include <string.h>

#include "common/mail/flags.h"
#include "common/mail/mime.h"
#include "tools/load/persona.h"
#include "tools/load/steps.h"
#include "tools/load/worker.h"

enum { FIRST_PART_BYTES = 2048, LAST_HEADERS = 50 };

/* ---- what is known ---- */

/* Nobody else can change this user's mailboxes: all that is heard must be as the ledger says. */
static bool is_sole(const struct player *p)
{
	return p->team->worker->plan->parts_n == 1 && p->team->n <= p->team->users;
}

/* Another connection may have taken it away, or be about to. */
static bool may_be_gone(const struct player *p, uint32_t uid)
{
	const struct note *n = box_find(p->in.box, uid);

	return !n || n->doubt & DOUBT_THERE;
}

/* A server may refuse what was taken away by another connection (RFC 5530 3). */
static bool ok_or_gone(const struct answer *a)
{
	return a->said == SAID_OK || (a->said == SAID_NO && str_ieq(a->code, S("EXPUNGEISSUED")));
}

static void check_flags(struct player *p, const struct box *b, const struct row *r, struct str raw)
{
	const struct note *n = box_find(b, r->uid);

	if (n && !n->doubt && is_sole(p) && n->flags != r->flags)
		player_wrong(p, "flags that nobody has set", raw);
}

/* Another connection may have been told of messages that this one has not been told of yet. */
static bool was_told(const struct player *p, uint32_t uid)
{
	return uid < p->in.uidnext || uid <= visit_of(p)->newest;
}

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
		check_flags(p, p->selecting, &r, a->raw);
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
}

static bool some_or_none(struct player *p, const struct answer *a)
{
	return ok_or_gone(a) && (p->rows > 0 || p->in.exists == 0 || !is_sole(p));
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
	const struct note *n = box_find(p->in.box, r.uid);
	if (n && n->bytes && n->bytes != r.size)
		player_wrong(p, "RFC822.SIZE is not what it was", a->raw);
	check_flags(p, p->in.box, &r, a->raw);
}

/* What is removed elsewhere meanwhile need not be answered. */
static bool last_headers_good(struct player *p, const struct answer *a)
{
	return ok_or_gone(a) && (p->rows == p->count || !is_sole(p));
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
		check_flags(p, p->in.box, &r, a->raw);
}

const struct step visit_flags = { .op = OP_FLAGS, .ask = flags_ask, .heard = flags_heard, .good = last_headers_good };

/* ---- reading ---- */

static bool is_choice(const struct player *p, const struct note *n, bool unread)
{
	return was_told(p, n->uid) && n->letter != LETTER_NONE && !n->doubt && (!unread || !(n->flags & FLAG_SEEN));
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
	return ok_or_gone(a) && (p->fits || may_be_gone(p, p->uid));
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

/* ---- changing ---- */

/* A letter that may come to lie in that mailbox. */
static void note_awaited(struct box *b, uint32_t letter, uint8_t flags)
{
	struct note n = { .letter = letter, .flags = flags, .doubt = DOUBT_THERE };

	b->changed = true;
	box_add(b, &n);
}

/* It does; uid 0: the server does not say where. */
static void note_arrived(struct box *b, uint32_t letter, uint32_t uid)
{
	for (size_t i = 0; i < b->loose_n; i++) {
		struct note n = b->loose[i];
		if (n.letter != letter || !(n.doubt & DOUBT_THERE))
			continue;
		n.uid = uid;
		n.doubt = DOUBT_NONE;
		box_take_loose(b, i);
		box_add(b, &n);
		return;
	}
}

static void seen_ask(struct player *p, struct buf *out)
{
	struct note *n = p->uid ? box_find(p->in.box, p->uid) : NULL;

	if (!n || n->flags & FLAG_SEEN)
		return;
	p->in.box->changed = true;
	n->doubt |= DOUBT_FLAGS;                 /* until it is acknowledged */
	buf_printf(out, TAG " UID STORE %u +FLAGS (\\Seen)\r\n", p->uid);
}

static void seen_heard(struct player *p, const struct answer *a)
{
	struct row r;

	if (row_read(p, a, ROW_FLAGS, &r) && (!(r.has & ROW_UID) || r.uid == p->uid))
		p->fits |= (r.flags & FLAG_SEEN) != 0;
}

static bool seen_good(struct player *p, const struct answer *a)
{
	struct note *n = box_find(p->in.box, p->uid);

	if (n && a->said == SAID_OK) {
		n->flags |= FLAG_SEEN;
		n->doubt &= (uint8_t)~DOUBT_FLAGS;
	}
	return ok_or_gone(a) && (p->fits || may_be_gone(p, p->uid));
}

const struct step visit_seen = { .op = OP_STORE, .ask = seen_ask, .heard = seen_heard, .good = seen_good };

/* Until it is acknowledged, the message lies here or there. */
static void move_ask(struct player *p, struct buf *out)
{
	struct note *n = p->uid ? box_find(p->in.box, p->uid) : NULL;

	if (!n || n->doubt || !(p->caps & CAP_MOVE))
		return;
	n->doubt |= DOUBT_THERE;
	note_awaited(player_box(p, "Archive"), n->letter, n->flags);
	visit_of(p)->moved_to = 0;
	buf_printf(out, TAG " UID MOVE %u ", p->uid);
	say_mailbox(p, "Archive", out);
	buf_add(out, S("\r\n"));
}

/* "COPYUID 38505 304 3956", in whichever answer it comes (RFC 6851 4.3). */
static void note_copyuid(struct player *p, struct str code)
{
	uint64_t validity, from, to;

	if (value_take_word(&code, S("COPYUID")) && value_take_number(&code, &validity) && value_take_number(&code, &from) &&
	    value_take_number(&code, &to) && from == p->uid)
		visit_of(p)->moved_to = (uint32_t)to;
}

static void move_heard(struct player *p, const struct answer *a)
{
	if (a->said == SAID_OK)
		note_copyuid(p, a->code);
}

static bool move_good(struct player *p, const struct answer *a)
{
	struct visit *v = visit_of(p);
	const struct note *n = box_find(p->in.box, p->uid);

	note_copyuid(p, a->code);
	if (!n || a->said != SAID_OK || v->moved_to == 0)
		return false;
	note_arrived(player_box(p, "Archive"), n->letter, v->moved_to);
	box_remove(p->in.box, p->uid);
	p->in.box->changed = true;
	return true;
}

const struct step visit_move = { .op = OP_MOVE, .ask = move_ask, .heard = move_heard, .good = move_good };

/* ---- Sent and Archive ---- */

static void send_ask(struct player *p, struct buf *out)
{
	say_append(p, "Sent", player_new_letter(p), out);
	note_awaited(player_box(p, "Sent"), p->letter, FLAG_SEEN);
}

static bool send_good(struct player *p, const struct answer *a)
{
	if (a->said == SAID_OK)
		note_arrived(player_box(p, "Sent"), p->letter, uid_given(a));
	return a->said == SAID_OK;
}

const struct step visit_send = { .op = OP_APPEND, .ask = send_ask, .plus = append_plus, .good = send_good };

static void create_ask(struct player *p, const char *name, struct buf *out)
{
	buf_add(out, S(TAG " CREATE "));
	say_mailbox(p, name, out);
	buf_add(out, S("\r\n"));
}

/* NO: it is there already. */
static bool create_good(struct player *p, const struct answer *a)
{
	(void)p;
	return a->said == SAID_OK || a->said == SAID_NO;
}

static void create_archive_ask(struct player *p, struct buf *out) { create_ask(p, "Archive", out); }
static void create_sent_ask(struct player *p, struct buf *out)    { create_ask(p, "Sent", out); }
static void select_archive_ask(struct player *p, struct buf *out) { say_select(p, "Archive", "", out); }
static void select_sent_ask(struct player *p, struct buf *out)    { say_select(p, "Sent", "", out); }

void visit_add_folders(struct player *p)
{
	static const struct step create_archive = { .op = OP_NONE, .ask = create_archive_ask, .good = create_good };
	static const struct step create_sent = { .op = OP_NONE, .ask = create_sent_ask, .good = create_good };
	static const struct step select_archive = { .op = OP_NONE, .ask = select_archive_ask, .heard = select_heard, .good = select_good };
	static const struct step select_sent = { .op = OP_NONE, .ask = select_sent_ask, .heard = select_heard, .good = select_good };

	if (player_box(p, "Archive")->known && player_box(p, "Sent")->known)
		return;
	visit_add(p, &create_archive);
	visit_add(p, &select_archive);
	visit_add(p, &step_learn);
	visit_add(p, &create_sent);
	visit_add(p, &select_sent);
	visit_add(p, &step_learn);
}

/* ---- all mailboxes ---- */

#define STATUS_ITEMS "(MESSAGES UIDNEXT UNSEEN)"

static void statuses_ask(struct player *p, struct buf *out)
{
	p->count = p->last_words = 0;
	if (p->caps & CAP_LIST_STATUS) {
		p->last_words = 1;
		buf_add(out, S(TAG " LIST \"\" \"*\" RETURN (STATUS " STATUS_ITEMS ")\r\n"));
		return;
	}
	for (const struct box *b = ledger_boxes(player_ledger(p), p->user); b; b = b->next) {
		p->last_words++;
		buf_add(out, S(TAG " STATUS "));
		say_mailbox(p, b->name, out);
		buf_add(out, S(" " STATUS_ITEMS "\r\n"));
	}
}

/* NULL: none that the ledger knows. */
static const struct box *box_named(const struct player *p, struct str name)
{
	struct str prefix = str_of(p->team->worker->prefix);

	if (str_starts(name, prefix))
		name = str_skip(name, prefix.n);
	for (const struct box *b = ledger_boxes(player_ledger(p), p->user); b; b = b->next)
		if (str_eq(name, str_of(b->name)))
			return b;
	return NULL;
}

static void statuses_heard(struct player *p, const struct answer *a)
{
	struct str at = a->text;
	struct value name, items;
	uint64_t messages, next;

	if (a->said != SAID_STATUS)
		return;
	if (!value_take(&at, &name) || !value_take(&at, &items) || !value_named_number(items.text, S("MESSAGES"), &messages) ||
	    !value_named_number(items.text, S("UIDNEXT"), &next)) {
		player_wrong(p, "not a STATUS", a->raw);
		return;
	}
	const struct box *b = box_named(p, name.text);
	p->count += b != NULL;
	if (b && b->known && is_sole(p) && (messages != b->n + b->loose_n || next <= box_last_uid(b)))
		player_wrong(p, "STATUS and what was acknowledged differ", a->raw);
}

static bool statuses_good(struct player *p, const struct answer *a)
{
	unsigned known = 0;

	for (const struct box *b = ledger_boxes(player_ledger(p), p->user); b; b = b->next)
		known++;
	return a->said == SAID_OK && (p->had_words + 1 < p->last_words || p->count >= known);
}

const struct step visit_statuses = { .op = OP_LIST_STATUS, .ask = statuses_ask, .heard = statuses_heard, .good = statuses_good };

/* ---- searching ---- */

static unsigned rare(const struct player *p)
{
	return (unsigned)player_settings(p)->one_in;
}

static bool should_be_found(const struct player *p, const struct note *n)
{
	return n->letter != LETTER_NONE && letters_has_word(player_letters(p), n->letter, rare(p));
}

static void search_ask(struct player *p, struct buf *out)
{
	p->count = 0;
	buf_printf(out, TAG " UID SEARCH SUBJECT %.*s\r\n", STR_ARG(letters_subject_word(rare(p))));
}

static void search_heard(struct player *p, const struct answer *a)
{
	struct str at = a->text;
	uint64_t uid;

	if (a->said != SAID_SEARCH)
		return;
	p->fits = true;
	while (value_take_number(&at, &uid)) {
		const struct note *n = box_find(p->in.box, (uint32_t)uid);
		if (n && !n->doubt && n->letter != LETTER_NONE && !should_be_found(p, n))
			player_wrong(p, "SEARCH found what has not the word", str_head(a->raw, 80));
		p->count += n && should_be_found(p, n);
	}
}

static bool search_good(struct player *p, const struct answer *a)
{
	uint32_t n = 0;

	for (size_t i = 0; i < p->in.box->n; i++)
		n += should_be_found(p, &p->in.box->at[i]);
	return a->said == SAID_OK && p->fits && (p->count == n || !is_sole(p));
}

const struct step visit_search = { .op = OP_SEARCH, .ask = search_ask, .heard = search_heard, .good = search_good };

/* tools/load/persona_change.c: what a visit changes: flags, where messages lie, mail sent; and the account it does so in. */
#include <string.h>

#include "common/mail/flags.h"
#include "tools/load/persona.h"
#include "tools/load/rows.h"
#include "tools/load/steps.h"
#include "tools/load/worker.h"

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
	return visit_ok_or_gone(a) && (p->fits || visit_may_be_gone(p, p->uid));
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
	if (b && b->known && visit_is_sole(p) && (messages != b->n + b->loose_n || next <= box_last_uid(b)))
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

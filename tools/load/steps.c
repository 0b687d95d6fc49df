#include "tools/load/steps.h"

#include <stdio.h>
#include <string.h>

#include "common/base/must.h"
#include "common/mail/flags.h"
#include "tools/load/rows.h"
#include "tools/load/worker.h"

bool said_ok(struct player *p, const struct answer *a)
{
	(void)p;
	return a->said == SAID_OK;
}

bool is_offered(struct player *p, uint32_t cap, const char *name)
{
	if (p->caps & cap)
		return true;
	player_wrong(p, "the server does not offer", str_of(name));
	return false;
}

void box_watch(struct player *p)
{
	p->changes = p->in.box->changes;
}

bool box_is_unchanged(const struct player *p)
{
	return p->changes == p->in.box->changes;
}

/* ---- a session ---- */

static void login_ask(struct player *p, struct buf *out)
{
	const struct plan *plan = p->team->worker->plan;

	p->caps &= (uint32_t)~CAP_KNOWN;             /* they may differ from now on */
	buf_add(out, S(TAG " LOGIN "));
	plan_user_name(plan, p->user, out);
	buf_printf(out, " %s\r\n", plan->password);
}

const struct step step_login = { .op = OP_LOGIN, .ask = login_ask, .good = said_ok };

static void logout_ask(struct player *p, struct buf *out)
{
	(void)p;
	buf_add(out, S(TAG " LOGOUT\r\n"));
}

static bool logout_good(struct player *p, const struct answer *a)
{
	return a->said == SAID_OK && p->bye;
}

const struct step step_logout = { .op = OP_LOGOUT, .ask = logout_ask, .good = logout_good };

static void capability_ask(struct player *p, struct buf *out)
{
	if (!(p->caps & CAP_KNOWN))
		buf_add(out, S(TAG " CAPABILITY\r\n"));
}

static bool capability_good(struct player *p, const struct answer *a)
{
	return a->said == SAID_OK && p->caps & CAP_KNOWN;
}

const struct step step_capability = { .op = OP_NONE, .ask = capability_ask, .good = capability_good };

static void namespace_ask(struct player *p, struct buf *out)
{
	if (p->caps & CAP_NAMESPACE && !p->team->worker->prefix_known)
		buf_add(out, S(TAG " NAMESPACE\r\n"));
}

/* (("INBOX." ".")) ...: the first prefix of the first list */
static void namespace_heard(struct player *p, const struct answer *a)
{
	struct worker *w = p->team->worker;
	struct str at = a->text;
	struct value v;

	if (a->said != SAID_NAMESPACE || !value_take(&at, &v) || v.kind != VALUE_LIST)
		return;
	at = v.text;
	if (!value_take(&at, &v) || v.kind != VALUE_LIST)
		return;
	at = v.text;
	if (!value_take(&at, &v) || v.text.n >= sizeof w->prefix)
		return;
	memcpy(w->prefix, v.text.p, v.text.n);
	w->prefix[v.text.n] = '\0';
	w->prefix_known = true;
}

const struct step step_namespace = { .op = OP_NONE, .ask = namespace_ask, .heard = namespace_heard, .good = said_ok };

static void idle_ask(struct player *p, struct buf *out)
{
	(void)p;
	buf_add(out, S(TAG " IDLE\r\n"));
}

const struct step step_idle = { .op = OP_IDLE, .ask = idle_ask, .plus_ends = true };

static void done_ask(struct player *p, struct buf *out)
{
	(void)p;
	buf_add(out, S("DONE\r\n"));
}

const struct step step_done = { .op = OP_NONE, .ask = done_ask, .good = said_ok };

/* ---- a mailbox ---- */

void say_mailbox(const struct player *p, const char *name, struct buf *out)
{
	bool inbox = str_ieq(str_of(name), S("INBOX"));

	buf_printf(out, "\"%s%s\"", inbox ? "" : p->team->worker->prefix, name);
}

void say_select(struct player *p, const char *name, const char *words, struct buf *out)
{
	say_select_as(p, player_box(p, name), name, words, out);
}

void say_select_as(struct player *p, struct box *box, const char *name, const char *words, struct buf *out)
{
	p->in = (struct selected){ 0 };
	p->in.exists = UINT32_MAX;
	p->selecting = box;
	buf_add(out, S(TAG " SELECT "));
	say_mailbox(p, name, out);
	buf_printf(out, "%s\r\n", words);
}

void select_heard(struct player *p, const struct answer *a)
{
	if (a->said == SAID_FLAGS)
		p->fits = true;                      /* RFC 9051 6.3.2: every SELECT tells FLAGS and EXISTS */
}

bool select_good(struct player *p, const struct answer *a)
{
	if (a->said != SAID_OK || !p->fits || p->in.exists == UINT32_MAX || p->in.uidvalidity == 0)
		return false;
	p->in.box = p->selecting;
	return true;
}

static void select_ask(struct player *p, struct buf *out)
{
	say_select(p, "INBOX", "", out);
}

const struct step step_select = { .op = OP_SELECT, .ask = select_ask, .heard = select_heard, .good = select_good };

static void open_ask(struct player *p, struct buf *out)
{
	if (!p->in.box || strcmp(p->in.box->name, "INBOX"))
		select_ask(p, out);
}

const struct step step_open = { .op = OP_NONE, .ask = open_ask, .heard = select_heard, .good = select_good };

const struct step *const inbox_opening[] = { &step_login, &step_capability, &step_open, &step_learn, NULL };

/* ---- writing ---- */

static bool may_send_at_once(const struct player *p, size_t bytes)
{
	return p->caps & CAP_LITERAL_PLUS || (p->caps & (CAP_LITERAL_MINUS | CAP_IMAP4REV2) && bytes <= 4096);
}

void append_plus(struct player *p, struct buf *out)
{
	letters_write(player_letters(p), p->letter, out);
	buf_add(out, S("\r\n"));
}

void say_append(struct player *p, const char *mailbox, uint32_t letter, struct buf *out)
{
	size_t bytes = letters_bytes(player_letters(p), letter);
	bool at_once = may_send_at_once(p, bytes);

	p->letter = letter;
	buf_add(out, S(TAG " APPEND "));
	say_mailbox(p, mailbox, out);
	buf_printf(out, " (\\Seen) {%zu%s}\r\n", bytes, at_once ? "+" : "");
	if (at_once)
		append_plus(p, out);
}

static void note_letter(struct player *p, unsigned user, uint32_t letter, uint32_t uid, uint8_t flags, enum note_doubt doubt)
{
	struct note n = { .uid = uid, .letter = letter, .flags = flags, .doubt = (uint8_t)doubt };
	struct box *b = ledger_box(player_ledger(p), user, S("INBOX"));

	b->changed = true;
	box_add(b, &n);
}

/* "APPENDUID 38505 3955" (RFC 4315), where UIDPLUS is spoken. */
uint32_t uid_given(const struct answer *a)
{
	struct str code = a->code;
	uint64_t validity, uid;

	if (!value_take_word(&code, S("APPENDUID")) || !value_take_number(&code, &validity) || !value_take_number(&code, &uid))
		return 0;
	return (uint32_t)uid;
}

bool append_good(struct player *p, const struct answer *a)
{
	uint32_t uid = uid_given(a);

	if (a->said != SAID_OK || (p->caps & CAP_UIDPLUS && uid == 0))
		return false;
	note_letter(p, p->user, p->letter, uid, FLAG_SEEN, DOUBT_NONE);
	return true;
}

static void append_ask(struct player *p, struct buf *out)
{
	say_append(p, "INBOX", player_new_letter(p), out);
}

static void append_lost(struct player *p)
{
	note_letter(p, p->user, p->letter, 0, FLAG_SEEN, DOUBT_THERE);
}

const struct step step_append = { .op = OP_APPEND, .ask = append_ask, .plus = append_plus, .good = append_good, .lost = append_lost };

/* ---- LMTP ---- */

static void lhlo_ask(struct player *p, struct buf *out)
{
	(void)p;
	buf_add(out, S("LHLO load.example\r\n"));
}

const struct step step_lhlo = { .op = OP_NONE, .ask = lhlo_ask };

/* Recipient i of this player's transaction: its own user and the next ones of the team. */
static unsigned recipient(const struct player *p, unsigned i)
{
	const struct team *t = p->team;

	return team_user(t, (p->user - t->first_user) / t->user_step + i);
}

static unsigned recipients(const struct player *p)
{
	uint64_t n = player_settings(p)->recipients;

	return n < p->team->users ? (unsigned)n : p->team->users;
}

static void envelope_ask(struct player *p, struct buf *out)
{
	p->last_words = recipients(p) + 2;
	buf_add(out, S("MAIL FROM:<ada@load.example>\r\n"));
	for (unsigned i = 0; i < recipients(p); i++) {
		buf_add(out, S("RCPT TO:<"));
		plan_user_name(p->team->worker->plan, recipient(p, i), out);
		buf_add(out, S(">\r\n"));
	}
	buf_add(out, S("DATA\r\n"));
}

static bool envelope_good(struct player *p, const struct answer *a)
{
	return a->n == (p->had_words + 1 < p->last_words ? 250 : 354);
}

const struct step step_envelope = { .op = OP_DELIVER, .goes_on = true, .ask = envelope_ask, .good = envelope_good };

/* Dots at the beginning of lines are doubled (RFC 5321 4.5.2). Mail has fewer dots than lines. */
static void say_dotted(struct str text, struct buf *out)
{
	const char *from = text.p, *end = text.p + text.n;

	for (const char *dot = from; (dot = memchr(dot, '.', (size_t)(end - dot))) != NULL; dot++)
		if (dot > text.p && dot[-1] == '\n') {
			buf_add(out, (struct str){ from, (size_t)(dot + 1 - from) });
			from = dot;
		}
	buf_add(out, (struct str){ from, (size_t)(end - from) });
}

static void message_ask(struct player *p, struct buf *out)
{
	struct buf *letter = &p->team->worker->scratch;

	p->last_words = recipients(p);
	p->letter = player_new_letter(p);
	buf_reset(letter);
	letters_write(player_letters(p), p->letter, letter);
	say_dotted(buf_str(letter), out);
	buf_add(out, S(".\r\n"));
}

static bool message_good(struct player *p, const struct answer *a)
{
	if (a->n != 250)
		return false;
	note_letter(p, recipient(p, p->had_words), p->letter, 0, 0, DOUBT_NONE);
	return true;
}

static void message_lost(struct player *p)
{
	for (unsigned i = p->had_words; i < recipients(p); i++)
		note_letter(p, recipient(p, i), p->letter, 0, 0, DOUBT_THERE);
}

const struct step step_message = { .op = OP_DELIVER, .ask = message_ask, .good = message_good, .lost = message_lost };

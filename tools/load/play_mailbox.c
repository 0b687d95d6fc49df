/* tools/load/play_mailbox.c: scenarios about mailboxes: listing them, asking how many letters they hold, opening them. */
#include <stdio.h>

#include "common/mail/flags.h"
#include "tools/load/rows.h"
#include "tools/load/scenarios.h"
#include "tools/load/steps.h"

#define FOLDER "load-f"                          /* and a number */

static unsigned folders(const struct player *p) { return (unsigned)player_settings(p)->folders; }

static void say_folder(const struct player *p, unsigned i, struct buf *out)
{
	char name[WORK_NAME_MAX];

	snprintf(name, sizeof name, FOLDER "%05u", i);
	say_mailbox(p, name, out);
}

/* All are asked for; those that are there already are refused. */
static void folders_ask(struct player *p, struct buf *out)
{
	p->last_words = folders(p);
	for (unsigned i = 0; i < folders(p); i++) {
		buf_add(out, S(TAG " CREATE "));
		say_folder(p, i, out);
		buf_add(out, S("\r\n"));
	}
}

static bool folders_good(struct player *p, const struct answer *a)
{
	(void)p;
	return a->said == SAID_OK || a->said == SAID_NO;
}

static const struct step step_folders = { .op = OP_NONE, .ask = folders_ask, .good = folders_good };
static const struct step *const folders_opening[] = { &step_login, &step_capability, &step_namespace, &step_folders, NULL };

/* ---- how many letters ---- */

#define ITEMS "(MESSAGES UIDNEXT UIDVALIDITY UNSEEN)"

static void status_ask(struct player *p, struct buf *out)
{
	p->last_words = folders(p);
	for (unsigned i = 0; i < folders(p); i++) {
		buf_add(out, S(TAG " STATUS "));
		say_folder(p, i, out);
		buf_add(out, S(" " ITEMS "\r\n"));
	}
}

static void status_heard(struct player *p, const struct answer *a)
{
	struct str at = a->text;
	struct value name, list;
	uint64_t messages, next, validity, unseen;

	if (a->said != SAID_STATUS)
		return;
	bool all = value_take(&at, &name) && value_take(&at, &list) && value_named_number(list.text, S("MESSAGES"), &messages) &&
	           value_named_number(list.text, S("UIDNEXT"), &next) && value_named_number(list.text, S("UIDVALIDITY"), &validity) &&
	           value_named_number(list.text, S("UNSEEN"), &unseen);
	if (!all || str_search(name.text, S(FOLDER)) < 0 || messages != 0 || unseen != 0 || next == 0 || validity == 0)
		player_wrong(p, "STATUS of an empty mailbox", a->raw);
	p->rows++;
}

static bool status_good(struct player *p, const struct answer *a)
{
	return a->said == SAID_OK && (p->had_words + 1 < p->last_words || p->rows == folders(p));
}

static void list_status_ask(struct player *p, struct buf *out)
{
	if (!is_offered(p, CAP_LIST_STATUS | CAP_IMAP4REV2, "LIST-STATUS"))
		return;
	buf_add(out, S(TAG " LIST \"\" "));
	say_mailbox(p, FOLDER "*", out);
	buf_add(out, S(" RETURN (STATUS " ITEMS ")\r\n"));
}

static const struct step step_status = { .op = OP_STATUS, .ask = status_ask, .heard = status_heard, .good = status_good };
static const struct step step_list_status = { .op = OP_LIST_STATUS, .ask = list_status_ask, .heard = status_heard, .good = status_good };
static const struct step *const status_round[] = { &step_status, NULL };
static const struct step *const list_status_round[] = { &step_list_status, NULL };

const struct scenario scenario_status = { .name = "status", .uses = USES_FOLDERS, .help = "STATUS of --folders mailboxes, pipelined", .opening = folders_opening,
                                          .round = status_round };
const struct scenario scenario_list_status = { .name = "list-status", .uses = USES_FOLDERS, .help = "LIST of --folders mailboxes with their STATUS", .opening = folders_opening,
                                               .round = list_status_round };

/* ---- opening ---- */

#define ELSEWHERE "load-elsewhere"

static void elsewhere_ask(struct player *p, struct buf *out)
{
	buf_add(out, S(TAG " CREATE "));
	say_mailbox(p, ELSEWHERE, out);
	buf_add(out, S("\r\n"));
}

static void leave_ask(struct player *p, struct buf *out)
{
	say_select(p, ELSEWHERE, "", out);
}

static const struct step step_elsewhere = { .op = OP_NONE, .ask = elsewhere_ask, .good = folders_good };     /* or it is there */
static const struct step step_leave = { .op = OP_NONE, .ask = leave_ask, .heard = select_heard, .good = select_good };
static const struct step *const select_opening[] = { &step_login, &step_capability, &step_namespace, &step_elsewhere, NULL };
static const struct step *const select_before[] = { &step_leave, NULL };
static const struct step *const select_round[] = { &step_select, NULL };

const struct scenario scenario_select = { .name = "select", .help = "SELECT INBOX, coming from another mailbox", .opening = select_opening,
                                          .before = select_before, .round = select_round };

/* ---- QRESYNC: since a state known before, every hundredth letter has got a flag ---- */

enum { CHANGED_ONE_IN = 100 };

struct known_state { uint32_t uidvalidity, uidnext; uint64_t modseq; struct buf uids; uint32_t changed; };

static void enable_ask(struct player *p, struct buf *out)
{
	if (is_offered(p, CAP_QRESYNC, "QRESYNC"))
		buf_add(out, S(TAG " ENABLE QRESYNC\r\n"));
}

static void say_changed(struct player *p, char sign, struct buf *out)
{
	struct known_state *k = p->own;
	struct box *b = p->in.box;

	buf_reset(&k->uids);
	k->changed = 0;
	for (size_t i = 0; i < b->n; i += CHANGED_ONE_IN) {
		buf_printf(&k->uids, "%s%u", k->changed++ ? "," : "", b->at[i].uid);
		b->at[i].doubt |= DOUBT_FLAGS;           /* other players of this user do the same */
	}
	b->changes++;
	if (k->changed)
		buf_printf(out, TAG " UID STORE %.*s %cFLAGS.SILENT (\\Flagged)\r\n", STR_ARG(buf_str(&k->uids)), sign);
}

static void unflag_ask(struct player *p, struct buf *out) { say_changed(p, '-', out); }

static void flag_ask(struct player *p, struct buf *out)
{
	struct known_state *k = p->own;

	k->uidvalidity = p->in.uidvalidity;
	k->uidnext = p->in.uidnext;
	k->modseq = p->in.modseq;
	if (k->modseq == 0)
		player_wrong(p, "SELECT tells no HIGHESTMODSEQ", S(""));
	say_changed(p, '+', out);
}

static void resync_ask(struct player *p, struct buf *out)
{
	const struct known_state *k = p->own;
	struct buf words = { 0 };

	buf_printf(&words, " (QRESYNC (%u %llu 1:%u))", k->uidvalidity, (unsigned long long)k->modseq, k->uidnext > 1 ? k->uidnext - 1 : 1);
	buf_addc(&words, '\0');
	say_select(p, "INBOX", words.p, out);
	buf_fini(&words);
	p->count = 0;
}

/* A change that was made since must be told, with its flag. Changes of others may be told, too. */
static void resync_heard(struct player *p, const struct answer *a)
{
	struct row r;

	select_heard(p, a);
	if (row_read(p, a, ROW_UID | ROW_FLAGS | ROW_MODSEQ, &r) && r.flags & FLAG_FLAGGED)
		p->count++;
}

static bool resync_good(struct player *p, const struct answer *a)
{
	const struct known_state *k = p->own;

	return select_good(p, a) && p->count >= k->changed;
}

static void known_state_close(struct player *p)
{
	struct known_state *k = p->own;

	buf_fini(&k->uids);
}

static const struct step step_enable = { .op = OP_NONE, .ask = enable_ask, .good = said_ok };
static const struct step step_unflag = { .op = OP_NONE, .ask = unflag_ask, .good = said_ok };
static const struct step step_flag_some = { .op = OP_NONE, .ask = flag_ask, .good = said_ok };
static const struct step step_resync = { .op = OP_QRESYNC, .ask = resync_ask, .heard = resync_heard, .good = resync_good };
static const struct step *const qresync_opening[] = { &step_login, &step_capability, &step_enable, &step_open, &step_learn, &step_unflag,
                                                      &step_select, &step_flag_some, NULL };
static const struct step *const qresync_round[] = { &step_resync, NULL };

const struct scenario scenario_qresync = { .name = "qresync", .help = "SELECT INBOX with QRESYNC; every hundredth letter has changed", .alone = true,
                                           .own_bytes = sizeof(struct known_state), .opening = qresync_opening, .round = qresync_round,
                                           .close = known_state_close };

/* tools/load/play_import.c: whole accounts are brought in: --folders mailboxes of --letters new letters each, for each user once.
 *
 * As fast as IMAP allows: many messages in one APPEND (RFC 3502) where that is offered, else many APPENDs sent without waiting (RFC 7888),
 * else one after the other. A mailbox that is there already is learnt first and added to.
 */
#include <stdio.h>

#include "common/mail/flags.h"
#include "tools/load/rows.h"
#include "tools/load/scenarios.h"
#include "tools/load/steps.h"
#include "tools/load/worker.h"

enum { BATCH_MOST = 64, BATCH_BYTES = 4 << 20 };     /* letters sent without waiting, and their octets */

enum { MAKE, CHOOSE, LEARN, BRING };         /* what is done with each mailbox, in this order */

struct import {
	unsigned folder, doing;
	uint64_t left;                       /* letters the mailbox still gets */
	uint32_t batch[BATCH_MOST];
	unsigned batch_n;
};

static void name_of(const struct player *p, char out[static WORK_NAME_MAX])
{
	const struct import *im = p->own;

	snprintf(out, WORK_NAME_MAX, "load-i%05u", im->folder);
}

static struct box *box_of(struct player *p)
{
	char name[WORK_NAME_MAX];

	name_of(p, name);
	return player_box(p, name);
}

/* ---- a mailbox ---- */

static void make_ask(struct player *p, struct buf *out)
{
	char name[WORK_NAME_MAX];

	name_of(p, name);
	buf_add(out, S(TAG " CREATE "));
	say_mailbox(p, name, out);
	buf_add(out, S("\r\n"));
}

/* NO: it is there; what lies in it is learnt. */
static bool make_good(struct player *p, const struct answer *a)
{
	if (a->said == SAID_OK)
		box_of(p)->known = true;
	return a->said == SAID_OK || a->said == SAID_NO;
}

static void choose_ask(struct player *p, struct buf *out)
{
	char name[WORK_NAME_MAX];

	name_of(p, name);
	say_select(p, name, "", out);
}

/* ---- letters ---- */

static void add_to_batch(struct player *p)
{
	struct import *im = p->own;

	p->letter = player_new_letter(p);
	im->batch[im->batch_n++] = p->letter;
	im->left--;
}

static bool batch_is_full(const struct player *p, size_t bytes)
{
	const struct import *im = p->own;

	return im->left == 0 || im->batch_n == BATCH_MOST || bytes >= BATCH_BYTES || !(p->caps & CAP_LITERAL_PLUS);
}

static bool in_one(const struct player *p)
{
	return p->caps & CAP_MULTIAPPEND && p->caps & CAP_LITERAL_PLUS;
}

static void bring_in_one(struct player *p, const char *name, struct buf *out)
{
	size_t begin = out->n;

	buf_add(out, S(TAG " APPEND "));
	say_mailbox(p, name, out);
	do {
		add_to_batch(p);
		buf_printf(out, " (\\Seen) {%zu+}\r\n", letters_bytes(player_letters(p), p->letter));
		letters_write(player_letters(p), p->letter, out);
	} while (!batch_is_full(p, out->n - begin));
	buf_add(out, S("\r\n"));
}

static void bring_each(struct player *p, const char *name, struct buf *out)
{
	struct import *im = p->own;
	size_t begin = out->n;

	do {
		add_to_batch(p);
		say_append(p, name, p->letter, out);
	} while (!batch_is_full(p, out->n - begin));
	p->last_words = im->batch_n;
}

static void bring_ask(struct player *p, struct buf *out)
{
	struct import *im = p->own;
	char name[WORK_NAME_MAX];

	name_of(p, name);
	im->batch_n = 0;
	if (in_one(p))
		bring_in_one(p, name, out);
	else
		bring_each(p, name, out);
}

static void note_letter(struct player *p, uint32_t letter, uint32_t uid, enum note_doubt doubt)
{
	struct tally *t = p->team->worker->tally;
	struct box *b = box_of(p);

	b->changed = true;
	box_add(b, &(struct note){ .uid = uid, .letter = letter, .flags = FLAG_SEEN, .doubt = (uint8_t)doubt });
	if (doubt != DOUBT_NONE || !worker_counts(p->team->worker, p->asked_ns))
		return;
	t->imported++;
	t->imported_bytes += letters_bytes(player_letters(p), letter);
}

/* "APPENDUID 1 7:9,12": as many as there were letters, in their order (RFC 4315 3). False: not so. */
static bool note_set(struct player *p, struct str code)
{
	const struct import *im = p->own;
	uint64_t validity, lo, hi;
	unsigned n = 0;

	if (!value_take_word(&code, S("APPENDUID")) || !value_take_number(&code, &validity))
		return false;
	while (n < im->batch_n && value_take_number(&code, &lo)) {
		hi = lo;
		if (value_take_word(&code, S(":")) && !value_take_number(&code, &hi))
			return false;
		for (; lo <= hi && n < im->batch_n; lo++)
			note_letter(p, im->batch[n++], (uint32_t)lo, DOUBT_NONE);
		if (lo <= hi)
			return false;
		value_take_word(&code, S(","));
	}
	return n == im->batch_n && code.n == 0;
}

static bool bring_good(struct player *p, const struct answer *a)
{
	const struct import *im = p->own;
	uint32_t uid = uid_given(a);

	if (a->said != SAID_OK || (p->caps & CAP_UIDPLUS && uid == 0))
		return false;
	if (!in_one(p))
		note_letter(p, im->batch[p->had_words], uid, DOUBT_NONE);
	else if (p->caps & CAP_UIDPLUS)
		return note_set(p, a->code);
	else
		for (unsigned i = 0; i < im->batch_n; i++)
			note_letter(p, im->batch[i], 0, DOUBT_NONE);
	return true;
}

static void bring_lost(struct player *p)
{
	const struct import *im = p->own;

	for (unsigned i = p->had_words; i < im->batch_n; i++)
		note_letter(p, im->batch[i], 0, DOUBT_THERE);
}

static const struct step step_make = { .op = OP_NONE, .ask = make_ask, .good = make_good };
static const struct step step_choose = { .op = OP_NONE, .ask = choose_ask, .heard = select_heard, .good = select_good };
static const struct step step_bring = { .op = OP_APPEND, .ask = bring_ask, .plus = append_plus, .good = bring_good, .lost = bring_lost };

/* ---- an account ---- */

static bool pick_user(struct player *p)
{
	return team_next_user(p->team, &p->user);
}

static void next_mailbox(struct player *p, unsigned folder)
{
	*(struct import *)p->own = (struct import){ .folder = folder, .left = player_settings(p)->letters };
}

static const struct step *import_next(struct player *p)
{
	static const struct step *const first[] = { &step_login, &step_capability, &step_namespace };
	struct import *im = p->own;

	if (p->bye || p->round_failed)
		return NULL;
	if (p->step == 0)
		next_mailbox(p, 0);
	if (p->step < 3)
		return first[p->step];
	if (im->doing == CHOOSE && box_of(p)->known)
		im->doing = BRING;
	if (im->doing == BRING && im->left == 0)
		next_mailbox(p, im->folder + 1);
	if (im->folder >= player_settings(p)->folders || worker_is_over(p->team->worker))
		return &step_logout;
	switch (im->doing) {
	case MAKE:
		im->doing = CHOOSE;
		return &step_make;
	case CHOOSE:
		im->doing = LEARN;
		return &step_choose;
	case LEARN:
		im->doing = BRING;
		return &step_learn;
	default:
		return &step_bring;
	}
}

const struct scenario scenario_import = { .name = "import", .uses = USES_LETTERS | USES_FOLDERS, .help = "bring in --folders mailboxes of --letters letters for each user, many at once",
                                          .reconnects = true, .own_bytes = sizeof(struct import), .pick = pick_user, .next = import_next };

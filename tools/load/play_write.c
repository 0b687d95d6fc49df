/* tools/load/play_write.c: scenarios that put mail into mailboxes. */
#include <string.h>

#include "tools/load/rows.h"
#include "tools/load/scenarios.h"
#include "tools/load/steps.h"
#include "tools/load/worker.h"

static const struct step *const imap_opening[] = { &step_login, &step_capability, NULL };
static const struct step *const append_round[] = { &step_append, NULL };
static const struct step *const lmtp_opening[] = { &step_lhlo, NULL };
static const struct step *const deliver_round[] = { &step_envelope, &step_message, NULL };

const struct scenario scenario_append = { .name = "append", .help = "APPEND a letter to INBOX", .opening = imap_opening, .round = append_round };
const struct scenario scenario_append_one = { .name = "append-one", .help = "the same, all connections to one INBOX", .one_user = true,
                                              .opening = imap_opening, .round = append_round };
const struct scenario scenario_deliver = { .name = "deliver", .uses = USES_RECIPIENTS, .help = "deliver a letter by LMTP, to --recipients users", .lmtp = true,
                                           .opening = lmtp_opening, .round = deliver_round };

/* ---- fill ---- */

enum { FILL_AT_ONCE = 64, FILL_BYTES = 4 << 20 };    /* letters sent without waiting, and their octets */
#define LOOK_AGAIN_NS UINT64_C(20000000)

/* Where connections are more than users, several fill one INBOX: letters are dealt out to them like cards. */
struct filling {
	uint32_t share, shares;          /* letter n is of share n % shares */
	uint32_t letter, letters;        /* the next to look at; the last */
	struct buf there;                /* a byte for each letter: 1 if it lies in the mailbox */
};

static bool fill_pick(struct player *p)
{
	struct team *t = p->team;
	struct filling *f = p->own;
	unsigned k = t->picked++;

	f->shares = (t->n + t->users - 1) / t->users;
	if (k / f->shares >= t->users)
		return false;
	f->share = k % f->shares;
	p->user = team_user(t, k / f->shares);
	return true;
}

/* Who has it selected would be told of each letter the others bring. */
static void leave_ask(struct player *p, struct buf *out)
{
	p->in = (struct selected){ 0 };
	if (p->caps & CAP_UNSELECT)
		buf_add(out, S(TAG " UNSELECT\r\n"));
}

/* Letters are numbered from 1; those that are there are not written again. */
static void fill_plan(struct player *p)
{
	const struct box *b = p->in.box;
	struct filling *f = p->own;

	f->letter = 1;
	f->letters = (uint32_t)player_settings(p)->letters;
	buf_reset(&f->there);
	memset(buf_grow(&f->there, (size_t)f->letters + 1), 0, (size_t)f->letters + 1);
	for (size_t i = 0; i < b->n; i++)
		if (b->at[i].letter <= f->letters)
			f->there.p[b->at[i].letter] = 1;
}

/* False: all are there. */
static bool fill_find(struct filling *f)
{
	while (f->letter <= f->letters && (f->letter % f->shares != f->share || f->there.p[f->letter]))
		f->letter++;
	return f->letter <= f->letters;
}

static void fill_ask(struct player *p, struct buf *out)
{
	struct filling *f = p->own;
	size_t begin = out->n;

	p->last_words = 0;
	do {
		say_append(p, "INBOX", f->letter++, out);
		p->last_words++;
	} while (fill_find(f) && p->last_words < FILL_AT_ONCE && out->n - begin < FILL_BYTES && p->caps & CAP_LITERAL_PLUS);
}

static void fill_close(struct player *p)
{
	buf_fini(&((struct filling *)p->own)->there);
}

static const struct step step_leave = { .op = OP_NONE, .ask = leave_ask, .good = said_ok };
static const struct step step_fill = { .op = OP_APPEND, .ask = fill_ask, .plus = append_plus, .good = said_ok };

static uint64_t learnt_until(struct player *p)
{
	(void)p;
	return wire_now_ns() + LOOK_AGAIN_NS;
}

static const struct step step_wait_learnt = { .op = OP_NONE, .until = learnt_until };

/* What lies in a mailbox one connection learns for all that fill it; if it fails, so has the run. */
static const struct step *fill_learn(const struct player *p)
{
	const struct filling *f = p->own;

	if (f->share == 0 || p->in.exists == 0)
		return &step_learn;
	return p->team->worker->tally->wrong == 0 ? &step_wait_learnt : &step_logout;
}

static const struct step *fill_next(struct player *p)
{
	static const struct step *const first[] = { &step_login, &step_capability, &step_select };
	struct filling *f = p->own;

	if (p->bye || p->round_failed)
		return NULL;
	if (p->step < sizeof first / sizeof *first)
		return first[p->step];
	if (p->in.box && !p->in.box->known)
		return fill_learn(p);
	if (p->in.box) {
		fill_plan(p);
		return &step_leave;
	}
	return fill_find(f) && !worker_is_over(p->team->worker) ? &step_fill : &step_logout;
}

const struct scenario scenario_fill = { .name = "fill", .uses = USES_LETTERS, .help = "what `roost-load fill` plays: letters 1 to --letters into each INBOX",
                                        .reconnects = true, .own_bytes = sizeof(struct filling), .pick = fill_pick, .next = fill_next,
                                        .close = fill_close };

/* tools/load/play_write.c: scenarios that put mail into mailboxes. */
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

static bool pick_user(struct player *p)
{
	return team_next_user(p->team, &p->user);
}

/* Letters are numbered from 1; those that are there are not written again. */
static void fill_plan(struct player *p)
{
	const struct box *b = p->in.box;
	uint64_t letters = player_settings(p)->letters;

	p->letter = 0;
	for (size_t i = 0; i < b->n; i++)
		if (b->at[i].letter != LETTER_NONE && b->at[i].letter <= letters && b->at[i].letter > p->letter)
			p->letter = b->at[i].letter;
	p->count = (uint32_t)(letters - p->letter);
}

static void fill_ask(struct player *p, struct buf *out)
{
	size_t begin = out->n;

	p->last_words = 0;
	do {
		say_append(p, "INBOX", p->letter + 1, out);
		p->last_words++;
	} while (--p->count > 0 && p->last_words < FILL_AT_ONCE && out->n - begin < FILL_BYTES && p->caps & CAP_LITERAL_PLUS);
}

static const struct step step_fill = { .op = OP_APPEND, .ask = fill_ask, .plus = append_plus, .good = said_ok };

static const struct step *fill_next(struct player *p)
{
	static const struct step *const first[] = { &step_login, &step_capability, &step_select, &step_learn };

	if (p->bye || p->round_failed)
		return NULL;
	if (p->step < 4)
		return first[p->step];
	if (p->step == 4)
		fill_plan(p);
	return p->count > 0 && !worker_is_over(p->team->worker) ? &step_fill : &step_logout;
}

const struct scenario scenario_fill = { .name = "fill", .uses = USES_LETTERS, .help = "what `roost-load fill` plays: letters 1 to --letters into each INBOX", .reconnects = true,
                                        .pick = pick_user, .next = fill_next };

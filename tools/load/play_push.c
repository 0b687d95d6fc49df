/* tools/load/play_push.c: many wait in one INBOX, one changes it: when does each know?
 *
 * Time begins when the change is asked for, so it includes that the change becomes durable. The one who changes is a team of its own
 * (scenario->with); it makes the next change when all have heard of the last and its own has been answered.
 */
#include "tools/load/scenarios.h"
#include "tools/load/steps.h"
#include "tools/load/worker.h"

#define PAUSE_NS UINT64_C(20000000)              /* between two changes */
#define PATIENCE_NS UINT64_C(5000000000)

/* Of the team that changes: how many have heard of the change. */
struct watch {
	struct player *changer;
	uint64_t       asked_ns, median_ns, last_ns;
	unsigned       heard;
	uint64_t       change;           /* which one this is; whoever idles keeps the last it has heard of */
};

struct idler { uint64_t change; };

static struct watch *watch_of(const struct team *changers) { return changers->own; }

static void count_ear(struct watch *w, const struct team *idlers)
{
	uint64_t took = wire_now_ns() - w->asked_ns;

	w->heard++;
	if (w->heard == (idlers->n + 1) / 2)
		w->median_ns = took;
	if (w->heard == idlers->n) {
		w->last_ns = took;
		player_go_on(w->changer);
	}
}

/* News to one who idles: more letters than before, or a flag. */
static void idler_heard(struct player *p, const struct answer *a)
{
	struct watch *w = watch_of(p->team->rivals);
	struct idler *i = p->own;
	struct row r;

	bool news = a->said == SAID_EXISTS || (a->said == SAID_FETCH && answer_items(a, &r) && r.has & ROW_FLAGS);
	if (!news || !w->changer || i->change == w->change)
		return;
	i->change = w->change;
	count_ear(w, p->team);
}

/* ---- the one who changes ---- */

static void watch_begin(struct player *p)
{
	struct watch *w = watch_of(p->team);

	*w = (struct watch){ .changer = p, .asked_ns = wire_now_ns(), .change = w->change + 1 };
}

static void change_envelope(struct player *p, struct buf *out)
{
	watch_begin(p);
	step_envelope.ask(p, out);
}

static void change_flag(struct player *p, struct buf *out)
{
	watch_begin(p);
	step_flag.ask(p, out);
}

static bool all_heard(const struct player *p)
{
	return watch_of(p->team)->heard >= p->team->rivals->n;
}

static uint64_t wait_ears(struct player *p)
{
	return all_heard(p) ? 0 : wire_now_ns() + PATIENCE_NS;
}

static void note_ears(struct player *p, struct buf *out)
{
	const struct watch *w = watch_of(p->team);
	struct tally *t = p->team->worker->tally;

	(void)out;
	if (!all_heard(p)) {
		player_wrong(p, "not all have heard", S(""));
		return;
	}
	if (!worker_counts(p->team->worker, p->began_ns))
		return;
	times_add(&t->op[OP_HEAR_MEDIAN].took, w->median_ns);
	times_add(&t->op[OP_HEAR_LAST].took, w->last_ns);
}

static uint64_t wait_pause(struct player *p)
{
	(void)p;
	return wire_now_ns() + PAUSE_NS;
}

static const struct step step_wait_ears = { .op = OP_NONE, .until = wait_ears };
static const struct step step_note_ears = { .op = OP_NONE, .ask = note_ears };
static const struct step step_pause = { .op = OP_NONE, .until = wait_pause };

static bool envelope_good(struct player *p, const struct answer *a)
{
	return step_envelope.good(p, a);
}

static void flag_heard(struct player *p, const struct answer *a) { step_flag.heard(p, a); }
static bool flag_good(struct player *p, const struct answer *a)  { return step_flag.good(p, a); }

static const struct step step_change_envelope = { .op = OP_DELIVER, .goes_on = true, .ask = change_envelope, .good = envelope_good };
static const struct step step_change_flag = { .op = OP_STORE, .ask = change_flag, .heard = flag_heard, .good = flag_good };

static const struct step *const idle_opening[] = { &step_login, &step_select, &step_idle, NULL };
static const struct step *const lmtp_opening[] = { &step_lhlo, NULL };
static const struct step *const deliver_round[] = { &step_change_envelope, &step_message, &step_wait_ears, &step_note_ears, NULL };
static const struct step *const flag_round[] = { &step_change_flag, &step_wait_ears, &step_note_ears, NULL };
static const struct step *const pause_after[] = { &step_pause, NULL };

const struct scenario scenario_push = { .name = "push", .help = "all idle in one INBOX, and hear of a delivery", .one_user = true, .rests = true,
                                        .own_bytes = sizeof(struct idler), .opening = idle_opening, .heard = idler_heard, .with = "push-deliver" };
const struct scenario scenario_push_flag = { .name = "push-flag", .help = "all idle in one INBOX, and hear of a flag", .one_user = true, .rests = true,
                                             .own_bytes = sizeof(struct idler), .opening = idle_opening, .heard = idler_heard, .with = "push-store" };
const struct scenario scenario_push_deliver = { .name = "push-deliver", .help = "who delivers in push", .is_with = true, .one_user = true, .lmtp = true,
                                                .team_bytes = sizeof(struct watch), .opening = lmtp_opening, .round = deliver_round, .after = pause_after };
const struct scenario scenario_push_store = { .name = "push-store", .help = "who flags in push-flag", .is_with = true, .one_user = true,
                                              .team_bytes = sizeof(struct watch), .opening = inbox_opening, .round = flag_round, .after = pause_after };

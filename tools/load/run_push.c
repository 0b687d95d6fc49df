/* tools/load/run_push.c: clients idle in one mailbox, something changes it: when does each know?
 *
 * Time begins when the change is asked for, so it includes that the change becomes durable.
 */
#include <stdlib.h>

#include "common/base/must.h"
#include "tools/load/runs.h"
#include "tools/load/scenarios.h"

enum { GIVE_UP_MS = 5000, PAUSE_MS = 20 };

struct watch { uint64_t *heard_ns; bool by_flag; uint32_t exists; bool flagged; };

static bool has_heard(const struct watch *w, const struct player *p)
{
	return w->by_flag ? p->adds == w->flagged : p->exists == w->exists;
}

/* Notes who knows by now. False: somebody does not. */
static bool note_heard(struct watch *w, const struct team *idlers)
{
	uint64_t now = wire_now_ns();
	bool all = true;

	for (unsigned i = 0; i < idlers->n; i++) {
		if (!w->heard_ns[i] && has_heard(w, idlers->players[i]))
			w->heard_ns[i] = now;
		all &= w->heard_ns[i] != 0;
	}
	return all;
}

static void turn_for(struct wires *w, unsigned ms)
{
	uint64_t until = wire_now_ns() + ms * 1000000ull;

	while (wire_now_ns() < until)
		wires_turn(w, 5);
}

/* One change. False: not all have heard of it in time. */
static bool push_round(struct watch *w, struct team *idlers, struct player *changer, struct samples *median, struct samples *last)
{
	uint64_t begin = wire_now_ns(), give_up = begin + GIVE_UP_MS * 1000000ull;
	struct samples heard = { 0 };

	w->exists++;
	w->flagged = !w->flagged;
	for (unsigned i = 0; i < idlers->n; i++)
		w->heard_ns[i] = 0;
	player_go(changer);
	while (!note_heard(w, idlers) || changer->playing) {
		if (wire_now_ns() > give_up)
			return false;
		wires_turn(idlers->wires, 10);
	}
	for (unsigned i = 0; i < idlers->n; i++)
		samples_add(&heard, w->heard_ns[i] - begin);
	samples_add(median, (uint64_t)(samples_percentile_us(&heard, 50) * 1000));
	samples_add(last, (uint64_t)(samples_percentile_us(&heard, 100) * 1000));
	samples_fini(&heard);
	turn_for(idlers->wires, PAUSE_MS);
	return true;
}

static void push_rounds(const struct plan *p, struct team *idlers, struct team *changers, json_t *report)
{
	struct watch w = { .by_flag = !changers->scenario->lmtp, .exists = idlers->players[0]->exists };
	struct samples median = { 0 }, last = { 0 };

	w.heard_ns = calloc(idlers->n, sizeof *w.heard_ns);
	must(w.heard_ns);
	changers->rounds = 1;
	for (uint64_t i = 0; i < p->rounds; i++)
		if (!push_round(&w, idlers, changers->players[0], &median, &last)) {
			player_fault(idlers->players[0], S("not all have heard"));
			break;
		}
	json_object_set_new(report, "operations", json_integer((json_int_t)last.n));
	json_object_set_new(report, "median_us", json_real(samples_percentile_us(&median, 50)));
	json_object_set_new(report, "last_us", json_real(samples_percentile_us(&last, 50)));
	json_object_set_new(report, "last_p99_us", json_real(samples_percentile_us(&last, 99)));
	free(w.heard_ns);
	samples_fini(&median);
	samples_fini(&last);
}

json_t *run_push(const struct plan *p, bool *good)
{
	const struct scenario *change = scenario_find(p->change);
	struct wires w;
	struct team idlers, changers;
	json_t *report = json_pack("{s:s,s:s,s:i}", "scenario", p->scenario->name, "change", p->change, "connections", (int)p->connections);

	must(wires_init(&w));
	bool ours = run_team_init(&idlers, p, &w, p->scenario) && run_team_init(&changers, p, &w, change);
	if (ours && team_open(&idlers, p->connections, p->at_once) && team_open(&changers, 1, 1))
		push_rounds(p, &idlers, &changers, report);
	*good = run_verdict(&idlers, report) & run_verdict(&changers, report);
	team_close(&idlers);
	team_close(&changers);
	wires_fini(&w);
	return report;
}

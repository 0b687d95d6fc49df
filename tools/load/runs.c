#include "tools/load/runs.h"

#include <stdio.h>

#include "common/base/must.h"
#include "tools/load/tree.h"

static bool address_of(struct address *a, const char *text)
{
	if (!text || address_parse(a, str_of(text)))
		return true;
	fprintf(stderr, "roost-load: %s is not an address\n", text);
	return false;
}

bool run_team_init(struct team *t, const struct plan *p, struct wires *w, const struct scenario *s)
{
	*t = (struct team){ .scenario = s, .wires = w, .password = p->password,
	                    .first_user = p->first_user, .users = p->users, .messages = p->messages };
	t->letters = letters_new(1, (struct letter_sizes){ .least = p->bytes, .most = p->bytes });
	return address_of(&t->imap, p->imap) && address_of(&t->imaps, p->imaps) && address_of(&t->lmtp, p->lmtp);
}

bool run_verdict(const struct team *t, json_t *report)
{
	if (t->failed == 0 && t->fault.n == 0)
		return true;
	json_object_set_new(report, "failed", json_integer((json_int_t)t->failed));
	json_object_set_new(report, "fault", json_stringn(t->fault.p ? t->fault.p : "", t->fault.n));
	return false;
}

static void report_rounds(struct team *t, json_t *report, double seconds, uint64_t cpu_us)
{
	double n = (double)t->took.n;

	json_object_set_new(report, "operations", json_integer((json_int_t)t->took.n));
	json_object_set_new(report, "seconds", json_real(seconds));
	json_object_set_new(report, "per_second", json_real(n / seconds));
	json_object_set_new(report, "p50_us", json_real(samples_percentile_us(&t->took, 50)));
	json_object_set_new(report, "p99_us", json_real(samples_percentile_us(&t->took, 99)));
	if (cpu_us > 0 && n > 0)
		json_object_set_new(report, "server_cpu_us", json_real((double)cpu_us / n));
}

json_t *run_rounds(const struct plan *p, bool *good)
{
	struct wires w;
	struct team t;
	json_t *report = json_pack("{s:s,s:i}", "scenario", p->scenario->name, "connections", (int)p->connections);

	must(wires_init(&w));
	if (run_team_init(&t, p, &w, p->scenario) && team_open(&t, p->connections, p->connections)) {
		uint64_t cpu = p->pid ? tree_cpu_us(p->pid) : 0, begin = wire_now_ns();
		t.rounds = p->rounds;
		t.until_ns = p->rounds ? 0 : begin + (uint64_t)(p->seconds * 1e9);
		team_play(&t);
		double seconds = (double)(wire_now_ns() - begin) / 1e9;
		report_rounds(&t, report, seconds, p->pid ? tree_cpu_us(p->pid) - cpu : 0);
	}
	*good = run_verdict(&t, report) && t.took.n > 0;
	team_close(&t);
	wires_fini(&w);
	return report;
}

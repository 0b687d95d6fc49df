/* tools/load/run_idle.c: many clients wait in IDLE: what does each cost in memory? */
#include "common/base/must.h"
#include "tools/load/runs.h"
#include "tools/load/tree.h"

static SSL_CTX *tls_new(void)
{
	SSL_CTX *c = SSL_CTX_new(TLS_client_method());

	must(c);
	SSL_CTX_set_verify(c, SSL_VERIFY_NONE, NULL);       /* the certificates of a bench are its own */
	return c;
}

/* Idle clients hear what they are told meanwhile ("* OK Still here"). */
static void settle(struct team *t, double seconds)
{
	uint64_t until = wire_now_ns() + (uint64_t)(seconds * 1e9);

	while (wire_now_ns() < until)
		wires_turn(t->wires, 100);
}

json_t *run_idle(const struct plan *p, bool *good)
{
	struct wires w;
	struct team t;
	json_t *report = json_pack("{s:s,s:i}", "scenario", p->scenario->name, "connections", (int)p->connections);
	uint64_t before = tree_pss_bytes(p->pid);

	must(wires_init(&w));
	bool ours = run_team_init(&t, p, &w, p->scenario);
	t.tls = tls_new();
	if (ours && team_open(&t, p->connections, p->at_once)) {
		settle(&t, p->settle_seconds);
		int64_t more = (int64_t)tree_pss_bytes(p->pid) - (int64_t)before;
		json_object_set_new(report, "before_bytes", json_integer((json_int_t)before));
		json_object_set_new(report, "bytes_each", json_real((double)more / p->connections));
	}
	*good = run_verdict(&t, report);
	team_close(&t);
	SSL_CTX_free(t.tls);
	wires_fini(&w);
	return report;
}

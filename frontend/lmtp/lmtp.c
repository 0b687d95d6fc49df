/* frontend/lmtp/lmtp.c: listeners, the list of sessions, the end. */
#include "frontend/lmtp/lmtp.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "frontend/lmtp/inside.h"
#include "frontend/net/conn.h"

static char *host_name(const char *configured)
{
	char name[256] = "localhost";

	if (*configured)
		return str_heap_z(str_of(configured));
	gethostname(name, sizeof name - 1);
	return str_heap_z(str_of(name));
}

static void on_accept(void *ctx, struct conn *c)
{
	lmtp_session_new(ctx, c);
}

/* What cannot be listened on was logged where that was found. */
static void listen_all(struct lmtp *l, const struct config_list *where)
{
	l->listeners = mem_new(where->n * sizeof *l->listeners);
	for (size_t i = 0; i < where->n; i++) {
		struct conn_listener *listener = conn_listen(l->loop, where->at[i], NULL, false, on_accept, l);
		if (listener)
			l->listeners[l->n_listeners++] = listener;
	}
}

struct lmtp *lmtp_new(struct loop *loop, const struct config *config, struct route *route)
{
	struct lmtp *l = mem_new(sizeof *l);

	l->loop = loop;
	l->config = config;
	l->route = route;
	l->host = host_name(config->host);
	l->warnings = warnings_new(config, route, l->host);
	LIST_INIT(&l->sessions);
	listen_all(l, &config->lmtp);
	return l;
}

size_t lmtp_listeners(const struct lmtp *l) { return l->n_listeners; }

void lmtp_status(const struct lmtp *l, json_t *status)
{
	json_t *mine = json_pack("{s:I, s:I, s:I, s:I, s:I}", "sessions", (json_int_t)l->n_sessions,
	                         "connections", (json_int_t)l->counts.connections, "deliveries", (json_int_t)l->counts.deliveries,
	                         "refusals", (json_int_t)l->counts.refusals, "bytes_in", (json_int_t)l->counts.bytes_in);

	json_object_update(status, mine);
	json_decref(mine);
}

size_t lmtp_sessions(const struct lmtp *l) { return l->n_sessions; }

static void listeners_free(struct lmtp *l)
{
	for (size_t i = 0; i < l->n_listeners; i++)
		conn_listener_free(&l->listeners[i]);
	free(l->listeners);
	l->listeners = NULL;
	l->n_listeners = 0;
}

static void tell_empty(void *arg)
{
	struct lmtp *l = arg;

	l->empty(l->empty_ctx);
}

/* At the end of the turn: the receiver may free us. */
void lmtp_session_gone(struct lmtp *l)
{
	if (l->stopping && l->n_sessions == 0)
		loop_defer(l->loop, &l->empty_job, tell_empty, l);
}

void lmtp_stop(struct lmtp *l, lmtp_empty_fn *empty, void *ctx)
{
	struct lmtp_session *s;

	if (l->stopping)
		return;
	log_info("lmtp_stop", "sessions=%zu", l->n_sessions);
	l->stopping = true;
	l->empty = empty;
	l->empty_ctx = ctx;
	listeners_free(l);
	LIST_FOREACH(s, &l->sessions, next)
		lmtp_session_stop(s);
	lmtp_session_gone(l);
}

void lmtp_free(struct lmtp **lp)
{
	struct lmtp *l = *lp;

	*lp = NULL;
	if (!l)
		return;
	while (!LIST_EMPTY(&l->sessions))
		lmtp_session_free(LIST_FIRST(&l->sessions));
	warnings_free(&l->warnings);
	listeners_free(l);
	loop_job_stop(&l->empty_job);
	buf_fini(&l->scratch);
	free(l->host);
	free(l);
}

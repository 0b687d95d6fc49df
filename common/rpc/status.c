/* common/rpc/status.c: numbers to JSON, and the door that gives them out. */
#include "common/rpc/status.h"

#include <stdlib.h>

#include "common/base/must.h"
#include "common/loop/loop.h"
#include "common/rpc/server.h"

static json_t *buckets_of(const struct hist *h)
{
	json_t *buckets = json_array();

	for (unsigned i = 0; i < HIST_BUCKETS; i++)
		if (h->count[i])
			json_array_append_new(buckets, json_pack("[I, I]", (json_int_t)hist_bucket_end_us(i), (json_int_t)h->count[i]));
	return buckets;
}

json_t *status_lag(const struct loop *l)
{
	const struct hist *h = loop_lag(l);

	return json_pack("{s:I, s:I, s:I, s:I, s:o}", "p50", (json_int_t)hist_percentile(h, 50), "p99", (json_int_t)hist_percentile(h, 99),
	                 "max", (json_int_t)h->max_us, "n", (json_int_t)h->n, "buckets", buckets_of(h));
}

json_t *status_heard(const struct rpc_server *s)
{
	json_t *by_name = json_object();

#define RPC_MSG(name, no) \
	if (rpc_server_heard(s, no)) \
		json_object_set_new(by_name, #name, json_integer((json_int_t)rpc_server_heard(s, no)));
#define RPC_U32(f)
#define RPC_U64(f)
#define RPC_STR(f)
#define RPC_END
#include "common/rpc/rpc.def"
#include "common/rpc/undef.h"
	return by_name;
}

char *status_text(json_t *status)
{
	char *text = json_dumps(status, JSON_COMPACT);

	must(text);
	json_decref(status);
	return text;
}

/* ---- the door ---- */

struct status_door {
	struct rpc_server *server;
	status_fn         *fn;
	void              *ctx;
};

static void on_call(void *ctx, struct rpc_call *call, uint16_t no, struct str fields)
{
	struct status_door *d = ctx;

	(void)fields;
	if (no != RPC_status) {
		peer_drop(call->peer);
		return;
	}
	char *text = status_text(d->fn(d->ctx));
	answer_status_is(call, &(struct rpc_status_is){ str_of(text) });
	server_end(call, OK, 0);
	free(text);
}

/* Status is answered at once: nothing is ever open. */
static void on_more(void *ctx, struct rpc_call *call, uint16_t no, struct str fields)
{
	(void)ctx; (void)call; (void)no; (void)fields;
}

static void on_gone(void *ctx, struct rpc_call *call)
{
	(void)ctx; (void)call;
}

struct status_door *status_door_new(struct loop *l, const char *socket_path, const char *who, status_fn *fn, void *ctx)
{
	static const struct rpc_handler handler = { .call = on_call, .more = on_more, .gone = on_gone };
	struct status_door *d = mem_new(sizeof *d);

	d->fn = fn;
	d->ctx = ctx;
	d->server = rpc_server_new(l, socket_path, 0600, who, &handler, d);
	if (!d->server)
		status_door_free(&d);
	return d;
}

void status_door_free(struct status_door **d)
{
	if (*d && (*d)->server)
		rpc_server_free(&(*d)->server);
	free(*d);
	*d = NULL;
}

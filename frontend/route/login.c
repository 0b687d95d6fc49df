/* frontend/route/login.c: a name becomes an account. */
#include <stdlib.h>

#include "common/base/must.h"
#include "frontend/route/inside.h"

#define LOGIN_PATIENCE_MS 30000         /* for a directory that is away */

struct login {
	struct route *route;
	struct query *query;            /* NULL: the recipient is known */
	struct account *known;
	struct loop_job answer;
	char         *recipient;        /* of a resolve */
	bool          shared;           /* a user logs in, and shares the account of their other sessions */
	login_fn     *done;
	void         *ctx;
};

static struct login *login_new(struct route *r, login_fn *done, void *ctx)
{
	struct login *l = mem_new(sizeof *l);

	l->route = r;
	l->done = done;
	l->ctx = ctx;
	return l;
}

static void login_free(struct login *l)
{
	loop_job_stop(&l->answer);
	account_release(&l->known);
	query_drop(&l->query);
	free(l->recipient);
	free(l);
}

static void login_heard(void *ctx, enum err err, const struct rpc_granted *granted)
{
	struct login *l = ctx;
	struct account *a = granted ? account_of(l->route, granted, l->shared) : NULL;

	l->query = NULL;
	if (a && l->recipient)
		resolved_put(l->route, str_of(l->recipient), a);
	l->done(l->ctx, err == OK && !a ? ERR_BUSY : err, a);
	login_free(l);
}

static void login_known(void *arg)
{
	struct login *l = arg;
	struct account *a = l->known;

	l->known = NULL;
	l->done(l->ctx, OK, a);
	login_free(l);
}

struct login *route_login(struct route *r, struct str name, struct str password, struct str peer, login_fn *done, void *ctx)
{
	struct login *l = login_new(r, done, ctx);
	struct rpc_login m = { name, password, peer };
	struct buf fields = { 0 };

	l->shared = true;
	rpc_put_login(&fields, &m);
	l->query = query_new(r, RPC_login, &fields, LOGIN_PATIENCE_MS, login_heard, l);
	return l;
}

struct login *route_resolve(struct route *r, struct str recipient, login_fn *done, void *ctx)
{
	struct login *l = login_new(r, done, ctx);
	struct rpc_resolve m = { recipient };
	struct buf fields = { 0 };

	l->recipient = str_heap_z(recipient);
	l->known = resolved_get(r, recipient);
	if (l->known) {
		loop_defer(r->loop, &l->answer, login_known, l);
		return l;
	}
	rpc_put_resolve(&fields, &m);
	l->query = query_new(r, RPC_resolve, &fields, LOGIN_PATIENCE_MS, login_heard, l);
	return l;
}

struct login *route_root(struct route *r, const struct account *admin, const struct rpc_root *m, login_fn *done, void *ctx)
{
	struct login *l = login_new(r, done, ctx);
	struct rpc_root filled = *m;
	struct buf fields = { 0 };

	filled.ticket = buf_str(&admin->ticket);
	rpc_put_root(&fields, &filled);
	l->query = query_new(r, RPC_root, &fields, LOGIN_PATIENCE_MS, login_heard, l);
	return l;
}

void login_drop(struct login **lp)
{
	struct login *l = *lp;

	*lp = NULL;
	/* With neither a query nor an account its `done` runs right now, and who runs it frees it. */
	if (l && (l->query || l->known))
		login_free(l);
}

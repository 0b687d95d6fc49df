/* frontend/route/login.c: a name becomes an account. */
#include <stdlib.h>

#include "common/base/must.h"
#include "frontend/route/inside.h"

#define LOGIN_PATIENCE_MS 30000         /* for a directory that is away */

struct login {
	struct route *route;
	struct query *query;
	bool          shared;           /* with the user's other sessions; a resolved recipient has a folder of its own */
	login_fn     *done;
	void         *ctx;
};

static void login_heard(void *ctx, enum err err, const struct rpc_granted *granted)
{
	struct login *l = ctx;
	struct account *a = granted ? account_of(l->route, granted, l->shared) : NULL;

	l->query = NULL;
	l->done(l->ctx, err == OK && !a ? ERR_BUSY : err, a);
	free(l);
}

static struct login *login_new(struct route *r, uint16_t no, struct buf *fields, login_fn *done, void *ctx)
{
	struct login *l = mem_new(sizeof *l);

	l->route = r;
	l->shared = no == RPC_login;
	l->done = done;
	l->ctx = ctx;
	l->query = query_new(r, no, fields, LOGIN_PATIENCE_MS, login_heard, l);
	return l;
}

struct login *route_login(struct route *r, struct str name, struct str password, struct str peer, login_fn *done, void *ctx)
{
	struct rpc_login m = { name, password, peer };
	struct buf fields = { 0 };

	rpc_put_login(&fields, &m);
	return login_new(r, RPC_login, &fields, done, ctx);
}

struct login *route_resolve(struct route *r, struct str recipient, login_fn *done, void *ctx)
{
	struct rpc_resolve m = { recipient };
	struct buf fields = { 0 };

	rpc_put_resolve(&fields, &m);
	return login_new(r, RPC_resolve, &fields, done, ctx);
}

void login_drop(struct login **lp)
{
	struct login *l = *lp;

	*lp = NULL;
	/* Without a query its `done` runs right now, and login_heard frees it. */
	if (!l || !l->query)
		return;
	query_drop(&l->query);
	free(l);
}

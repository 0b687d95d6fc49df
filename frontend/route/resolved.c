/* frontend/route/resolved.c: recipients that were looked up lately: mail for the same people comes in a row.
 *
 * An entry holds its account, so that the ticket is renewed meanwhile. It is good for a minute from its lookup; and it goes at once when
 * the directory cuts its user, or cannot tell us any more.
 */
#include <stdlib.h>

#include "common/base/must.h"
#include "common/base/sum.h"
#include "frontend/route/inside.h"

enum { RESOLVED_MAX = 4096, GOOD_MS = 60 * 1000 };

struct resolved {
	TAILQ_ENTRY(resolved) in_order;     /* oldest first */
	uint64_t        key, until_ms;
	char           *recipient;
	struct account *account;
};

static void forget(struct route *r, struct resolved *e)
{
	map_del(&r->resolved, e->key);
	TAILQ_REMOVE(&r->resolved_order, e, in_order);
	account_release(&e->account);
	free(e->recipient);
	free(e);
}

struct account *resolved_get(struct route *r, struct str recipient)
{
	struct resolved *e = map_get(&r->resolved, sum64(recipient));

	if (!e || !str_eq(str_of(e->recipient), recipient) || e->until_ms <= loop_now_ms(r->loop) || e->account->stale || e->account->dead)
		return NULL;
	return account_hold(e->account);
}

void resolved_put(struct route *r, struct str recipient, struct account *a)
{
	struct resolved *e = map_get(&r->resolved, sum64(recipient));

	if (e)
		forget(r, e);
	if (r->resolved.n == RESOLVED_MAX)
		forget(r, TAILQ_FIRST(&r->resolved_order));
	e = mem_new(sizeof *e);
	e->key = sum64(recipient);
	e->until_ms = loop_now_ms(r->loop) + GOOD_MS;
	e->recipient = str_heap_z(recipient);
	e->account = account_hold(a);
	map_put(&r->resolved, e->key, e);
	TAILQ_INSERT_TAIL(&r->resolved_order, e, in_order);
}

void resolved_cut(struct route *r, uint32_t user)
{
	struct resolved *e, *next;

	for (e = TAILQ_FIRST(&r->resolved_order); e; e = next) {
		next = TAILQ_NEXT(e, in_order);
		if (e->account->user == user)
			forget(r, e);
	}
}

void resolved_forget(struct route *r, uint64_t now_ms)
{
	struct resolved *e;

	while ((e = TAILQ_FIRST(&r->resolved_order)) && e->until_ms <= now_ms)
		forget(r, e);
}

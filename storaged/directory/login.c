/* storaged/directory/login.c: name and password in, a ticket out.
 *
 * A wrong password, an unknown name and a disabled user take the same time and get the same answer; only our log tells them apart.
 */
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/seal/ticket.h"
#include "storaged/directory/inside.h"

struct login {
	struct pending    pending;           /* first: what hangs on the call */
	struct directory *d;
	struct hash_job   job;               /* holds the password */
	char             *name, *peer;
	uint32_t          user, generation;  /* whose hash is being checked; 0: nobody's */
};

/* For names that do not exist: hashes that no password has, one for each cost. */
static const char *const dummy_hash[] = {
	[HASH_COST_MIN]         = "$argon2id$v=19$m=8,t=1,p=1$b3VyIGR1bW15IHNhbHQgIQ$cXVpdGUgc29tZSBoYXNoIG9mIG5vYm9keSdzIHNlY3JldA",
	[HASH_COST_INTERACTIVE] = "$argon2id$v=19$m=65536,t=2,p=1$b3VyIGR1bW15IHNhbHQgIQ$cXVpdGUgc29tZSBoYXNoIG9mIG5vYm9keSdzIHNlY3JldA",
	[HASH_COST_MODERATE]    = "$argon2id$v=19$m=262144,t=3,p=1$b3VyIGR1bW15IHNhbHQgIQ$cXVpdGUgc29tZSBoYXNoIG9mIG5vYm9keSdzIHNlY3JldA",
};

static struct login *login_new(struct directory *d, struct rpc_call *call, const struct rpc_login *m, void (*done)(void *ctx))
{
	struct login *l = mem_new(sizeof *l);

	l->pending.call = call;
	l->d = d;
	l->name = str_heap_z(m->name);
	l->peer = str_heap_z(m->peer);
	hash_job_init(&l->job, m->password, done, l);
	call->ctx = &l->pending;
	return l;
}

static void login_free(struct login *l)
{
	hash_job_fini(&l->job);
	free(l->name);
	free(l->peer);
	free(l);
}

static void refuse(struct login *l, enum err err, const char *why)
{
	struct directory *d = l->d;

	d->login_failures++;
	log_info("login_failed", "name=%s peer=%s why=%s", LOG_S(str_of(l->name)), LOG_S(str_of(l->peer)), why);
	pending_end(&l->pending, err, ledger_durable(d->ledger));
	login_free(l);
}

static void grant(struct login *l, const struct person *p)
{
	struct directory *d = l->d;

	d->logins++;
	if (l->pending.call)
		grant_answer(d, l->pending.call, p, RIGHT_READ | RIGHT_DELIVER | RIGHT_QUOTA, (struct str){ NULL, 0 });
	login_free(l);
}

static void login_begin(struct login *l)
{
	struct directory *d = l->d;
	const struct person *p = lookup_name(d, str_of(l->name));

	if (p && !p->disabled && verifier_knows(d->verifier, p->id, p->generation, l->job.password)) {
		d->cache_hits++;
		grant(l, p);
		return;
	}
	l->user = p ? p->id : 0;
	l->generation = p ? p->generation : 0;
	if (d->closing || !hasher_check(d->hasher, &l->job, p ? p->secret : dummy_hash[d->config->hash_cost]))
		refuse(l, ERR_BUSY, "busy");
}

static void login_checked(void *ctx)
{
	struct login *l = ctx;
	struct directory *d = l->d;
	const struct person *p = l->user ? people_get(&d->people, l->user) : NULL;

	if (p && p->generation != l->generation && !p->deleted) {
		login_begin(l);              /* the password changed while we checked the old one */
	} else if (!p || p->deleted) {
		refuse(l, ERR_DENIED, "unknown");
	} else if (!l->job.ok) {
		refuse(l, ERR_DENIED, "password");
	} else if (p->disabled) {
		refuse(l, ERR_DENIED, "disabled");
	} else {
		verifier_learn(d->verifier, p->id, p->generation, l->job.password);
		grant(l, p);
	}
}

void hear_login(struct door *door, struct rpc_call *call, struct str fields)
{
	struct rpc_login m;

	rpc_get_login(fields, &m);
	struct login *l = login_new(door->d, call, &m, login_checked);
	if (m.password.n > PASSWORD_BYTES_MOST)
		refuse(l, ERR_DENIED, "too_long");
	else
		login_begin(l);
}

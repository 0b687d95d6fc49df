/* storaged/directory/grant.c: tickets: signed, renewed. */
#include "common/seal/ticket.h"
#include "storaged/directory/inside.h"

static uint64_t now_ms(const struct directory *d) { return d->disk->ops->clock_ms(d->disk); }

static void sign(const struct directory *d, struct buf *ticket, const struct person *p, uint32_t rights)
{
	ticket_sign(ticket, &d->master, &(struct ticket){
		.user = p->id, .rights = rights, .shard = p->shard, .epoch = p->epoch, .generation = p->generation,
		.expires_ms = now_ms(d) + d->config->ticket_lifetime_ms,
	});
}

void grant_admin(const struct directory *d, struct buf *ticket, const struct person *p) { sign(d, ticket, p, RIGHT_ADMIN); }

void grant_answer(struct directory *d, struct rpc_call *call, const struct person *p, uint32_t rights, struct str folder)
{
	uint64_t lifetime_ms = d->config->ticket_lifetime_ms;
	const struct quota quota = person_quota(&d->people, p);
	struct buf ticket = { 0 };

	sign(d, &ticket, p, rights);
	answer_granted(call, &(struct rpc_granted){
		.user = p->id, .shard = p->shard, .epoch = p->epoch, .generation = p->generation, .name = str_of(p->name),
		.folder = folder, .ticket = buf_str(&ticket), .lifetime_ms = lifetime_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)lifetime_ms,
		.admin = p->admin, .limited = quota.limit[QUOTA_STORAGE] || quota.limit[QUOTA_MESSAGE],
	});
	buf_fini(&ticket);
	server_end(call, OK, ledger_durable(d->ledger).n);
}

/* What a caller of this door may hold in a ticket. */
static uint32_t door_rights(enum door_kind kind) { return kind == DOOR_LMTP ? RIGHT_DELIVER : RIGHT_READ | RIGHT_DELIVER | RIGHT_QUOTA; }

bool grant_is_admins(const struct directory *d, struct str ticket)
{
	struct ticket t;

	if (ticket_read(&t, &d->master, ticket, now_ms(d)) != OK || !(t.rights & RIGHT_READ))
		return false;
	const struct person *p = people_get(&d->people, t.user);
	return p && !p->deleted && !p->disabled && p->admin && p->generation == t.generation;
}

/* A ticket counts for one lifetime beyond its end here, so that a stall of ours or theirs does not cut sessions. */
void hear_renew(struct door *door, struct rpc_call *call, struct str fields)
{
	struct directory *d = door->d;
	uint64_t now = now_ms(d), grace = d->config->ticket_lifetime_ms;
	struct rpc_renew m;
	struct ticket t;

	rpc_get_renew(fields, &m);
	enum err err = ticket_read(&t, &d->master, m.ticket, now > grace ? now - grace : 0);
	if (err != OK) {
		server_end(call, err, 0);
		return;
	}
	const struct person *p = people_get(&d->people, t.user);
	if (!p || p->deleted || p->disabled || p->generation != t.generation || (t.rights & ~door_rights(door->kind)))
		server_end(call, ERR_DENIED, ledger_durable(d->ledger).n);
	else
		grant_answer(d, call, p, t.rights, (struct str){ NULL, 0 });
}

void hear_resolve(struct door *door, struct rpc_call *call, struct str fields)
{
	struct directory *d = door->d;
	struct rpc_resolve m;
	struct str folder;

	rpc_get_resolve(fields, &m);
	const struct person *p = lookup_recipient(d, m.recipient, &folder);
	if (!p || p->disabled)
		server_end(call, p ? ERR_DENIED : ERR_ABSENT, ledger_durable(d->ledger).n);
	else
		grant_answer(d, call, p, RIGHT_DELIVER, folder);
}

/* Of disabled users, too: their mail is still the admin's to look after. */
void hear_admit(struct door *door, struct rpc_call *call, struct str fields)
{
	struct directory *d = door->d;
	struct rpc_admit m;

	rpc_get_admit(fields, &m);
	const struct person *p = lookup_name(d, m.name);
	if (p)
		grant_answer(d, call, p, RIGHT_READ | RIGHT_DELIVER | RIGHT_QUOTA, (struct str){ NULL, 0 });
	else
		server_end(call, ERR_ABSENT, ledger_durable(d->ledger).n);
}

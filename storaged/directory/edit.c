/* storaged/directory/edit.c: what admins do to users: add, set, delete, limit.
 *
 * The life of an edit: it waits until no other edit of that name is under way; the rule looks; a new password is hashed on a
 * worker; the fact is written; then sessions are cut, the next edit of the name begins, and when the shard knows, too,
 * the caller hears of it. A caller that vanishes does not stop it.
 */
#include <stdlib.h>
#include <sys/queue.h>

#include "common/base/log.h"
#include "common/base/map.h"
#include "common/base/must.h"
#include "common/seal/ticket.h"
#include "storaged/directory/fact.h"
#include "storaged/directory/inside.h"
#include "storaged/directory/username.h"

enum { SET_PASSWORD = 1, SET_QUOTA = 2, SET_DISABLED = 4, SET_ADMIN = 8, SET_NO_ADMIN = 16 };
enum { LIMIT_CLASS = 1 << QUOTA_RESOURCES, LIMITS_ALL = LIMIT_CLASS - 1 };   /* quota_set: a bit for each resource, and this */
enum edit_kind { EDIT_ADD, EDIT_SET, EDIT_DEL, EDIT_ADMIN, EDIT_QUOTA };

struct edit {
	struct pending    pending;           /* first: what hangs on the call */
	struct directory *d;
	enum edit_kind    kind;
	struct buf        name;              /* as asked: canonical if it is to be added */
	uint64_t          turn;              /* names of the same hash take turns */
	STAILQ_ENTRY(edit) next;
	bool              begun;
	struct hash_job   job;
	enum hash_cost    cost;              /* 0: no new password */
	uint32_t          what;              /* of EDIT_SET, EDIT_QUOTA */
	uint64_t          limit[QUOTA_RESOURCES];
	struct buf        class;             /* of EDIT_QUOTA */
	bool              disabled, admin;
	bool              grants;            /* the caller is an admin over IMAP, who wants to see what came of it */
	uint32_t          user, shard, generation;   /* of the fact */
	struct lsn        lsn;
	bool              cuts;              /* the generation rose: sessions end */
};

/* Edits of one name: the first is under way. */
struct turn { STAILQ_HEAD(, edit) edits; bool running; };

struct edits {
	struct map turns;                    /* hash of a name -> turn */
	uint32_t   last_id;                  /* given, though perhaps not yet durable */
	uint32_t   adding[SHARDS_MOST];      /* facts under way, for choosing shards */
};

struct edits *edits_new(void) { return mem_new(sizeof(struct edits)); }

void edits_free(struct edits **e)
{
	if (!*e)
		return;
	must((*e)->turns.n == 0);
	map_fini(&(*e)->turns);
	free(*e);
	*e = NULL;
}

static void edit_begin(struct edit *e);

/* --- turns --- */

/* An edit that ends at once lets the next begin here, not deeper in the stack. */
static void turn_run(struct map *turns, uint64_t key)
{
	struct turn *t = map_get(turns, key);
	struct edit *e;

	t->running = true;
	while ((e = STAILQ_FIRST(&t->edits)) && !e->begun) {
		e->begun = true;
		edit_begin(e);
	}
	t->running = false;
	if (e)
		return;
	map_del(turns, key);
	free(t);
}

static void turn_wait(struct edit *e)
{
	struct map *turns = &e->d->edits->turns;
	struct turn *t = map_get(turns, e->turn);

	if (t) {
		STAILQ_INSERT_TAIL(&t->edits, e, next);
		return;
	}
	t = mem_new(sizeof *t);
	STAILQ_INIT(&t->edits);
	STAILQ_INSERT_TAIL(&t->edits, e, next);
	map_put(turns, e->turn, t);
	turn_run(turns, e->turn);
}

static void turn_end(struct edit *e)
{
	struct map *turns = &e->d->edits->turns;
	struct turn *t = map_get(turns, e->turn);

	must(STAILQ_FIRST(&t->edits) == e);
	STAILQ_REMOVE_HEAD(&t->edits, next);
	if (!t->running)
		turn_run(turns, e->turn);
}

/* --- the end --- */

static void edit_free(struct edit *e)
{
	hash_job_fini(&e->job);
	buf_fini(&e->name);
	buf_fini(&e->class);
	free(e);
}

/* Before anything was written. */
static void refuse(struct edit *e, enum err err)
{
	pending_end(&e->pending, err, ledger_durable(e->d->ledger));
	turn_end(e);
	edit_free(e);
}

static void edit_pushed(void *ctx, enum err err)
{
	struct edit *e = ctx;
	const struct person *p = people_get(&e->d->people, e->user);

	if (e->grants && err == OK && e->pending.call && p && !p->deleted) {
		grant_answer(e->d, e->pending.call, p, RIGHT_QUOTA, (struct str){ NULL, 0 });
		e->pending.call = NULL;
	}
	pending_end(&e->pending, err, e->lsn);
	edit_free(e);
}

static void edit_written(void *ctx, enum err err, struct lsn lsn)
{
	static const char *const verbs[] = { [EDIT_ADD] = "user_added", [EDIT_SET] = "user_set", [EDIT_DEL] = "user_deleted",
	                                     [EDIT_ADMIN] = "user_admin", [EDIT_QUOTA] = "user_quota" };
	struct edit *e = ctx;
	struct directory *d = e->d;

	if (e->kind == EDIT_ADD)
		d->edits->adding[e->shard]--;
	if (err != OK) {
		refuse(e, err);
		return;
	}
	log_info(verbs[e->kind], "user=%u shard=%u generation=%u lsn=%lu", e->user, e->shard, e->generation, lsn.n);
	if (e->kind == EDIT_DEL)
		verifier_forget(d->verifier, e->user);
	if (e->cuts)
		directory_cut(d, e->user, e->generation);
	e->lsn = lsn;
	turn_end(e);
	pusher_want(d->pusher, e->user, lsn, edit_pushed, e);
}

/* --- facts --- */

/* Those with the fewest users, counting the ones about to be. */
static uint32_t shard_choose(const struct directory *d)
{
	const uint32_t *living = d->people.on_shard, *adding = d->edits->adding;
	uint32_t best = 0;

	for (uint32_t i = 1; i < d->config->shards; i++)
		if (living[i] + adding[i] < living[best] + adding[best])
			best = i;
	return best;
}

static void add_fact(struct edit *e, struct buf *fact)
{
	struct directory *d = e->d;
	struct edits *edits = d->edits;

	if (edits->last_id < d->people.last_id)
		edits->last_id = d->people.last_id;
	e->user = ++edits->last_id;
	e->shard = shard_choose(d);
	e->generation = 1;
	edits->adding[e->shard]++;
	fact_put_added(fact, &(struct fact_added){
		.user = e->user, .shard = e->shard, .epoch = 1, .generation = e->generation, .quota_bytes = e->limit[QUOTA_STORAGE],
		.created = d->disk->ops->clock_ms(d->disk) / 1000, .name = buf_str(&e->name), .secret = str_of(e->job.text),
	});
}

/* A new password and being disabled end the sessions there are. */
static void set_fact(struct edit *e, struct buf *fact, const struct person *p)
{
	bool disabled = e->what & SET_DISABLED ? e->disabled : p->disabled;

	e->cuts = (e->what & SET_PASSWORD) || (disabled && !p->disabled);
	e->generation = p->generation + e->cuts;
	fact_put_set(fact, &(struct fact_set){
		.user = p->id, .generation = e->generation, .quota_bytes = e->what & SET_QUOTA ? e->limit[QUOTA_STORAGE] : p->limit[QUOTA_STORAGE],
		.disabled = disabled, .secret = str_of(e->what & SET_PASSWORD ? e->job.text : p->secret),
	});
}

static void del_fact(struct edit *e, struct buf *fact, const struct person *p)
{
	e->cuts = true;
	e->generation = p->generation + 1;
	fact_put_deleted(fact, &(struct fact_deleted){ p->id, e->generation });
}

static void quota_fact(const struct edit *e, struct buf *fact, const struct person *p)
{
	uint64_t limit[QUOTA_RESOURCES];

	for (int r = 0; r < QUOTA_RESOURCES; r++)
		limit[r] = e->what & 1u << r ? e->limit[r] : p->limit[r];
	fact_put_quota(fact, &(struct fact_quota){
		p->id, limit[QUOTA_STORAGE], limit[QUOTA_MESSAGE], limit[QUOTA_MAILBOX],
		e->what & LIMIT_CLASS ? buf_str(&e->class) : str_of(p->class) });
}

static void change_fact(struct edit *e, struct buf *fact, const struct person *p)
{
	e->generation = p->generation;
	if (e->kind == EDIT_SET)
		set_fact(e, fact, p);
	else if (e->kind == EDIT_DEL)
		del_fact(e, fact, p);
	else if (e->kind == EDIT_QUOTA)
		quota_fact(e, fact, p);
	else
		fact_put_admin(fact, &(struct fact_admin){ p->id, e->admin });
}

/* Nobody else edits this name meanwhile, so what the rule saw still holds. */
static void edit_write(struct edit *e)
{
	struct directory *d = e->d;
	struct buf fact = { 0 };

	if (e->kind == EDIT_ADD) {
		add_fact(e, &fact);
	} else {
		const struct person *p = people_get(&d->people, e->user);
		must(p && !p->deleted);
		e->shard = p->shard;
		change_fact(e, &fact, p);
	}
	ledger_write(d->ledger, buf_str(&fact), edit_written, e);
	buf_fini(&fact);
}

static void edit_hashed(void *ctx)
{
	struct edit *e = ctx;

	if (e->job.ok)
		edit_write(e);
	else
		refuse(e, ERR_BUSY);
}

/* --- the rule --- */

static enum err rule(struct edit *e)
{
	struct directory *d = e->d;
	const struct person *p = people_find(&d->people, buf_str(&e->name));

	if (d->closing)
		return ERR_BUSY;
	if (e->kind == EDIT_ADD && p)
		return ERR_EXISTS;
	if (e->kind != EDIT_ADD && !p)
		return ERR_ABSENT;
	if (e->kind == EDIT_ADD && !ledger_has_room(d->ledger))
		return ERR_NOSPACE;              /* the reserve is for shutting people out, and for making space */
	if (e->kind == EDIT_QUOTA && e->class.n && !classes_find(&d->people.classes, buf_str(&e->class)))
		return ERR_CANNOT;
	e->user = p ? p->id : 0;
	return OK;
}

static void edit_begin(struct edit *e)
{
	enum err err = rule(e);

	if (err != OK)
		refuse(e, err);
	else if (e->cost)
		hasher_make(e->d->hasher, &e->job, e->cost);
	else
		edit_write(e);
}

/* --- calls --- */

static struct edit *edit_new(struct directory *d, struct rpc_call *call, enum edit_kind kind)
{
	struct edit *e = mem_new(sizeof *e);

	e->pending.call = call;
	e->d = d;
	e->kind = kind;
	call->ctx = &e->pending;
	return e;
}

/* An edit names a user exactly: `local@domain` that means `local` becomes that here, before it waits for its turn. */
static bool name_set(struct edit *e, struct str name)
{
	const struct person *p = e->kind == EDIT_ADD ? NULL : lookup_name(e->d, name);

	if (p)
		buf_add(&e->name, str_of(p->name));
	else if (!username_canon(&e->name, name))
		return false;
	e->turn = people_hash(&e->d->people, buf_str(&e->name));
	return true;
}

static bool password_set(struct edit *e, struct str password, uint32_t cost)
{
	if (password.n == 0 || password.n > PASSWORD_BYTES_MOST || cost > HASH_MODERATE)
		return false;
	hash_job_init(&e->job, password, edit_hashed, e);
	e->cost = cost ? (enum hash_cost)cost : (enum hash_cost)(e->d->config->hash_cost + HASH_MIN);
	return true;
}

static void edit_start(struct edit *e, bool good)
{
	if (good) {
		turn_wait(e);
		return;
	}
	pending_end(&e->pending, ERR_INPUT, (struct lsn){ 0 });
	edit_free(e);
}

void hear_user_add(struct door *door, struct rpc_call *call, struct str fields)
{
	struct edit *e = edit_new(door->d, call, EDIT_ADD);
	struct rpc_user_add m;

	rpc_get_user_add(fields, &m);
	e->limit[QUOTA_STORAGE] = m.quota_bytes ? m.quota_bytes : LIMIT_INHERIT;
	edit_start(e, name_set(e, m.name) && password_set(e, m.password, m.hash_cost));
}

void hear_user_set(struct door *door, struct rpc_call *call, struct str fields)
{
	struct rpc_user_set m;

	rpc_get_user_set(fields, &m);
	bool admin = m.what == SET_ADMIN || m.what == SET_NO_ADMIN;
	struct edit *e = edit_new(door->d, call, admin ? EDIT_ADMIN : EDIT_SET);
	e->what = m.what;
	e->limit[QUOTA_STORAGE] = m.quota_bytes;
	e->disabled = m.disabled != 0;
	e->admin = m.what == SET_ADMIN;
	bool good = m.what != 0 && (admin || (m.what & ~(uint32_t)(SET_PASSWORD | SET_QUOTA | SET_DISABLED)) == 0) && name_set(e, m.name);
	edit_start(e, good && (!(m.what & SET_PASSWORD) || password_set(e, m.password, m.hash_cost)));
}

void hear_user_del(struct door *door, struct rpc_call *call, struct str fields)
{
	struct edit *e = edit_new(door->d, call, EDIT_DEL);
	struct rpc_user_del m;

	rpc_get_user_del(fields, &m);
	edit_start(e, name_set(e, m.name));
}

void hear_quota_set(struct door *door, struct rpc_call *call, struct str fields)
{
	struct edit *e = edit_new(door->d, call, EDIT_QUOTA);
	struct rpc_quota_set m;

	rpc_get_quota_set(fields, &m);
	e->what = m.what;
	e->limit[QUOTA_STORAGE] = m.bytes;
	e->limit[QUOTA_MESSAGE] = m.messages;
	e->limit[QUOTA_MAILBOX] = m.mailboxes;
	buf_add(&e->class, m.class);
	edit_start(e, m.what != 0 && (m.what & ~(uint32_t)(LIMITS_ALL | LIMIT_CLASS)) == 0 && name_set(e, m.name));
}

void hear_root(struct door *door, struct rpc_call *call, struct str fields)
{
	struct directory *d = door->d;
	struct rpc_root m;

	rpc_get_root(fields, &m);
	enum err err = grant_is_admins(d, m.ticket) ? OK : ERR_DENIED;
	const struct person *other = lookup_name(d, m.name);
	if (err == OK && !other)
		err = ERR_ABSENT;
	if (err) {
		server_end(call, err, ledger_durable(d->ledger).n);
		return;
	}
	if (!m.set) {
		grant_answer(d, call, other, RIGHT_QUOTA, (struct str){ NULL, 0 });
		return;
	}
	struct edit *e = edit_new(d, call, EDIT_QUOTA);
	e->what = LIMITS_ALL;
	e->grants = true;
	e->limit[QUOTA_STORAGE] = m.bytes;
	e->limit[QUOTA_MESSAGE] = m.messages;
	e->limit[QUOTA_MAILBOX] = m.mailboxes;
	edit_start(e, name_set(e, m.name));
}

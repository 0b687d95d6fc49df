/* storaged/directory/class_edit.c: what admins do to classes of quotas, and to domains.
 *
 * One at a time: each sees what the one before it made true. The caller hears when it is durable; the shards are told after that
 * (pusher_survey).
 */
#include <stdlib.h>
#include <sys/queue.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "storaged/directory/fact.h"
#include "storaged/directory/inside.h"
#include "storaged/directory/username.h"

enum { SET_SOFT = 1 << QUOTA_RESOURCES, SET_GRACE = SET_SOFT << 1, SET_WARN = SET_SOFT << 2, SET_ALL = (SET_SOFT << 3) - 1 };   /* class_set */

struct class_edit {
	struct pending    pending;           /* first: what hangs on the call */
	struct directory *d;
	uint16_t          no;                /* of the message; 0: the configuration's wish */
	struct buf        fields;
	STAILQ_ENTRY(class_edit) next;
};

struct class_edits { STAILQ_HEAD(, class_edit) waiting; bool running; };   /* the first is under way */

struct class_edits *class_edits_new(void)
{
	struct class_edits *edits = mem_new(sizeof *edits);

	STAILQ_INIT(&edits->waiting);
	return edits;
}

/* Takes out the first: it is done. */
static void edit_end(struct class_edits *edits, enum err err, struct lsn lsn)
{
	struct class_edit *e = STAILQ_FIRST(&edits->waiting);

	STAILQ_REMOVE_HEAD(&edits->waiting, next);
	pending_end(&e->pending, err, lsn);
	buf_fini(&e->fields);
	free(e);
}

void class_edits_free(struct class_edits **edits)
{
	if (!*edits)
		return;
	while (!STAILQ_EMPTY(&(*edits)->waiting))
		edit_end(*edits, ERR_BUSY, (struct lsn){ 0 });
	free(*edits);
	*edits = NULL;
}

/* --- rules: OK, and the fact --- */

static void class_fact(struct buf *fact, struct str name, const struct quota *q, bool by_config)
{
	fact_put_class_set(fact, &(struct fact_class_set){
		name, q->limit[QUOTA_STORAGE], q->limit[QUOTA_MESSAGE], q->limit[QUOTA_MAILBOX], q->soft_percent, q->grace_percent, q->warn, by_config });
}

static enum err class_set(const struct directory *d, struct str fields, struct buf *fact)
{
	struct rpc_class_set m;

	must(rpc_get_class_set(fields, &m));
	const struct class *old = classes_find(&d->people.classes, m.name);
	struct quota q = old ? old->quota : QUOTA_INITIAL;
	const uint64_t limit[QUOTA_RESOURCES] = { m.bytes, m.messages, m.mailboxes };

	if (!class_name_ok(m.name) || m.what & ~(uint32_t)SET_ALL)
		return ERR_INPUT;
	if ((m.what & SET_SOFT && m.soft_percent > 100) || (m.what & SET_GRACE && m.grace_percent > QUOTA_GRACE_MOST))
		return ERR_INPUT;
	if (!old && d->people.classes.n >= CLASSES_MAX)
		return ERR_LIMIT;
	for (int r = 0; r < QUOTA_RESOURCES; r++)
		if (m.what & 1u << r)
			q.limit[r] = limit[r];
	q.soft_percent = m.what & SET_SOFT ? m.soft_percent : q.soft_percent;
	q.grace_percent = m.what & SET_GRACE ? m.grace_percent : q.grace_percent;
	q.warn = m.what & SET_WARN ? m.warn != 0 : q.warn;
	class_fact(fact, m.name, &q, false);
	return OK;
}

static bool somebody_has(const struct people *people, struct str class)
{
	size_t at = 0;
	uint64_t id;
	void *p;

	while (map_each(&people->by_id, &at, &id, &p))
		if (!((struct person *)p)->deleted && str_eq(str_of(((struct person *)p)->class), class))
			return true;
	return classes_in_domain(&people->classes, class);
}

static enum err class_del(const struct directory *d, struct str fields, struct buf *fact)
{
	struct rpc_class_del m;

	must(rpc_get_class_del(fields, &m));
	if (!classes_find(&d->people.classes, m.name))
		return ERR_ABSENT;
	if (str_eq(m.name, S("default")) || somebody_has(&d->people, m.name))
		return ERR_CANNOT;
	fact_put_class_deleted(fact, &(struct fact_class_deleted){ m.name });
	return OK;
}

/* As the domains of users' names are. False: no domain. */
static bool domain_canon(struct buf *out, struct str domain)
{
	struct buf name = { 0 }, canon = { 0 };
	struct str local, canonical = { NULL, 0 };

	buf_add(&name, S("x@"));
	buf_add(&name, domain);
	bool ok = domain.n > 0 && username_canon(&canon, buf_str(&name)) && username_split(buf_str(&canon), &local, &canonical);
	buf_add(out, canonical);
	buf_fini(&name);
	buf_fini(&canon);
	return ok;
}

static enum err domain_set(const struct directory *d, struct str fields, struct buf *fact)
{
	const struct classes *classes = &d->people.classes;
	struct rpc_domain_set m;
	struct buf domain = { 0 };
	enum err err = OK;

	must(rpc_get_domain_set(fields, &m));
	if (!domain_canon(&domain, m.domain))
		err = ERR_INPUT;
	else if (m.class.n && !classes_find(classes, m.class))
		err = ERR_CANNOT;
	else if (!classes_domain(classes, buf_str(&domain)) && classes->n_domains >= CLASS_DOMAINS_MAX)
		err = ERR_LIMIT;
	else
		fact_put_domain_class(fact, &(struct fact_domain_class){ buf_str(&domain), m.class });
	buf_fini(&domain);
	return err;
}

static enum err config_set(const struct directory *d, struct buf *fact)
{
	struct quota q = QUOTA_INITIAL;

	q.limit[QUOTA_STORAGE] = d->config->default_quota_bytes;
	class_fact(fact, S("default"), &q, true);
	return OK;
}

/* --- one after the other --- */

static void edits_run(struct class_edits *edits);

static void edit_written(void *ctx, enum err err, struct lsn lsn)
{
	struct directory *d = ctx;

	if (err == OK) {
		log_info("quotas_set", "lsn=%lu", lsn.n);
		pusher_survey(d->pusher);
	}
	edit_end(d->class_edits, err, lsn);
	edits_run(d->class_edits);
}

static enum err edit_rule(const struct class_edit *e, struct buf *fact)
{
	if (e->d->closing)
		return ERR_BUSY;
	if (!ledger_has_room(e->d->ledger))
		return ERR_NOSPACE;
	switch (e->no) {
	case RPC_class_set:  return class_set(e->d, buf_str(&e->fields), fact);
	case RPC_class_del:  return class_del(e->d, buf_str(&e->fields), fact);
	case RPC_domain_set: return domain_set(e->d, buf_str(&e->fields), fact);
	default:             return config_set(e->d, fact);
	}
}

/* Until one is being written. */
static void edits_run(struct class_edits *edits)
{
	struct class_edit *e;
	struct buf fact = { 0 };

	edits->running = false;
	while (!edits->running && (e = STAILQ_FIRST(&edits->waiting))) {
		enum err err = edit_rule(e, &fact);
		edits->running = err == OK;
		if (err == OK)
			ledger_write(e->d->ledger, buf_str(&fact), edit_written, e->d);
		else
			edit_end(edits, err, ledger_durable(e->d->ledger));
	}
	buf_fini(&fact);
}

static void edit_add(struct directory *d, struct rpc_call *call, uint16_t no, struct str fields)
{
	struct class_edit *e = mem_new(sizeof *e);

	e->pending.call = call;
	e->d = d;
	e->no = no;
	buf_add(&e->fields, fields);
	if (call)
		call->ctx = &e->pending;
	STAILQ_INSERT_TAIL(&d->class_edits->waiting, e, next);
	if (!d->class_edits->running)
		edits_run(d->class_edits);
}

void class_edits_config(struct directory *d)
{
	const struct class *c = classes_find(&d->people.classes, S("default"));

	if (c->by_config && c->quota.limit[QUOTA_STORAGE] != d->config->default_quota_bytes)
		edit_add(d, NULL, 0, (struct str){ NULL, 0 });
}

/* --- calls --- */

void hear_class_set(struct door *door, struct rpc_call *call, struct str fields) { edit_add(door->d, call, RPC_class_set, fields); }
void hear_class_del(struct door *door, struct rpc_call *call, struct str fields) { edit_add(door->d, call, RPC_class_del, fields); }
void hear_domain_set(struct door *door, struct rpc_call *call, struct str fields) { edit_add(door->d, call, RPC_domain_set, fields); }

void hear_class_list(struct door *door, struct rpc_call *call, struct str fields)
{
	const struct classes *classes = &door->d->people.classes;

	(void)fields;
	for (size_t i = 0; i < classes->n; i++) {
		const struct quota *q = &classes->at[i].quota;
		answer_class_is(call, &(struct rpc_class_is){
			str_of(classes->at[i].name), q->limit[QUOTA_STORAGE], q->limit[QUOTA_MESSAGE], q->limit[QUOTA_MAILBOX],
			q->soft_percent, q->grace_percent, q->warn });
	}
	for (size_t i = 0; i < classes->n_domains; i++)
		if (classes->domains[i].class[0])
			answer_domain_is(call, &(struct rpc_domain_is){ str_of(classes->domains[i].name), str_of(classes->domains[i].class) });
	server_end(call, OK, ledger_durable(door->d->ledger).n);
}

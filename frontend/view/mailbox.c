/* frontend/view/mailbox.c: one question at a time, its answer for all who waited. */
#include "frontend/view/mailbox.h"

#include <stdlib.h>

#include "common/base/must.h"
#include "common/base/sum.h"

struct mailbox {
	struct mailboxes *all;
	struct account   *account;
	unsigned          refs;
	uint32_t          id;
	struct buf        name;          /* when it was opened */
	struct uidmap    *truth;
	uint64_t          modseq;        /* of truth */
	uint64_t          heard;         /* it has moved at least to here */
	bool              doubt;         /* bells may have been missed: ask before believing `heard` */
	bool              gone, keywords_full;
	bool              claiming;      /* the call under way claims \Recent */
	uint32_t          claimed_from;  /* \Recent ones claimed, and not yet given to a session; UINT32_MAX: none */
	struct keywords   keywords;
	struct mailbox_wait *waiting;    /* for the next call */
	struct mailbox_wait *riding;     /* on the call under way */
	struct mailbox_listener *listeners;
	struct ask       *ask;
	struct loop_job   job;
};

static uint64_t key_of(uint32_t user, uint32_t id) { return (uint64_t)user << 32 | id; }
static uint64_t name_key(uint32_t user, struct str name) { return sum64(name) ^ (uint64_t)user << 32; }

uint32_t   mailbox_id(const struct mailbox *m) { return m->id; }
struct uidmap *mailbox_truth(const struct mailbox *m) { return m->truth; }
uint64_t   mailbox_modseq(const struct mailbox *m) { return m->modseq; }
bool       mailbox_gone(const struct mailbox *m) { return m->gone; }
const struct keywords *mailbox_keywords(const struct mailbox *m) { return &m->keywords; }
bool       mailbox_keywords_full(const struct mailbox *m) { return m->keywords_full; }

bool mailbox_moved(const struct mailbox *m, uint64_t modseq)
{
	return m->gone || m->doubt || m->heard > modseq || m->modseq > modseq;
}

void mailbox_heard(struct mailbox *m, uint64_t modseq)
{
	if (modseq > m->heard)
		m->heard = modseq;
}

void mailbox_stored(struct mailbox *m, uint64_t before, uint64_t modseq)
{
	mailbox_heard(m, modseq);
	if (m->modseq == before && modseq > before)
		m->modseq = modseq;            /* the same messages live: the truth stays */
}

void mailbox_learn(struct mailbox *m, struct str keywords, bool full)
{
	struct keywords k = { 0 };

	m->keywords_full = full;
	if (keywords.n == 0 || !keywords_unpack(&k, keywords))
		return;
	if (k.n > m->keywords.n) {
		struct keywords old = m->keywords;
		m->keywords = k;
		k = old;
	}
	keywords_fini(&k);
}

struct mailbox *mailbox_find_name(const struct mailboxes *all, const struct account *a, struct str name)
{
	struct mailbox *m = map_get(&all->by_name, name_key(account_user(a), name));

	return m && account_user(m->account) == account_user(a) && !m->gone && str_eq(buf_str(&m->name), name) ? m : NULL;
}

/* The map a select answered with: held for the caller, or NULL. */
static struct uidmap *truth_of(const struct rpc_selected *s, struct uidmap *known)
{
	struct uidset uids = { 0 };
	struct uidmap *map;

	if (s->same)
		return known ? uidmap_hold(known) : NULL;
	if (!uidmap_read_set(&uids, s->uids))
		return NULL;
	map = uidmap_new(&uids);
	uidset_fini(&uids);
	return map;
}

static struct mailbox *mailbox_new(struct mailboxes *all, struct account *a, const struct rpc_selected *s, uint64_t unlistens,
                                   struct uidmap *truth)
{
	struct mailbox *m = mem_new(sizeof *m);

	m->all = all;
	m->account = account_hold(a);
	m->id = s->mailbox;
	buf_add(&m->name, s->name);
	m->truth = uidmap_hold(truth);
	m->modseq = s->modseq;
	m->claimed_from = UINT32_MAX;
	map_put(&all->by_id, key_of(account_user(a), m->id), m);
	map_put(&all->by_name, name_key(account_user(a), s->name), m);
	m->doubt = !route_listen(all->route, a, m->id, unlistens);
	return m;
}

struct mailbox *mailbox_open(struct mailboxes *all, struct account *a, const struct rpc_selected *s, const struct mailbox_before *before,
                             struct uidmap **truth)
{
	struct mailbox *m = map_get(&all->by_id, key_of(account_user(a), s->mailbox));
	struct uidmap *map = truth_of(s, before->known);

	if (!map)
		return NULL;
	if (!m)
		m = mailbox_new(all, a, s, before->unlistens, map);
	m->refs++;
	if (s->modseq > m->modseq) {
		uidmap_release(&m->truth);
		m->truth = uidmap_hold(map);
		m->modseq = s->modseq;
	} else if (s->modseq == m->modseq) {
		uidmap_release(&map);          /* the same messages: share the map, too */
		map = uidmap_hold(m->truth);
	}
	mailbox_learn(m, s->keywords, s->keywords_full != 0);
	*truth = map;
	return m;
}

void mailbox_close(struct mailbox **at)
{
	struct mailbox *m = *at;

	*at = NULL;
	if (!m || --m->refs > 0)
		return;
	must(!m->waiting && !m->riding && !m->listeners);
	ask_drop(&m->ask);
	loop_job_stop(&m->job);
	route_unlisten(m->all->route, m->account, m->id);
	uint64_t by_name = name_key(account_user(m->account), buf_str(&m->name));
	if (map_get(&m->all->by_name, by_name) == m)
		map_del(&m->all->by_name, by_name);
	map_del(&m->all->by_id, key_of(account_user(m->account), m->id));
	account_release(&m->account);
	uidmap_release(&m->truth);
	keywords_fini(&m->keywords);
	buf_fini(&m->name);
	free(m);
}

static void wait_link(struct mailbox_wait **head, struct mailbox_wait *w)
{
	w->next = *head;
	w->link = head;
	if (w->next)
		w->next->link = &w->next;
	*head = w;
}

void mailbox_wait_drop(struct mailbox_wait *w)
{
	if (!w->link)
		return;
	*w->link = w->next;
	if (w->next)
		w->next->link = w->link;
	w->link = NULL;
}

/* Every rider hears, even if some of them close the mailbox or ask again. The caller holds a reference. */
static void tell_riders(struct mailbox *m, enum err err, struct mailbox_news *news)
{
	struct mailbox_wait *w;

	while ((w = m->riding)) {
		mailbox_wait_drop(w);
		if (news) {
			news->recent_from = UINT32_MAX;
			if (w->claim) {                        /* one session only: RFC 3501 2.3.2 */
				news->recent_from = m->claimed_from;
				m->claimed_from = UINT32_MAX;
			}
		}
		w->fn(w->ctx, err, news);
	}
}

/* A select overtook the call: its truth is newer than the flags in this answer. They ride on the next one. */
static void riders_wait_again(struct mailbox *m)
{
	struct mailbox_wait *w;

	while ((w = m->riding)) {
		mailbox_wait_drop(w);
		wait_link(&m->waiting, w);
	}
}

/* What lived, less what vanished, and what was born: exact, since the answer reaches back to before the truth. */
static bool truth_change(struct mailbox *m, const struct rpc_changed *c)
{
	struct uidset born = { 0 }, dead = { 0 }, now = { 0 };
	bool ok = uidmap_read_set(&born, c->appended) && uidmap_read_set(&dead, c->vanished);

	if (ok && c->modseq > m->modseq) {
		uidset_copy(&now, uidmap_uids(m->truth));
		uidset_subtract(&now, &dead);
		uidset_union(&now, &born);
		if (!uidset_eq(&now, uidmap_uids(m->truth))) {
			uidmap_release(&m->truth);
			m->truth = uidmap_new(&now);
		}
		m->modseq = c->modseq;
	}
	uidset_fini(&now);
	uidset_fini(&dead);
	uidset_fini(&born);
	return ok;
}

static void call_start(void *arg);

static void answered(struct mailbox *m, struct str fields)
{
	struct rpc_changed c;

	if (!rpc_get_changed(fields, &c) || !truth_change(m, &c)) {
		tell_riders(m, ERR_CORRUPT, NULL);
		return;
	}
	mailbox_learn(m, c.keywords, c.keywords_full != 0);
	if (m->claiming && c.recent_from < m->claimed_from)
		m->claimed_from = c.recent_from;
	if (c.modseq < m->modseq) {
		riders_wait_again(m);
		return;
	}
	struct mailbox_news news = {
		.truth = uidmap_hold(m->truth), .modseq = m->modseq, .expunge_modseq = c.expunge_modseq, .flags = c.flags,
		.flags_from = c.flags_from,
	};
	tell_riders(m, OK, &news);
	uidmap_release(&news.truth);
}

static void call_news(void *ctx, struct ask *ask, const struct ask_news *news)
{
	struct mailbox *m = ctx;

	(void)ask;
	m->refs++;
	if (news->end) {
		m->ask = NULL;
		m->gone |= news->err == ERR_ABSENT;
		m->doubt |= news->err != OK;           /* nobody was told what the bells were for */
		tell_riders(m, news->err ? news->err : ERR_CORRUPT, NULL);
		if (m->waiting)
			loop_defer(m->all->loop, &m->job, call_start, m);
	} else if (news->no == RPC_changed) {
		answered(m, news->fields);
	}
	mailbox_close(&m);
}

/* The end of a turn: all who waited so far ride on one call. */
static void call_start(void *arg)
{
	struct mailbox *m = arg;
	struct rpc_changes q = { .mailbox = m->id, .since = m->modseq, .keywords_known = (uint32_t)m->keywords.n };

	if (m->ask || !m->waiting)
		return;
	m->riding = m->waiting;
	m->riding->link = &m->riding;
	m->waiting = NULL;
	if (m->gone) {
		m->refs++;
		tell_riders(m, ERR_ABSENT, NULL);
		mailbox_close(&m);
		return;
	}
	for (struct mailbox_wait *w = m->riding; w; w = w->next) {
		if (w->since < q.since)
			q.since = w->since;
		q.claim |= w->claim;
	}
	m->claiming = q.claim != 0;
	m->doubt = false;
	m->ask = ask_changes(m->all->route, m->account, &q, call_news, m);
}

void mailbox_ask(struct mailbox *m, struct mailbox_wait *w)
{
	must(!w->link);
	wait_link(&m->waiting, w);
	if (!m->ask)
		loop_defer(m->all->loop, &m->job, call_start, m);
}

void mailbox_listen(struct mailbox *m, struct mailbox_listener *l)
{
	must(!l->link);
	l->next = m->listeners;
	l->link = &m->listeners;
	if (l->next)
		l->next->link = &l->next;
	m->listeners = l;
}

void mailbox_unlisten(struct mailbox_listener *l)
{
	if (!l->link)
		return;
	*l->link = l->next;
	if (l->next)
		l->next->link = l->link;
	l->link = NULL;
}

/* Listeners answer with mailbox_ask, whose callback comes later: nobody leaves the list meanwhile. */
static void wake(struct mailbox *m)
{
	for (struct mailbox_listener *l = m->listeners, *next; l; l = next) {
		next = l->next;
		l->moved(l->ctx);
	}
}

void mailboxes_bell(struct mailboxes *all, uint32_t user, uint32_t mailbox, uint64_t modseq, bool gone)
{
	struct mailbox *m = map_get(&all->by_id, key_of(user, mailbox));

	if (!m)
		return;
	mailbox_heard(m, modseq);
	if (gone)
		m->doubt = true;
	wake(m);
}

void mailboxes_shard_up(struct mailboxes *all, uint32_t shard)
{
	size_t at = 0;
	uint64_t key;
	void *value;

	while (map_each(&all->by_id, &at, &key, &value)) {
		struct mailbox *m = value;
		if (account_shard(m->account) != shard)
			continue;
		m->doubt = true;
		wake(m);
	}
}

/* storaged/directory/pusher.c: a connection to every shard, and for each user a shard is behind on, one call until it knows.
 *
 * user_put and user_drop are idempotent, so what was lost with a connection is said again. A fact `pushed` remembers that
 * it is done; nobody waits for that one to be durable: the worst is that it is said once more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/rpc/channel.h"
#include "storaged/directory/fact.h"
#include "storaged/directory/inside.h"

enum { RETRY_MS = 500, SURVEY_SLICE = 1000, SURVEY_CALLS = 256 };

struct waiter {
	STAILQ_ENTRY(waiter) next;
	struct lsn lsn;
	void     (*done)(void *ctx, enum err err);
	void      *ctx;
};

/* One user whose shard is behind. */
struct push {
	struct pusher *pusher;
	uint32_t       user, shard;
	uint64_t       as_of;                /* what the call under way will have told */
	struct call   *call;                 /* NULL: not under way */
	STAILQ_HEAD(, waiter) waiters;
};

struct link { struct pusher *pusher; uint32_t shard; struct channel *channel; };

struct pusher {
	struct directory *d;
	struct map        pushes;            /* user -> push */
	struct loop_timer retry;             /* for shards that answered, but not OK */
	unsigned          calls;             /* under way */
	struct loop_job   survey;
	uint32_t          surveyed;          /* ids up to here were looked at since a class changed; UINT32_MAX: all */
	unsigned          n_links;
	struct link       links[];
};

static void push_start(struct push *p);
static void survey_go_on(struct pusher *pusher);

/* --- ends --- */

static void waiters_tell(struct push *p, uint64_t as_of, enum err err)
{
	struct waiter *w;

	while ((w = STAILQ_FIRST(&p->waiters)) && w->lsn.n <= as_of) {
		STAILQ_REMOVE_HEAD(&p->waiters, next);
		w->done(w->ctx, err);
		free(w);
	}
}

static void noted(void *ctx, enum err err, struct lsn lsn)
{
	(void)ctx;
	(void)err;
	(void)lsn;
}

static void note_pushed(const struct push *p)
{
	struct buf fact = { 0 };

	fact_put_pushed(&fact, &(struct fact_pushed){ p->user, p->as_of });
	ledger_write(p->pusher->d->ledger, buf_str(&fact), noted, NULL);
	buf_fini(&fact);
}

static void push_forget(struct push *p)
{
	must(STAILQ_EMPTY(&p->waiters));
	map_del(&p->pusher->pushes, p->user);
	free(p);
}

static void on_news(void *ctx, struct call *call, const struct call_news *news)
{
	struct push *p = ctx;

	(void)call;
	if (news->event == CALL_ANSWER)
		return;
	p->call = NULL;
	p->pusher->calls--;
	if (news->event == CALL_LOST)
		return;                          /* said again when the link is up */
	if (news->err != OK) {
		log_warn("push_refused", "user=%u shard=%u err=%s", p->user, p->shard, err_name(news->err));
		return;                          /* the timer says it again */
	}
	note_pushed(p);
	waiters_tell(p, p->as_of, OK);
	const struct people *people = &p->pusher->d->people;
	struct pusher *pusher = p->pusher;
	if (person_as_of(people, people_get(people, p->user)) > p->as_of)
		push_start(p);
	else
		push_forget(p);
	survey_go_on(pusher);
}

/* --- calls --- */

/* With a call under way, or without connection: it will be tried again anyway. */
static void push_start(struct push *p)
{
	struct directory *d = p->pusher->d;
	const struct person *person = people_get(&d->people, p->user);
	struct buf ticket = { 0 };

	if (p->call || p->shard >= p->pusher->n_links || !channel_is_up(p->pusher->links[p->shard].channel))
		return;
	struct channel *channel = p->pusher->links[p->shard].channel;
	const struct quota q = person_quota(&d->people, person);
	p->as_of = person_as_of(&d->people, person);
	grant_admin(d, &ticket, person);
	if (person->deleted)
		p->call = CALL_START(channel, user_drop, (&(struct rpc_user_drop){ buf_str(&ticket), person->id }), on_news, p);
	else
		p->call = CALL_START(channel, user_put, (&(struct rpc_user_put){
			buf_str(&ticket), person->id, person->epoch, person->generation, q.limit[QUOTA_STORAGE], q.limit[QUOTA_MESSAGE],
			q.limit[QUOTA_MAILBOX], q.soft_percent, q.grace_percent, q.warn }), on_news, p);
	p->pusher->calls++;
	buf_fini(&ticket);
}

static void start_all(struct pusher *pusher, const struct link *only)
{
	size_t at = 0;
	uint64_t user;
	void *p;

	while (map_each(&pusher->pushes, &at, &user, &p))
		if (!only || ((struct push *)p)->shard == only->shard)
			push_start(p);
}

static void retry(void *arg) { start_all(arg, NULL); }

static void on_up(void *ctx)
{
	struct link *link = ctx;

	start_all(link->pusher, link);
}

static struct push *push_new(struct pusher *pusher, const struct person *person)
{
	struct push *p = mem_new(sizeof *p);

	p->pusher = pusher;
	p->user = person->id;
	p->shard = person->shard;
	STAILQ_INIT(&p->waiters);
	map_put(&pusher->pushes, p->user, p);
	if (p->shard >= pusher->n_links)
		log_error("shard_unknown", "user=%u shard=%u shards=%u", p->user, p->shard, pusher->n_links);
	return p;
}

void pusher_want(struct pusher *pusher, uint32_t user, struct lsn lsn, void (*done)(void *ctx, enum err err), void *ctx)
{
	struct push *p = map_get(&pusher->pushes, user);
	struct waiter *w = mem_new(sizeof *w);

	if (!p)
		p = push_new(pusher, people_get(&pusher->d->people, user));
	*w = (struct waiter){ .lsn = lsn, .done = done, .ctx = ctx };
	STAILQ_INSERT_TAIL(&p->waiters, w, next);
	push_start(p);
}

/* --- a class of many changed: everybody is looked at, some in each turn, and only so many are told at once --- */

static void survey(void *arg)
{
	struct pusher *pusher = arg;
	const struct people *people = &pusher->d->people;

	for (uint32_t n = 0; n < SURVEY_SLICE && pusher->surveyed < people->last_id && pusher->calls < SURVEY_CALLS; n++) {
		const struct person *person = people_get(people, ++pusher->surveyed);
		if (person && person_is_unpushed(people, person) && !map_get(&pusher->pushes, person->id))
			push_start(push_new(pusher, person));
	}
	if (pusher->surveyed >= people->last_id)
		pusher->surveyed = UINT32_MAX;
	else if (pusher->calls < SURVEY_CALLS)
		loop_next(pusher->d->loop, &pusher->survey, survey, pusher);
}

static void survey_go_on(struct pusher *pusher)
{
	if (pusher->surveyed != UINT32_MAX && pusher->calls < SURVEY_CALLS)
		loop_next(pusher->d->loop, &pusher->survey, survey, pusher);
}

void pusher_survey(struct pusher *pusher)
{
	pusher->surveyed = 0;
	survey_go_on(pusher);
}

void pusher_tell_cuts(const struct pusher *pusher, struct rpc_peer *peer)
{
	size_t at = 0;
	uint64_t user;
	void *p;

	while (map_each(&pusher->pushes, &at, &user, &p)) {
		const struct person *person = people_get(&pusher->d->people, (uint32_t)user);
		if (person->generation > 1)
			push_cut(peer, &(struct rpc_cut){ person->id, person->generation });
	}
}

/* --- the whole --- */

static void links_open(struct pusher *pusher, uint64_t incarnation)
{
	static const struct channel_events events = { .up = on_up };

	for (unsigned i = 0; i < pusher->n_links; i++) {
		struct buf path = { 0 };
		buf_printf(&path, "%s/sock/shard-%u", pusher->d->dir, i);
		buf_addc(&path, '\0');
		pusher->links[i] = (struct link){ .pusher = pusher, .shard = i };
		pusher->links[i].channel = channel_new(pusher->d->loop, path.p, "directory", incarnation, &events, &pusher->links[i]);
		buf_fini(&path);
	}
}

struct pusher *pusher_new(struct directory *d, uint64_t incarnation)
{
	unsigned n = d->config->shards;
	struct pusher *pusher = mem_new(sizeof *pusher + n * sizeof pusher->links[0]);
	size_t at = 0;
	uint64_t id;
	void *person;

	pusher->d = d;
	pusher->n_links = n;
	pusher->surveyed = UINT32_MAX;
	links_open(pusher, incarnation);
	while (map_each(&d->people.by_id, &at, &id, &person))
		if (person_is_unpushed(&d->people, person))
			push_new(pusher, person);
	loop_timer_start(d->loop, &pusher->retry, RETRY_MS, RETRY_MS, retry, pusher);
	return pusher;
}

void pusher_free(struct pusher **pp)
{
	struct pusher *pusher = *pp;
	size_t at = 0;
	uint64_t user;
	void *push;

	*pp = NULL;
	if (!pusher)
		return;
	loop_timer_stop(pusher->d->loop, &pusher->retry);
	loop_job_stop(&pusher->survey);
	for (unsigned i = 0; i < pusher->n_links; i++)
		channel_free(&pusher->links[i].channel);
	while (map_each(&pusher->pushes, &at, &user, &push)) {
		waiters_tell(push, UINT64_MAX, ERR_UNKNOWN);
		free(push);
	}
	map_fini(&pusher->pushes);
	free(pusher);
}

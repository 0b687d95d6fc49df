/* frontend/lmtp/letter.c: names, then copies, then deliveries.
 *
 * The message is held until it is known to be small or not. A small one goes to a recipient who is alone on a shard inside the
 * delivery's call. All others stream through a spool for each shard.
 */
#include "frontend/lmtp/letter.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/must.h"
#include "common/loop/loop.h"
#include "frontend/lmtp/lmtp_words.h"
#include "frontend/lmtp/warning.h"
#include "frontend/route/ask.h"

/* What is held: room is left for the lines that stand before a message, whose sender was one line of LMTP. */
enum { HELD_BYTES = RPC_WHOLE_MAX - 8 * 1024 };

/* The message as one shard receives it. */
struct copy {
	struct letter *letter;
	SLIST_ENTRY(copy) next;
	struct account *account;        /* of its first recipient, who holds it */
	size_t         n;               /* recipients */
	struct spool  *spool;           /* NULL: not yet, it failed, or was delivered to all */
	enum err       err;
	size_t         delivering;      /* recipients without answer */
};

struct recipient {
	struct letter  *letter;
	STAILQ_ENTRY(recipient) next;
	char           *path;
	struct login   *login;          /* the lookup */
	struct account *account;        /* NULL: nobody */
	struct copy    *copy;
	struct ask     *ask;            /* the delivery */
	enum err        err;
	bool            appended;       /* heard from the shard: durable */
	struct rpc_crossed crossed;     /* their soft limit; 0 percent: no */
	bool            decided;        /* err is what its client is told next */
};

struct letter {
	struct letter_setup setup;
	char            *sender;        /* the bytes of setup.sender */
	STAILQ_HEAD(, recipient) recipients;
	SLIST_HEAD(, copy)       copies;
	struct recipient *untold;       /* the first whose verdict was not taken */
	size_t           n, asking, known;
	uint64_t         bytes;         /* of the message so far */
	struct buf       held;          /* all of it, while `holds` */
	bool             holds;
	uint64_t         ended_ms;
	bool             begun, ended;
	struct loop_job  job;
};

static void tell(void *arg)
{
	struct letter *l = arg;

	l->setup.news(l->setup.ctx);
}

/* Later, so that a thousand answers are one piece of news, and the receiver may free what is calling right now. */
static void tell_soon(struct letter *l) { loop_defer(l->setup.loop, &l->job, tell, l); }

struct letter *letter_new(const struct letter_setup *setup)
{
	struct letter *l = mem_new(sizeof *l);

	l->setup = *setup;
	l->sender = str_heap_z(setup->sender);
	l->setup.sender = str_of(l->sender);
	STAILQ_INIT(&l->recipients);
	SLIST_INIT(&l->copies);
	return l;
}

static void recipient_free(struct recipient *r)
{
	login_drop(&r->login);
	ask_drop(&r->ask);
	account_release(&r->account);
	free(r->path);
	free(r);
}

static void copies_free(struct letter *l)
{
	struct copy *c;

	while ((c = SLIST_FIRST(&l->copies))) {
		SLIST_REMOVE_HEAD(&l->copies, next);
		spool_free(&c->spool);
		free(c);
	}
}

void letter_free(struct letter **lp)
{
	struct letter *l = *lp;
	struct recipient *r;

	*lp = NULL;
	if (!l)
		return;
	while ((r = STAILQ_FIRST(&l->recipients))) {
		STAILQ_REMOVE_HEAD(&l->recipients, next);
		recipient_free(r);
	}
	copies_free(l);
	loop_job_stop(&l->job);
	buf_fini(&l->held);
	free(l->sender);
	free(l);
}

/* ---- names ---- */

static void named(void *ctx, enum err err, struct account *account)
{
	struct recipient *r = ctx;

	r->login = NULL;
	r->account = account;
	r->err = err;
	r->decided = true;
	tell_soon(r->letter);
}

void letter_to(struct letter *l, struct str path)
{
	struct recipient *r = mem_new(sizeof *r);
	struct buf plain = { 0 };

	must(!l->begun);
	r->letter = l;
	r->path = str_heap_z(path);
	STAILQ_INSERT_TAIL(&l->recipients, r, next);
	if (!l->untold)
		l->untold = r;
	l->n++;
	l->asking++;
	lmtp_path_plain(path, &plain);
	r->login = route_resolve(l->setup.route, buf_str(&plain), named, r);
	buf_fini(&plain);
}

size_t letter_n(const struct letter *l) { return l->n; }
size_t letter_asking(const struct letter *l) { return l->asking; }
size_t letter_known(const struct letter *l) { return l->known; }

/* ---- deliveries ---- */

static void decide(struct recipient *r, enum err err)
{
	const struct letter *l = r->letter;

	r->err = err;
	r->decided = true;
	log_info("deliver", "session=%llu user=%u bytes=%llu ms=%llu err=%s", (unsigned long long)l->setup.session, account_user(r->account),
	         (unsigned long long)l->bytes, (unsigned long long)(loop_now_ms(l->setup.loop) - l->ended_ms), err_name(err));
}

static void delivered(void *ctx, struct ask *ask, const struct ask_news *news)
{
	struct recipient *r = ctx;

	(void)ask;
	if (news->no == RPC_appended)
		r->appended = true;
	if (news->no == RPC_crossed && !rpc_get_crossed(news->fields, &r->crossed))
		r->crossed.percent = 0;
	if (!news->end)
		return;
	r->ask = NULL;
	decide(r, news->err == OK && !r->appended ? ERR_IO : news->err);
	if (r->crossed.percent)
		warnings_send(r->letter->setup.warnings, r->account, &r->crossed);
	if (--r->copy->delivering == 0)
		spool_free(&r->copy->spool);
	tell_soon(r->letter);
}

/* RFC 5321 4.4: the final delivery adds Return-Path. Both lines stand before the message, the newest above. */
static void deliver(struct recipient *r)
{
	struct letter *l = r->letter;
	struct str name = account_name(r->account);
	struct rpc_deliver m = { .folder = account_folder(r->account) };
	struct buf before = { 0 };

	r->copy->delivering++;
	buf_printf(&before, "Return-Path: <%s>\r\nDelivered-To: %.*s\r\n", l->sender, STR_ARG(name));
	if (r->copy->spool) {
		m.prefix = buf_str(&before);
		r->ask = spool_deliver(r->copy->spool, r->account, &m, delivered, r);
	} else {
		buf_add(&before, buf_str(&l->held));
		m.message = buf_str(&before);
		r->ask = ask_deliver(l->setup.route, r->account, &m, delivered, r);
	}
	buf_fini(&before);
}

/* ---- copies ---- */

/* Those who were waiting for this copy need wait no more. */
static void copy_fail(struct copy *c, enum err err)
{
	struct letter *l = c->letter;
	struct recipient *r;

	c->err = err;
	spool_free(&c->spool);
	if (!l->ended)
		return;
	STAILQ_FOREACH(r, &l->recipients, next)
		if (r->copy == c)
			decide(r, err);
}

static void copy_deliver(struct copy *c)
{
	struct recipient *r;

	STAILQ_FOREACH(r, &c->letter->recipients, next)
		if (r->copy == c)
			deliver(r);
}

static void copy_news(void *ctx, enum err err, bool whole)
{
	struct copy *c = ctx;

	if (err != OK)
		copy_fail(c, err);
	else if (whole)
		copy_deliver(c);
	tell_soon(c->letter);
}

static struct copy *copy_for(struct letter *l, struct account *account)
{
	struct copy *c;

	SLIST_FOREACH(c, &l->copies, next)
		if (account_shard(c->account) == account_shard(account))
			return c;
	c = mem_new(sizeof *c);
	c->letter = l;
	c->account = account;
	SLIST_INSERT_HEAD(&l->copies, c, next);
	return c;
}

static void copy_spool(struct copy *c)
{
	c->spool = route_spool(c->letter->setup.route, c->account, copy_news, c);
	spool_data(c->spool, buf_str(&c->letter->held));
}

/* ---- the message ---- */

void letter_begin(struct letter *l)
{
	struct recipient *r;

	must(!l->begun && l->asking == 0 && l->known > 0);
	l->begun = l->holds = true;
	STAILQ_FOREACH(r, &l->recipients, next)
		if (r->account) {
			r->copy = copy_for(l, r->account);
			r->copy->n++;
		}
}

bool letter_begun(const struct letter *l) { return l->begun; }

size_t letter_room(const struct letter *l)
{
	struct copy *c;
	size_t room = l->holds ? HELD_BYTES : SIZE_MAX;

	SLIST_FOREACH(c, &l->copies, next)
		if (c->spool && spool_room(c->spool) < room)
			room = spool_room(c->spool);
	return room;
}

static void too_big(struct letter *l)
{
	struct copy *c;

	SLIST_FOREACH(c, &l->copies, next)
		copy_fail(c, ERR_TOOBIG);
}

/* It is large: what was held goes on its way, and nothing is held from here on. */
static void let_go(struct letter *l)
{
	struct copy *c;

	l->holds = false;
	SLIST_FOREACH(c, &l->copies, next)
		if (c->err == OK)
			copy_spool(c);
	buf_fini(&l->held);
}

void letter_data(struct letter *l, struct str bytes)
{
	struct copy *c;

	must(l->begun && !l->ended);
	l->bytes += bytes.n;
	if (l->bytes > l->setup.most_bytes && letter_trouble(l) == OK)
		too_big(l);
	if (l->holds && bytes.n > HELD_BYTES - l->held.n)
		let_go(l);
	if (l->holds)
		buf_add(&l->held, bytes);
	SLIST_FOREACH(c, &l->copies, next)
		if (c->spool && bytes.n > 0)
			spool_data(c->spool, bytes);
}

enum err letter_trouble(const struct letter *l)
{
	struct copy *c;
	enum err err = OK;

	SLIST_FOREACH(c, &l->copies, next) {
		if (c->err == OK)
			return OK;
		err = c->err;
	}
	return err;
}

static void copy_end(struct copy *c)
{
	const struct letter *l = c->letter;
	bool inside = l->holds && c->n == 1 && l->held.n > 0;

	if (c->err) {
		copy_fail(c, c->err);
	} else if (inside) {
		copy_deliver(c);
	} else {
		if (l->holds)
			copy_spool(c);
		spool_end(c->spool);
	}
}

void letter_end(struct letter *l)
{
	struct copy *c;
	struct recipient *r;

	must(l->begun && !l->ended);
	l->ended = true;
	l->ended_ms = loop_now_ms(l->setup.loop);
	l->untold = STAILQ_FIRST(&l->recipients);
	STAILQ_FOREACH(r, &l->recipients, next)
		r->decided = false;
	SLIST_FOREACH(c, &l->copies, next)
		copy_end(c);
	l->holds = false;
	buf_fini(&l->held);
	tell_soon(l);
}

bool letter_ended(const struct letter *l) { return l->ended; }

/* ---- verdicts ---- */

/* Behind the end, whoever was refused by name has had an answer. */
static void skip_nobodies(struct letter *l)
{
	while (l->ended && l->untold && !l->untold->account)
		l->untold = STAILQ_NEXT(l->untold, next);
}

bool letter_next(struct letter *l, struct letter_verdict *v)
{
	skip_nobodies(l);
	struct recipient *r = l->untold;
	if (!r || !r->decided)
		return false;
	*v = (struct letter_verdict){ str_of(r->path), r->err };
	l->untold = STAILQ_NEXT(r, next);
	if (!l->ended) {
		l->asking--;
		l->known += r->account != NULL;
	}
	skip_nobodies(l);
	return true;
}

bool letter_told(const struct letter *l) { return l->ended && !l->untold; }

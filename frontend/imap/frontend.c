/* frontend/imap/frontend.c: listeners, the route's events, the end. */
#include "frontend/imap/frontend.h"

#include "common/base/log.h"
#include "frontend/imap/session.h"
#include "frontend/net/conn.h"
#include "frontend/net/tls.h"

enum { STOP_PATIENCE_MS = 3000 };

void frontend_init(struct frontend *f, struct loop *loop, const struct config *config)
{
	bool minus = config->literal == LITERAL_MINUS;

	*f = (struct frontend){
		.loop = loop, .config = config,
		.limits_before = frame_limits_of(false, minus), .limits_after = frame_limits_of(true, minus),
	};
	f->mailboxes.loop = loop;
}

/* ---- counting ---- */

bool frontend_count_up(struct map *counts, uint64_t key, unsigned max)
{
	uintptr_t n = (uintptr_t)map_get(counts, key);

	if (n >= max)
		return false;
	map_put(counts, key, (void *)(n + 1));
	return true;
}

void frontend_count_down(struct map *counts, uint64_t key)
{
	uintptr_t n = (uintptr_t)map_get(counts, key);

	if (n > 1)
		map_put(counts, key, (void *)(n - 1));
	else
		map_del(counts, key);
}

/* ---- the route's events ---- */

static void on_bell(void *ctx, uint32_t user, uint32_t mailbox, uint64_t modseq, bool gone)
{
	struct frontend *f = ctx;

	mailboxes_bell(&f->mailboxes, user, mailbox, modseq, gone);
}

/* Ends sessions by BYE; each is freed later, by its connection, so the list stays as it is meanwhile. */
static void on_cut(void *ctx, uint32_t user, uint32_t generation)
{
	struct frontend *f = ctx;

	for (struct session *s = f->sessions; s; s = s->next)
		if (s->account && account_user(s->account) == user && account_generation(s->account) < generation)
			session_bye(s, NULL, "your access has changed: please log in again");
}

static void on_tls_keys(void *ctx, struct str now, struct str before)
{
	struct frontend *f = ctx;

	if (f->tls)
		tls_tickets(f->tls, now, before);
}

static void on_shard_up(void *ctx, uint32_t shard)
{
	struct frontend *f = ctx;

	mailboxes_shard_up(&f->mailboxes, shard);
}

const struct route_events frontend_route_events = { .bell = on_bell, .cut = on_cut, .tls_keys = on_tls_keys, .shard_up = on_shard_up };

/* ---- listening and the end ---- */

static void on_accept(void *ctx, struct conn *conn)
{
	session_new(ctx, conn);
}

static bool listen_all(struct frontend *f, const struct config_list *where, bool implicit_tls)
{
	for (size_t i = 0; i < where->n; i++) {
		if (f->n_listeners == FRONTEND_LISTENERS_MAX) {
			log_error("listen", "at=%s why=\"too many listeners\"", where->at[i]);
			return false;
		}
		struct conn_listener *l = conn_listen(f->loop, where->at[i], f->tls, implicit_tls, on_accept, f);
		if (!l)
			return false;
		f->listeners[f->n_listeners++] = l;
	}
	return true;
}

bool frontend_listen(struct frontend *f)
{
	return listen_all(f, &f->config->imap, false) && listen_all(f, &f->config->imaps, true);
}

static void patience_ends(void *arg)
{
	struct frontend *f = arg;

	loop_stop(f->loop);
}

void frontend_stop(struct frontend *f)
{
	if (f->stopping)
		return;
	f->stopping = true;
	for (unsigned i = 0; i < f->n_listeners; i++)
		conn_listener_free(&f->listeners[i]);
	for (struct session *s = f->sessions; s; s = s->next)
		session_bye(s, NULL, "the server is going down");
	if (f->sessions)
		loop_timer_start(f->loop, &f->stop_timer, STOP_PATIENCE_MS, 0, patience_ends, f);
	else
		loop_stop(f->loop);
}

/* storaged/bell/bell.c: listeners by mailbox, and the mailboxes to ring at the end of this turn. */
#include "storaged/bell/bell.h"

#include <stdlib.h>

#include "common/base/map.h"
#include "common/base/must.h"
#include "common/loop/loop.h"
#include "common/rpc/server.h"

struct place {                   /* one mailbox somebody listens to */
	uint32_t user, mailbox;
	struct rpc_peer **peers;
	uint32_t n, cap;
	uint64_t modseq;             /* to ring; meaningful when in `due` */
	bool gone, is_due;
	struct place *next_due;
};

struct bell {
	struct loop *loop;
	struct loop_job job;
	struct map places;           /* user << 32 | mailbox */
	struct place *due;
	uint64_t listeners;
};

static uint64_t key_of(uint32_t user, uint32_t mailbox) { return (uint64_t)user << 32 | mailbox; }

struct bell *bell_new(struct loop *loop)
{
	struct bell *b = mem_new(sizeof *b);

	b->loop = loop;
	return b;
}

void bell_free(struct bell **b)
{
	size_t at = 0;
	uint64_t key;
	void *v;

	if (!*b)
		return;
	loop_job_stop(&(*b)->job);
	while (map_each(&(*b)->places, &at, &key, &v)) {
		free(((struct place *)v)->peers);
		free(v);
	}
	map_fini(&(*b)->places);
	free(*b);
	*b = NULL;
}

static uint32_t peer_at(const struct place *p, const struct rpc_peer *peer)
{
	uint32_t i = 0;

	while (i < p->n && p->peers[i] != peer)
		i++;
	return i;
}

void bell_listen(struct bell *b, struct rpc_peer *peer, uint32_t user, uint32_t mailbox)
{
	struct place *p = map_get(&b->places, key_of(user, mailbox));

	if (!p) {
		p = mem_new(sizeof *p);
		p->user = user;
		p->mailbox = mailbox;
		map_put(&b->places, key_of(user, mailbox), p);
	}
	if (peer_at(p, peer) < p->n)
		return;
	if (p->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 1;
		p->peers = mem_resize(p->peers, p->cap * sizeof *p->peers);
	}
	p->peers[p->n++] = peer;
	b->listeners++;
}

static void place_drop_peer(struct bell *b, struct place *p, const struct rpc_peer *peer)
{
	uint32_t at = peer_at(p, peer);

	if (at == p->n)
		return;
	p->peers[at] = p->peers[--p->n];
	b->listeners--;
}

/* An empty place that is not waiting to ring is forgotten. */
static void place_tidy(struct bell *b, struct place *p)
{
	if (p->n || p->is_due)
		return;
	map_del(&b->places, key_of(p->user, p->mailbox));
	free(p->peers);
	free(p);
}

void bell_unlisten(struct bell *b, struct rpc_peer *peer, uint32_t user, uint32_t mailbox)
{
	struct place *p = map_get(&b->places, key_of(user, mailbox));

	if (!p)
		return;
	place_drop_peer(b, p, peer);
	place_tidy(b, p);
}

void bell_forget(struct bell *b, struct rpc_peer *peer)
{
	struct place **all = mem_new((b->places.n + 1) * sizeof *all);
	size_t at = 0, n = 0;
	uint64_t key;
	void *v;

	while (map_each(&b->places, &at, &key, &v))
		all[n++] = v;
	for (size_t i = 0; i < n; i++) {
		place_drop_peer(b, all[i], peer);
		place_tidy(b, all[i]);
	}
	free(all);
}

static void ring_due(void *arg)
{
	struct bell *b = arg;

	while (b->due) {
		struct place *p = b->due;
		b->due = p->next_due;
		p->is_due = false;
		for (uint32_t i = 0; i < p->n; i++)
			push_bell(p->peers[i], &(struct rpc_bell){ p->user, p->mailbox, p->modseq, p->gone });
		place_tidy(b, p);
	}
}

void bell_ring(struct bell *b, uint32_t user, uint32_t mailbox, uint64_t modseq, bool gone)
{
	struct place *p = map_get(&b->places, key_of(user, mailbox));

	if (!p)
		return;
	if (!p->is_due) {
		p->is_due = true;
		p->modseq = 0;
		p->gone = false;
		p->next_due = b->due;
		b->due = p;
		loop_defer(b->loop, &b->job, ring_due, b);
	}
	p->gone |= gone;
	if (modseq > p->modseq)
		p->modseq = modseq;
}

uint64_t bell_listeners(const struct bell *b) { return b->listeners; }

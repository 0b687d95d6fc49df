/* storaged/serve/serve_search.c: SEARCH: what memory cannot tell is copied out, a slice of messages at a time, and judged by a worker.
 *
 * Memory is the bits of pages, 64 messages at once; then columns, and what searches before learned of the message. Most searches
 * for UIDs, flags or dates copy nothing; nor does the second search of headers, and the second of bodies little.
 * A shard has few lanes, each with one slice at a time; searches queue for them and take turns, slice by slice. So one
 * search uses several cores, many leave workers to others, and a small one is not kept waiting by a big one.
 */
#include <stdlib.h>
#include <sys/queue.h>

#include "common/base/must.h"
#include "storaged/search/grams.h"
#include "storaged/serve/blobcache.h"
#include "storaged/serve/shard.h"
#include "storaged/serve/slice.h"

/* SLICE_BYTES: of messages that may have to be read, so that no slice keeps a worker for long. SLICE_STEPS: of asking bits, so that
 * none keeps the loop for long; asking what is remembered of one message takes as long as so many. */
enum { RANGES_MAX = 1000000, LANES = 2, SLICE_MESSAGES = 4096, SLICE_BYTES = 2 << 20, SLICE_STEPS = 1 << 15, MEMORY_STEPS = 8 };

/* DIGEST_BYTES: longer ones, of letters to very many, are not kept. */
enum { DIGEST_BYTES = 496 };

struct searching {
	struct job *job;
	TAILQ_ENTRY(searching) in_queue;
	bool queued;
	uint32_t mailbox;
	struct search *search;
	struct uidset within, missing;
	bool everything;             /* no `within`: the whole mailbox */
	unsigned needs;              /* enum search_need; 0: columns decide */
	struct search_run *run;      /* the loop's own, to ask memory */
	struct uidset found;         /* so */
	uint64_t top_modseq;         /* of those found */
	uint64_t next_uid;
	bool looked;                 /* all there are have been */
	bool finished;               /* no further slice is wanted */
	unsigned n_lanes;            /* that hold a slice of this search */
	enum err err;
	struct hand hand[LANES];     /* made at the first slice */
};

struct lane {
	struct shard *s;
	unsigned no;
	struct searching *q;         /* NULL: idle */
	bool waits;                  /* for durability; else its slice is at a worker */
	struct slice slice;
	enum err err;
};

struct searches {
	struct lane lane[LANES];
	TAILQ_HEAD(, searching) queue;       /* who wants a slice */
	struct blobcache *digests, *grams;   /* what was learned by looking into messages */
	uint64_t used_ms;
};

struct searches *searches_new(struct shard *s)
{
	struct searches *ss = mem_new(sizeof *ss);

	for (unsigned i = 0; i < LANES; i++)
		ss->lane[i] = (struct lane){ .s = s, .no = i };
	TAILQ_INIT(&ss->queue);
	ss->digests = blobcache_new(DIGEST_BYTES);
	ss->grams = blobcache_new(GRAMS_BYTES);
	return ss;
}

/* What is kept for the next search. */
static void forget(struct searches *ss)
{
	blobcache_forget(ss->digests);
	blobcache_forget(ss->grams);
	for (struct lane *l = ss->lane; l < ss->lane + LANES; l++) {
		if (l->q)
			continue;
		free(l->slice.item);
		l->slice.item = NULL;
	}
}

void searches_free(struct searches **ss)
{
	if (!*ss)
		return;
	forget(*ss);
	blobcache_free(&(*ss)->digests);
	blobcache_free(&(*ss)->grams);
	free(*ss);
	*ss = NULL;
}

void searches_forget(struct shard *s, uint64_t idle_ms)
{
	if (loop_now_ms(s->loop) - s->searches->used_ms >= idle_ms)
		forget(s->searches);
}

static void searching_free(struct searching *q)
{
	for (unsigned i = 0; i < LANES; i++)
		hand_fini(&q->hand[i]);
	search_run_free(&q->run);
	search_free(&q->search);
	uidset_fini(&q->found);
	uidset_fini(&q->within);
	uidset_fini(&q->missing);
	free(q);
}

/* --- the queue --- */

static void queue_add(struct searches *ss, struct searching *q)
{
	TAILQ_INSERT_TAIL(&ss->queue, q, in_queue);
	q->queued = true;
}

static void queue_remove(struct searches *ss, struct searching *q)
{
	if (q->queued)
		TAILQ_REMOVE(&ss->queue, q, in_queue);
	q->queued = false;
}

static struct searching *queue_take(struct searches *ss)
{
	struct searching *q = TAILQ_FIRST(&ss->queue);

	if (q)
		queue_remove(ss, q);
	return q;
}

/* --- the end --- */

static void search_answer(struct searching *q)
{
	struct buf uids = { 0 }, missing = { 0 };
	struct uidset *found = &q->found;
	uint64_t top_modseq = q->top_modseq;

	for (unsigned i = 0; i < LANES; i++) {
		uidset_union(found, &q->hand[i].found);
		if (q->hand[i].top_modseq > top_modseq)
			top_modseq = q->hand[i].top_modseq;
	}
	uidset_pack(&uids, found);
	uidset_pack(&missing, &q->missing);
	JOB_ANSWER(q->job, found, (&(struct rpc_found){ buf_str(&uids), buf_str(&missing), top_modseq }));
	buf_fini(&uids);
	buf_fini(&missing);
}

/* No lane holds a slice of it any more, and it is in no queue. */
static void search_end(struct searching *q)
{
	struct job *j = q->job;
	enum err err = q->err;

	if (err == OK && !user_box(j->pinned, q->mailbox))
		err = ERR_ABSENT;
	if (err == OK && j->call)
		search_answer(q);
	searching_free(q);
	j->own = NULL;
	j->gone = NULL;
	if (j->call)
		job_end(j, err);
	else
		job_free(j);
}

/* --- slices --- */

struct filling { struct slice *slice; const struct searches *ss; struct searching *q; const struct box *b; uint64_t bytes; size_t steps; };

static bool slice_full(const struct filling *f)
{
	return f->slice->n == SLICE_MESSAGES || f->bytes >= SLICE_BYTES || f->steps >= SLICE_STEPS;
}

static void slice_add(struct filling *f, const struct msg *m)
{
	struct slice *sl = f->slice;

	sl->item[sl->n] = (struct slice_item){ 0 };
	stored_copy(&sl->item[sl->n++].stored, &sl->arena, f->q->job->pinned->id, f->b, m);
	f->bytes += f->q->needs & SEARCH_BODY ? m->size : 0;
}

/* Without opening the message. */
static enum search_verdict ask_memory(struct filling *f, const struct msg *m)
{
	const struct searching *q = f->q;
	const struct search_msg columns = slice_columns(m, box_flags(f->b, m));
	struct search_memory memory = { 0 };
	uint32_t user = q->job->pinned->id;

	f->steps += MEMORY_STEPS * search_steps(q->search);
	if (q->needs & SEARCH_DIGEST)
		memory.digest = blobcache_get(f->ss->digests, user, m->blob);
	if (q->needs & SEARCH_BODY)
		memory.grams = blobcache_get(f->ss->grams, user, m->blob);
	return search_remember(q->run, &columns, &memory);
}

/* Up to 64 messages of a page, from next_uid on: as far as memory tells they are found or passed over; the others go into the
 * slice as long as they fit. */
static void slice_add_word(struct filling *f, struct page *p)
{
	struct searching *q = f->q;
	uint32_t first = (uint32_t)q->next_uid & ~63u, i = first % PAGE_UIDS / 64;
	uint64_t wanted = ~0ull << q->next_uid % 64, yes, unsure;

	if (!q->everything)
		wanted &= uidset_word(&q->within, first);
	search_word(q->run, &(struct search_word){ first, p->living.w[i] & wanted, p->unseen.w[i], p->deleted.w[i], p->max_modseq }, &yes, &unsure);
	for (; unsure && !slice_full(f); unsure &= unsure - 1) {
		const struct msg *m = &page_msgs(p)[page_at(p, first + (uint32_t)__builtin_ctzll(unsure))];
		enum search_verdict v = ask_memory(f, m);
		if (v == SEARCH_UNSURE)
			slice_add(f, m);
		if (v == SEARCH_YES)
			yes |= unsure & -unsure;
		if (v == SEARCH_YES && m->modseq > q->top_modseq)
			q->top_modseq = m->modseq;
	}
	q->next_uid = first + 64ull;
	if (unsure) {
		q->next_uid = first + (uint64_t)__builtin_ctzll(unsure);
		yes &= (1ull << q->next_uid % 64) - 1;
	}
	uidset_add_word(&q->found, first, yes);
}

/* The page that holds the next message of the search, at next_uid; NULL: none is left. */
static struct page *page_next(const struct box *b, struct searching *q)
{
	while (q->next_uid <= UINT32_MAX) {
		uint32_t uid = q->everything ? (uint32_t)q->next_uid : uidset_from(&q->within, (uint32_t)q->next_uid);
		uint32_t at = uid || q->everything ? box_from(b, uid).page : b->n_pages;
		if (at == b->n_pages)
			return NULL;
		q->next_uid = uid;
		if (b->pages[at]->no == uid / PAGE_UIDS)
			return b->pages[at];
		q->next_uid = (uint64_t)b->pages[at]->no * PAGE_UIDS;
	}
	return NULL;
}

/* The next messages of the search that must be looked into; there may be none although not all have been looked at. */
static void slice_fill(struct slice *sl, const struct searches *ss, struct searching *q)
{
	const struct box *b = user_box(q->job->pinned, q->mailbox);
	struct filling f = { .slice = sl, .ss = ss, .q = q, .b = b };

	sl->n = 0;
	for (; !slice_full(&f); f.steps += search_steps(q->search)) {
		struct page *p = b && b->loaded ? page_next(b, q) : NULL;
		q->looked = !p;
		if (!p)
			return;
		slice_add_word(&f, p);
	}
}

static void lane_work(void *arg)
{
	struct lane *l = arg;

	l->err = slice_judge(&l->slice, &l->q->hand[l->no], l->s->db);
}

/* What the worker needs to look into the messages. */
static void slice_look(struct lane *l)
{
	struct slice *sl = &l->slice;

	for (uint32_t i = 0; i < sl->n; i++) {
		struct stored *st = &sl->item[i].stored;
		sl->item[i].memory.digest = str_dup(&sl->arena, blobcache_get(l->s->searches->digests, st->blob_key.user, st->msg.blob));
		stored_look(st, &sl->arena, l->s->db, true, true);
	}
}

static void memory_keep(struct lane *l)
{
	struct searches *ss = l->s->searches;
	const struct slice *sl = &l->slice;

	for (const struct slice_item *it = sl->item; it < sl->item + sl->n; it++) {
		uint32_t user = it->stored.blob_key.user;
		if (it->digest_made)
			blobcache_put(ss->digests, user, it->stored.msg.blob, it->memory.digest);
		if (it->memory.grams.n > 0)
			blobcache_put(ss->grams, user, it->stored.msg.blob, it->memory.grams);
	}
}

static void hand_make(struct lane *l)
{
	struct searching *q = l->q;
	uint32_t user = q->job->pinned->id;
	struct key key = { { 0 } };

	keyring_get(l->s->keys, (struct user_id){ user }, &key);
	hand_init(&q->hand[l->no], q->search, l->s->journal, &key, user);
	key_wipe(&key);
}

static void lane_done(void *arg);

static void lane_submit(struct lane *l)
{
	struct searching *q = l->q;

	slice_look(l);
	if (!q->hand[l->no].run)
		hand_make(l);
	l->waits = false;
	work_submit_long(l->s->loop, lane_work, lane_done, l);
	if (!q->finished)
		queue_add(l->s->searches, q);
}

static void lane_begin(struct lane *l, struct searching *q)
{
	if (!l->slice.item)
		l->slice.item = mem_new(SLICE_MESSAGES * sizeof *l->slice.item);
	slice_fill(&l->slice, l->s->searches, q);
	q->finished = l->slice.n == 0 && q->looked;
	if (q->finished)
		return;
	l->q = q;
	q->n_lanes++;
	/* Rows are found by what is durable: see place_run in commit.c. */
	l->waits = l->slice.n > 0 && job_hold(q->job);
	if (!l->waits)
		lane_submit(l);
}

/* Idle lanes take slices, as long as somebody wants one. */
static void searches_go(struct searches *ss)
{
	struct searching *q;

	for (struct lane *l = ss->lane; l < ss->lane + LANES; l++) {
		while (!l->q && (q = queue_take(ss))) {
			lane_begin(l, q);
			if (q->n_lanes == 0)
				search_end(q);
		}
	}
}

static void search_finish(struct searches *ss, struct searching *q)
{
	q->finished = true;
	queue_remove(ss, q);
	if (q->n_lanes == 0)
		search_end(q);
}

/* The lane lets go of its slice. */
static void lane_end(struct lane *l, enum err err)
{
	struct searching *q = l->q;

	arena_reset(&l->slice.arena);
	l->q = NULL;
	q->n_lanes--;
	if (err && q->err == OK)
		q->err = err;
	if (q->err || !q->job->call || q->finished)
		search_finish(l->s->searches, q);
	searches_go(l->s->searches);
}

static void lane_done(void *arg)
{
	struct lane *l = arg;

	memory_keep(l);
	lane_end(l, l->err);
}

/* What the slice of a lane rests on is durable now. */
static void search_resume(struct job *j)
{
	struct searches *ss = j->s->searches;
	struct lane *l = ss->lane;

	while (l->q != j->own || !l->waits)
		l++;
	if (j->call) {
		lane_submit(l);
		searches_go(ss);
	} else {
		lane_end(l, OK);
	}
}

/* The caller left. */
static void search_gone(struct job *j)
{
	search_finish(j->s->searches, j->own);
}

/* --- the call --- */

static void note_missing(struct searching *q, const struct box *b)
{
	struct uidset living = { 0 };

	box_uids_near(b, &q->within, &living);
	uidset_copy(&q->missing, &q->within);
	uidset_subtract(&q->missing, &living);
	uidset_fini(&living);
}

static void search_start(struct job *j, struct box *b, const struct rpc_search *m, struct search *search, struct uidset *within)
{
	struct searching *q = mem_new(sizeof *q);

	q->job = j;
	q->mailbox = b->id;
	q->search = search;
	search_bind_keywords(search, &b->keywords);
	q->needs = search_needs(search);
	q->run = search_run_new(search);
	q->within = *within;
	q->everything = m->within.n == 0;
	note_missing(q, b);
	j->s->searches->used_ms = loop_now_ms(j->s->loop);
	job_pin(j);
	j->own = q;
	j->gone = search_gone;
	j->resume = search_resume;
	queue_add(j->s->searches, q);
	searches_go(j->s->searches);
}

void serve_search(struct job *j)
{
	struct rpc_search m;
	struct search *search = NULL;
	struct uidset within = { 0 };

	if (!JOB_GET(j, search, &m) || (m.within.n && !uidset_unpack(&within, m.within, RANGES_MAX))) {
		job_end(j, ERR_INPUT);
		return;
	}
	struct box *b = user_box(j->user, m.mailbox);
	enum err err = b ? search_open(&search, m.program) : ERR_ABSENT;
	if (err == OK && job_need_box(j, b)) {
		search_start(j, b, &m, search, &within);
		return;
	}
	search_free(&search);
	uidset_fini(&within);
	if (err)
		job_end(j, err);
}

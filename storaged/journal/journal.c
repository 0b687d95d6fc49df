/* storaged/journal/journal.c: the door: open, submit, read, close; and the thread that writes. */
#include "storaged/journal/journal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/loop/loop.h"
#include "common/loop/thread.h"
#include "storaged/journal/inside.h"

/* Outlives the journal if the loop has not heard of it when the journal is closed: then j is NULL. */
struct flight {
	struct journal       *j;
	struct loop          *loop;
	struct journal_group *group;
	journal_done_fn      *done;
	void                 *ctx;
	enum journal_outcome  outcome;
	bool                  landed;
};

/* ---- segments ---- */

void journal_segment_add(struct journal *j, struct segment *s)
{
	pthread_mutex_lock(&j->lock);
	j->segments = mem_resize(j->segments, (j->n_segments + 1) * sizeof *j->segments);
	j->segments[j->n_segments++] = s;
	j->at = BLOCK;
	j->stats.segments++;
	pthread_mutex_unlock(&j->lock);
}

/* With `lock` held. */
static bool spare_wanted(const struct journal *j)
{
	bool half = j->at > journal_last(j)->bytes / 2;

	return !j->starved && !j->lost && j->n_spares < (unsigned)SPARES + half;
}

void journal_spare_put(struct journal *j, struct segment *s)
{
	pthread_mutex_lock(&j->lock);
	must(j->n_spares <= SPARES);
	j->spare[j->n_spares++] = s;
	pthread_mutex_unlock(&j->lock);
}

enum err journal_spare_add(struct journal *j)
{
	enum err err;
	struct segment *s = segment_prepare(j, j->next_number++, &err);

	if (s)
		journal_spare_put(j, s);
	pthread_mutex_lock(&j->lock);
	bool before = j->starved;
	j->starved = !s;
	pthread_mutex_unlock(&j->lock);
	if (!s && !before)
		log_warn("journal_starved", "folder=%s err=%s", LOG_S(str_of(j->folder)), err_name(err));
	return err;
}

enum err journal_roll(struct journal *j)
{
	must(j->n_spares > 0);
	struct segment *s = j->spare[0];
	pthread_mutex_lock(&j->lock);
	j->n_spares--;
	memmove(j->spare, j->spare + 1, j->n_spares * sizeof *j->spare);
	pthread_mutex_unlock(&j->lock);
	s->first = j->durable + 1;
	s->prev = j->chain;
	journal_segment_add(j, s);
	return segment_head_write(j, s);
}

/* Prepares at most one segment. False: none is wanted. */
static bool spare_top_up(struct journal *j)
{
	pthread_mutex_lock(&j->writing);
	pthread_mutex_lock(&j->lock);
	bool wanted = spare_wanted(j);
	pthread_mutex_unlock(&j->lock);
	if (wanted)
		journal_spare_add(j);
	pthread_mutex_unlock(&j->writing);
	return wanted;
}

static void spares_top_up(struct journal *j)
{
	while (spare_top_up(j))
		;
}

/* ---- open and close ---- */

static struct journal *journal_new(struct disk *disk, const char *name, const struct journal_options *o)
{
	struct journal *j = mem_new(sizeof *j);

	must(o->segment_bytes >= 4 << 20 && o->segment_bytes % BLOCK == 0);
	j->disk = disk;
	j->folder = str_heap_z(str_of(name));
	j->opt = *o;
	must(pthread_mutex_init(&j->writing, NULL) == 0 && pthread_mutex_init(&j->lock, NULL) == 0);
	must(pthread_cond_init(&j->wake, NULL) == 0);
	return j;
}

static void thread_stop(struct journal *j)
{
	if (!j->running)
		return;
	pthread_mutex_lock(&j->lock);
	j->stop = true;
	pthread_cond_signal(&j->wake);
	pthread_mutex_unlock(&j->lock);
	pthread_join(j->thread, NULL);
}

/* On the loop's thread: the caller hears of its group, and may submit the next. */
static void flight_end(struct flight *f)
{
	pthread_mutex_lock(&f->j->lock);
	f->j->flight = NULL;
	pthread_mutex_unlock(&f->j->lock);
	f->j = NULL;
	f->done(f->ctx, f->group, f->outcome);
	journal_group_free(&f->group);
}

void journal_close(struct journal **j)
{
	struct journal *o = *j;

	if (!o)
		return;
	thread_stop(o);
	if (o->flight)
		flight_end(o->flight);                          /* freed when the loop comes to it */
	must(!o->flight);
	for (size_t i = 0; i < o->n_segments; i++)
		segment_free(o, &o->segments[i]);
	for (unsigned i = 0; i < o->n_spares; i++)
		segment_free(o, &o->spare[i]);
	free(o->segments);
	free(o->folder);
	pthread_cond_destroy(&o->wake);
	pthread_mutex_destroy(&o->lock);
	pthread_mutex_destroy(&o->writing);
	free(o);
	*j = NULL;
}

enum err journal_open(struct journal **j, struct disk *disk, const char *name, const struct journal_options *o,
                      struct lsn after, struct lsn known_durable, journal_found_fn *found, void *ctx)
{
	struct recovery r = { after.n, known_durable.n, found, ctx };

	*j = journal_new(disk, name, o);
	enum err err = journal_recover(*j, &r);
	if (err == OK)
		spares_top_up(*j);
	else
		journal_close(j);
	return err;
}

/* ---- submit ---- */

static void flight_land(void *arg)
{
	struct flight *f = arg;

	if (f->j)
		flight_end(f);
	free(f);
}

static bool flight_waits(const struct journal *j) { return j->flight && !j->flight->landed; }

static void flight_fly(struct journal *j)
{
	struct flight *f = j->flight;

	pthread_mutex_unlock(&j->lock);
	f->outcome = journal_commit(j, f->group);
	pthread_mutex_lock(&j->lock);
	f->landed = true;
	pthread_mutex_unlock(&j->lock);
	loop_post(f->loop, flight_land, f);     /* whoever wakes finds the lock free */
	pthread_mutex_lock(&j->lock);
}

/* Groups first; what is prepared ahead is prepared between them. */
static void *journal_run(void *arg)
{
	struct journal *j = arg;

	thread_is_prompt();
	pthread_mutex_lock(&j->lock);
	for (;;) {
		if (flight_waits(j)) {
			flight_fly(j);
		} else if (j->stop) {
			break;
		} else if (spare_wanted(j)) {
			pthread_mutex_unlock(&j->lock);
			spare_top_up(j);
			pthread_mutex_lock(&j->lock);
		} else {
			pthread_cond_wait(&j->wake, &j->lock);
		}
	}
	pthread_mutex_unlock(&j->lock);
	return NULL;
}

/* Signals are the loop's. */
static void thread_start(struct journal *j)
{
	sigset_t all, before;

	if (j->running)
		return;
	sigfillset(&all);
	must(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
	must(pthread_create(&j->thread, NULL, journal_run, j) == 0);
	must(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
	j->running = true;
}

void journal_submit(struct journal *j, struct loop *loop, struct journal_group *g, journal_done_fn *done, void *ctx)
{
	if (!loop) {
		done(ctx, g, journal_submit_now(j, g));
		journal_group_free(&g);
		return;
	}
	thread_start(j);
	struct flight *f = mem_new(sizeof *f);
	*f = (struct flight){ .j = j, .loop = loop, .group = g, .done = done, .ctx = ctx };
	pthread_mutex_lock(&j->lock);
	must(!j->flight && !j->stop);
	j->flight = f;
	pthread_mutex_unlock(&j->lock);
	pthread_cond_signal(&j->wake);          /* whoever wakes finds the lock free */
}

enum journal_outcome journal_submit_now(struct journal *j, struct journal_group *g)
{
	enum journal_outcome outcome = journal_commit(j, g);

	spares_top_up(j);
	return outcome;
}

/* ---- read and look ---- */

static struct disk_file *segment_file(struct journal *j, uint32_t number)
{
	struct disk_file *file = NULL;
	size_t lo = 0;

	pthread_mutex_lock(&j->lock);
	for (size_t hi = j->n_segments; lo < hi;) {
		size_t mid = lo + (hi - lo) / 2;
		if (j->segments[mid]->number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < j->n_segments && j->segments[lo]->number == number)
		file = j->segments[lo]->file;
	pthread_mutex_unlock(&j->lock);
	return file;
}

enum err journal_read(struct journal *j, struct place place, uint32_t from, uint32_t bytes, void *to)
{
	struct disk_file *file = segment_file(j, place.segment);

	if (file && from <= place.bytes && bytes <= place.bytes - from)
		return j->disk->ops->read(j->disk, file, place.offset + from, to, bytes);
	log_error("journal_place", "folder=%s segment=%08x offset=%lu bytes=%u from=%u count=%u", LOG_S(str_of(j->folder)),
	          place.segment, place.offset, place.bytes, from, bytes);
	return ERR_CORRUPT;
}

enum err journal_read_now(struct journal *j, struct place place, uint32_t from, uint32_t bytes, void *to)
{
	struct disk_file *file = segment_file(j, place.segment);

	if (!file || from > place.bytes || bytes > place.bytes - from)
		return ERR_BUSY;                /* journal_read says what is wrong */
	return j->disk->ops->read_now(j->disk, file, place.offset + from, to, bytes);
}

/* The lock in a const journal: looking changes nothing that anybody can tell. */
static void look(const struct journal *j) { pthread_mutex_lock(&((struct journal *)j)->lock); }
static void looked(const struct journal *j) { pthread_mutex_unlock(&((struct journal *)j)->lock); }

struct lsn journal_durable(const struct journal *j)
{
	look(j);
	struct lsn lsn = { j->durable };
	looked(j);
	return lsn;
}

uint64_t journal_room(struct journal *j)
{
	look(j);
	uint64_t room = journal_last(j)->bytes - j->at;
	for (unsigned i = 0; i < j->n_spares; i++)
		room += j->spare[i]->bytes - BLOCK;
	looked(j);
	return room;
}

void journal_retry_space(struct journal *j)
{
	pthread_mutex_lock(&j->lock);
	j->starved = false;
	pthread_cond_signal(&j->wake);
	pthread_mutex_unlock(&j->lock);
	if (!j->running)
		spares_top_up(j);
}

void journal_stats_get(const struct journal *j, struct journal_stats *s)
{
	look(j);
	*s = j->stats;
	looked(j);
}

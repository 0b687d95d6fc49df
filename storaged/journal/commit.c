/* storaged/journal/commit.c: one group onto the disk, or its LSNs voided. */
#include <string.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "storaged/journal/inside.h"

static bool fits(const struct journal *j, uint64_t bytes)
{
	return bytes <= journal_last(j)->bytes - j->at;
}

/* Room for the group in the open segment or in the next, already allocated. The disk is asked for more only
 * now that nothing is written: no space is a refusal, never met halfway. */
static bool room_for(struct journal *j, uint64_t bytes)
{
	if (fits(j, bytes))
		return true;
	if (!j->n_spares && journal_spare_add(j) != OK)
		return false;
	if (j->spare[0]->bytes - BLOCK >= bytes)
		return true;
	return segment_enlarge(j, j->spare[0], BLOCK + bytes) == OK;
}

static enum err sync_timed(struct journal *j, struct segment *s)
{
	uint64_t began = j->disk->ops->tick_us(j->disk);
	enum err err = j->disk->ops->sync(j->disk, s->file);
	uint64_t us = j->disk->ops->tick_us(j->disk) - began;

	pthread_mutex_lock(&j->lock);
	j->stats.syncs++;
	if (us > j->stats.sync_us_max)
		j->stats.sync_us_max = us;
	pthread_mutex_unlock(&j->lock);
	return err;
}

/* One sync covers the group and, if it is the first of its segment, the header. */
static enum err group_write(struct journal *j, const struct journal_group *g)
{
	enum err err = OK;

	if (!fits(j, g->records.n))
		err = journal_roll(j);
	if (err == OK)
		err = j->disk->ops->write(j->disk, journal_last(j)->file, j->at, buf_str(&g->records));
	return err == OK ? sync_timed(j, journal_last(j)) : err;
}

/* A sync failed, and what the disk holds of the group is anybody's guess: a later sync might succeed without having
 * written it. A fresh segment's header says, durably, that its LSNs never were. */
static bool void_tail(struct journal *j)
{
	if (!j->n_spares && journal_spare_add(j) != OK)
		return false;
	return journal_roll(j) == OK && sync_timed(j, journal_last(j)) == OK;
}

static void places_fill(const struct journal *j, struct journal_group *g)
{
	uint64_t at = GROUP_HEAD;

	g->places = mem_new(g->count * sizeof *g->places);
	for (uint32_t i = 0; i < g->count; i++) {
		uint32_t n;
		memcpy(&n, g->records.p + at, 4);
		n = __builtin_bswap32(n);
		g->places[i] = (struct place){ journal_last(j)->number, n, j->at + at + 4 };
		at += 4 + (uint64_t)n;
	}
}

static void publish(struct journal *j, const struct journal_group *g, struct sum128 sum)
{
	pthread_mutex_lock(&j->lock);
	j->at += g->records.n;
	j->chain = sum;
	j->durable += g->count;
	j->stats.groups++;
	j->stats.records += g->count;
	j->stats.bytes += g->records.n;
	pthread_mutex_unlock(&j->lock);
}

static enum journal_outcome commit(struct journal *j, struct journal_group *g)
{
	if (j->lost)
		return JOURNAL_UNKNOWN;
	must(g->count > 0 && !g->places);
	must(g->first.n == j->durable + 1);
	if (!room_for(j, block_round(g->records.n)))
		return JOURNAL_NOSPACE;
	struct sum128 sum = group_seal(j, g);
	if (group_write(j, g) == OK) {
		places_fill(j, g);
		publish(j, g, sum);
		return JOURNAL_DURABLE;
	}
	bool lost = !void_tail(j);
	pthread_mutex_lock(&j->lock);
	j->lost = lost;
	pthread_mutex_unlock(&j->lock);
	log_error("journal_sync_failed", "folder=%s void_above=%lu outcome=%s", LOG_S(str_of(j->folder)), j->durable,
	          lost ? "unknown" : "void");
	return lost ? JOURNAL_UNKNOWN : JOURNAL_VOID;
}

enum journal_outcome journal_commit(struct journal *j, struct journal_group *g)
{
	pthread_mutex_lock(&j->writing);
	enum journal_outcome outcome = commit(j, g);
	pthread_mutex_unlock(&j->writing);
	return outcome;
}

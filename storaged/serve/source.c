/* storaged/serve/source.c: from places to plaintext. */
#include "storaged/serve/source.h"

#include <assert.h>
#include <stdlib.h>

#include "common/base/must.h"

/* AHEAD_BYTES: read with a run's head, and so most messages are read at once. */
enum { RUNS_MAX = 1 << 16, NO_PIECE = -1, AHEAD_BYTES = 16 * 1024 };

void source_init(struct source *s, struct journal *journal, const struct key *key, uint32_t user)
{
	*s = (struct source){ .journal = journal, .key = *key, .user = user, .piece = (uint32_t)NO_PIECE };
}

void source_fini(struct source *s)
{
	key_wipe(&s->key);
	free(s->runs);
	buf_fini(&s->head);
	buf_fini(&s->sealed);
	buf_fini(&s->plain);
}

enum err source_place(struct source *s, struct str where)
{
	uint32_t cap = (uint32_t)(where.n / WHERE_BYTES);

	free(s->runs);
	s->runs = mem_new((cap + 1) * sizeof *s->runs);
	s->bytes = 0;
	s->piece = (uint32_t)NO_PIECE;
	if (cap > RUNS_MAX || !where_unpack(where, s->runs, cap, &s->n_runs))
		return ERR_CORRUPT;
	for (uint32_t i = 0; i < s->n_runs; i++)
		s->bytes += s->runs[i].plain;
	s->run = s->n_runs;
	return OK;
}

/* The run that holds byte `at`, and where it starts. */
static uint32_t run_of(const struct source *s, uint64_t at, uint64_t *start)
{
	uint32_t i = 0;

	for (*start = 0; i < s->n_runs && at >= *start + s->runs[i].plain; i++)
		*start += s->runs[i].plain;
	return i;
}

static enum err run_read(struct source *s, const struct where *w, uint32_t from, uint32_t bytes, struct buf *to)
{
	const struct place place = { w->segment, w->record_bytes, w->offset };

	buf_reset(to);
	return (s->now ? journal_read_now : journal_read)(s->journal, place, w->at + from, bytes, buf_grow(to, bytes));
}

/* A piece as it lies in its run: lent by what was read ahead, or else by s->sealed. */
static enum err piece_read(struct source *s, const struct where *w, uint32_t from, uint32_t to, struct str *sealed)
{
	if (to <= s->head.n) {
		*sealed = (struct str){ s->head.p + from, to - from };
		return OK;
	}
	enum err err = run_read(s, w, from, to - from, &s->sealed);
	*sealed = buf_str(&s->sealed);
	return err;
}

static enum err piece_open(struct source *s, uint32_t run, uint32_t piece)
{
	const struct where *w = &s->runs[run];
	struct run_info info;
	struct str sealed;
	enum err err = OK;

	static_assert((int)AHEAD_BYTES >= (int)RUN_HEAD_MAX, "a head is read whole");
	if (s->run != run)
		err = run_read(s, w, 0, w->bytes < AHEAD_BYTES ? w->bytes : AHEAD_BYTES, &s->head);
	s->run = err == OK ? run : s->n_runs;
	if (err == OK && (!run_open_info(buf_str(&s->head), &info) || piece >= info.n_pieces || info.piece_at[piece + 1] > w->bytes))
		err = ERR_CORRUPT;
	if (err == OK)
		err = piece_read(s, w, info.piece_at[piece], info.piece_at[piece + 1], &sealed);
	buf_reset(&s->plain);
	if (err == OK)
		err = run_open_piece(&s->plain, &s->key, (struct user_id){ s->user }, w->lead ? SEAL_LEAD : SEAL_MESSAGE, buf_str(&s->head),
		                     info.first_piece + piece, sealed);
	s->piece = err == OK ? piece : (uint32_t)NO_PIECE;
	return err;
}

enum err source_read(struct source *s, uint64_t at, struct str *out)
{
	uint64_t start;
	uint32_t run = run_of(s, at, &start);

	*out = (struct str){ NULL, 0 };
	if (run == s->n_runs)
		return OK;
	uint32_t piece = (uint32_t)((at - start) / PIECE_BYTES);
	if (run != s->run || piece != s->piece) {
		enum err err = piece_open(s, run, piece);
		if (err)
			return err;
	}
	*out = str_skip(buf_str(&s->plain), (size_t)(at - start) % PIECE_BYTES);
	return out->n ? OK : ERR_CORRUPT;
}

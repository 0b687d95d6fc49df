/* storaged/serve/spool.c: runs of a message in memory, then in a sealed file. */
#include "storaged/serve/spool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "common/base/rd.h"
#include "storaged/mbox/state.h"

static void note_left(void *ctx, const char *name)
{
	if (str_starts(str_of(name), S("spool-")))
		buf_lstr(ctx, (struct str){ name, strlen(name) + 1 });
}

void spools_clean(struct disk *disk)
{
	struct buf names = { 0 };

	disk->ops->list(disk, "", note_left, &names);
	for (struct rd r = rd_of(buf_str(&names)); rd_more(&r); )
		disk->ops->unlink(disk, rd_str(&r).p);
	buf_fini(&names);
}

struct spool *spool_new(struct disk *disk, struct rpc_peer *peer, uint64_t number)
{
	struct spool *s = mem_new(sizeof *s);
	uint64_t luck;

	*s = (struct spool){ .peer = peer, .number = number, .refs = 1, .disk = disk, .summarizer = summarizer_new() };
	key_random(&s->key);
	disk->ops->random(disk, &luck, sizeof luck);
	snprintf(s->name, sizeof s->name, "spool-%016llx", (unsigned long long)luck);
	return s;
}

void spool_hold(struct spool *s) { s->refs++; }

static void spool_free(struct spool *s)
{
	for (uint32_t i = 0; i < s->n_runs; i++)
		packed_run_free(&s->runs[i].packed);
	if (s->file) {
		s->disk->ops->close(s->disk, &s->file);
		s->disk->ops->unlink(s->disk, s->name);
	}
	free(s->runs);
	key_wipe(&s->key);
	summarizer_free(&s->summarizer);
	buf_fini(&s->summary);
	free(s);
}

void spool_release(struct spool **s)
{
	if (*s && --(*s)->refs == 0)
		spool_free(*s);
	*s = NULL;
}

/* The user of a spool's own seal: nobody. */
static const struct user_id NOBODY = { 0 };

static enum err run_to_file(struct spool *s, struct spool_run *run, struct str plain, uint32_t first_piece, bool last)
{
	struct buf sealed = { 0 };
	enum err err = OK;

	if (!s->file)
		s->file = s->disk->ops->open(s->disk, s->name, true, &err);
	run_seal(&sealed, &s->key, NOBODY, SEAL_SPOOL, first_piece, last, plain);
	run->at = s->file_bytes;
	run->sealed = (uint32_t)sealed.n;
	if (err == OK)
		err = s->disk->ops->write(s->disk, s->file, run->at, buf_str(&sealed));
	s->file_bytes += sealed.n;
	buf_fini(&sealed);
	return err;
}

enum err spool_take(struct spool *s, struct str plain, bool last)
{
	struct spool_run run = { .plain = (uint32_t)plain.n };
	uint32_t first_piece = (uint32_t)(s->bytes / PIECE_BYTES);
	enum err err = OK;

	summarizer_feed(s->summarizer, plain);
	if (s->bytes < SPOOL_MEMORY)
		run.packed = run_pack(plain, first_piece, last);
	else
		err = run_to_file(s, &run, plain, first_piece, last);
	ARRAY_ROOM(s->runs, s->n_runs, s->cap_runs);
	s->runs[s->n_runs++] = run;
	s->bytes += plain.n;
	if (last) {
		summarizer_end(s->summarizer, &s->summary);
		s->whole = err == OK;
	}
	return err;
}

static enum err run_from_file(const struct spool *s, const struct spool_run *run, struct packed_run **packed)
{
	struct buf sealed = { 0 };
	enum err err = s->disk->ops->read(s->disk, s->file, run->at, buf_grow(&sealed, run->sealed), run->sealed);

	*packed = err == OK ? run_unseal(&s->key, NOBODY, SEAL_SPOOL, buf_str(&sealed)) : NULL;
	buf_fini(&sealed);
	return err == OK && !*packed ? ERR_CORRUPT : err;
}

enum err spool_seal_run(const struct spool *s, uint32_t i, const struct key *key, uint32_t user, struct buf *out)
{
	const struct spool_run *run = &s->runs[i];
	struct packed_run *read = NULL;
	enum err err = run->packed ? OK : run_from_file(s, run, &read);

	if (err == OK)
		run_seal_packed(out, key, (struct user_id){ user }, SEAL_MESSAGE, run->packed ? run->packed : read);
	packed_run_free(&read);
	return err;
}

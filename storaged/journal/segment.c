/* storaged/journal/segment.c: one file of the journal: made, headed, thrown away. */
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/base/rd.h"
#include "storaged/journal/inside.h"

static const uint64_t segment_magic = 0x526f6f73744a726e;   /* "RoostJrn" */

enum { VERSION = 1, SUM_BYTES = 8 };

struct segment *segment_new(uint32_t number, struct disk_file *file, uint64_t bytes)
{
	struct segment *s = mem_new(sizeof *s);

	s->number = number;
	s->file = file;
	s->bytes = bytes;
	return s;
}

void segment_free(struct journal *j, struct segment **s)
{
	if (!*s)
		return;
	j->disk->ops->close(j->disk, &(*s)->file);
	free(*s);
	*s = NULL;
}

void segment_name(const struct journal *j, uint32_t number, struct buf *name)
{
	buf_printf(name, "%s/%08x.seg", j->folder, number);
	buf_addc(name, '\0');
}

enum err segment_enlarge(struct journal *j, struct segment *s, uint64_t bytes)
{
	enum err err = j->disk->ops->allocate(j->disk, s->file, bytes);

	if (err == OK)
		err = j->disk->ops->sync(j->disk, s->file);
	if (err == OK && s->bytes < bytes)
		s->bytes = bytes;
	return err;
}

struct segment *segment_prepare(struct journal *j, uint32_t number, enum err *err)
{
	struct buf name = { 0 };

	segment_name(j, number, &name);
	struct disk_file *file = j->disk->ops->open(j->disk, name.p, true, err);
	buf_fini(&name);
	if (!file)
		return NULL;
	struct segment *s = segment_new(number, file, 0);
	*err = segment_enlarge(j, s, j->opt.segment_bytes);
	if (*err == OK)
		*err = j->disk->ops->sync_dir(j->disk, j->folder);
	if (*err != OK)
		segment_discard(j, &s);
	return s;
}

void segment_discard(struct journal *j, struct segment **s)
{
	struct buf name = { 0 };

	segment_name(j, (*s)->number, &name);
	segment_free(j, s);
	/* If the name comes back after a power cut, recovery finds a file without a header and comes here again. */
	j->disk->ops->unlink(j->disk, name.p);
	buf_fini(&name);
}

enum err segment_head_write(struct journal *j, struct segment *s)
{
	struct buf b = { 0 };

	buf_u64(&b, 0);
	buf_u64(&b, segment_magic);
	buf_u32(&b, VERSION);
	buf_u32(&b, s->number);
	buf_u64(&b, j->id);
	buf_u64(&b, j->opt.incarnation);
	buf_u64(&b, s->first);
	buf_u64(&b, s->prev.hi);
	buf_u64(&b, s->prev.lo);
	size_t pad = BLOCK - b.n;
	memset(buf_grow(&b, pad), 0, pad);
	uint64_t sum = __builtin_bswap64(sum64(str_skip(buf_str(&b), SUM_BYTES)));
	memcpy(b.p, &sum, sizeof sum);
	enum err err = j->disk->ops->write(j->disk, s->file, 0, buf_str(&b));
	buf_fini(&b);
	return err;
}

enum err segment_head_get(struct str block, struct segment *s, uint64_t *id)
{
	struct rd r = rd_of(block);
	uint64_t sum = rd_u64(&r), magic = rd_u64(&r);
	uint32_t version = rd_u32(&r);

	s->number = rd_u32(&r);
	*id = rd_u64(&r);
	rd_u64(&r);                                             /* incarnation: for people who look at a dump */
	s->first = rd_u64(&r);
	s->prev.hi = rd_u64(&r);
	s->prev.lo = rd_u64(&r);
	if (r.bad || s->first == 0 || magic != segment_magic || sum != sum64(str_skip(block, SUM_BYTES)))
		return ERR_ABSENT;
	if (version == VERSION)
		return OK;
	log_error("journal_version", "segment=%08x version=%u known=%u", s->number, version, VERSION);
	return ERR_CORRUPT;
}

/* storaged/keys/keyfile.c: blocks written, read, wiped. */
#include "storaged/keys/keyfile.h"

#include <string.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/must.h"
#include "common/base/rd.h"
#include "common/base/sum.h"

enum {
	BLOCK_BYTES = 4096, SUM_BYTES = 8, BLOCK_HEAD = 8 + 4 + 4,
	ENTRY_BYTES = 4 + WRAPPED_BYTES,
	BLOCK_ENTRIES = (BLOCK_BYTES - BLOCK_HEAD - SUM_BYTES) / ENTRY_BYTES,
	KEYFILE_VERSION = 1,
};

static const char *const slot_names[] = { [SLOT_A] = "keys.a", [SLOT_B] = "keys.b" };
#define MAGIC S("ROOSTKEY")

uint64_t keyfile_blocks_for(size_t n_keys)
{
	return 1 + (n_keys + BLOCK_ENTRIES - 1) / BLOCK_ENTRIES;
}

/* --- a block ---------------------------------------------------------------------------------------------------- */

static void block_begin(struct buf *b, uint64_t sequence, uint64_t number)
{
	buf_reset(b);
	buf_u64(b, sequence);
	buf_u32(b, (uint32_t)number);
	buf_u32(b, 0);          /* entries, counted by block_write */
}

static enum err block_write(struct buf *b, struct disk *d, struct disk_file *file, uint64_t number, uint32_t n_entries)
{
	size_t rest = BLOCK_BYTES - SUM_BYTES - b->n;

	buf_set_u32(b, 8 + 4, n_entries);
	memset(buf_grow(b, rest), 0, rest);
	buf_u64(b, sum64(buf_str(b)));
	return d->ops->write(d, file, number * BLOCK_BYTES, buf_str(b));
}

/* Reads and verifies one block, whatever its sequence; r stands at its body. ERR_CORRUPT: not a whole block of this number. */
static enum err block_read(char block[BLOCK_BYTES], struct disk *d, struct disk_file *file, uint64_t number, uint64_t *sequence,
                           uint32_t *n_entries, struct rd *r)
{
	enum err e = d->ops->read(d, file, number * BLOCK_BYTES, block, BLOCK_BYTES);
	struct rd sum = rd_of((struct str){ block + BLOCK_BYTES - SUM_BYTES, SUM_BYTES });

	if (e != OK)
		return e;
	if (rd_u64(&sum) != sum64((struct str){ block, BLOCK_BYTES - SUM_BYTES }))
		return ERR_CORRUPT;
	*r = rd_of((struct str){ block, BLOCK_BYTES - SUM_BYTES });
	*sequence = rd_u64(r);
	uint32_t stored = rd_u32(r);
	*n_entries = rd_u32(r);
	return stored == (uint32_t)number && *n_entries <= BLOCK_ENTRIES ? OK : ERR_CORRUPT;
}

/* --- opening and reading ---------------------------------------------------------------------------------------- */

static enum err header_read(struct keyfile *f, struct disk *d, const struct key *master, uint32_t shard)
{
	char block[BLOCK_BYTES];
	uint32_t n_entries;
	struct rd r;
	enum err e = block_read(block, d, f->file, 0, &f->sequence, &n_entries, &r);

	if (e != OK)
		return e;
	if (!str_eq(rd_bytes(&r, MAGIC.n), MAGIC) || rd_u32(&r) != KEYFILE_VERSION)
		return ERR_CORRUPT;
	uint32_t whose = rd_u32(&r);
	struct str wrapped = rd_bytes(&r, WRAPPED_BYTES);
	if (whose == shard && key_unwrap(&f->shard_key, master, shard, (const uint8_t *)wrapped.p))
		return OK;
	log_error("key_file_denied", "file=%s shard=%u file_shard=%u", slot_names[f->slot], shard, whose);
	return ERR_DENIED;
}

enum err keyfile_open(struct keyfile *f, struct disk *d, enum keyslot slot, const struct key *master, uint32_t shard)
{
	uint64_t bytes = 0;
	enum err e;

	*f = (struct keyfile){ .slot = slot };
	f->file = d->ops->open(d, slot_names[slot], false, &e);
	if (!f->file)
		return e;
	e = d->ops->size(d, f->file, &bytes);
	f->n_blocks = bytes / BLOCK_BYTES;
	if (e == OK)
		e = header_read(f, d, master, shard);
	if (e == ERR_CORRUPT && bytes <= BLOCK_BYTES)
		e = ERR_ABSENT;         /* a crash met its making: it holds no key yet */
	if (e != OK)
		keyfile_close(f, d);
	return e;
}

void keyfile_close(struct keyfile *f, struct disk *d)
{
	if (f->file)
		d->ops->close(d, &f->file);
	key_wipe(&f->shard_key);
}

static void entries_read(const struct keyfile *f, struct rd *r, uint32_t n, struct slab *into)
{
	for (uint32_t i = 0; i < n; i++) {
		struct user_id user = { rd_u32(r) };
		struct str wrapped = rd_bytes(r, WRAPPED_BYTES);
		struct key k;

		if (user.n == 0 || !key_unwrap(&k, &f->shard_key, user.n, (const uint8_t *)wrapped.p)) {
			log_error("key_damaged", "file=%s user=%u", slot_names[f->slot], user.n);
			continue;
		}
		*slab_put(into, user) = k;
		key_wipe(&k);
	}
}

enum err keyfile_read(struct keyfile *f, struct disk *d, struct slab *into)
{
	uint64_t there = f->n_blocks, end = 1, n_bad = 0;
	char block[BLOCK_BYTES];

	for (uint64_t number = 1; number < there; number++) {
		uint64_t sequence = 0;
		uint32_t n_entries;
		struct rd r;
		enum err e = block_read(block, d, f->file, number, &sequence, &n_entries, &r);

		if (e == ERR_CORRUPT || (e == OK && sequence != f->sequence)) {
			n_bad++;
			continue;
		}
		if (e != OK)
			return e;
		entries_read(f, &r, n_entries, into);
		end = number + 1;
	}
	/* What stands behind the last good block was never acknowledged; a bad one before it may be damage, or part of a batch cut by a crash. */
	if (n_bad > 0)
		log_warn("key_blocks_ignored", "file=%s damaged=%llu tail=%llu", slot_names[f->slot],
		         (unsigned long long)(n_bad - (there - end)), (unsigned long long)(there - end));
	f->n_blocks = end;
	/* What we read may stand in the page cache only: nobody hears of it before it is durable. */
	enum err e = d->ops->sync(d, f->file);
	return e == OK ? d->ops->sync_dir(d, "") : e;
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

static void entry_add(struct buf *b, const struct keyfile *f, const struct slab_slot *slot)
{
	buf_u32(b, slot->user);
	key_wrap((uint8_t *)buf_grow(b, WRAPPED_BYTES), &f->shard_key, slot->user, &slot->key);
}

/* Not synced, and the file's end does not move: that is the caller's, once it is durable. */
static enum err blocks_write(const struct keyfile *f, struct disk *d, const struct slab *keys, struct user_id without, uint64_t *n_blocks)
{
	struct buf b = { 0 };
	const struct slab_slot *slot;
	uint32_t n = 0;
	enum err e = OK;

	*n_blocks = f->n_blocks;
	block_begin(&b, f->sequence, *n_blocks);
	for (size_t at = 0; e == OK && (slot = slab_each(keys, &at)) != NULL;) {
		if (slot->user == without.n)
			continue;
		if (n == BLOCK_ENTRIES) {
			e = block_write(&b, d, f->file, (*n_blocks)++, n);
			block_begin(&b, f->sequence, *n_blocks);
			n = 0;
		}
		entry_add(&b, f, slot);
		n++;
	}
	if (e == OK && n > 0)
		e = block_write(&b, d, f->file, (*n_blocks)++, n);
	buf_fini(&b);
	return e;
}

enum err keyfile_append(struct keyfile *f, struct disk *d, const struct slab *keys)
{
	uint64_t n_blocks;
	enum err e = blocks_write(f, d, keys, (struct user_id){ 0 }, &n_blocks);

	if (e == OK)
		e = d->ops->sync(d, f->file);
	if (e == OK)
		f->n_blocks = n_blocks;
	return e;
}

static enum err header_write(const struct keyfile *f, struct disk *d, const struct key *master, uint32_t shard)
{
	struct buf b = { 0 };

	block_begin(&b, f->sequence, 0);
	buf_add(&b, MAGIC);
	buf_u32(&b, KEYFILE_VERSION);
	buf_u32(&b, shard);
	key_wrap((uint8_t *)buf_grow(&b, WRAPPED_BYTES), master, shard, &f->shard_key);
	enum err e = block_write(&b, d, f->file, 0, 0);
	buf_fini(&b);
	return e == OK ? d->ops->sync(d, f->file) : e;
}

enum err keyfile_create(struct keyfile *f, struct disk *d, enum keyslot slot, const struct key *master, uint32_t shard, uint64_t sequence,
                        const struct slab *keys, struct user_id without)
{
	enum err e;

	*f = (struct keyfile){ .slot = slot, .sequence = sequence, .n_blocks = 1 };
	key_random(&f->shard_key);
	f->file = d->ops->open(d, slot_names[slot], true, &e);
	if (f->file)
		e = blocks_write(f, d, keys, without, &f->n_blocks);
	if (e == OK)
		e = d->ops->sync(d, f->file);
	if (e == OK)
		e = header_write(f, d, master, shard);
	if (e == OK)
		e = d->ops->sync_dir(d, "");
	if (e != OK)
		keyfile_close(f, d);
	return e;
}

/* --- wiping --------------------------------------------------------------------------------------------------------- */

/* Block 0 goes first, by a sync of its own: a power cut must not leave a valid one before zeroed keys. */
static enum err file_zero(struct disk *d, struct disk_file *file)
{
	static const char zeros[BLOCK_BYTES];
	uint64_t bytes = 0;
	enum err e = d->ops->size(d, file, &bytes);

	for (uint64_t at = 0; e == OK && at < bytes; at += BLOCK_BYTES) {
		uint64_t left = bytes - at;
		e = d->ops->write(d, file, at, (struct str){ zeros, left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES });
		if (e == OK && at == 0)
			e = d->ops->sync(d, file);
	}
	return e == OK ? d->ops->sync(d, file) : e;
}

enum err keyslot_wipe(struct disk *d, enum keyslot slot)
{
	enum err e;
	struct disk_file *file = d->ops->open(d, slot_names[slot], false, &e);

	if (!file)
		return e == ERR_ABSENT ? OK : e;
	e = file_zero(d, file);
	d->ops->close(d, &file);
	if (e == OK)
		e = d->ops->unlink(d, slot_names[slot]);
	return e == OK ? d->ops->sync_dir(d, "") : e;
}

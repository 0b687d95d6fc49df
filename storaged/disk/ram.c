/* storaged/disk/ram.c: a disk in memory, and the bad luck it can have. */
#include "storaged/disk/ram.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"

enum { BLOCK = 4096, SECTOR = 512 };

/* NULL: zeros. Clean: both images are equal, or were called so by a failed sync. */
struct block { char *now, *durable; bool dirty; };

struct inode {
	struct inode *next;
	struct block *blocks;
	size_t        n;                       /* blocks allocated; no holes */
	uint64_t      size, durable_size;
	bool          folder;
};
struct name { char *path; struct inode *now, *durable; };
struct disk_file { struct inode *inode; };

struct ram {
	struct disk     disk;
	pthread_mutex_t lock;
	struct inode   *inodes;                /* all there ever were; freed with the disk */
	struct name    *names;
	size_t          n_names;
	uint64_t        luck, changes, stop_at, space, clock_ms, ticks;
	uint64_t        sync_fails;            /* bit 0: the next sync */
};

static struct ram *ram_lock(struct disk *d)
{
	struct ram *r = (struct ram *)d;

	pthread_mutex_lock(&r->lock);
	return r;
}

static void ram_unlock(struct ram *r) { pthread_mutex_unlock(&r->lock); }

static enum err ram_end(struct ram *r, enum err err)
{
	ram_unlock(r);
	return err;
}

static bool stopped(const struct ram *r) { return r->changes >= r->stop_at; }

/* Every operation that changes something asks first. False: the process is dead. */
static bool change(struct ram *r)
{
	if (stopped(r))
		return false;
	r->changes++;
	return true;
}

/* splitmix64 */
static uint64_t luck(struct ram *r)
{
	uint64_t z = r->luck += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static bool coin(struct ram *r) { return luck(r) & 1; }

/* ---- names ---- */

static struct name *name_find(struct ram *r, const char *path)
{
	for (size_t i = 0; i < r->n_names; i++)
		if (!strcmp(r->names[i].path, path))
			return &r->names[i];
	return NULL;
}

static struct name *name_make(struct ram *r, const char *path)
{
	struct name *n = name_find(r, path);

	if (n)
		return n;
	r->names = mem_resize(r->names, (r->n_names + 1) * sizeof *r->names);
	n = &r->names[r->n_names++];
	*n = (struct name){ str_heap_z(str_of(path)), NULL, NULL };
	return n;
}

static struct str folder_of(const char *path)
{
	ptrdiff_t slash = str_rfind(str_of(path), '/');

	return str_head(str_of(path), slash < 0 ? 0 : (size_t)slash);
}

static bool folder_exists(const struct ram *r, struct str path)
{
	if (path.n == 0)
		return true;
	for (size_t i = 0; i < r->n_names; i++)
		if (str_eq(str_of(r->names[i].path), path))
			return r->names[i].now && r->names[i].now->folder;
	return false;
}

/* A new, empty inode under this name. */
static struct inode *inode_new(struct ram *r, const char *path, bool folder)
{
	struct inode *i = mem_new(sizeof *i);

	i->folder = folder;
	i->next = r->inodes;
	r->inodes = i;
	name_make(r, path)->now = i;
	return i;
}

/* One name less: were it the last, its blocks are free again (their bytes stay for who has it open). */
static void name_drop(struct ram *r, struct name *n)
{
	const struct inode *i = n->now;

	n->now = NULL;
	for (size_t k = 0; k < r->n_names; k++)
		if (r->names[k].now == i)
			return;
	if (r->space != UINT64_MAX)
		r->space += i->n * BLOCK;
}

/* ---- blocks ---- */

static enum err inode_allocate(struct ram *r, struct inode *i, uint64_t bytes)
{
	size_t want = (size_t)((bytes + BLOCK - 1) / BLOCK);

	if (want <= i->n)
		return OK;
	uint64_t more = (uint64_t)(want - i->n) * BLOCK;
	if (more > r->space)
		return ERR_NOSPACE;
	if (r->space != UINT64_MAX)
		r->space -= more;
	i->blocks = mem_resize(i->blocks, want * sizeof *i->blocks);
	memset(i->blocks + i->n, 0, (want - i->n) * sizeof *i->blocks);
	i->n = want;
	return OK;
}

static void image_set(char **image, const char *from, size_t at, size_t bytes)
{
	if (!from && !*image)
		return;
	if (!*image)
		*image = mem_new(BLOCK);
	if (from)
		memcpy(*image + at, from + at, bytes);
	else
		memset(*image + at, 0, bytes);
}

static void block_persist(struct block *b)
{
	image_set(&b->durable, b->now, 0, BLOCK);
	b->dirty = false;
}

/* All of it, nothing of it, or some of its sectors. */
static void block_gamble(struct ram *r, struct block *b)
{
	uint64_t fate = luck(r) % 3, sectors = luck(r);

	if (!b->dirty || fate == 0)
		return;
	for (size_t s = 0; s < BLOCK / SECTOR; s++)
		if (fate == 1 || sectors >> s & 1)
			image_set(&b->durable, b->now, s * SECTOR, SECTOR);
}

static void inode_write(struct inode *i, uint64_t offset, struct str bytes)
{
	while (bytes.n > 0) {
		struct block *b = &i->blocks[offset / BLOCK];
		size_t at = (size_t)(offset % BLOCK), n = bytes.n < BLOCK - at ? bytes.n : BLOCK - at;
		if (!b->now)
			b->now = mem_new(BLOCK);
		memcpy(b->now + at, bytes.p, n);
		b->dirty = true;
		bytes = str_skip(bytes, n);
		offset += n;
	}
	if (offset > i->size)
		i->size = offset;
}

static void inode_read(const struct inode *i, uint64_t offset, char *to, size_t bytes)
{
	while (bytes > 0) {
		const struct block *b = &i->blocks[offset / BLOCK];
		size_t at = (size_t)(offset % BLOCK), n = bytes < BLOCK - at ? bytes : BLOCK - at;
		if (b->now)
			memcpy(to, b->now + at, n);
		else
			memset(to, 0, n);
		to += n;
		offset += n;
		bytes -= n;
	}
}

static bool sync_fails(struct ram *r)
{
	bool fails = r->sync_fails & 1;

	r->sync_fails >>= 1;
	return fails;
}

static enum err inode_sync(struct ram *r, struct inode *i)
{
	bool fails = sync_fails(r);

	for (size_t k = 0; k < i->n; k++) {
		if (fails)
			block_gamble(r, &i->blocks[k]);
		else if (i->blocks[k].dirty)
			block_persist(&i->blocks[k]);
		i->blocks[k].dirty = false;
	}
	if (fails)
		return ERR_IO;
	i->durable_size = i->size;
	return OK;
}

/* What is left of a file when the machine starts again. */
static void inode_power_cut(struct ram *r, struct inode *i)
{
	if (i->size != i->durable_size && coin(r))
		i->durable_size = i->size;
	i->size = i->durable_size;
	for (size_t k = 0; k < i->n; k++) {
		struct block *b = &i->blocks[k];
		block_gamble(r, b);
		image_set(&b->now, b->durable, 0, BLOCK);
		b->dirty = false;
	}
}

/* ---- the seam ---- */

static struct disk_file *ram_open(struct disk *d, const char *path, bool create, enum err *err)
{
	struct ram *r = ram_lock(d);
	struct name *n = name_find(r, path);
	struct inode *i = n ? n->now : NULL;
	struct disk_file *f = NULL;

	*err = stopped(r) ? ERR_IO : !folder_exists(r, folder_of(path)) ? ERR_ABSENT : i && i->folder ? ERR_IO : OK;
	if (*err == OK && !i && !create)
		*err = ERR_ABSENT;
	if (*err == OK) {
		if (!i && change(r))
			i = inode_new(r, path, false);
		f = mem_new(sizeof *f);
		f->inode = i;
	}
	ram_unlock(r);
	return f;
}

static void ram_close(struct disk *d, struct disk_file **f)
{
	(void)d;
	free(*f);
	*f = NULL;
}

static enum err ram_read(struct disk *d, struct disk_file *f, uint64_t offset, void *to, size_t bytes)
{
	struct ram *r = ram_lock(d);

	if (stopped(r))
		return ram_end(r, ERR_IO);
	if (offset > f->inode->size || bytes > f->inode->size - offset)
		return ram_end(r, ERR_CORRUPT);
	inode_read(f->inode, offset, to, bytes);
	return ram_end(r, OK);
}

static enum err ram_write(struct disk *d, struct disk_file *f, uint64_t offset, struct str bytes)
{
	struct ram *r = ram_lock(d);

	if (!change(r))
		return ram_end(r, ERR_IO);
	enum err err = inode_allocate(r, f->inode, offset + bytes.n);
	if (err == OK)
		inode_write(f->inode, offset, bytes);
	return ram_end(r, err);
}

static enum err ram_sync(struct disk *d, struct disk_file *f)
{
	struct ram *r = ram_lock(d);

	return ram_end(r, change(r) ? inode_sync(r, f->inode) : ERR_IO);
}

static enum err ram_allocate(struct disk *d, struct disk_file *f, uint64_t bytes)
{
	struct ram *r = ram_lock(d);
	struct inode *i = f->inode;

	if (!change(r))
		return ram_end(r, ERR_IO);
	enum err err = inode_allocate(r, i, bytes);
	if (err == OK && i->size < bytes)
		i->size = bytes;
	return ram_end(r, err);
}

static enum err ram_size(struct disk *d, struct disk_file *f, uint64_t *bytes)
{
	struct ram *r = ram_lock(d);

	*bytes = f->inode->size;
	return ram_end(r, stopped(r) ? ERR_IO : OK);
}

static enum err ram_sync_dir(struct disk *d, const char *path)
{
	struct ram *r = ram_lock(d);

	if (!change(r) || sync_fails(r))
		return ram_end(r, ERR_IO);
	if (!folder_exists(r, str_of(path)))
		return ram_end(r, ERR_ABSENT);
	for (size_t k = 0; k < r->n_names; k++)
		if (str_eq(folder_of(r->names[k].path), str_of(path)))
			r->names[k].durable = r->names[k].now;
	return ram_end(r, OK);
}

static enum err ram_make_dir(struct disk *d, const char *path)
{
	struct ram *r = ram_lock(d);

	if (!folder_exists(r, folder_of(path)))
		return ram_end(r, ERR_ABSENT);
	if (folder_exists(r, str_of(path)))
		return ram_end(r, stopped(r) ? ERR_IO : OK);
	if (!change(r))
		return ram_end(r, ERR_IO);
	inode_new(r, path, true);
	return ram_end(r, OK);
}

static enum err ram_rename(struct disk *d, const char *from, const char *to)
{
	struct ram *r = ram_lock(d);

	if (!name_find(r, from) || !name_find(r, from)->now || !folder_exists(r, folder_of(to)))
		return ram_end(r, stopped(r) ? ERR_IO : ERR_ABSENT);
	if (!change(r))
		return ram_end(r, ERR_IO);
	struct name *new = name_make(r, to), *old = name_find(r, from);
	if (new->now && new != old)
		name_drop(r, new);
	new->now = old->now;
	if (new != old)
		old->now = NULL;
	return ram_end(r, OK);
}

static enum err ram_unlink(struct disk *d, const char *path)
{
	struct ram *r = ram_lock(d);
	struct name *n = name_find(r, path);

	if (!n || !n->now)
		return ram_end(r, stopped(r) ? ERR_IO : ERR_ABSENT);
	if (!change(r))
		return ram_end(r, ERR_IO);
	name_drop(r, n);
	return ram_end(r, OK);
}

static enum err ram_list(struct disk *d, const char *path, void (*each)(void *ctx, const char *name), void *ctx)
{
	struct ram *r = ram_lock(d);

	if (stopped(r) || !folder_exists(r, str_of(path)))
		return ram_end(r, stopped(r) ? ERR_IO : ERR_ABSENT);
	for (size_t k = 0; k < r->n_names; k++) {
		const char *name = r->names[k].path;
		if (r->names[k].now && str_eq(folder_of(name), str_of(path)))
			each(ctx, *path ? name + strlen(path) + 1 : name);
	}
	return ram_end(r, OK);
}

static uint64_t ram_free_bytes(struct disk *d)
{
	struct ram *r = ram_lock(d);
	uint64_t bytes = r->space;

	ram_unlock(r);
	return bytes;
}

static uint64_t ram_clock_ms(struct disk *d)
{
	struct ram *r = ram_lock(d);
	uint64_t ms = r->clock_ms;

	ram_unlock(r);
	return ms;
}

static uint64_t ram_tick_us(struct disk *d)
{
	struct ram *r = ram_lock(d);
	uint64_t ticks = ++r->ticks;

	ram_unlock(r);
	return ticks;
}

static void ram_random(struct disk *d, void *to, size_t bytes)
{
	struct ram *r = ram_lock(d);

	for (size_t i = 0; i < bytes; i++)
		((uint8_t *)to)[i] = (uint8_t)luck(r);
	ram_unlock(r);
}

static const struct disk_ops ram_ops = {
	.open = ram_open, .close = ram_close, .read = ram_read, .read_now = ram_read, .write = ram_write, .sync = ram_sync,
	.allocate = ram_allocate, .size = ram_size, .sync_dir = ram_sync_dir, .make_dir = ram_make_dir,
	.rename = ram_rename, .unlink = ram_unlink, .list = ram_list, .free_bytes = ram_free_bytes,
	.clock_ms = ram_clock_ms, .tick_us = ram_tick_us, .random = ram_random,
};

/* ---- the owner's side ---- */

struct disk *ram_new(uint64_t seed)
{
	struct ram *r = mem_new(sizeof *r);

	r->disk.ops = &ram_ops;
	r->luck = seed;
	r->stop_at = r->space = UINT64_MAX;
	must(pthread_mutex_init(&r->lock, NULL) == 0);
	return &r->disk;
}

static void inode_free(struct inode *i)
{
	for (size_t k = 0; k < i->n; k++) {
		free(i->blocks[k].now);
		free(i->blocks[k].durable);
	}
	free(i->blocks);
	free(i);
}

void ram_free(struct disk **d)
{
	struct ram *r = (struct ram *)*d;

	if (!r)
		return;
	while (r->inodes) {
		struct inode *i = r->inodes;
		r->inodes = i->next;
		inode_free(i);
	}
	for (size_t k = 0; k < r->n_names; k++)
		free(r->names[k].path);
	free(r->names);
	pthread_mutex_destroy(&r->lock);
	free(r);
	*d = NULL;
}

void ram_stop_after(struct disk *d, uint64_t n)
{
	struct ram *r = ram_lock(d);

	r->stop_at = r->changes + n;
	ram_unlock(r);
}

bool ram_stopped(struct disk *d)
{
	struct ram *r = ram_lock(d);
	bool yes = stopped(r);

	ram_unlock(r);
	return yes;
}

void ram_restart(struct disk *d)
{
	struct ram *r = ram_lock(d);

	r->stop_at = UINT64_MAX;
	ram_unlock(r);
}

/* A name whose folder is gone is gone; nested folders take a round each. */
static void names_prune(struct ram *r)
{
	for (bool again = true; again;) {
		again = false;
		for (size_t k = 0; k < r->n_names; k++) {
			struct name *n = &r->names[k];
			if (n->now && !folder_exists(r, folder_of(n->path))) {
				n->now = n->durable = NULL;
				again = true;
			}
		}
	}
}

void ram_power_cut(struct disk *d, uint64_t seed)
{
	struct ram *r = ram_lock(d);

	r->luck = seed;
	for (struct inode *i = r->inodes; i; i = i->next)
		inode_power_cut(r, i);
	for (size_t k = 0; k < r->n_names; k++) {
		struct name *n = &r->names[k];
		if (n->now != n->durable && coin(r))
			n->durable = n->now;
		n->now = n->durable;
	}
	names_prune(r);
	r->stop_at = UINT64_MAX;
	r->sync_fails = 0;
	ram_unlock(r);
}

void ram_fail_sync(struct disk *d, unsigned nth)
{
	struct ram *r = ram_lock(d);

	must(nth >= 1 && nth <= 64);
	r->sync_fails |= (uint64_t)1 << (nth - 1);
	ram_unlock(r);
}

void ram_full(struct disk *d, uint64_t bytes)
{
	struct ram *r = ram_lock(d);

	r->space = bytes;
	ram_unlock(r);
}

void ram_clock_set(struct disk *d, uint64_t ms)
{
	struct ram *r = ram_lock(d);

	if (ms > r->clock_ms)
		r->ticks += (ms - r->clock_ms) * 1000;
	r->clock_ms = ms;
	ram_unlock(r);
}

uint64_t ram_changes(struct disk *d)
{
	struct ram *r = ram_lock(d);
	uint64_t n = r->changes;

	ram_unlock(r);
	return n;
}

/* storaged/disk/disk.h: the one seam between storaged and the machine: files, clock, randomness.
 *
 * storaged touches a file, a clock or luck only through a `struct disk` (LMDB and sockets excepted), so that it
 * can run on a simulated machine. disk_real() is this machine; ram.h is one in memory that can lose power.
 * Calls block (but read_now); the journal's and the workers' threads make them, never the loop. Thread-safe.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/str.h"

struct disk;
struct disk_file;

struct disk_ops {
	/* name is relative to the disk's root folder. create: make it if missing. NULL: *err says why. */
	struct disk_file *(*open)(struct disk *d, const char *name, bool create, enum err *err);
	void     (*close)(struct disk *d, struct disk_file **f);
	enum err (*read)(struct disk *d, struct disk_file *f, uint64_t offset, void *to, size_t bytes);     /* short: ERR_CORRUPT */
	/* The same, only if it needs no waiting: ERR_BUSY. For the loop, which may not wait for a disk. */
	enum err (*read_now)(struct disk *d, struct disk_file *f, uint64_t offset, void *to, size_t bytes);
	enum err (*write)(struct disk *d, struct disk_file *f, uint64_t offset, struct str bytes);
	enum err (*sync)(struct disk *d, struct disk_file *f);                                              /* fdatasync */
	enum err (*allocate)(struct disk *d, struct disk_file *f, uint64_t bytes);                          /* file has this size, blocks reserved */
	enum err (*size)(struct disk *d, struct disk_file *f, uint64_t *bytes);
	enum err (*sync_dir)(struct disk *d, const char *name);                                             /* fsync of a directory, "" is the root */
	enum err (*make_dir)(struct disk *d, const char *name);                                             /* there already: OK */
	enum err (*rename)(struct disk *d, const char *from, const char *to);
	enum err (*unlink)(struct disk *d, const char *name);
	/* Calls each(ctx, name) for the entries of a directory, in no order. */
	enum err (*list)(struct disk *d, const char *name, void (*each)(void *ctx, const char *name), void *ctx);
	uint64_t (*free_bytes)(struct disk *d);
	uint64_t (*clock_ms)(struct disk *d);        /* since 1970, UTC */
	uint64_t (*tick_us)(struct disk *d);         /* monotonic */
	void     (*random)(struct disk *d, void *to, size_t bytes);
};
struct disk { const struct disk_ops *ops; };

struct disk *disk_real(const char *root);        /* owner: the caller */
void disk_real_free(struct disk **d);

/* storaged/keys/keyfile.h: one slot of the shard's key file on disk: wrapped keys in checksummed blocks.
 *
 * Blocks of 4 KiB: u64 sequence, u32 block number, u32 entries, the entries (u32 user, wrapped key), zeros, u64 checksum.
 * Block 0 holds, in place of entries, the magic, version, shard and the shard key wrapped by the master key. A block is written once:
 * a torn write never touches acknowledged keys.
 * Always: block 0 is written and synced last when a slot is made, so a slot whose block 0 is valid is complete.
 *
 * Owner: the keyring, which keeps it in locked memory (it holds the shard key). Blocking; not thread-safe.
 */
#pragma once

#include "storaged/disk/disk.h"
#include "storaged/keys/slab.h"

enum keyslot { SLOT_A, SLOT_B };

struct keyfile {
	struct disk_file *file;                /* NULL: closed */
	enum keyslot      slot;
	uint64_t          sequence;            /* of two valid slots, the higher holds */
	uint64_t          n_blocks;            /* where the next is written */
	struct key        shard_key;
};

/* ERR_ABSENT: no file, or one never finished; ERR_CORRUPT: block 0 is not valid; ERR_DENIED: it is, but not under this key. */
enum err keyfile_open(struct keyfile *f, struct disk *d, enum keyslot slot, const struct key *master, uint32_t shard);
void keyfile_close(struct keyfile *f, struct disk *d);
/* Adds all keys of an opened file to the slab, makes the file durable, and finds its end. A torn tail is ignored; damage is logged and passed by. */
enum err keyfile_read(struct keyfile *f, struct disk *d, struct slab *into);

/* A new file under a new shard key, with all keys but `without`. Durable when OK. The slot must be free (keyslot_wipe). */
enum err keyfile_create(struct keyfile *f, struct disk *d, enum keyslot slot, const struct key *master, uint32_t shard, uint64_t sequence,
                        const struct slab *keys, struct user_id without);
/* Durable when OK. After a failure the file must not be written again. */
enum err keyfile_append(struct keyfile *f, struct disk *d, const struct slab *keys);
/* Blocks a file with n keys needs at least, block 0 included. */
uint64_t keyfile_blocks_for(size_t n_keys);

/* Overwrites, syncs and unlinks whatever lies in the slot. */
enum err keyslot_wipe(struct disk *d, enum keyslot slot);

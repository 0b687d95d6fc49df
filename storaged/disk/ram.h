/* storaged/disk/ram.h: a disk in memory that can lose power, fill up, fail and stop: for tests and simulation.
 *
 * Each file has two images in blocks of 4 KiB: what reads show (the page cache), and what a power cut leaves (the
 * platter). A sync carries the one to the other; a directory's names need sync_dir. Harsher than most machines:
 * names not synced come and go each by itself, blocks tear at 512 bytes. Its clock and luck are its own: one
 * seed, one run.
 *
 * Owner: the caller. Thread-safe. Files still open when it stops must be closed before ram_free.
 */
#pragma once

#include "storaged/disk/disk.h"

struct disk *ram_new(uint64_t seed);
void ram_free(struct disk **d);

/* The process dies right after the n-th change from now (1: after the next; 0: now): every later call fails with
 * ERR_IO and changes nothing, until ram_power_cut or ram_restart. */
void ram_stop_after(struct disk *d, uint64_t n);
bool ram_stopped(struct disk *d);
/* The process died, the machine did not: all that was written is still to be read, synced or not. */
void ram_restart(struct disk *d);
/* The machine died: each block and name not synced is lost or kept by chance. */
void ram_power_cut(struct disk *d, uint64_t seed);

/* The nth sync of a file or folder from now (1..64) fails; what it should have carried over is carried by chance
 * and counts as clean, as on Linux: a second sync would succeed and do nothing. Calls add up. */
void ram_fail_sync(struct disk *d, unsigned nth);
/* Only so many bytes more can be allocated; UINT64_MAX: no limit. Unlinking a file gives its blocks back. */
void ram_full(struct disk *d, uint64_t bytes);
void ram_clock_set(struct disk *d, uint64_t ms);          /* it stands still between calls */
uint64_t ram_changes(struct disk *d);                      /* how many so far: the range of ram_stop_after */

/* storaged/keys/keyring.c: which slot holds, and how keys come and go. */
#include "storaged/keys/keyring.h"

#include <pthread.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "storaged/keys/keyfile.h"

/* Each batch takes whole blocks, so many small ones waste room: above twice what is needed and this, the file is written anew. */
enum { SPARE_BLOCKS = 256 };

/* Lies in locked memory itself: it holds the master and the shard key. */
struct keyring {
	struct disk     *disk;
	struct key       master;
	uint32_t         shard;
	pthread_mutex_t  changing;             /* over a whole change, disk included: guards file and suspect */
	struct keyfile   file;
	bool             suspect;              /* a change failed half-way: the file is written anew before the next */
	pthread_rwlock_t looking;              /* guards keys; written only with `changing` held, so a change may read without it */
	struct slab      keys;
};

static const struct user_id nobody = { 0 };

static enum keyslot other_slot(const struct keyring *k)
{
	return k->file.slot == SLOT_A ? SLOT_B : SLOT_A;
}

/* All keys but `without` into the free slot, under a new shard key; then the old slot is wiped.
 * Whatever fails on the way, the old file still holds, unless the new one is durable. */
static enum err keyring_rewrite(struct keyring *k, struct user_id without)
{
	enum keyslot old = k->file.slot;
	bool locked;
	struct keyfile *next = locked_new(sizeof *next, &locked);

	k->suspect = true;
	enum err e = keyslot_wipe(k->disk, other_slot(k));     /* what an earlier try left */
	if (e == OK)
		e = keyfile_create(next, k->disk, other_slot(k), &k->master, k->shard, k->file.sequence + 1, &k->keys, without);
	if (e == OK) {
		keyfile_close(&k->file, k->disk);
		k->file = *next;
		e = keyslot_wipe(k->disk, old);
		k->suspect = e != OK;
	}
	locked_free(next, sizeof *next);
	return e;
}

/* --- opening ---------------------------------------------------------------------------------------------------- */

/* Opens the slot that holds. ERR_ABSENT: there is none yet. */
static enum err slot_choose(struct keyring *k, struct keyfile f[2])
{
	enum err a = keyfile_open(&f[SLOT_A], k->disk, SLOT_A, &k->master, k->shard);
	enum err b = keyfile_open(&f[SLOT_B], k->disk, SLOT_B, &k->master, k->shard);
	enum keyslot best = a != OK || (b == OK && f[SLOT_B].sequence > f[SLOT_A].sequence) ? SLOT_B : SLOT_A;
	/* Beside a valid slot, an invalid one is half made or half wiped. */
	bool usable = (a == OK || b == OK) && (a == OK || a == ERR_ABSENT || a == ERR_CORRUPT) && (b == OK || b == ERR_ABSENT || b == ERR_CORRUPT);

	if (usable) {
		k->file = f[best];
		f[best].file = NULL;    /* k's now */
	}
	keyfile_close(&f[SLOT_A], k->disk);
	keyfile_close(&f[SLOT_B], k->disk);
	return usable ? OK : a == ERR_ABSENT || a == OK ? b : a;
}

static enum err keyring_make(struct keyring *k)
{
	enum err e = keyslot_wipe(k->disk, SLOT_A);

	if (e == OK)
		e = keyslot_wipe(k->disk, SLOT_B);
	return e == OK ? keyfile_create(&k->file, k->disk, SLOT_A, &k->master, k->shard, 1, &k->keys, nobody) : e;
}

static enum err keyring_load(struct keyring *k)
{
	bool locked;
	struct keyfile *slots = locked_new(2 * sizeof *slots, &locked);
	enum err e = slot_choose(k, slots);

	locked_free(slots, 2 * sizeof *slots);
	if (e == ERR_ABSENT)
		return keyring_make(k);
	if (e == OK)
		e = keyfile_read(&k->file, k->disk, &k->keys);
	return e == OK ? keyslot_wipe(k->disk, other_slot(k)) : e;     /* only now: the chosen one is durable */
}

enum err keyring_open(struct keyring **out, struct disk *disk, const struct key *master, uint32_t shard)
{
	bool locked;
	struct keyring *k = locked_new(sizeof *k, &locked);

	k->disk = disk;
	k->master = *master;
	k->shard = shard;
	must(pthread_mutex_init(&k->changing, NULL) == 0 && pthread_rwlock_init(&k->looking, NULL) == 0);
	enum err e = keyring_load(k);
	if (k->keys.n > 0)
		locked &= k->keys.locked;
	if (!locked)
		log_warn("keys_not_locked", "shard=%u hint=\"raise the limit on locked memory (ulimit -l)\"", shard);
	if (e == OK)
		log_info("keys_opened", "shard=%u users=%zu sequence=%llu", shard, k->keys.n, (unsigned long long)k->file.sequence);
	else
		log_error("keys_failed", "shard=%u err=%s", shard, err_name(e));
	*out = k;
	if (e != OK)
		keyring_close(out);
	return e;
}

void keyring_close(struct keyring **k)
{
	struct keyring *it = *k;

	if (!it)
		return;
	keyfile_close(&it->file, it->disk);
	slab_fini(&it->keys);
	pthread_rwlock_destroy(&it->looking);
	pthread_mutex_destroy(&it->changing);
	locked_free(it, sizeof *it);
	*k = NULL;
}

/* --- looking and changing --------------------------------------------------------------------------------------- */

bool keyring_get(struct keyring *k, struct user_id user, struct key *out)
{
	pthread_rwlock_rdlock(&k->looking);
	const struct key *found = slab_get(&k->keys, user);
	if (found)
		*out = *found;
	pthread_rwlock_unlock(&k->looking);
	return found != NULL;
}

static void keys_publish(struct keyring *k, const struct slab *fresh)
{
	const struct slab_slot *slot;

	pthread_rwlock_wrlock(&k->looking);
	for (size_t at = 0; (slot = slab_each(fresh, &at)) != NULL;)
		*slab_put(&k->keys, (struct user_id){ slot->user }) = slot->key;
	pthread_rwlock_unlock(&k->looking);
}

/* The file takes the fresh keys, after it was made fit to if need be. */
static enum err keys_store(struct keyring *k, const struct slab *fresh)
{
	enum err e = OK;

	if (fresh->n == 0)
		return OK;
	if (k->suspect || k->file.n_blocks > 2 * keyfile_blocks_for(k->keys.n) + SPARE_BLOCKS)
		e = keyring_rewrite(k, nobody);
	if (e != OK)
		return e;
	e = keyfile_append(&k->file, k->disk, fresh);
	k->suspect = e != OK;
	return e;
}

enum err keyring_add(struct keyring *k, const struct user_id *users, size_t n)
{
	struct slab fresh = { 0 };

	pthread_mutex_lock(&k->changing);
	for (size_t i = 0; i < n; i++)
		if (!slab_get(&k->keys, users[i]))
			key_random(slab_put(&fresh, users[i]));
	enum err e = keys_store(k, &fresh);
	if (e == OK)
		keys_publish(k, &fresh);
	pthread_mutex_unlock(&k->changing);
	slab_fini(&fresh);
	return e;
}

enum err keyring_destroy(struct keyring *k, struct user_id user)
{
	enum err e = OK;

	pthread_mutex_lock(&k->changing);
	if (k->suspect || slab_get(&k->keys, user))
		e = keyring_rewrite(k, user);
	if (e == OK) {
		pthread_rwlock_wrlock(&k->looking);
		slab_del(&k->keys, user);
		pthread_rwlock_unlock(&k->looking);
	}
	pthread_mutex_unlock(&k->changing);
	return e;
}

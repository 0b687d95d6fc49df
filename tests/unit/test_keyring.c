/* tests/unit/test_keyring.c: an acknowledged key outlives every crash; a destroyed one leaves no trace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/seal/seal.h"
#include "storaged/disk/ram.h"
#include "storaged/keys/keyring.h"
#include "storaged/keys/slab.h"

enum { USERS = 400, SHARD = 3 };

static struct key master;

static int start(void **state)
{
	(void)state;
	must(seal_open(NULL, NULL));
	log_open("test", LOG_ERROR);
	key_random(&master);
	return 0;
}

/* What the world was told: keys of users acknowledged, users destroyed, users about whom nothing is known. */
enum told { NEVER, THERE, GONE, MAYBE };
struct world { struct disk *disk; struct keyring *ring; enum told told[USERS + 1]; struct key key[USERS + 1]; };

static bool world_open(struct world *w)
{
	return keyring_open(&w->ring, w->disk, &master, SHARD) == OK;
}

static bool world_add(struct world *w, uint32_t first, uint32_t n)
{
	struct user_id users[USERS] = { { 0 } };

	for (uint32_t i = 0; i < n; i++)
		users[i].n = first + i;
	bool ok = keyring_add(w->ring, users, n) == OK;
	for (uint32_t i = first; i < first + n; i++) {
		if (w->told[i] == THERE)
			continue;
		w->told[i] = ok ? THERE : MAYBE;
		if (ok)
			assert_true(keyring_get(w->ring, (struct user_id){ i }, &w->key[i]));
	}
	return ok;
}

static bool world_destroy(struct world *w, uint32_t user)
{
	bool ok = keyring_destroy(w->ring, (struct user_id){ user }) == OK;

	w->told[user] = ok ? GONE : MAYBE;
	return ok;
}

/* Which keys ring gives, against what was told; who was in doubt is no longer. */
static void world_check(struct world *w, const char *when)
{
	for (uint32_t i = 1; i <= USERS; i++) {
		struct key k;
		bool got = keyring_get(w->ring, (struct user_id){ i }, &k);

		if (w->told[i] == MAYBE) {
			w->told[i] = got ? THERE : NEVER;
			w->key[i] = k;
		}
		if (got != (w->told[i] == THERE) || (got && memcmp(&k, &w->key[i], sizeof k)))
			fail_msg("%s: user %u", when, i);
	}
}

static void world_start(struct world *w, uint64_t seed)
{
	memset(w, 0, sizeof *w);
	w->disk = ram_new(seed);
}

static void world_end(struct world *w)
{
	keyring_close(&w->ring);
	ram_free(&w->disk);
}

static void keys_last(void **state)
{
	struct world w;

	(void)state;
	world_start(&w, 1);
	assert_true(world_open(&w));
	assert_true(world_add(&w, 1, 1));
	assert_true(world_add(&w, 1, 200));     /* several blocks; the first is there already */
	assert_true(world_add(&w, 7, 3));       /* nothing new */
	for (int round = 0; round < 3; round++) {
		assert_true(world_destroy(&w, 5 + (uint32_t)round));
		world_check(&w, "before closing");
		keyring_close(&w.ring);
		assert_true(world_open(&w));
		world_check(&w, "after opening");
		assert_true(world_add(&w, 300 + (uint32_t)round, 1));
	}
	assert_true(world_destroy(&w, 5));      /* again: still gone */
	assert_true(world_add(&w, 5, 1));       /* as a new user would: another key */
	world_check(&w, "at the end");
	world_end(&w);
}

static void only_with_its_master_and_shard(void **state)
{
	struct world w;
	struct key other;
	struct keyring *k;

	(void)state;
	key_random(&other);
	world_start(&w, 1);
	assert_true(world_open(&w) && world_add(&w, 1, 5));
	keyring_close(&w.ring);
	assert_int_equal(keyring_open(&k, w.disk, &other, SHARD), ERR_DENIED);
	assert_null(k);
	assert_int_equal(keyring_open(&k, w.disk, &master, SHARD + 1), ERR_DENIED);
	assert_true(world_open(&w));
	world_check(&w, "after refusals");
	world_end(&w);
}

/* One life: made, filled, thinned, filled again, in single adds and batches. False: the machine stopped on the way. */
static bool live(struct world *w)
{
	return world_open(w) && world_add(w, 1, 1) && world_add(w, 2, 120) && world_destroy(w, 2) && world_add(w, 130, 2) &&
	       world_destroy(w, 130) && world_destroy(w, 50) && world_add(w, 200, 60) && world_add(w, 2, 1);
}

/* Stopped after each change of the disk, then by losing power or by a mere kill; and once more while it recovers. */
static void crashes_lose_nothing(void **state)
{
	struct world w;

	(void)state;
	world_start(&w, 1);
	assert_true(live(&w));
	uint64_t changes = ram_changes(w.disk);
	world_end(&w);
	for (uint64_t run = 0; run < changes * 12; run++) {
		bool power = run % 4 != 0, twice = run % 3 == 0;
		world_start(&w, run);
		ram_stop_after(w.disk, run / 12);
		live(&w);
		keyring_close(&w.ring);
		for (int crash = 0; crash < (twice ? 2 : 1); crash++) {
			if (power)
				ram_power_cut(w.disk, run + (uint64_t)crash * 1000000);
			else
				ram_restart(w.disk);
			if (crash == 0 && twice) {
				ram_stop_after(w.disk, run % 7);
				world_open(&w);
				keyring_close(&w.ring);
			}
		}
		if (!world_open(&w))
			fail_msg("run %llu does not open", (unsigned long long)run);
		world_check(&w, "after a crash");
		keyring_close(&w.ring);
		ram_power_cut(w.disk, run + 2000000);   /* what an opened ring gave is durable, however it came to be there */
		assert_true(world_open(&w));
		world_check(&w, "after another crash");
		assert_true(world_add(&w, 390, 2) && world_destroy(&w, 391));
		world_check(&w, "after going on");
		world_end(&w);
	}
}

/* Each sync fails once, or two in a row; life goes on over what that left behind, and stops there by losing power. */
static void failed_syncs_lose_nothing(void **state)
{
	struct world w;

	(void)state;
	for (uint64_t run = 0; run < 50 * 32; run++) {
		unsigned nth = 1 + (unsigned)(run / 32);
		world_start(&w, run);
		ram_fail_sync(w.disk, nth);
		if (run % 2)
			ram_fail_sync(w.disk, nth + 1);
		live(&w);
		if (run % 4 < 2)
			ram_stop_after(w.disk, run / 4 % 8);
		if (w.ring && world_add(&w, 300, 1) && world_add(&w, 301, 1))
			world_destroy(&w, 60);
		keyring_close(&w.ring);
		ram_power_cut(w.disk, run);
		if (!world_open(&w))
			fail_msg("sync %u run %llu does not open", nth, (unsigned long long)run);
		world_check(&w, "after a failed sync");
		world_end(&w);
	}
}

static void full_disks_lose_nothing(void **state)
{
	struct world w;

	(void)state;
	for (uint64_t room = 0; room < 20; room++) {
		world_start(&w, room);
		ram_full(w.disk, room * 4096);
		live(&w);
		ram_full(w.disk, UINT64_MAX);
		if (w.ring)
			assert_true(world_add(&w, 300, 1));
		keyring_close(&w.ring);
		assert_true(world_open(&w));
		world_check(&w, "after a full disk");
		world_end(&w);
	}
}

/* A wiped slot holds no wrapped key: the old file's bytes are zero even after a power cut, as who still has it open sees. */
static void destroyed_bytes_are_overwritten(void **state)
{
	struct world w;
	char block[4096];
	enum err e;

	(void)state;
	world_start(&w, 1);
	assert_true(world_open(&w) && world_add(&w, 1, 100));
	struct disk_file *old = w.disk->ops->open(w.disk, "keys.a", false, &e);
	assert_non_null(old);
	assert_true(world_destroy(&w, 9));
	ram_power_cut(w.disk, 1);
	assert_null(w.disk->ops->open(w.disk, "keys.a", false, &e));
	for (uint64_t at = 0; w.disk->ops->read(w.disk, old, at, block, sizeof block) == OK; at += sizeof block)
		for (size_t i = 0; i < sizeof block; i++)
			assert_int_equal(block[i], 0);
	w.disk->ops->close(w.disk, &old);
	world_end(&w);
}

static void flip(struct disk *d, const char *name, uint64_t at)
{
	enum err e;
	char c;
	struct disk_file *f = d->ops->open(d, name, false, &e);

	assert_non_null(f);
	assert_int_equal(d->ops->read(d, f, at, &c, 1), OK);
	c ^= 4;
	assert_int_equal(d->ops->write(d, f, at, (struct str){ &c, 1 }), OK);
	d->ops->close(d, &f);
}

/* Rot costs those whose block it hit, and is never taken for a new shard. */
static void damage(void **state)
{
	struct world w;
	struct key k;

	(void)state;
	world_start(&w, 1);
	assert_true(world_open(&w) && world_add(&w, 1, 1) && world_add(&w, 2, 1) && world_add(&w, 3, 1));
	keyring_close(&w.ring);
	flip(w.disk, "keys.a", 2 * 4096 + 40);
	assert_true(world_open(&w));
	assert_true(keyring_get(w.ring, (struct user_id){ 1 }, &k));
	assert_false(keyring_get(w.ring, (struct user_id){ 2 }, &k));
	assert_true(keyring_get(w.ring, (struct user_id){ 3 }, &k));
	keyring_close(&w.ring);
	flip(w.disk, "keys.a", 20);
	assert_int_equal(keyring_open(&w.ring, w.disk, &master, SHARD), ERR_CORRUPT);
	assert_null(w.ring);
	flip(w.disk, "keys.a", 20);
	assert_true(world_open(&w));
	world_end(&w);
}

/* One user at a time takes a block each, until the file is written anew: it stays bounded. */
static void many_single_adds_stay_small(void **state)
{
	struct world w;
	uint64_t bytes = 0;

	(void)state;
	world_start(&w, 1);
	assert_true(world_open(&w));
	for (uint32_t i = 1; i <= USERS; i++)
		assert_true(world_add(&w, i, 1));
	world_check(&w, "after single adds");
	keyring_close(&w.ring);
	for (int slot = 0; slot < 2; slot++) {
		enum err e;
		struct disk_file *f = w.disk->ops->open(w.disk, slot ? "keys.b" : "keys.a", false, &e);
		if (f) {
			assert_int_equal(w.disk->ops->size(w.disk, f, &bytes), OK);
			w.disk->ops->close(w.disk, &f);
		}
	}
	assert_true(bytes > 0 && bytes < 300 * 4096);
	assert_true(world_open(&w));
	world_check(&w, "reopened");
	world_end(&w);
}

static void *look(void *ctx)
{
	struct world *w = ctx;
	struct key k;

	for (int round = 0; round < 2000; round++)
		for (uint32_t i = 1; i <= 20; i++)
			if (!keyring_get(w->ring, (struct user_id){ i }, &k) || memcmp(&k, &w->key[i], sizeof k))
				return ctx;
	return NULL;
}

static void lookups_while_adding(void **state)
{
	struct world w;
	pthread_t t;
	void *wrong;

	(void)state;
	world_start(&w, 1);
	assert_true(world_open(&w) && world_add(&w, 1, 20));
	assert_int_equal(pthread_create(&t, NULL, look, &w), 0);
	for (uint32_t i = 21; i <= 300; i++)
		assert_true(world_add(&w, i, 1));
	assert_true(world_destroy(&w, 100));
	assert_int_equal(pthread_join(t, &wrong), 0);
	assert_null(wrong);
	world_end(&w);
}

/* The slab against a plain array, through growth and holes. */
static void slabs(void **state)
{
	struct slab s = { 0 };
	bool there[512] = { false };
	uint32_t luck = 1;

	(void)state;
	for (int step = 0; step < 20000; step++) {
		luck = luck * 1664525 + 1013904223;
		uint32_t user = 1 + (luck >> 10) % 511;
		bool put = luck >> 31;

		if (put)
			slab_put(&s, (struct user_id){ user })->b[3] = (uint8_t)user;
		else
			slab_del(&s, (struct user_id){ user });
		there[user] = put;
		uint32_t probe = 1 + (luck >> 20) % 511;
		const struct key *k = slab_get(&s, (struct user_id){ probe });
		assert_true((k != NULL) == there[probe] && (!k || k->b[3] == (uint8_t)probe));
	}
	slab_fini(&s);
	assert_null(slab_get(&s, (struct user_id){ 1 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slabs),
		cmocka_unit_test(keys_last),
		cmocka_unit_test(only_with_its_master_and_shard),
		cmocka_unit_test(crashes_lose_nothing),
		cmocka_unit_test(failed_syncs_lose_nothing),
		cmocka_unit_test(full_disks_lose_nothing),
		cmocka_unit_test(destroyed_bytes_are_overwritten),
		cmocka_unit_test(damage),
		cmocka_unit_test(many_single_adds_stay_small),
		cmocka_unit_test(lookups_while_adding),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}

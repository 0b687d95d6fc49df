/* tests/unit/test_disk.c: the seam: what both disks promise, and the bad luck of the simulated one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "storaged/disk/ram.h"

enum { BLOCK = 4096 };

static struct disk_file *open_ok(struct disk *d, const char *name)
{
	enum err err;
	struct disk_file *f = d->ops->open(d, name, true, &err);

	assert_non_null(f);
	assert_int_equal(err, OK);
	return f;
}

static void list_add(void *ctx, const char *name)
{
	buf_add(ctx, str_of(name));
	buf_addc(ctx, ' ');
}

/* ---- the same for both ---- */

enum what { MAKE_DIR, CREATE, OPEN, WRITE, READ, SIZE, ALLOCATE, SYNC, SYNC_DIR, RENAME, UNLINK, LIST };

/* One row after the other on one disk; `f` is the file opened last. */
static const struct step { enum what what; const char *a, *b; uint64_t n; enum err err; } steps[] = {
	{ OPEN,     "f",      NULL,     0,    ERR_ABSENT  },
	{ CREATE,   "no/f",   NULL,     0,    ERR_ABSENT  },
	{ MAKE_DIR, "d",      NULL,     0,    OK          },
	{ MAKE_DIR, "d",      NULL,     0,    OK          },
	{ LIST,     "d",      "",       0,    OK          },
	{ CREATE,   "d/f",    NULL,     0,    OK          },
	{ SIZE,     NULL,     NULL,     0,    OK          },
	{ READ,     NULL,     "x",      0,    ERR_CORRUPT },
	{ WRITE,    NULL,     "hello",  4094, OK          },   /* over two blocks, behind a hole */
	{ SIZE,     NULL,     NULL,     4099, OK          },
	{ READ,     NULL,     "hello",  4094, OK          },
	{ READ,     NULL,     "ello!",  4095, ERR_CORRUPT },   /* one byte too many */
	{ ALLOCATE, NULL,     NULL,     9000, OK          },
	{ SIZE,     NULL,     NULL,     9000, OK          },
	{ ALLOCATE, NULL,     NULL,     100,  OK          },   /* never shrinks */
	{ SIZE,     NULL,     NULL,     9000, OK          },
	{ READ,     NULL,     "hello",  4094, OK          },
	{ SYNC,     NULL,     NULL,     0,    OK          },
	{ SYNC_DIR, "d",      NULL,     0,    OK          },
	{ SYNC_DIR, "",       NULL,     0,    OK          },
	{ SYNC_DIR, "no",     NULL,     0,    ERR_ABSENT  },
	{ LIST,     "d",      "f ",     0,    OK          },
	{ LIST,     "",       "d ",     0,    OK          },
	{ LIST,     "no",     "",       0,    ERR_ABSENT  },
	{ RENAME,   "d/f",    "g",      0,    OK          },
	{ RENAME,   "d/f",    "g",      0,    ERR_ABSENT  },
	{ RENAME,   "g",      "no/g",   0,    ERR_ABSENT  },
	{ OPEN,     "d/f",    NULL,     0,    ERR_ABSENT  },
	{ OPEN,     "g",      NULL,     0,    OK          },
	{ READ,     NULL,     "hello",  4094, OK          },
	{ CREATE,   "h",      NULL,     0,    OK          },
	{ WRITE,    NULL,     "new",    0,    OK          },
	{ RENAME,   "h",      "g",      0,    OK          },   /* in its place */
	{ OPEN,     "g",      NULL,     0,    OK          },
	{ SIZE,     NULL,     NULL,     3,    OK          },
	{ UNLINK,   "g",      NULL,     0,    OK          },
	{ READ,     NULL,     "new",    0,    OK          },   /* still open */
	{ UNLINK,   "g",      NULL,     0,    ERR_ABSENT  },
	{ LIST,     "",       "d ",     0,    OK          },
};

static enum err open_step(struct disk *d, struct disk_file **f, const char *name, bool create)
{
	enum err err;
	struct disk_file *new = d->ops->open(d, name, create, &err);

	assert_true((new != NULL) == (err == OK));
	if (new && *f)
		d->ops->close(d, f);
	if (new)
		*f = new;
	return err;
}

static enum err look_step(struct disk *d, struct disk_file *f, const struct step *s)
{
	struct buf names = { 0 };
	uint64_t bytes = 0;
	char got[8];
	enum err err;

	switch (s->what) {
	case READ:
		err = d->ops->read(d, f, s->n, got, strlen(s->b));
		assert_true(err != OK || !memcmp(got, s->b, strlen(s->b)));
		return err;
	case SIZE:
		err = d->ops->size(d, f, &bytes);
		assert_int_equal(bytes, s->n);
		return err;
	default:
		err = d->ops->list(d, s->a, list_add, &names);
		assert_true(str_eq(buf_str(&names), str_of(s->b)));
		buf_fini(&names);
		return err;
	}
}

static enum err do_step(struct disk *d, struct disk_file **f, const struct step *s)
{
	switch (s->what) {
	case MAKE_DIR: return d->ops->make_dir(d, s->a);
	case CREATE:   return open_step(d, f, s->a, true);
	case OPEN:     return open_step(d, f, s->a, false);
	case WRITE:    return d->ops->write(d, *f, s->n, str_of(s->b));
	case ALLOCATE: return d->ops->allocate(d, *f, s->n);
	case SYNC:     return d->ops->sync(d, *f);
	case SYNC_DIR: return d->ops->sync_dir(d, s->a);
	case RENAME:   return d->ops->rename(d, s->a, s->b);
	case UNLINK:   return d->ops->unlink(d, s->a);
	default:       return look_step(d, *f, s);
	}
}

static void both_promise(struct disk *d)
{
	struct disk_file *f = NULL;
	char a[16] = { 0 }, b[16] = { 0 };

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		enum err err = do_step(d, &f, &steps[i]);
		if (err != steps[i].err)
			fail_msg("step %zu: %s", i, err_name(err));
	}
	d->ops->close(d, &f);
	assert_null(f);
	d->ops->random(d, a, sizeof a);
	d->ops->random(d, b, sizeof b);
	assert_memory_not_equal(a, b, sizeof a);
	uint64_t before = d->ops->tick_us(d);
	assert_true(d->ops->tick_us(d) >= before);
	assert_true(d->ops->free_bytes(d) > 0);
}

static void real_promises(void **state)
{
	char root[] = "/tmp/roost-disk-XXXXXX";
	char sub[] = "/tmp/roost-disk-XXXXXX/d";

	(void)state;
	assert_null(disk_real("/nowhere/at/all"));
	assert_non_null(mkdtemp(root));
	struct disk *d = disk_real(root);
	both_promise(d);
	assert_true(d->ops->clock_ms(d) > 1600000000000);
	disk_real_free(&d);
	assert_null(d);
	memcpy(sub, root, sizeof root - 1);
	assert_int_equal(rmdir(sub), 0);
	assert_int_equal(rmdir(root), 0);
}

static void ram_promises(void **state)
{
	struct disk *d = ram_new(1);

	(void)state;
	both_promise(d);
	ram_clock_set(d, 5000);
	assert_int_equal(d->ops->clock_ms(d), 5000);
	assert_true(d->ops->tick_us(d) >= 5000 * 1000);
	ram_free(&d);
	assert_null(d);
}

/* ---- bad luck ---- */

static void fill(struct disk *d, struct disk_file *f, uint64_t at, char c, size_t n)
{
	char bytes[4 * BLOCK];

	memset(bytes, c, n);
	assert_int_equal(d->ops->write(d, f, at, (struct str){ bytes, n }), OK);
}

/* How a block of 'a', synced, over which 'b' was written, looks now: 'a', 'b', or 't' for torn at sectors. */
static char block_now(struct disk *d, struct disk_file *f, uint64_t at)
{
	char bytes[BLOCK];
	int sectors = 0;

	assert_int_equal(d->ops->read(d, f, at, bytes, BLOCK), OK);
	for (size_t i = 0; i < BLOCK; i++)
		assert_true(bytes[i] == bytes[i / 512 * 512]);
	for (size_t i = 0; i < BLOCK; i += 512) {
		assert_true(bytes[i] == 'a' || bytes[i] == 'b');
		sectors += bytes[i] == 'b';
	}
	return sectors == 0 ? 'a' : sectors == 8 ? 'b' : 't';
}

/* What is synced stays; what is not meets every fate, each block by itself. */
static void power_cut_takes_blocks(void **state)
{
	int fate[256] = { 0 }, mixed = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 200; seed++) {
		struct disk *d = ram_new(seed);
		struct disk_file *f = open_ok(d, "f");
		fill(d, f, 0, 'a', 3 * BLOCK);
		assert_int_equal(d->ops->sync(d, f), OK);
		assert_int_equal(d->ops->sync_dir(d, ""), OK);
		fill(d, f, 0, 'b', 2 * BLOCK);
		assert_int_equal(block_now(d, f, 0), 'b');
		ram_power_cut(d, seed);
		char x = block_now(d, f, 0), y = block_now(d, f, BLOCK);
		fate[(unsigned char)x]++;
		mixed += x != y;
		assert_int_equal(block_now(d, f, 2 * BLOCK), 'a');
		ram_power_cut(d, seed + 1);                     /* it is over: the next takes nothing more */
		assert_int_equal(block_now(d, f, 0), x);
		d->ops->close(d, &f);
		ram_free(&d);
	}
	assert_true(fate['a'] > 20 && fate['b'] > 20 && fate['t'] > 20 && mixed > 50);
}

static void power_cut_takes_names(void **state)
{
	int made = 0, gone = 0, moved = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 100; seed++) {
		struct disk *d = ram_new(seed);
		enum err err;
		const char *names[] = { "kept", "gone", "old" };
		for (int i = 0; i < 3; i++) {
			struct disk_file *f = open_ok(d, names[i]);
			d->ops->close(d, &f);
		}
		assert_int_equal(d->ops->sync_dir(d, ""), OK);
		struct disk_file *f = open_ok(d, "made");
		assert_int_equal(d->ops->sync(d, f), OK);       /* the file's, not the name's */
		d->ops->close(d, &f);
		assert_int_equal(d->ops->unlink(d, "gone"), OK);
		assert_int_equal(d->ops->rename(d, "old", "new"), OK);
		ram_power_cut(d, seed);
		f = d->ops->open(d, "kept", false, &err);
		assert_non_null(f);
		d->ops->close(d, &f);
		const char *look[] = { "made", "gone", "new" };
		int *count[] = { &made, &gone, &moved };
		for (int i = 0; i < 3; i++) {
			f = d->ops->open(d, look[i], false, &err);
			*count[i] += f != NULL;
			d->ops->close(d, &f);
		}
		ram_free(&d);
	}
	assert_true(made > 20 && made < 80 && gone > 20 && gone < 80 && moved > 20 && moved < 80);
}

/* After a failed sync the pages read as new and count as clean: the next sync says OK and does nothing. */
static void failed_sync_drops_pages(void **state)
{
	int lost = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 50; seed++) {
		struct disk *d = ram_new(seed);
		struct disk_file *f = open_ok(d, "f");
		fill(d, f, 0, 'a', BLOCK);
		assert_int_equal(d->ops->sync(d, f), OK);
		assert_int_equal(d->ops->sync_dir(d, ""), OK);
		fill(d, f, 0, 'b', BLOCK);
		ram_fail_sync(d, 2);
		assert_int_equal(d->ops->sync_dir(d, ""), OK);
		assert_int_equal(d->ops->sync(d, f), ERR_IO);
		assert_int_equal(block_now(d, f, 0), 'b');
		assert_int_equal(d->ops->sync(d, f), OK);
		ram_power_cut(d, seed);
		lost += block_now(d, f, 0) != 'b';
		d->ops->close(d, &f);
		ram_free(&d);
	}
	assert_true(lost > 10);
}

static void full(void **state)
{
	struct disk *d = ram_new(1);
	struct disk_file *f = open_ok(d, "f"), *g = open_ok(d, "g");

	(void)state;
	ram_full(d, 2 * BLOCK);
	assert_int_equal(d->ops->allocate(d, f, 2 * BLOCK), OK);
	assert_int_equal(d->ops->free_bytes(d), 0);
	fill(d, f, 0, 'a', 2 * BLOCK);                          /* allocated is promised */
	assert_int_equal(d->ops->write(d, g, 0, S("x")), ERR_NOSPACE);
	assert_int_equal(d->ops->allocate(d, g, 1), ERR_NOSPACE);
	assert_int_equal(d->ops->unlink(d, "f"), OK);
	assert_int_equal(d->ops->write(d, g, 0, S("x")), OK);
	assert_int_equal(d->ops->free_bytes(d), BLOCK);
	d->ops->close(d, &f);
	d->ops->close(d, &g);
	ram_free(&d);
}

static void stops(void **state)
{
	struct disk *d = ram_new(1);
	struct disk_file *f = open_ok(d, "f");
	char c;
	enum err err;

	(void)state;
	ram_stop_after(d, 1);
	uint64_t before = ram_changes(d);
	assert_false(ram_stopped(d));
	assert_int_equal(d->ops->write(d, f, 0, S("x")), OK);
	assert_true(ram_stopped(d));
	assert_int_equal(d->ops->write(d, f, 0, S("y")), ERR_IO);
	assert_int_equal(d->ops->sync(d, f), ERR_IO);
	assert_int_equal(d->ops->read(d, f, 0, &c, 1), ERR_IO);
	assert_null(d->ops->open(d, "f", false, &err));
	assert_int_equal(err, ERR_IO);
	assert_int_equal(ram_changes(d), before + 1);
	ram_restart(d);
	assert_int_equal(d->ops->read(d, f, 0, &c, 1), OK);
	assert_int_equal(c, 'x');
	d->ops->close(d, &f);
	ram_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_promises),
		cmocka_unit_test(ram_promises),
		cmocka_unit_test(power_cut_takes_blocks),
		cmocka_unit_test(power_cut_takes_names),
		cmocka_unit_test(failed_sync_drops_pages),
		cmocka_unit_test(full),
		cmocka_unit_test(stops),
	};
	log_open("test", (enum log_level)(LOG_ERROR + 1));       /* the failures are wanted */
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/unit/test_db.c: rows in layers, checkpoints, and what happens to a row that rots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/buf.h"
#include "storaged/db/db.h"

static char path[64];

static struct row_key key(uint32_t user, uint64_t a) { return (struct row_key){ user, T_BLOB, a, 0, 0 }; }

static struct db *open_db(uint64_t lsn)
{
	struct db *db;
	struct lsn at;

	assert_int_equal(db_open(&db, path, 1 << 26, &at), OK);
	assert_int_equal(at.n, lsn);
	return db;
}

static int setup(void **state)
{
	(void)state;
	snprintf(path, sizeof path, "/tmp/roost-db-XXXXXX");
	int fd = mkstemp(path);
	return fd < 0 || close(fd) || unlink(path);
}

static int teardown(void **state)
{
	char lock[80];

	(void)state;
	snprintf(lock, sizeof lock, "%s-lock", path);
	unlink(path);
	unlink(lock);
	return 0;
}

static void checkpoint(struct db *db, uint64_t lsn)
{
	db_freeze(db, (struct lsn){ lsn });
	assert_int_equal(db_commit(db), OK);
	db_thaw(db);
}

/* "=value", "gone", "below" */
static const char *peeked(struct db *db, uint32_t user, uint64_t a)
{
	static const char *const words[] = { [PEEK_GONE] = "gone", [PEEK_BELOW] = "below" };
	struct str v;
	enum peek p = db_peek(db, key(user, a), &v);

	return p == PEEK_HERE ? str_eq(v, S("old")) ? "old" : "new" : words[p];
}

/* What LMDB has: "old", "new", "none" */
static const char *stored(struct db *db, uint32_t user, uint64_t a)
{
	struct db_reader *r = db_reader_new(db);
	struct str v;
	enum err err = db_reader_get(r, key(user, a), &v);
	const char *word = err ? "none" : str_eq(v, S("old")) ? "old" : "new";

	db_reader_free(&r);
	return word;
}

/* Each row: what is done in the index, then in the frozen layer, then in the active one; what is seen; what stays. */
static void layers(void **state)
{
	static const struct { char below, frozen, active; const char *seen, *first, *last; } row[] = {
		/* + put "old" (below) or "new"; - deleted; x its user dropped; space nothing */
		{ ' ', ' ', ' ', "below", "none", "none" }, { '+', ' ', ' ', "below", "old", "old" }, { '+', '-', ' ', "gone", "none", "none" },
		{ '+', '+', ' ', "new", "new", "new" },     { '+', ' ', '-', "gone", "old", "none" }, { '+', '-', '+', "new", "none", "new" },
		{ '+', '+', '-', "gone", "new", "none" },   { '+', 'x', ' ', "gone", "none", "none" }, { '+', ' ', 'x', "gone", "old", "none" },
		{ '+', '+', 'x', "gone", "new", "none" },   { '+', 'x', '+', "new", "none", "new" },  { ' ', '-', ' ', "gone", "none", "none" },
	};
	struct db *db = open_db(0);

	(void)state;
	for (uint32_t i = 0; i < sizeof row / sizeof *row; i++) {
		const char did[] = { row[i].below, row[i].frozen, row[i].active };
		uint32_t user = i + 1;
		for (int layer = 0; layer < 3; layer++) {
			if (did[layer] == '+')
				db_put(db, key(user, 7), layer ? S("new") : S("old"));
			else if (did[layer] == '-')
				db_del(db, key(user, 7));
			else if (did[layer] == 'x')
				db_drop_user(db, user);
			if (layer == 0)
				checkpoint(db, 1);
			else if (layer == 1)
				db_freeze(db, (struct lsn){ 2 });
		}
		if (strcmp(peeked(db, user, 7), row[i].seen) != 0)
			fail_msg("row %u: seen %s", i, peeked(db, user, 7));
		assert_int_equal(db_commit(db), OK);
		if (strcmp(stored(db, user, 7), row[i].first) != 0)
			fail_msg("row %u: first %s", i, stored(db, user, 7));
		db_thaw(db);
		checkpoint(db, 3);
		if (strcmp(stored(db, user, 7), row[i].last) != 0)
			fail_msg("row %u: last %s", i, stored(db, user, 7));
	}
	db_close(&db);
}

/* A drop takes the rows of one user, in every layer, and nobody else's; what is put afterwards is new life. */
static void a_user_is_dropped(void **state)
{
	struct db *db = open_db(0);

	(void)state;
	for (uint32_t user = 1; user <= 3; user++)
		for (uint64_t a = 0; a < 500; a++)
			db_put(db, key(user, a), S("old"));
	checkpoint(db, 9);
	db_drop_user(db, 2);
	db_put(db, key(2, 3), S("new"));
	checkpoint(db, 10);
	for (uint64_t a = 0; a < 500; a++) {
		assert_string_equal(stored(db, 1, a), "old");
		assert_string_equal(stored(db, 2, a), a == 3 ? "new" : "none");
		assert_string_equal(stored(db, 3, a), "old");
	}
	db_close(&db);
}

/* What became durable after the freeze belongs to the checkpoint, not to what came after it. */
static void a_late_row_joins_the_frozen(void **state)
{
	struct db *db = open_db(0);
	struct str v;

	(void)state;
	db_put(db, key(1, 1), S("old"));
	db_freeze(db, (struct lsn){ 4 });
	db_del(db, key(1, 1));
	db_frozen_put(db, key(1, 2), S("old"));
	assert_int_equal(db_frozen_peek(db, key(1, 1), &v), PEEK_HERE);
	assert_string_equal(peeked(db, 1, 1), "gone");
	assert_int_equal(db_commit(db), OK);
	db_thaw(db);
	assert_string_equal(stored(db, 1, 1), "old");
	assert_string_equal(stored(db, 1, 2), "old");
	db_close(&db);
	db = open_db(4);                /* the active layer is lost with the process; the index is as it was at LSN 4 */
	assert_string_equal(stored(db, 1, 1), "old");
	db_close(&db);
}

static enum err note_key(void *ctx, struct row_key k, struct str value)
{
	buf_u8(ctx, (uint8_t)(k.table * 16 + k.a * 4 + k.b));
	buf_add(ctx, value);
	return OK;
}

/* Order on disk is order in the mailbox, and a walk stays where it was told to. */
static void walks(void **state)
{
	static const struct { struct row_key from; uint8_t last; bool only_a; const char *keys; size_t n; } row[] = {
		{ { 1, 2, 0, 0, 0 }, 2, false, "\x25\x26\x29", 3 }, { { 1, 2, 1, 0, 0 }, 2, true, "\x25\x26", 2 },
		{ { 1, 2, 0, 0, 0 }, 3, false, "\x25\x26\x29\x35", 4 }, { { 1, 2, 1, 2, 0 }, 2, false, "\x26\x29", 2 },
		{ { 2, 2, 0, 0, 0 }, 9, false, "\x25", 1 }, { { 3, 0, 0, 0, 0 }, 9, false, "", 0 },
	};
	struct db *db = open_db(0);

	(void)state;
	db_put(db, (struct row_key){ 1, 3, 1, 1, 0 }, S(""));
	db_put(db, (struct row_key){ 1, 2, 2, 1, 0 }, S(""));
	db_put(db, (struct row_key){ 1, 2, 1, 2, 0 }, S(""));
	db_put(db, (struct row_key){ 2, 2, 1, 1, 0 }, S(""));
	db_put(db, (struct row_key){ 1, 2, 1, 1, 0 }, S(""));
	checkpoint(db, 1);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct db_reader *r = db_reader_new(db);
		struct buf seen = { 0 };
		assert_int_equal(db_reader_each(r, row[i].from, row[i].last, row[i].only_a, note_key, &seen), OK);
		if (seen.n != row[i].n || (seen.n && memcmp(seen.p, row[i].keys, seen.n) != 0))
			fail_msg("row %zu: %zu keys", i, seen.n);
		buf_fini(&seen);
		db_reader_free(&r);
	}
	db_close(&db);
}

/* Any bit of a value that flips is noticed, never believed. */
static void rot_is_noticed(void **state)
{
	static const char value[] = "a value that nothing else in the file resembles";
	char file[1 << 16];
	struct db *db = open_db(0);

	(void)state;
	db_put(db, key(1, 1), S(value));
	checkpoint(db, 1);
	db_close(&db);

	FILE *f = fopen(path, "r+b");
	size_t n = fread(file, 1, sizeof file, f);
	char *at = memmem(file, n, value, sizeof value - 1);
	assert_non_null(at);
	at[5] ^= 1;
	fseek(f, at - file, SEEK_SET);
	assert_int_equal(fwrite(at, 1, 8, f), 8);
	fclose(f);

	db = open_db(1);
	struct db_reader *r = db_reader_new(db);
	struct str v;
	struct buf seen = { 0 };
	assert_int_equal(db_reader_get(r, key(1, 1), &v), ERR_CORRUPT);
	assert_int_equal(db_reader_each(r, key(1, 0), T_WHERE, false, note_key, &seen), ERR_CORRUPT);
	buf_fini(&seen);
	db_reader_free(&r);
	db_close(&db);
}

/* Without room nothing is half done: the frozen rows stay, and the next try may succeed. */
static void full_and_again(void **state)
{
	struct db *db;
	struct lsn at;
	struct buf big = { 0 };

	(void)state;
	memset(buf_grow(&big, 300000), 'x', 300000);
	assert_int_equal(db_open(&db, path, 1 << 20, &at), OK);
	for (uint64_t a = 0; a < 10; a++)
		db_put(db, key(1, a), buf_str(&big));
	db_freeze(db, (struct lsn){ 5 });
	assert_int_equal(db_commit(db), ERR_NOSPACE);
	assert_true(db_is_frozen(db));
	assert_string_equal(stored(db, 1, 0), "none");
	assert_int_equal(db_commit(db), ERR_NOSPACE);
	db_close(&db);
	db = open_db(0);
	db_close(&db);
	buf_fini(&big);
}

/* How much of the file is in our memory, in KiB. */
static unsigned long mapped_kib(void)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	char line[512];
	bool ours = false;
	unsigned long kib = 0;

	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		if (line[0] < 'A' || line[0] > 'Z')            /* an address: a mapping begins */
			ours = strstr(line, path) && !strstr(line, "-lock");
		else if (ours && strncmp(line, "Rss:", 4) == 0)
			kib += strtoul(line + 4, NULL, 10);
	}
	fclose(f);
	return kib;
}

static size_t walk_all(struct db *db)
{
	struct db_reader *r = db_reader_new(db);
	struct buf seen = { 0 };

	assert_int_equal(db_reader_all(r, note_key, &seen), OK);
	size_t n = seen.n;
	buf_fini(&seen);
	db_reader_free(&r);
	return n;
}

static void trimmed(void **state)
{
	struct db *db = open_db(0);
	struct buf big = { 0 };

	(void)state;
	db_trim(db);                          /* nothing was read yet */
	memset(buf_grow(&big, 5000), 'x', 5000);
	for (uint64_t a = 0; a < 1000; a++)
		db_put(db, key(1, a), buf_str(&big));
	checkpoint(db, 1);
	size_t n = walk_all(db);
	assert_true(mapped_kib() > 4000);
	db_trim(db);
	assert_int_equal(mapped_kib(), 0);
	assert_int_equal(walk_all(db), n);
	db_close(&db);
	buf_fini(&big);
}

static void put_pages(struct db *db, uint64_t mailbox, uint64_t n, size_t bytes)
{
	struct buf big = { 0 };

	memset(buf_grow(&big, bytes), 'x', bytes);
	for (uint64_t b = 0; b < n; b++)
		db_put(db, (struct row_key){ 1, T_SUMMARIES, mailbox, b, 0 }, buf_str(&big));
	buf_fini(&big);
}

/* How often a reader of all of the mailbox's rows asks; it always gets further. */
static unsigned asked(struct db *db, uint64_t mailbox, uint64_t n, uint64_t last)
{
	struct db_reader *r = db_reader_new(db);
	unsigned times = 0;

	for (uint64_t b = 0, again = 0; b < n; b++) {
		if (b < again)
			continue;
		again = db_reader_ahead(r, (struct row_key){ 1, T_SUMMARIES, mailbox, b, 0 }, last);
		assert_true(again > b);
		times++;
	}
	db_reader_free(&r);
	return times;
}

/* 16 MiB are asked for in parts, each while half of the one before is still to be read; what is not wanted is not asked for. */
static void read_ahead(void **state)
{
	struct db *db = open_db(0);

	(void)state;
	put_pages(db, 1, 1024, 16 * 1024);
	put_pages(db, 2, 1024, 100);
	checkpoint(db, 1);
	assert_in_range(asked(db, 1, 1024, UINT64_MAX - 1), 6, 9);
	assert_int_equal(asked(db, 1, 1024, 100), 1);
	assert_int_equal(asked(db, 2, 1024, UINT64_MAX - 1), 1);
	assert_int_equal(asked(db, 3, 1024, UINT64_MAX - 1), 1);
	db_close(&db);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(layers), TEST(a_user_is_dropped), TEST(a_late_row_joins_the_frozen), TEST(walks), TEST(rot_is_noticed), TEST(full_and_again),
		TEST(trimmed), TEST(read_ahead),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

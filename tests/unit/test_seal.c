/* tests/unit/test_seal.c: what is sealed opens again, for its user and purpose only; nothing altered opens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/must.h"
#include "common/seal/seal.h"

enum fill { NOISE, WORDS };

/* Owner: the caller. Noise does not compress; words do. */
static struct buf text_of(size_t bytes, enum fill fill)
{
	struct buf b = { 0 };
	char *p = buf_grow(&b, bytes);

	if (fill == NOISE && bytes > 0)
		seal_random(p, bytes);
	for (size_t i = 0; fill == WORDS && i < bytes; i++)
		p[i] = "Received: from there\r\n"[(i * 7 + i / 31) % 22];
	return b;
}

/* Each way to seal, whatever is preferred when opening. */
static const struct way { enum seal_algorithm seal, open; } ways[] = {
	{ SEAL_AES256GCM, SEAL_AES256GCM },
	{ SEAL_XCHACHA20POLY1305, SEAL_XCHACHA20POLY1305 },
	{ SEAL_XCHACHA20POLY1305, SEAL_AES256GCM },
	{ SEAL_AES256GCM, SEAL_XCHACHA20POLY1305 },
};
#define EACH_WAY(w) for (const struct way *w = ways; w < ways + sizeof ways / sizeof *ways; w++)
#define LENGTH(a) (sizeof (a) / sizeof *(a))

static const struct user_id ann = { 7 }, bob = { 8 };
static struct key ann_key;

static int start(void **state)
{
	(void)state;
	must(seal_open(NULL, NULL));
	key_random(&ann_key);
	return 0;
}

/* False: this CPU cannot seal with AES-GCM; the rows that need it are skipped. */
static bool run_sealed_by(const struct way *w, struct buf *out, uint32_t first_piece, struct str plain)
{
	if (!seal_prefer(w->seal))
		return false;
	run_seal(out, &ann_key, ann, SEAL_MESSAGE, first_piece, true, plain);
	if (!seal_prefer(w->open))
		fail_msg("sealed with AES-GCM, and has none");
	return true;
}

static const size_t sizes[] = { 0, 1, 63, 200, 201, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, RUN_BYTES - 1, RUN_BYTES };

static void one_roundtrip(const struct way *w, size_t bytes, enum fill fill)
{
	struct buf plain = text_of(bytes, fill), run = { 0 }, back = { 0 };
	struct run_info info;

	if (!run_sealed_by(w, &run, 8, buf_str(&plain)))
		goto done;
	assert_int_equal(run.p[1], w->seal);
	assert_true(run_open_info(str_head(buf_str(&run), RUN_HEAD_MAX), &info));
	assert_true(info.last && info.first_piece == 8 && info.piece_at[info.n_pieces] == run.n);
	assert_true(info.n_pieces == (bytes ? (bytes + PIECE_BYTES - 1) / PIECE_BYTES : 1));
	assert_true(run.n <= bytes + RUN_HEAD_MAX + RUN_PIECES * 16);
	if (fill == WORDS && bytes > 1000)
		assert_true(run.n < bytes / 2);
	assert_int_equal(run_open(&back, &ann_key, ann, SEAL_MESSAGE, buf_str(&run)), OK);
	assert_true(str_eq(buf_str(&back), buf_str(&plain)));
	buf_reset(&back);
	for (uint32_t i = 0; i < info.n_pieces; i++) {
		struct str sealed = { run.p + info.piece_at[i], info.piece_at[i + 1] - info.piece_at[i] };
		assert_int_equal(run_open_piece(&back, &ann_key, ann, SEAL_MESSAGE, str_head(buf_str(&run), RUN_HEAD_MAX), 8 + i, sealed), OK);
	}
	assert_true(str_eq(buf_str(&back), buf_str(&plain)));
done:
	buf_fini(&plain);
	buf_fini(&run);
	buf_fini(&back);
}

static void roundtrips(void **state)
{
	(void)state;
	EACH_WAY(w) {
		for (size_t i = 0; i < LENGTH(sizes); i++) {
			one_roundtrip(w, sizes[i], NOISE);
			one_roundtrip(w, sizes[i], WORDS);
		}
	}
}

static void nothing_altered_opens(void **state)
{
	struct buf plain = text_of(300, WORDS), back = { 0 };

	(void)state;
	EACH_WAY(w) {
		struct buf run = { 0 }, small = { 0 };
		if (!run_sealed_by(w, &run, 0, buf_str(&plain)))
			continue;
		small_seal(&small, &ann_key, ann, SEAL_MESSAGE, buf_str(&plain));
		for (size_t bit = 0; bit < 8 * run.n; bit++) {
			run.p[bit / 8] ^= (char)(1 << bit % 8);
			assert_int_equal(run_open(&back, &ann_key, ann, SEAL_MESSAGE, buf_str(&run)), ERR_CORRUPT);
			run.p[bit / 8] ^= (char)(1 << bit % 8);
		}
		for (size_t bit = 0; bit < 8 * small.n; bit++) {
			small.p[bit / 8] ^= (char)(1 << bit % 8);
			assert_int_equal(small_open(&back, &ann_key, ann, SEAL_MESSAGE, buf_str(&small)), ERR_CORRUPT);
			small.p[bit / 8] ^= (char)(1 << bit % 8);
		}
		for (size_t n = 0; n < run.n; n++)
			assert_int_equal(run_open(&back, &ann_key, ann, SEAL_MESSAGE, str_head(buf_str(&run), n)), ERR_CORRUPT);
		for (size_t n = 0; n < small.n; n++)
			assert_int_equal(small_open(&back, &ann_key, ann, SEAL_MESSAGE, str_head(buf_str(&small), n)), ERR_CORRUPT);
		assert_int_equal(small_open(&back, &ann_key, ann, SEAL_MESSAGE, buf_str(&run)), ERR_CORRUPT);
		assert_int_equal(run_open(&back, &ann_key, ann, SEAL_MESSAGE, buf_str(&small)), ERR_CORRUPT);
		assert_int_equal(back.n, 0);
		buf_fini(&run);
		buf_fini(&small);
	}
	buf_fini(&plain);
	buf_fini(&back);
}

static void only_for_its_user_and_purpose(void **state)
{
	static const struct { bool other_key, other_user, other_purpose; } row[] = {
		{ true, false, false }, { false, true, false }, { false, false, true }, { true, true, true },
	};
	struct key other;
	struct buf plain = text_of(300, WORDS), back = { 0 };

	(void)state;
	key_random(&other);
	EACH_WAY(w) {
		struct buf run = { 0 }, small = { 0 };
		if (!run_sealed_by(w, &run, 0, buf_str(&plain)))
			continue;
		small_seal(&small, &ann_key, ann, SEAL_MESSAGE, buf_str(&plain));
		for (size_t i = 0; i < LENGTH(row); i++) {
			const struct key *k = row[i].other_key ? &other : &ann_key;
			struct user_id user = row[i].other_user ? bob : ann;
			enum seal_purpose purpose = row[i].other_purpose ? SEAL_SUMMARY : SEAL_MESSAGE;
			assert_int_equal(run_open(&back, k, user, purpose, buf_str(&run)), ERR_CORRUPT);
			assert_int_equal(small_open(&back, k, user, purpose, buf_str(&small)), ERR_CORRUPT);
		}
		buf_fini(&run);
		buf_fini(&small);
	}
	assert_int_equal(back.n, 0);
	buf_fini(&plain);
	buf_fini(&back);
}

/* Four equal pieces: only place tells them apart, and place is authenticated. */
static void pieces_stay_in_their_place(void **state)
{
	struct buf plain = text_of(RUN_BYTES, NOISE), back = { 0 };
	struct run_info info;

	(void)state;
	for (uint32_t i = 1; i < RUN_PIECES; i++)
		memcpy(plain.p + i * PIECE_BYTES, plain.p, PIECE_BYTES);
	EACH_WAY(w) {
		struct buf run = { 0 };
		if (!run_sealed_by(w, &run, 4, buf_str(&plain)))
			continue;
		assert_true(run_open_info(buf_str(&run), &info));
		for (uint32_t piece = 0; piece < 12; piece++) {
			for (uint32_t i = 0; i < info.n_pieces; i++) {
				struct str sealed = { run.p + info.piece_at[i], info.piece_at[i + 1] - info.piece_at[i] };
				enum err e = run_open_piece(&back, &ann_key, ann, SEAL_MESSAGE, buf_str(&run), piece, sealed);
				assert_int_equal(e, piece == 4 + i ? OK : ERR_CORRUPT);
			}
		}
		buf_fini(&run);
	}
	buf_fini(&plain);
	buf_fini(&back);
}

/* A run without its last piece, its head rewritten to say so. */
static void runs_are_not_shortened(void **state)
{
	struct buf plain = text_of(2 * PIECE_BYTES, NOISE), run = { 0 }, cut = { 0 }, back = { 0 };
	struct run_info info;

	(void)state;
	run_seal(&run, &ann_key, ann, SEAL_MESSAGE, 0, true, buf_str(&plain));
	assert_true(run_open_info(buf_str(&run), &info));
	buf_add(&cut, str_head(buf_str(&run), info.header_bytes - 4));
	buf_set_u32(&cut, 3 + 32 + 4, 1);
	buf_add(&cut, (struct str){ run.p + info.piece_at[0], info.piece_at[1] - info.piece_at[0] });
	assert_true(run_open_info(buf_str(&cut), &info) && info.piece_at[1] == cut.n);
	assert_int_equal(run_open(&back, &ann_key, ann, SEAL_MESSAGE, buf_str(&cut)), ERR_CORRUPT);
	buf_fini(&plain);
	buf_fini(&run);
	buf_fini(&cut);
	buf_fini(&back);
}

static void hostile_heads(void **state)
{
	static const struct { const char *why; size_t at; uint32_t v; } row[] = {
		{ "no pieces", 39, 0 }, { "five pieces", 39, 5 }, { "2^32-1 pieces", 39, UINT32_MAX },
		{ "first + n overflows", 35, UINT32_MAX }, { "a piece without a tag", 43, 15 },
		{ "a piece too long", 43, PIECE_BYTES + 17 }, { "a piece of 4 GiB", 43, UINT32_MAX },
	};
	struct buf run = { 0 };
	struct run_info info;

	(void)state;
	run_seal(&run, &ann_key, ann, SEAL_MESSAGE, 0, true, S("hello"));
	for (size_t i = 0; i < LENGTH(row); i++) {
		struct buf bad = { 0 };
		buf_add(&bad, buf_str(&run));
		buf_set_u32(&bad, row[i].at, row[i].v);
		if (run_open_info(buf_str(&bad), &info))
			fail_msg("%s", row[i].why);
		buf_fini(&bad);
	}
	buf_fini(&run);
}

static void packed_runs_equal_runs(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(sizes); i++) {
		struct buf plain = text_of(sizes[i], WORDS), one = { 0 }, two = { 0 }, back = { 0 };
		struct packed_run *p = run_pack(buf_str(&plain), 0, true);

		run_seal_packed(&one, &ann_key, ann, SEAL_MESSAGE, p);
		run_seal_packed(&two, &ann_key, bob, SEAL_SPOOL, p);
		packed_run_free(&p);
		assert_null(p);
		assert_int_equal(one.n, two.n);
		assert_memory_not_equal(one.p + 3, two.p + 3, 32);      /* each its own salt */
		assert_int_equal(run_open(&back, &ann_key, ann, SEAL_MESSAGE, buf_str(&one)), OK);
		assert_true(str_eq(buf_str(&back), buf_str(&plain)));
		buf_reset(&back);
		assert_int_equal(run_open(&back, &ann_key, bob, SEAL_SPOOL, buf_str(&two)), OK);
		assert_true(str_eq(buf_str(&back), buf_str(&plain)));
		/* Unsealed and sealed for somebody else, without being unpacked between. */
		buf_reset(&one);
		buf_reset(&back);
		p = run_unseal(&ann_key, bob, SEAL_SPOOL, buf_str(&two));
		assert_non_null(p);
		run_seal_packed(&one, &ann_key, ann, SEAL_MESSAGE, p);
		packed_run_free(&p);
		assert_int_equal(run_open(&back, &ann_key, ann, SEAL_MESSAGE, buf_str(&one)), OK);
		assert_true(str_eq(buf_str(&back), buf_str(&plain)));
		assert_null(run_unseal(&ann_key, ann, SEAL_SPOOL, buf_str(&two)));
		two.p[two.n - 1] ^= 1;
		assert_null(run_unseal(&ann_key, bob, SEAL_SPOOL, buf_str(&two)));
		buf_fini(&plain);
		buf_fini(&one);
		buf_fini(&two);
		buf_fini(&back);
	}
}

/* Attachments: of base64 what it stands for is kept, and that packed, where it is no more than words. Each in pieces. */
static void attachments(void **state)
{
	static const struct { unsigned letters; size_t most; } row[] = { { 64, 76 }, { 4, 50 } };   /* percent */

	(void)state;
	for (size_t i = 0; i < LENGTH(row); i++) {
		struct buf plain = { 0 }, run = { 0 }, back = { 0 };
		for (uint32_t at = 0, dice = 1; at < RUN_BYTES; at++) {
			dice = dice * 1103515245u + 12345u;
			buf_addc(&plain, at % 78 == 76 ? '\r' : at % 78 == 77 ? '\n' : "+Ax/BCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwyz0123456789"[(dice >> 16) % row[i].letters]);
		}
		run_seal(&run, &ann_key, ann, SEAL_MESSAGE, 0, true, buf_str(&plain));
		assert_true(run.n < plain.n * row[i].most / 100);
		assert_int_equal(run_open(&back, &ann_key, ann, SEAL_MESSAGE, buf_str(&run)), OK);
		assert_true(str_eq(buf_str(&back), buf_str(&plain)));
		buf_fini(&plain);
		buf_fini(&run);
		buf_fini(&back);
	}
}

static void small_things(void **state)
{
	static const size_t small_sizes[] = { 0, 1, 199, 200, 201, 5000, 1 << 20 };
	struct buf back = { 0 };

	(void)state;
	EACH_WAY(w) {
		for (size_t i = 0; i < LENGTH(small_sizes); i++) {
			struct buf plain = text_of(small_sizes[i], WORDS), sealed = { 0 };
			if (seal_prefer(w->seal)) {
				small_seal(&sealed, &ann_key, ann, SEAL_ROW, buf_str(&plain));
				assert_int_equal(sealed.p[2], small_sizes[i] > 200);    /* zstd */
				seal_prefer(w->open);
				buf_reset(&back);
				assert_int_equal(small_open(&back, &ann_key, ann, SEAL_ROW, buf_str(&sealed)), OK);
				assert_true(str_eq(buf_str(&back), buf_str(&plain)));
			}
			buf_fini(&plain);
			buf_fini(&sealed);
		}
	}
	buf_fini(&back);
}

static void wraps(void **state)
{
	struct key by, other, k, back;
	uint8_t wrapped[WRAPPED_BYTES];

	(void)state;
	key_random(&by);
	key_random(&other);
	key_random(&k);
	key_wrap(wrapped, &by, 5, &k);
	assert_true(key_unwrap(&back, &by, 5, wrapped));
	assert_memory_equal(&back, &k, sizeof k);
	assert_false(key_unwrap(&back, &by, 6, wrapped));
	assert_false(key_unwrap(&back, &other, 5, wrapped));
	for (size_t i = 0; i < sizeof wrapped; i++) {
		wrapped[i] ^= 1;
		assert_false(key_unwrap(&back, &by, 5, wrapped));
		wrapped[i] ^= 1;
	}
	key_wipe(&by);
	assert_false(key_unwrap(&back, &by, 5, wrapped));
}

static void derived_keys_differ(void **state)
{
	struct key a = key_derive(&ann_key, "ticket", 1), same = key_derive(&ann_key, "ticket", 1);
	struct key later = key_derive(&ann_key, "ticket", 2), use = key_derive(&ann_key, "cache", 1);

	(void)state;
	assert_memory_equal(&a, &same, sizeof a);
	assert_memory_not_equal(&a, &later, sizeof a);
	assert_memory_not_equal(&a, &use, sizeof a);
	assert_memory_not_equal(&a, &ann_key, sizeof a);
}

static void master_key_files(void **state)
{
	static const struct { const char *text; mode_t mode; enum err err; } row[] = {
		{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", 0600, OK },
		{ "000102030405060708090A0B0C0D0E0F101112131415161718191a1b1c1d1e1f\n", 0400, OK },
		{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", 0640, ERR_DENIED },
		{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", 0604, ERR_DENIED },
		{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 0600, ERR_CORRUPT },
		{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n\n", 0600, ERR_CORRUPT },
		{ "0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", 0600, ERR_CORRUPT },
		{ "", 0600, ERR_CORRUPT },
	};
	char dir[] = "/tmp/roost-seal-XXXXXX", path[64];
	struct key k;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/master.key", dir);
	assert_int_equal(master_key_load(&k, path), ERR_ABSENT);
	assert_int_equal(master_key_create(path), OK);
	assert_int_equal(master_key_create(path), ERR_EXISTS);
	assert_int_equal(master_key_load(&k, path), OK);
	for (size_t i = 0; i < LENGTH(row); i++) {
		unlink(path);
		FILE *f = fopen(path, "w");
		assert_non_null(f);
		fputs(row[i].text, f);
		fclose(f);
		assert_int_equal(chmod(path, row[i].mode), 0);
		if (master_key_load(&k, path) != row[i].err)
			fail_msg("row %zu", i);
		if (row[i].err == OK)
			assert_true(k.b[0] == 0 && k.b[31] == 31);
	}
	unlink(path);
	rmdir(dir);
}

static void macs(void **state)
{
	uint8_t mac[MAC_BYTES];
	struct key other;

	(void)state;
	key_random(&other);
	mac_make(mac, &ann_key, S("what"));
	assert_true(mac_check(mac, &ann_key, S("what")));
	assert_false(mac_check(mac, &ann_key, S("wha")));
	assert_false(mac_check(mac, &other, S("what")));
	mac[31] ^= 1;
	assert_false(mac_check(mac, &ann_key, S("what")));
}

static void passwords(void **state)
{
	char hash[HASH_TEXT_BYTES], again[HASH_TEXT_BYTES];

	(void)state;
	assert_true(password_hash(hash, S("tr\0oub4dor"), HASH_MIN));
	assert_true(password_hash(again, S("tr\0oub4dor"), HASH_MIN));
	assert_string_not_equal(hash, again);
	assert_true(str_starts(str_of(hash), S("$argon2id$")));
	assert_true(password_check(hash, S("tr\0oub4dor")));
	assert_false(password_check(hash, S("tr")));
	assert_false(password_check(hash, S("")));
	assert_false(password_check("", S("tr")));
	assert_false(password_check("$argon2id$nonsense", S("tr")));
	assert_true(password_hash(hash, S(""), HASH_MIN));
	assert_true(password_check(hash, S("")));
}

static void table_hashes(void **state)
{
	static const uint8_t one[16] = { 1 }, two[16] = { 2 };

	(void)state;
	assert_true(seal_hash64(one, S("a")) == seal_hash64(one, S("a")));
	assert_true(seal_hash64(one, S("a")) != seal_hash64(one, S("b")));
	assert_true(seal_hash64(one, S("a")) != seal_hash64(two, S("a")));
}

static void given_random(void *ctx, void *to, size_t bytes)
{
	memset(to, (*(int *)ctx)++, bytes);
}

static void randomness_is_the_callers(void **state)
{
	int turn = 1;
	struct key k;

	(void)state;
	assert_true(seal_open(given_random, &turn));
	key_random(&k);
	assert_int_equal(k.b[31], 1);
	seal_random(&k, sizeof k);
	assert_int_equal(k.b[0], 2);
	assert_true(seal_open(NULL, NULL));
	key_random(&k);
	assert_int_equal(turn, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roundtrips),
		cmocka_unit_test(nothing_altered_opens),
		cmocka_unit_test(only_for_its_user_and_purpose),
		cmocka_unit_test(pieces_stay_in_their_place),
		cmocka_unit_test(runs_are_not_shortened),
		cmocka_unit_test(hostile_heads),
		cmocka_unit_test(packed_runs_equal_runs),
		cmocka_unit_test(attachments),
		cmocka_unit_test(small_things),
		cmocka_unit_test(wraps),
		cmocka_unit_test(derived_keys_differ),
		cmocka_unit_test(master_key_files),
		cmocka_unit_test(macs),
		cmocka_unit_test(passwords),
		cmocka_unit_test(table_hashes),
		cmocka_unit_test(randomness_is_the_callers),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}

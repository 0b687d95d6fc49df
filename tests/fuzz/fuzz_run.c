/* tests/fuzz/fuzz_run.c: arbitrary bytes as a run or a small thing: what opens was sealed by us.
 *
 * The first byte chooses: the bytes as they are, which must never open; or as changes to a run we sealed, which
 * must open exactly if nothing changed.
 */
#include <stdint.h>
#include <string.h>

#include "common/base/must.h"
#include "common/seal/seal.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct user_id user = { 7 };
static const struct key key = { { 1, 2, 3 } };

/* Sealed anew for each input, so that a run of the fuzzer depends on its input alone. */
static void same_random(void *ctx, void *to, size_t bytes)
{
	(void)ctx;
	memset(to, 42, bytes);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	must(seal_open(same_random, NULL));
	return 0;
}

static void check_info(struct str run)
{
	struct run_info info;

	if (!run_open_info(run, &info))
		return;
	must(info.n_pieces >= 1 && info.n_pieces <= RUN_PIECES && info.header_bytes <= RUN_HEAD_MAX && info.header_bytes <= run.n);
	must(info.piece_at[0] == info.header_bytes);
	for (uint32_t i = 0; i < info.n_pieces; i++)
		must(info.piece_at[i] < info.piece_at[i + 1] && info.piece_at[i + 1] - info.piece_at[i] <= PIECE_BYTES + 16);
}

static void forged(struct str bytes)
{
	struct buf out = { 0 };

	check_info(bytes);
	must(run_open(&out, &key, user, SEAL_MESSAGE, bytes) == ERR_CORRUPT);
	must(small_open(&out, &key, user, SEAL_MESSAGE, bytes) == ERR_CORRUPT);
	for (uint32_t piece = 0; piece < RUN_PIECES; piece++)
		must(run_open_piece(&out, &key, user, SEAL_MESSAGE, bytes, piece, str_skip(bytes, RUN_HEAD_MAX)) == ERR_CORRUPT);
	must(out.n == 0);
	buf_fini(&out);
}

/* changes: pairs of a place and what is xored there. */
static void altered(const struct buf *sealed, struct str plain, struct str changes, bool small)
{
	struct buf copy = { 0 }, out = { 0 };

	buf_add(&copy, buf_str(sealed));
	for (; changes.n >= 2; changes = str_skip(changes, 2))
		copy.p[(uint8_t)changes.p[0] % copy.n] ^= changes.p[1];
	if (!small)
		check_info(buf_str(&copy));
	enum err e = small ? small_open(&out, &key, user, SEAL_MESSAGE, buf_str(&copy)) : run_open(&out, &key, user, SEAL_MESSAGE, buf_str(&copy));
	must((e == OK) == str_eq(buf_str(&copy), buf_str(sealed)));
	must(e == OK ? str_eq(buf_str(&out), plain) : out.n == 0);
	buf_fini(&copy);
	buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str plain = S("Subject: hello hello hello hello hello hello hello hello\r\n\r\nhello");
	struct buf sealed = { 0 };

	if (size == 0)
		return 0;
	struct str rest = { (const char *)data + 1, size - 1 };
	/* With bit 1, as on a CPU without AES instructions. */
	if (data[0] & 2 || !seal_prefer(SEAL_AES256GCM))
		seal_prefer(SEAL_XCHACHA20POLY1305);
	if (data[0] & 1) {
		forged(rest);
		return 0;
	}
	bool small = data[0] & 4;
	if (small)
		small_seal(&sealed, &key, user, SEAL_MESSAGE, plain);
	else
		run_seal(&sealed, &key, user, SEAL_MESSAGE, 0, true, plain);
	altered(&sealed, plain, rest, small);
	buf_fini(&sealed);
	return 0;
}

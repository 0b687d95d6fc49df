/* tests/unit/test_lines.c: what is undone comes back octet for octet; what would not pay is left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/seal/lines.h"

/* n lines of so many letters behind a lead. */
static void letters(struct buf *b, const char *lead, unsigned width, unsigned n, const char *end)
{
	static const char letter[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	buf_add(b, str_of(lead));
	for (uint32_t i = 0, dice = 7; i < n; i++) {
		for (unsigned k = 0; k < width; k++) {
			dice = dice * 1103515245u + 12345u;
			buf_addc(b, letter[dice >> 26]);
		}
		buf_add(b, S("\r\n"));
	}
	buf_add(b, str_of(end));
}

static bool returns(const struct buf *plain, struct buf *packed)
{
	struct buf back = { 0 };

	buf_reset(packed);
	bool taken = lines_pack(packed, buf_str(plain));
	if (taken) {
		assert_true(packed->n + plain->n / 5 <= plain->n);
		assert_true(lines_unpack(&back, buf_str(packed), plain->n));
		assert_int_equal(back.n, plain->n);
		assert_memory_equal(back.p, plain->p, plain->n);
		buf_reset(&back);
		assert_false(lines_unpack(&back, buf_str(packed), plain->n - 1));
		assert_int_equal(back.n, 0);
	}
	buf_fini(&back);
	return taken;
}

static void pieces(void **state)
{
	static const struct { const char *lead; unsigned width, n; const char *end; bool taken; } row[] = {
		{ "", 76, 800, "", true },
		{ "QUJD\r\n", 76, 800, "QUJDRA==\r\n--b--\r\n", true },
		{ "Subject: x\r\n\r\n", 72, 100, "cut in the mid", true },
		{ "", 64, 50, "", true },
		{ "", 4, 100, "", true },
		{ "a line that is long, and that is not base64: nothing of it is a letter.......\r\n", 76, 2, "", false },
		{ "", 78, 100, "", false },              /* no quads */
		{ "", 80, 100, "", false },              /* longer than MIME's */
		{ "", 76, 0, "", false },
		{ "", 76, 0, "\n\n", false },
		{ "\r\n\r\n", 76, 0, "\r\n\r\n", false },
	};
	struct buf plain = { 0 }, packed = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		buf_reset(&plain);
		letters(&plain, row[i].lead, row[i].width, row[i].n, row[i].end);
		if (returns(&plain, &packed) != row[i].taken)
			fail_msg("row %zu", i);
	}
	assert_false(lines_pack(&packed, (struct str){ NULL, 0 }));      /* an empty message */
	buf_fini(&plain);
	buf_fini(&packed);
}

/* Whatever one octet becomes, wherever it is. */
static void spoiled(void **state)
{
	static const char other[] = { '=', '\r', '\n', '-', 0, (char)0xff, 'A' };
	struct buf plain = { 0 }, packed = { 0 };

	(void)state;
	letters(&plain, "x\r\n", 76, 12, "end");
	for (size_t at = 0; at < plain.n; at++) {
		char was = plain.p[at];
		for (size_t k = 0; k < sizeof other; k++) {
			plain.p[at] = other[k];
			returns(&plain, &packed);
		}
		plain.p[at] = was;
	}
	buf_fini(&plain);
	buf_fini(&packed);
}

/* Forged packings end in a refusal or in bytes within bounds, never elsewhere. */
static void forged(void **state)
{
	struct buf plain = { 0 }, packed = { 0 }, back = { 0 };

	(void)state;
	letters(&plain, "x\r\n", 76, 12, "end");
	assert_true(returns(&plain, &packed));
	for (size_t n = 0; n < packed.n; n++) {
		buf_reset(&back);
		bool good = lines_unpack(&back, (struct str){ packed.p, n }, plain.n);
		assert_true(back.n == (good ? plain.n : 0));
	}
	for (size_t at = 0; at < 9; at++)
		for (int v = 0; v < 256; v++) {
			char was = packed.p[at];
			packed.p[at] = (char)v;
			buf_reset(&back);
			lines_unpack(&back, buf_str(&packed), plain.n);
			assert_true(back.n <= plain.n);
			packed.p[at] = was;
		}
	buf_fini(&plain);
	buf_fini(&packed);
	buf_fini(&back);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(pieces), cmocka_unit_test(spoiled), cmocka_unit_test(forged) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

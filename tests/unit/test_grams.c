/* tests/unit/test_grams.c: what stands in a text is never ruled out. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "storaged/search/grams.h"

static bool may_hold(const char *text, const char *key)
{
	struct grams g;
	struct buf packed = { 0 };

	grams_reset(&g);
	grams_note(&g, str_of(text));
	grams_pack(&packed, &g);
	assert_int_equal(packed.n, GRAMS_BYTES);
	bool may = grams_may_hold(buf_str(&packed), str_of(key));
	buf_fini(&packed);
	return may;
}

static void rows(void **state)
{
	static const struct { const char *text, *key; bool may; } row[] = {
		{ "plain text",      "ain t", true },  { "plain text",    "plane", false },
		{ "PLAIN Text",      "n te",  true },                                          /* capitals of texts */
		{ "ab",              "ab",    true },  { "",              "ab",    true },     /* too short to tell */
		{ "",                "abc",   false }, { "ab",            "abc",   false },
		{ "\xd0\xbf\xd1\x80", "\xd0\xbf\xd1\x80", true }, { "\xd0\xbf\xd1\x80", "\xd1\x80\xd0\xbf", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (may_hold(row[i].text, row[i].key) != row[i].may)
			fail_msg("row %zu", i);
}

/* Every piece of a text, also of one so full of different grams that they tell nothing. */
static void pieces(void **state)
{
	static char text[1 << 16];
	struct grams g;
	struct buf packed = { 0 };
	uint32_t dice = 1;

	(void)state;
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)((dice = dice * 1664525 + 1013904223) >> 24 | 0x80);
	for (size_t n = 64; n <= sizeof text; n *= 4) {
		grams_reset(&g);
		grams_note(&g, (struct str){ text, n });
		buf_reset(&packed);
		grams_pack(&packed, &g);
		for (size_t at = 0; at < n; at += 7)
			assert_true(grams_may_hold(buf_str(&packed), str_head((struct str){ text + at, n - at }, at % 40)));
	}
	buf_fini(&packed);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(rows), cmocka_unit_test(pieces) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

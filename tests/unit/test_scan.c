/* tests/unit/test_scan.c: what the scan finds is what a naive search finds, wherever keys and cuts lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/buf.h"
#include "common/mail/fold.h"
#include "storaged/search/scan.h"

static bool naive(struct str key, struct str text)
{
	struct buf folded_key = { 0 }, folded = { 0 };
	struct folds known = { 0 };

	fold_text(&folded_key, key, &known);
	fold_text(&folded, text, &known);
	bool is = key.n == 0 || str_search(buf_str(&folded), buf_str(&folded_key)) >= 0;
	buf_fini(&folded_key);
	buf_fini(&folded);
	folds_fini(&known);
	return is;
}

static void check(const char *what, size_t i, struct str key, struct str text)
{
	struct scan_key k;
	bool want = naive(key, text);

	scan_key_init(&k, key);
	if (scan_find(&k, text) != want || scan_find_plain(&k, text) != want)
		fail_msg("%s %zu: key %.*s", what, i, STR_ARG(key));
	scan_key_fini(&k);
}

static void rows(void **state)
{
	static const struct { const char *key, *text; } row[] = {
		{ "", "" }, { "", "a" }, { "a", "" }, { "a", "A" }, { "A", "a" }, { "ab", "aab" }, { "ab", "ba" },
		{ "[", "{" }, { "{", "[" }, { "@", "`" }, { "`", "@" },      /* what differs by the case bit only */
		{ "a[", "a{" }, { "{a", "[a" }, { "a\x1f", "a?" },
		{ "needle", "needl" }, { "needle", "xxneedlexx" }, { "NeeDle", "xxnEEdLe" }, { "aaab", "aaaaaaab" },
		{ "ana", "bananas" }, { "abab", "abaabab" }, { "a b", "a\tb" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		check("row", i, str_of(row[i].key), str_of(row[i].text));
}

/* Every length of key at every place of texts around one and two vectors of 32. Exact allocations: the
 * sanitizer sees each byte read too far. */
static void alignments(void **state)
{
	static const char key[] = "Qabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";

	(void)state;
	for (size_t n_text = 1; n_text <= 70; n_text++)
		for (size_t n_key = 1; n_key <= n_text && n_key < sizeof key; n_key += 3)
			for (size_t at = 0; at + n_key <= n_text + 1; at++) {
				char *text = malloc(n_text);
				memset(text, 'q', n_text);
				memcpy(text + at, key, at + n_key <= n_text ? n_key : n_text - at);
				check("place", at, (struct str){ key, n_key }, (struct str){ text, n_text });
				free(text);
			}
}

/* One letter everywhere agrees everywhere: it ends in time because the linear search takes over. */
static void hostile(void **state)
{
	enum { TEXT = 4 << 20, KEY = 200000 };
	struct buf text = { 0 }, key = { 0 };
	struct scan_key k;

	(void)state;
	memset(buf_grow(&text, TEXT), 'a', TEXT);
	memset(buf_grow(&key, KEY), 'a', KEY);
	key.p[KEY / 2] = 'b';
	scan_key_init(&k, buf_str(&key));
	assert_false(scan_find(&k, buf_str(&text)));
	buf_add(&text, buf_str(&key));
	assert_true(scan_find(&k, buf_str(&text)));
	scan_key_fini(&k);
	buf_fini(&text);
	buf_fini(&key);
}

static void check_pieces(struct scan *s, const struct scan_key *k, size_t n_keys, struct str text, size_t step)
{
	bool found[3] = { false };

	scan_reset(s);
	for (size_t i = 0; i < n_keys; i++)
		scan_add(s, &k[i], &found[i]);
	for (size_t at = 0; at < text.n; at += step)
		scan_push(s, str_head(str_skip(text, at), step));
	scan_end(s);
	for (size_t i = 0; i < n_keys; i++)
		if (found[i] != scan_find(&k[i], text))
			fail_msg("key %zu in steps of %zu", i, step);
}

/* Keys across the ends of windows, whatever the pieces are. */
static void pieces(void **state)
{
	static const char *const keys[3] = { "needle", "not there", "x" };
	static const size_t step[] = { 1, 7, 4096, 65535, 65536, 65537, 1000000 };
	struct scan_key k[3];
	struct scan s = { 0 };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		scan_key_init(&k[i], str_of(keys[i]));
	for (size_t at = SCAN_WINDOW_BYTES; at < SCAN_WINDOW_BYTES + 40; at++) {
		struct buf text = { 0 };
		memset(buf_grow(&text, 2 * SCAN_WINDOW_BYTES), '.', 2 * SCAN_WINDOW_BYTES);
		memcpy(text.p + at, "NEEDLE", 6);
		for (size_t i = at % 8 ? 2 : 0; i < sizeof step / sizeof *step; i++)
			check_pieces(&s, k, 3, buf_str(&text), step[i]);
		buf_fini(&text);
	}
	scan_fini(&s);
	for (size_t i = 0; i < 3; i++)
		scan_key_fini(&k[i]);
}

/* Two texts are two: a key does not lie in the end of one and the beginning of the next. */
static void texts_apart(void **state)
{
	struct scan_key k;
	struct scan s = { 0 };
	bool found = false;

	(void)state;
	scan_key_init(&k, S("ab"));
	scan_add(&s, &k, &found);
	assert_false(scan_push(&s, S("a")));
	assert_false(scan_end(&s));
	assert_false(scan_push(&s, S("b")));
	assert_false(scan_end(&s));
	assert_false(found);
	scan_push(&s, S("A"));
	scan_push(&s, S("B"));
	assert_true(scan_end(&s));
	assert_true(found);
	assert_int_equal(s.n, 0);
	scan_fini(&s);
	scan_key_fini(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows), cmocka_unit_test(alignments), cmocka_unit_test(hostile),
		cmocka_unit_test(pieces), cmocka_unit_test(texts_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

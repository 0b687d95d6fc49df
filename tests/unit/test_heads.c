/* tests/unit/test_heads.c: the same said in other words is the same; anything else said is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/buf.h"
#include "tools/load/heads.h"
#include "tools/load/letters.h"

static struct heads of_words(unsigned has, const char *words)
{
	return heads_of_row(&(struct row){ .has = has, .envelope = str_of(words), .structure = str_of(words) });
}

static void words(void **state)
{
	static const struct { unsigned what; bool same; const char *a, *b; } row[] = {
		{ ROW_ENVELOPE, true, "\"Mon\" \"a b\" ((NIL NIL \"x\" \"y\"))", "\"Mon\" {3}\r\na b ((NIL NIL \"x\" \"y\"))" },
		{ ROW_ENVELOPE, true, "\"a  b\"", "\"a\t b \"" },                      /* folding is white space */
		{ ROW_ENVELOPE, true, "\"a \\\"b\\\"\"", "{5}\r\na \"b\"" },
		{ ROW_ENVELOPE, true, "NIL", "\"\"" },
		{ ROW_ENVELOPE, false, "\"a b\"", "\"ab\"" },
		{ ROW_ENVELOPE, false, "\"a\"", "\"A\"" },
		{ ROW_ENVELOPE, false, "\"a\" NIL", "NIL \"a\"" },
		{ ROW_ENVELOPE, false, "((NIL NIL \"x\" \"y\"))", "(NIL NIL \"x\" \"y\")" },
		{ ROW_STRUCTURE, true, "\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"7bit\" 20 3", "\"TEXT\" \"PLAIN\" (\"CHARSET\" \"UTF-8\") NIL NIL \"7BIT\" 20 3 NIL NIL NIL" },
		{ ROW_STRUCTURE, false, "\"text\" \"plain\" NIL NIL NIL \"7bit\" 20 3", "\"text\" \"plain\" NIL NIL NIL \"7bit\" 21 3" },
		{ ROW_STRUCTURE, false, "\"text\" \"plain\" NIL NIL NIL \"7bit\" 20 3", "\"text\" \"plain\" NIL NIL NIL \"8bit\" 20 3" },
		{ ROW_STRUCTURE, true, "(\"a\" \"b\" NIL NIL NIL \"7bit\" 1)(\"c\" \"d\" NIL NIL NIL \"7bit\" 2) \"mixed\"",
		  "(\"a\" \"b\" NIL NIL NIL \"7bit\" 1)(\"c\" \"d\" NIL NIL NIL \"7bit\" 2) \"MIXED\" (\"boundary\" \"x\") NIL" },
		{ ROW_STRUCTURE, false, "(\"a\" \"b\" NIL NIL NIL \"7bit\" 1)(\"c\" \"d\" NIL NIL NIL \"7bit\" 2) \"mixed\"", "(\"a\" \"b\" NIL NIL NIL \"7bit\" 1) \"mixed\"" },
		{ ROW_STRUCTURE, true, "\"text\" \"x\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7bit\" 9", "\"text\" \"x\" NIL NIL NIL \"7bit\" 9" },
		{ ROW_STRUCTURE, true, "\"message\" \"delivery-status\" NIL NIL NIL \"7bit\" 9", "\"message\" \"delivery-status\" NIL NIL NIL \"7bit\" 9 NIL NIL" },
		{ ROW_STRUCTURE, false, "\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 9 (\"Mon\") (\"a\" \"b\" NIL NIL NIL \"7bit\" 1) 2",
		  "\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 9 (\"Tue\") (\"a\" \"b\" NIL NIL NIL \"7bit\" 1) 2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct heads a = of_words(row[i].what, row[i].a), b = of_words(row[i].what, row[i].b);
		if ((a.envelope == b.envelope && a.structure == b.structure) != row[i].same)
			fail_msg("row %zu: %s", i, row[i].a);
	}
}

static void what_a_row_has_not_is_not_known(void **state)
{
	(void)state;
	assert_int_equal(of_words(ROW_ENVELOPE, "NIL").structure, 0);
	assert_int_not_equal(of_words(ROW_ENVELOPE, "").envelope, 0);
	assert_int_equal(of_words(ROW_STRUCTURE, "NIL").envelope, 0);
}

/* As deep as one likes: it ends. */
static void deep(void **state)
{
	struct buf in = { 0 };

	(void)state;
	for (int i = 0; i < 20000; i++)
		buf_addc(&in, '(');
	for (int i = 0; i < 20000; i++)
		buf_addc(&in, ')');
	struct row r = { .has = ROW_ENVELOPE | ROW_STRUCTURE, .envelope = buf_str(&in), .structure = buf_str(&in) };
	assert_int_not_equal(heads_of_row(&r).structure, 0);
	buf_fini(&in);
}

/* Every letter has an envelope of its own; and structures, in which texts' sizes stand, are seldom alike. */
static void letters_differ(void **state)
{
	struct letters *l = letters_new(1, (struct letter_sizes){ 1024, 100000, true });
	struct heads before = { 0, 0 };
	struct buf out = { 0 };

	(void)state;
	for (uint32_t n = 1; n <= 200; n++) {
		buf_reset(&out);
		letters_write(l, n, &out);
		struct heads h = heads_of_letter(buf_str(&out));
		assert_int_not_equal(h.envelope, before.envelope);
		assert_int_not_equal(h.structure, before.structure);
		before = h;
	}
	buf_fini(&out);
	letters_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words), cmocka_unit_test(what_a_row_has_not_is_not_known), cmocka_unit_test(deep), cmocka_unit_test(letters_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/unit/test_classes.c: classes and domains are found, kept in order, and survive as a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "storaged/directory/classes.h"

static void names(void **state)
{
	static const struct { const char *name; bool ok; } row[] = {
		{ "a", true }, { "staff-2.b_c", true }, { "", false }, { "A", false }, { "a b", false }, { "a/b", false }, { "\xc3\xa4", false },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (class_name_ok(str_of(row[i].name)) != row[i].ok)
			fail_msg("row %zu", i);
	assert_false(class_name_ok((struct str){ "a\0b", 3 }));
}

static void fill(struct classes *c)
{
	static const char *const classes[] = { "staff", "a", "zoo", "default", "staff" }, *const domains[] = { "x.example", "a.example", "x.example" };

	for (uint64_t i = 0; i < 5; i++)
		classes_set(c, str_of(classes[i]), &(struct quota){ .limit = { i, i + 1, i + 2 }, .soft_percent = 80, .warn = 1 }, false, 100 + i);
	for (uint64_t i = 0; i < 3; i++)
		classes_set_domain(c, str_of(domains[i]), i == 2 ? S("a") : S("zoo"), 200 + i);
}

static void found(const struct classes *c)
{
	assert_int_equal(c->n, 4);
	assert_int_equal(c->n_domains, 2);
	assert_int_equal(classes_find(c, S("staff"))->quota.limit[QUOTA_STORAGE], 4);      /* the last word counts */
	assert_int_equal(classes_find(c, S("staff"))->changed, 104);
	assert_int_equal(classes_find(c, S("default"))->quota.limit[QUOTA_MAILBOX], 5);
	assert_false(classes_find(c, S("default"))->by_config);
	assert_string_equal(classes_domain(c, S("x.example"))->class, "a");
	assert_int_equal(classes_domain(c, S("x.example"))->changed, 202);
	assert_null(classes_find(c, S("stag")));
	assert_null(classes_domain(c, S("example")));
	assert_true(classes_in_domain(c, S("zoo")));
	assert_false(classes_in_domain(c, S("staff")));
}

static void rows(void **state)
{
	struct classes c, again;
	struct buf row = { 0 };

	(void)state;
	classes_init(&c);
	assert_true(classes_find(&c, S("default"))->by_config);
	fill(&c);
	found(&c);
	classes_pack(&row, &c);
	classes_init(&again);
	assert_true(classes_unpack(&again, buf_str(&row)));
	found(&again);
	classes_fini(&again);
	for (size_t n = 0; n + 1 < row.n; n++) {        /* cut short it may be bad, or hold fewer domains, but never harms */
		classes_init(&again);
		(void)classes_unpack(&again, str_head(buf_str(&row), n));
		classes_fini(&again);
	}
	classes_del(&c, S("a"));
	assert_null(classes_find(&c, S("a")));
	assert_non_null(classes_find(&c, S("zoo")));
	classes_del(&c, S("a"));
	assert_int_equal(c.n, 3);
	classes_fini(&c);
	buf_fini(&row);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(names), cmocka_unit_test(rows) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

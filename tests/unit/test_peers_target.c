/* tests/unit/test_peers_target.c: which words are a target, and what a report says of a metric. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tools/load/peers_target.h"

static void words(void **state)
{
	static const struct { const char *text; bool ok; enum peers_target_kind kind; const char *operation, *key; double number; const char *than; } row[] = {
		{ "per_second 3 x best",           true,  TARGET_RATIO, "round",     "per_second", 3,   "best" },
		{ "cpu_us 2.5 x cyrus",            true,  TARGET_RATIO, "round",     "cpu_us",     2.5, "cyrus" },
		{ "cpu_us <= 150",                 true,  TARGET_LIMIT, "round",     "cpu_us",     150, "" },
		{ " hear-last.p50_us  <=  5000 ",  true,  TARGET_LIMIT, "hear-last", "p50_us",     5000, "" },
		{ "p50_us <= 1.5 x headers-10k",   true,  TARGET_OWN,   "round",     "p50_us",     1.5, "headers-10k" },
		{ "bytes_each <= 3072",            true,  TARGET_LIMIT, "round",     "bytes_each", 3072, "" },
		{ "", false, 0, 0, 0, 0, 0 },
		{ "speed 3 x best", false, 0, 0, 0, 0, 0 },
		{ ".p50_us <= 3", false, 0, 0, 0, 0, 0 },
		{ "per_second 3", false, 0, 0, 0, 0, 0 },           /* better than what? */
		{ "per_second 3 times best", false, 0, 0, 0, 0, 0 },
		{ "per_second 3 x", false, 0, 0, 0, 0, 0 },
		{ "per_second 3 x best rival", false, 0, 0, 0, 0, 0 },
		{ "per_second 0 x best", false, 0, 0, 0, 0, 0 },
		{ "per_second -1 x best", false, 0, 0, 0, 0, 0 },
		{ "per_second 1.2.3 x best", false, 0, 0, 0, 0, 0 },
		{ "per_second . x best", false, 0, 0, 0, 0, 0 },
		{ "cpu_us <=", false, 0, 0, 0, 0, 0 },
		{ "cpu_us <= 1e9", false, 0, 0, 0, 0, 0 },
		{ "cpu_us <= 150 us", false, 0, 0, 0, 0, 0 },
		{ "cpu_us <= 00000000000000000000000000000000001", false, 0, 0, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct peers_target t;
		bool ok = peers_target_parse(&t, str_of(row[i].text));
		if (ok != row[i].ok || (ok && (t.kind != row[i].kind || t.number != row[i].number || !str_eq(t.than, str_of(row[i].than))
		    || !str_eq(t.metric.operation, str_of(row[i].operation)) || !str_eq(t.metric.key, str_of(row[i].key)))))
			fail_msg("row %zu: %s", i, row[i].text);
	}
}

static void numbers(void **state)
{
	static const struct { const char *metric; double value; } row[] = {
		{ "per_second", 10 }, { "p50_us", 2.5 }, { "body.p99_us", 7 }, { "cpu_us", 55 }, { "bytes_each", 3000 }, { "opened_per_second", 120 },
		{ "select.p50_us", 0 }, { "max_us", 0 }, { "p90_us", 0 },      /* 0: the report does not say */
	};
	json_t *report = json_pack("{s:{s:{s:f, s:f, s:f, s:s}, s:{s:i}}, s:{s:i}, s:{s:i}, s:{s:i}}", "operations", "round", "per_second", 10.0, "p50_us", 2.5,
	                           "max_us", 0.0, "p90_us", "many", "body", "p99_us", 7, "server", "cpu_us_per_round", 55, "memory", "bytes_each", 3000,
	                           "opening", "per_second", 120);

	(void)state;
	assert_non_null(report);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct peers_metric m;
		double value = 0;
		assert_true(peers_metric_parse(&m, str_of(row[i].metric)));
		if (peers_metric_of(&m, report, &value) != (row[i].value > 0) || value != row[i].value)
			fail_msg("row %zu: %s is %g", i, row[i].metric, value);
	}
	json_decref(report);
}

static void names_are_written_as_they_are_read(void **state)
{
	static const char *const row[] = { "per_second", "p50_us", "hear-last.p99_9_us" };

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct peers_metric m;
		struct buf out = { 0 };
		assert_true(peers_metric_parse(&m, str_of(row[i])));
		peers_metric_write(&m, &out);
		if (!str_eq(buf_str(&out), str_of(row[i])))
			fail_msg("%s becomes %.*s", row[i], STR_ARG(buf_str(&out)));
		buf_fini(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(words), cmocka_unit_test(numbers), cmocka_unit_test(names_are_written_as_they_are_read) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

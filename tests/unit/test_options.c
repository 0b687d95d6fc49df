/* tests/unit/test_options.c: command lines taken apart, verbs found, back-off and sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tools/roost/child.h"
#include "tools/roost/table.h"
#include "tools/roost/verbs.h"

enum { WORDS = 10 };

/* "-C=x -m=y add" : every option with its values in the order of the table, then the operands. */
static void show(struct buf *out, const struct args *a)
{
	for (unsigned o = 0; o < OPT_COUNT; o++)
		for (size_t i = 0; i < a->given[o].n; i++)
			buf_printf(out, "%s=%s ", option_kinds[o].name, a->given[o].at[i]);
	for (size_t i = 0; i < a->operands.n; i++)
		buf_printf(out, "%s|", a->operands.at[i]);
}

static void parsing(void **state)
{
	static const struct { const char *argv[WORDS]; const char *shown, *fault; } row[] = {
		{ { "up" }, "up|", "" },
		{ { "-C", "d", "up" }, "dir=d up|", "" },
		{ { "up", "-C", "d" }, "dir=d up|", "" },
		{ { "up", "-Cd" }, "dir=d up|", "" },
		{ { "up", "--dir=d" }, "dir=d up|", "" },
		{ { "up", "--dir=" }, "dir= up|", "" },
		{ { "user", "--quota", "1", "add", "-C", "d", "anna" }, "dir=d quota=1 user|add|anna|", "" },
		{ { "import", "anna", "--eml", "a", "b", "-m", "X", "c" }, "mailbox=X eml=a import|anna|b|c|", "" },
		{ { "init", "--imap", "a", "--imap", "b" }, "imap=a imap=b init|", "" },
		{ { "user", "add", "--", "-odd", "--json" }, "user|add|-odd|--json|", "" },
		{ { "user", "import", "-" }, "user|import|-|", "" },
		{ { "status", "--json", "--json" }, "json= json= status|", "" },
		{ { "--version" }, "version= ", "" },
		{ { "up", "-h" }, "help= up|", "" },
		{ { "up", "-C" }, NULL, "--dir needs a value: --dir DIR" },
		{ { "up", "-C", "a", "-C", "b" }, NULL, "--dir is given twice" },
		{ { "up", "--json=yes" }, NULL, "--json takes no value" },
		{ { "up", "--jsn" }, NULL, "unknown option --jsn" },
		{ { "up", "--=x" }, NULL, "unknown option --" },
		{ { "up", "-x" }, NULL, "unknown option -x" },
		{ { "up", "-hx" }, NULL, "--help takes no value" },
		{ { "", "up" }, "|up|", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		char *argv[WORDS + 1] = { (char []){ "roost" } };
		struct buf fault = { 0 }, shown = { 0 };
		struct args a;
		int argc = 1;
		for (; argc <= WORDS - 1 && row[i].argv[argc - 1]; argc++)
			argv[argc] = (char *)(uintptr_t)row[i].argv[argc - 1];
		bool good = args_parse(&a, argc, argv, &fault);
		show(&shown, &a);
		if (good != (row[i].shown != NULL) || !str_eq(buf_str(&fault), str_of(row[i].fault)) ||
		    (good && !str_eq(buf_str(&shown), str_of(row[i].shown))))
			fail_msg("row %zu: shown %.*s, fault %.*s", i, STR_ARG(buf_str(&shown)), STR_ARG(buf_str(&fault)));
		args_fini(&a);
		buf_fini(&fault);
		buf_fini(&shown);
	}
}

static void finding(void **state)
{
	static const struct { const char *words[3]; const char *name; size_t n; } row[] = {
		{ { "up" }, "up", 1 },
		{ { "user", "add", "x" }, "user add", 2 },
		{ { "user", "import", "x" }, "user import", 2 },
		{ { "import", "user" }, "import", 1 },
		{ { "user" }, NULL, 0 },
		{ { "user", "ad" }, NULL, 0 },
		{ { "useradd" }, NULL, 0 },
		{ { "" }, NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		const char *at[3];
		struct words words = { at, 0 };
		size_t n;
		while (words.n < 3 && row[i].words[words.n]) {
			at[words.n] = row[i].words[words.n];
			words.n++;
		}
		const struct verb *v = verb_find(&words, &n);
		if ((v != NULL) != (row[i].name != NULL) || (v && (strcmp(v->name, row[i].name) != 0 || n != row[i].n)))
			fail_msg("row %zu: %s, %zu words", i, v ? v->name : "nothing", n);
	}
}

/* Every verb has a function and words, and its help ends with a line. */
static void the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_verbs; i++) {
		const struct verb *v = &verbs[i];
		size_t n = strlen(v->help);
		if (!v->run || !v->words[0] || v->least > v->most || !strstr(v->help, "Example") || v->help[n - 1] != '\n')
			fail_msg("%s", v->name);
	}
}

static void backing_off(void **state)
{
	static const uint64_t ms[] = { 0, 0, 100, 200, 400, 800, 1600, 3200, 5000, 5000 };

	(void)state;
	for (unsigned i = 0; i < sizeof ms / sizeof *ms; i++)
		assert_int_equal(child_backoff_ms(i), ms[i]);
	assert_int_equal(child_backoff_ms(1000000), 5000);
}

static void sizes(void **state)
{
	static const struct { unsigned long long bytes; const char *text; } row[] = {
		{ 0, "0" }, { 1, "1 B" }, { 1023, "1023 B" }, { 1024, "1.0 KiB" }, { 1536, "1.5 KiB" },
		{ 1ull << 30, "1.0 GiB" }, { ~0ull, "16384.0 PiB" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		assert_string_equal(table_bytes(row[i].bytes), row[i].text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(parsing),
		cmocka_unit_test(finding),
		cmocka_unit_test(the_table),
		cmocka_unit_test(backing_off),
		cmocka_unit_test(sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

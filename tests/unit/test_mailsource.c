/* tests/unit/test_mailsource.c: mboxes, maildirs and single files, as messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mail/flags.h"
#include "tools/roost/mailsource.h"

static void line_ends(void **state)
{
	static const struct { const char *in, *out; } row[] = {
		{ "", "" }, { "a", "a" }, { "a\n", "a\r\n" }, { "a\r\nb\n", "a\r\nb\r\n" }, { "\n\n", "\r\n\r\n" },
		{ "\r", "\r" }, { "a\rb\n", "a\rb\r\n" }, { "\r\n\r\n", "\r\n\r\n" }, { "a\r\r\n", "a\r\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		for (size_t cut = 0; cut <= strlen(row[i].in); cut++) {
			struct buf out = { 0 };
			mail_add_crlf(&out, str_head(str_of(row[i].in), cut));
			mail_add_crlf(&out, str_skip(str_of(row[i].in), cut));
			if (!str_eq(buf_str(&out), str_of(row[i].out)))
				fail_msg("row %zu cut at %zu: %.*s", i, cut, STR_ARG(buf_str(&out)));
			buf_fini(&out);
		}
	}
}

static void from_lines(void **state)
{
	static const struct { const char *line; bool ok; int64_t date; } row[] = {
		{ "From anna@example.org Thu Jan  1 00:00:10 1970", true, 10 },
		{ "From anna@example.org Mon Nov 23 18:45:13 2026", true, 1795459513 },
		{ "From anna Mon Nov 23 18:45 2026", true, 1795459500 },
		{ "From \"an na\"@example.org  Mon Nov 23 18:45:13 2026", true, 1795459513 },
		{ "From - Mon Nov 23 18:45:13 2026", true, 1795459513 },
		{ "From anna Mon Nov 23 18:45:13 2026 +0100", true, 1795455913 },
		{ "From anna Mon Nov 23 18:45:13 EST 2026", true, 1795477513 },
		{ "From Mon Mon Nov 23 18:45:13 2026", true, 1795459513 },
		{ "From anna Mon Nov 23 18:45:13 2026 remote from host", true, 1795459513 },
		{ "From here on it is text", false, 0 },
		{ "From Mon to Fri we are open", false, 0 },
		{ "From anna Mon Nov 23 18:45:13", false, 0 },
		{ "From anna Mon Nov 99 18:45:13 2026", false, 0 },
		{ "From anna onT Nov 23 18:45:13 2026", false, 0 },
		{ "From: anna Mon Nov 23 18:45:13 2026", false, 0 },
		{ "From ", false, 0 },
		{ "", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		int64_t date = 0;
		bool ok = mail_from_line(str_of(row[i].line), &date);
		if (ok != row[i].ok || date != row[i].date)
			fail_msg("row %zu: %s: %d %lld", i, row[i].line, ok, (long long)date);
	}
}

/* A file of this content; its path lies in `path`. */
static void write_file(char path[64], const char *content)
{
	snprintf(path, 64, "/tmp/roost-source.XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
	close(fd);
}

/* All messages, each followed by '|'. */
static void read_all(struct mailsource *s, struct buf *out)
{
	struct mail m = { 0 };

	while (mailsource_next(s, &m)) {
		buf_add(out, buf_str(&m.bytes));
		buf_addc(out, '|');
	}
	assert_false(mailsource_next(s, &m));
	mail_fini(&m);
}

#define FROM "From a Thu Jan  1 00:00:10 1970\n"
static void mboxes(void **state)
{
	static const struct { const char *file, *messages; bool failed; } row[] = {
		{ "", "", false },
		{ "\n\n", "", false },
		{ FROM "S: 1\n\nx\n", "S: 1\r\n\r\nx\r\n|", false },
		{ FROM "S: 1\n\nx\n\n", "S: 1\r\n\r\nx\r\n|", false },
		{ FROM "S: 1\n\nx\n\n" FROM "S: 2\n\ny\n\n", "S: 1\r\n\r\nx\r\n|S: 2\r\n\r\ny\r\n|", false },
		{ FROM "S: 1\r\n\r\nx\r\n\r\n" FROM "S: 2\r\n", "S: 1\r\n\r\nx\r\n|S: 2\r\n|", false },
		{ FROM "S: 1\n\nx\n\n\n\n" FROM "S: 2\n", "S: 1\r\n\r\nx\r\n\r\n\r\n|S: 2\r\n|", false },
		{ FROM "S: 1\n\n>From a\n>>From b\n> From c\n>x\n", "S: 1\r\n\r\nFrom a\r\n>From b\r\n> From c\r\n>x\r\n|", false },
		{ FROM "S: 1\n\nx\n" FROM "y\n", "S: 1\r\n\r\nx\r\nFrom a Thu Jan  1 00:00:10 1970\r\ny\r\n|", false },
		{ FROM "S: 1\n\nx\n\nFrom now on\n", "S: 1\r\n\r\nx\r\n\r\nFrom now on\r\n|", false },
		{ FROM "S: 1\n\nno end", "S: 1\r\n\r\nno end\r\n|", false },
		{ FROM FROM, "From a Thu Jan  1 00:00:10 1970\r\n|", false },
		{ FROM, "|", false },
		{ "Subject: not an mbox\n\nx\n", "", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		char path[64];
		struct buf out = { 0 };
		write_file(path, row[i].file);
		struct mailsource *s = mailsource_mbox(path);
		read_all(s, &out);
		if (!str_eq(buf_str(&out), str_of(row[i].messages)) || mailsource_failed(s) != row[i].failed)
			fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&out)));
		if (!row[i].failed)
			assert_int_equal(mailsource_done_bytes(s), mailsource_total_bytes(s));
		mailsource_free(&s);
		buf_fini(&out);
		unlink(path);
	}
}

static void maildir_flags(void **state)
{
	static const struct { const char *name; uint32_t system; bool forwarded; } row[] = {
		{ "1.M2.host:2,", 0, false },
		{ "1.M2.host:2,S", FLAG_SEEN, false },
		{ "1.M2.host:2,DFPRST", FLAG_DRAFT | FLAG_FLAGGED | FLAG_ANSWERED | FLAG_SEEN | FLAG_DELETED, true },
		{ "1.SSS.host", 0, false },
		{ "1.M2.host:1,S", 0, false },
		{ "1.M2,S=10:2,Sab", FLAG_SEEN, false },
		{ "", 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct mail m = { 0 };
		mail_maildir_flags(str_of(row[i].name), &m);
		if (m.system != row[i].system || m.forwarded != row[i].forwarded)
			fail_msg("row %zu: %s", i, row[i].name);
	}
}

static void put(int dir, const char *name, const char *content)
{
	static const struct timespec when[2] = { { 1000, 0 }, { 1000, 0 } };
	int fd = openat(dir, name, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
	futimens(fd, when);
	close(fd);
}

static const char *const parts[] = { "new", "cur", "tmp" };
static const struct { const char *name, *content; } files[] = {
	{ "new/20.b.h", "S: 3\n" }, { "cur/9.a.h:2,FS", "S: 1\n" }, { "cur/10.a.h:2,S", "S: 2\n" },
	{ "cur/.hidden", "S: no\n" }, { "tmp/1.x", "S: no\n" },
};

static void maildirs(void **state)
{
	char path[] = "/tmp/roost-maildir.XXXXXX";
	struct buf out = { 0 };
	struct mail m = { 0 };

	(void)state;
	assert_non_null(mkdtemp(path));
	assert_null(mailsource_maildir(path));               /* neither cur nor new */
	int dir = open(path, O_RDONLY | O_DIRECTORY);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(mkdirat(dir, parts[i], 0700), 0);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		put(dir, files[i].name, files[i].content);

	struct mailsource *s = mailsource_maildir(path);
	assert_int_equal(mailsource_total_bytes(s), 15);
	assert_true(mailsource_next(s, &m));
	assert_int_equal(m.system, FLAG_SEEN | FLAG_FLAGGED);
	assert_true(m.has_date && m.date == 1000);
	read_all(s, &out);
	assert_true(str_eq(buf_str(&out), S("S: 2\r\n|S: 3\r\n|")));
	mailsource_free(&s);

	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		unlinkat(dir, files[i].name, 0);
	for (size_t i = 0; i < 3; i++)
		unlinkat(dir, parts[i], AT_REMOVEDIR);
	close(dir);
	rmdir(path);
	mail_fini(&m);
	buf_fini(&out);
}

static void single_files(void **state)
{
	char path[64];
	struct buf out = { 0 };

	(void)state;
	assert_null(mailsource_eml("/nowhere/at/all"));
	assert_null(mailsource_mbox("/nowhere/at/all"));
	write_file(path, "S: 1\n\nFrom me");
	struct mailsource *s = mailsource_eml(path);
	read_all(s, &out);
	assert_true(str_eq(buf_str(&out), S("S: 1\r\n\r\nFrom me|")));
	mailsource_free(&s);
	unlink(path);
	buf_fini(&out);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_ends),
		cmocka_unit_test(from_lines),
		cmocka_unit_test(mboxes),
		cmocka_unit_test(maildir_flags),
		cmocka_unit_test(maildirs),
		cmocka_unit_test(single_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/unit/test_live.c: what is shown while a run plays, and how it is drawn over itself. */
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tools/load/live.h"

static struct tally *tallies(void)
{
	struct tally *t = calloc(2, sizeof *t);

	for (int w = 0; w < 2; w++) {
		for (uint64_t i = 1; i <= 500; i++)
			times_add(&t[w].op[OP_BODY].took, i * 2000);
		t[w].connected = 8;
		t[w].answers = 1000;
	}
	t[1].op[OP_STORE].failed = 1;
	t[1].wrong = 1;
	memcpy(t[1].first_wrong, "a NO \x1b[2J", 9);
	return t;
}

static bool holds(struct str s, const char *words)
{
	return str_search(s, str_of(words)) >= 0;
}

static size_t columns_of(struct str line)
{
	size_t n = 0;

	for (size_t i = 0; i < line.n; i++)
		n += ((unsigned char)line.p[i] & 0xc0) != 0x80;
	return n;
}

static void rendered(void **state)
{
	struct tally *t = tallies();
	struct live_view v = { .title = "r\xc3\xb6st: body", .since = &t[0], .interval_seconds = 0.5, .rates = LIVE_RATES,
	                       .now = { .tally = &t[1], .workers = 1, .seconds = 2, .of_seconds = 10, .server_known = true, .server_cpu_cores = 0.75, .server_pss_bytes = 50 << 20 } };
	struct buf out = { 0 };

	(void)state;
	for (unsigned i = 0; i < LIVE_RATES; i++)
		v.rate[i] = i;
	for (unsigned columns = 1; columns < 140; columns++)
		for (unsigned rows = 1; rows < 12; rows++) {
			unsigned lines = 0;
			struct str rest, line;

			buf_reset(&out);
			live_render(&v, columns, rows, &out);
			for (rest = buf_str(&out); str_cut(rest, '\n', &line, &rest); lines++)
				assert_true(columns_of(line) < columns);
			assert_true(lines < rows && rest.n == 0);
			assert_false(holds(buf_str(&out), "\x1b"));
		}
	assert_true(holds(buf_str(&out), "2.0 of 10 s\n"));
	assert_true(holds(buf_str(&out), "8 connections, 1,000 answers, 1 wrong; server 0.75 cores, 50.0 MiB\n"));
	assert_true(holds(buf_str(&out), "first wrong: a NO .[2J\n"));
	assert_true(holds(buf_str(&out), "\xe2\x96\x81\xe2\x96\x81"));
	assert_true(holds(buf_str(&out), "\xe2\x96\x88\n"));
	assert_true(holds(buf_str(&out), "body             1,000       250   504 us   991 us  1.00 ms   504 us"));
	assert_true(holds(buf_str(&out), "store") && holds(buf_str(&out), " 1 failed\n"));
	assert_false(holds(buf_str(&out), "search"));
	buf_reset(&out);
	live_render_line(&v, &out);
	assert_true(holds(buf_str(&out), "2.0 of 10 s: body 1,000/s, average 250/s, p50 504 us, p99 991 us, 8 connections, 1,000 answers, 1 wrong; server"));
	buf_fini(&out);
	free(t);
}

/* What was written to fd since, NUL-terminated. */
static struct str written(int fd, char *room, size_t bytes)
{
	ssize_t n = read(fd, room, bytes);

	assert_true(n > 0);
	return (struct str){ room, (size_t)n };
}

static void lines_where_no_terminal_is(void **state)
{
	struct tally *t = tallies();
	struct live_now now = { .tally = t, .workers = 2, .seconds = 1 };
	char room[4096];
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	struct live *l = live_new(fd[1], "roost");
	live_turn(l, &now);
	assert_true(holds(written(fd[0], room, sizeof room), "1.0 s: body 1,000/s, average 1,000/s"));
	live_turn(l, &now);                       /* too early */
	now.over = true;
	live_turn(l, &now);                       /* nothing new */
	t[0].answers++;
	live_turn(l, &now);
	struct str text = written(fd[0], room, sizeof room);
	assert_int_equal(str_find(text, '\n'), (ptrdiff_t)text.n - 1);
	assert_false(holds(text, "\x1b"));
	live_free(&l);
	assert_null(l);
	close(fd[0]);
	close(fd[1]);
	free(t);
}

static void drawn_over_itself(void **state)
{
	struct tally *t = tallies();
	struct live_now now = { .tally = t, .workers = 2, .seconds = 1, .over = true };
	struct winsize size = { .ws_col = 60, .ws_row = 6 };
	char room[8192];
	int master, slave;

	(void)state;
	assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
	struct live *l = live_new(slave, "roost");
	live_turn(l, &now);
	assert_false(holds(written(master, room, sizeof room), "\x1b[5A"));
	t[0].answers++;
	live_turn(l, &now);
	struct str text = written(master, room, sizeof room);
	assert_true(str_starts(text, S("\r\x1b[5A")) && str_ends(text, S("\x1b[J")));
	live_free(&l);
	close(master);
	close(slave);
	free(t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(rendered), cmocka_unit_test(lines_where_no_terminal_is), cmocka_unit_test(drawn_over_itself) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

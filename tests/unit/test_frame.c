/* tests/unit/test_frame.c: where commands end, whatever the cuts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "frontend/imap/frame.h"

static const struct frame_limits small = { .line_bytes = 40, .literal_bytes = 10, .literals_bytes = 16, .skip_bytes = 100 };
static const struct frame_limits minus = {
	.line_bytes = 100, .literal_bytes = 9000, .literals_bytes = 9000, .skip_bytes = 5000, .literal_minus = true,
};

/* What a session does: streams the literals of commands that start with "S", refuses those of "R". */
static void literal_met(struct frame *f, const struct frame_limits *limits, struct buf *log)
{
	char first = frame_bytes(f).n ? frame_bytes(f).p[0] : 0;

	buf_printf(log, "%s%s(%llu) ", f->literal.sync ? "ask" : "lit", f->literal.binary ? "8" : "",
	           (unsigned long long)f->literal.bytes);
	if (first == 'S')
		frame_stream(f);
	else if (first == 'R' || !frame_join(f, limits))
		frame_refuse(f, limits);
}

static void end_met(struct frame *f, const char *what, struct buf *log)
{
	buf_printf(log, "%s(%.*s) ", what, STR_ARG(frame_bytes(f)));
	frame_done(f);
	assert_null(f->cmd.p);                          /* an idle frame holds no memory */
}

static void feed(struct frame *f, const struct frame_limits *limits, struct str in, struct buf *log)
{
	for (;;) {
		switch (frame_feed(f, limits, &in)) {
		case GOT_MORE:     assert_int_equal(in.n, 0); return;
		case GOT_COMMAND:  end_met(f, "cmd", log); break;
		case GOT_TOO_LONG: end_met(f, "long", log); break;
		case GOT_REFUSED:  end_met(f, "refused", log); break;
		case GOT_LITERAL:  literal_met(f, limits, log); break;
		case GOT_BYTES:    buf_add(log, frame_chunk(f, &in, 3)); break;
		case GOT_HOPELESS:
			if (!str_ends(buf_str(log), S("hopeless ")))
				buf_add(log, S("hopeless "));
			return;
		}
	}
}

static void check(size_t row, const struct frame_limits *limits, struct str in, size_t cut, const char *want)
{
	struct frame f;
	struct buf log = { NULL, 0, 0 };

	frame_init(&f);
	if (cut == 0) {
		for (size_t i = 0; i < in.n; i++)
			feed(&f, limits, str_head(str_skip(in, i), 1), &log);
	} else {
		feed(&f, limits, str_head(in, cut), &log);
		feed(&f, limits, str_skip(in, cut), &log);
	}
	if (!str_eq(buf_str(&log), str_of(want)))
		fail_msg("row %zu cut %zu: %.*s, not %s", row, cut, STR_ARG(buf_str(&log)), want);
	buf_fini(&log);
	frame_fini(&f);
}

#define LINE40 "0123456789012345678901234567890123456789"

static void commands(void **state)
{
	static const struct { const char *in, *want; } row[] = {
		{ "a NOOP\r\n", "cmd(a NOOP) " },
		{ "a NOOP\n", "cmd(a NOOP) " },
		{ "a\rb\r\r\n", "cmd(a\rb\r) " },
		{ "\r\n\n", "cmd() cmd() " },
		{ "a 1\r\nb 2\r\n", "cmd(a 1) cmd(b 2) " },
		{ "a NOOP", "" },
		/* literals that join */
		{ "a {3}\r\nxyz\r\n", "ask(3) cmd(a {3}\r\nxyz) " },
		{ "a {3+}\r\nxyz b\r\n", "lit(3) cmd(a {3+}\r\nxyz b) " },
		{ "a ~{3+}\nx\r\n\r\n", "lit8(3) cmd(a ~{3+}\nx\r\n) " },
		{ "a {0}\r\n\r\n", "ask(0) cmd(a {0}\r\n) " },
		{ "a {2+}\r\n{5}\r\n", "lit(2) cmd(a {2+}\r\n{5}) " },          /* the announcement must stand in a line */
		{ "a {2+}\r\nxy{5}\r\n12345\r\n", "lit(2) ask(5) cmd(a {2+}\r\nxy{5}\r\n12345) " },
		{ "a {0003}\r\nxyz\r\n", "ask(3) cmd(a {0003}\r\nxyz) " },
		/* not literals */
		{ "a {}\r\n", "cmd(a {}) " },
		{ "a {+}\r\n", "cmd(a {+}) " },
		{ "a {-1}\r\n", "cmd(a {-1}) " },
		{ "a {3} \r\n", "cmd(a {3} ) " },
		{ "a 3}\r\n", "cmd(a 3}) " },
		{ "}\r\n", "cmd(}) " },
		/* streamed */
		{ "S {7}\r\n1234567\r\n", "ask(7) 1234567cmd() " },
		{ "S {0+}\r\n x\r\nb\r\n", "lit(0) cmd( x) cmd(b) " },
		{ "S ~{4+}\r\n\r\n\r\n {2}\r\nab\r\n", "lit8(4) \r\n\r\nask(2) cmd( {2}\r\nab) " },
		/* refused: a client that waits never sends the bytes, one that does not always does */
		{ "R {3}\r\nb 2\r\n", "ask(3) refused(R {3}\r\n) cmd(b 2) " },
		{ "R {3+}\r\nxyz {2+}\r\n\r\n \r\nb 2\r\n", "lit(3) refused(R {3+}\r\n) cmd(b 2) " },
		{ "R {3+}\r\nxyz {9}\r\nb\r\n", "lit(3) refused(R {3+}\r\n) cmd(b) " },
		{ "R {100+}\r\n", "lit(100) " },
		{ "R {101+}\r\nx", "lit(101) hopeless " },
		{ "R {101}\r\nx\n", "ask(101) refused(R {101}\r\n) cmd(x) " },
		{ "a {11}\r\nx\n", "ask(11) refused(a {11}\r\n) cmd(x) " },
		{ "a {10+}\r\n1234567890 {7+}\r\n1234567\r\nx\n",
		  "lit(10) lit(7) refused(a {10+}\r\n1234567890 {7+}\r\n) cmd(x) " },
		{ "a {9223372036854775808}\r\nb\r\n", "ask(9223372036854775808) refused(a {9223372036854775808}\r\n) cmd(b) " },
		{ "a {99999999999999999999}\r\n", "ask(18446744073709551615) refused(a {99999999999999999999}\r\n) " },
		{ "a {9223372036854775808+}\r\n", "lit(9223372036854775808) hopeless " },
		/* too long */
		{ LINE40 "\r\n", "cmd(" LINE40 ") " },
		{ LINE40 "abc\r\nb\r\n", "long(" LINE40 "ab) cmd(b) " },
		{ LINE40 "abc {3+}\r\nb\r\n tail\r\nb\r\n", "long(" LINE40 "ab) cmd(b) " },
		{ LINE40 "{3+}\r\nb\r\n tail\r\nb\r\n", "long(" LINE40 "{3) cmd(b) " },
		{ LINE40 "abc {3}\r\nb\r\n", "long(" LINE40 "ab) cmd(b) " },
		{ LINE40 LINE40 "{101+}\r\nb\r\n", "hopeless " },
		{ "a {10+}\r\n" LINE40 "\r\nb\r\n", "lit(10) cmd(a {10+}\r\n" LINE40 ") cmd(b) " },   /* literals do not count */
		{ "a {10+}\r\n" LINE40 "abc\r\nb\r\n", "lit(10) long(a {10+}\r\n" LINE40 "abc) cmd(b) " },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		for (size_t cut = 0; cut <= strlen(row[i].in); cut++)
			check(i, &small, str_of(row[i].in), cut, row[i].want);
}

/* RFC 7888 5: more than 4096 bytes unasked are forbidden; asked they are not. */
static void literal_minus(void **state)
{
	static const struct { const char *announce; size_t bytes; const char *want; } row[] = {
		{ "R {4096+}\r\n", 4096, "lit(4096) refused(R {4096+}\r\n) cmd(b) " },
		{ "R {4097+}\r\n", 4097, "long(R {4097+}\r\n) cmd(b) " },
		{ "R {4097}\r\n",  0,    "ask(4097) refused(R {4097}\r\n) cmd() cmd(b) " },
		{ "R {5001+}\r\n", 0,    "hopeless " },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct buf in = { NULL, 0, 0 };
		buf_add(&in, str_of(row[i].announce));
		memset(buf_grow(&in, row[i].bytes), 'x', row[i].bytes);
		buf_add(&in, S("\r\nb\r\n"));
		for (size_t cut = 0; cut <= in.n; cut += cut < 30 ? 1 : 97)
			check(i, &minus, buf_str(&in), cut, row[i].want);
		buf_fini(&in);
	}
}

static void many_literals(void **state)
{
	struct frame f;
	struct frame_limits limits = frame_limits_of(true, false);

	(void)state;
	frame_init(&f);
	for (int i = 0; i <= FRAME_LITERALS_MAX; i++) {
		struct str in = S("{0+}\r\n");
		assert_int_equal(frame_feed(&f, &limits, &in), GOT_LITERAL);
		assert_int_equal(frame_join(&f, &limits), i < FRAME_LITERALS_MAX);
	}
	frame_fini(&f);
}

/* A stream refused half way is read to its end. */
static void stream_refused(void **state)
{
	struct frame f;
	struct str in = S("S {10}\r\n1234567890 rest\r\nb\r\n");

	(void)state;
	frame_init(&f);
	assert_int_equal(frame_feed(&f, &small, &in), GOT_LITERAL);
	frame_stream(&f);
	assert_int_equal(frame_feed(&f, &small, &in), GOT_BYTES);
	assert_true(str_eq(frame_chunk(&f, &in, 4), S("1234")));
	frame_refuse(&f, &small);
	assert_int_equal(frame_feed(&f, &small, &in), GOT_REFUSED);
	frame_done(&f);
	assert_int_equal(frame_feed(&f, &small, &in), GOT_COMMAND);
	assert_true(str_eq(frame_bytes(&f), S("b")));
	frame_fini(&f);
}

static void taken(void **state)
{
	struct frame f;
	struct arena a;
	struct str in = S("a NOOP\r\nb");

	(void)state;
	frame_init(&f);
	arena_init(&a);
	struct frame_limits limits = frame_limits_of(false, true);
	assert_int_equal(frame_feed(&f, &limits, &in), GOT_COMMAND);
	assert_true(str_eq(frame_take(&f, &a), S("a NOOP")));
	assert_true(str_eq(in, S("b")));
	assert_null(f.cmd.p);
	assert_true(limits.line_bytes == 16384 && limits.literal_minus);
	assert_true(frame_limits_of(true, false).line_bytes == 1 << 20);
	arena_fini(&a);
	frame_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands),
		cmocka_unit_test(literal_minus),
		cmocka_unit_test(many_literals),
		cmocka_unit_test(stream_refused),
		cmocka_unit_test(taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

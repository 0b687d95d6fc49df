/* tests/unit/test_rpc.c: every message there and back, frames at every cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "common/rpc/frame.h"
#include "common/rpc/rpc.h"

/* Every field gets a value of its own, so that a mixed-up order shows. */
#define RPC_MSG(name, no) \
	static void fill_##name(struct rpc_##name *m) \
	{ \
		uint32_t n = no; \
		(void)m; \
		(void)n;
#define RPC_U32(f) m->f = ++n;
#define RPC_U64(f) m->f = ((uint64_t)++n << 40) + 1;
#define RPC_STR(f) m->f = str_head(S("abcdefghijklmnopqrstuvwxyz"), ++n % 27);
#define RPC_END    }
#include "common/rpc/rpc.def"
#include "common/rpc/undef.h"

#define RPC_MSG(name, no) \
	static bool same_##name(const struct rpc_##name *a, const struct rpc_##name *b) \
	{ \
		(void)a; \
		(void)b; \
		return true
#define RPC_U32(f) && a->f == b->f
#define RPC_U64(f) && a->f == b->f
#define RPC_STR(f) && str_eq(a->f, b->f)
#define RPC_END    ; }
#include "common/rpc/rpc.def"
#include "common/rpc/undef.h"

#define RPC_U32(f)
#define RPC_U64(f)
#define RPC_STR(f)
#define RPC_END
#define RPC_MSG(name, no) \
	static bool there_and_back_##name(struct buf *bytes) \
	{ \
		struct rpc_##name m, back; \
		fill_##name(&m); \
		rpc_put_##name(bytes, &m); \
		return rpc_get_##name(buf_str(bytes), &back) && same_##name(&m, &back); \
	}
#include "common/rpc/rpc.def"
#undef RPC_MSG

static const struct { const char *name; uint16_t no; bool (*there_and_back)(struct buf *bytes); } messages[] = {
#define RPC_MSG(name, no) { #name, no, there_and_back_##name },
#include "common/rpc/rpc.def"
#include "common/rpc/undef.h"
};
#define N_MESSAGES (sizeof messages / sizeof *messages)

static void every_message(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_MESSAGES; i++) {
		struct buf bytes = { 0 }, again = { 0 }, line = { 0 };
		if (!messages[i].there_and_back(&bytes))
			fail_msg("%s does not come back", messages[i].name);
		struct str s = buf_str(&bytes);
		assert_true(rpc_valid(messages[i].no, s));
		assert_true(rpc_again(&again, messages[i].no, s));
		assert_true(str_eq(buf_str(&again), s));
		assert_true(rpc_log(&line, messages[i].no, s));
		assert_true(str_starts(buf_str(&line), str_of(messages[i].name)));
		assert_string_equal(rpc_name(messages[i].no), messages[i].name);
		for (size_t cut = 0; cut < s.n; cut++)
			if (rpc_valid(messages[i].no, str_head(s, cut)))
				fail_msg("%s is valid when cut at %zu", messages[i].name, cut);
		buf_addc(&bytes, 'x');
		assert_false(rpc_valid(messages[i].no, buf_str(&bytes)));
		buf_fini(&bytes);
		buf_fini(&again);
		buf_fini(&line);
	}
}

static void no_such_message(void **state)
{
	struct buf out = { 0 };

	(void)state;
	assert_null(rpc_name(0));
	assert_null(rpc_name(60000));
	assert_false(rpc_valid(60000, S("")));
	assert_false(rpc_log(&out, 60000, S("")));
	assert_false(rpc_again(&out, 60000, S("")));
	assert_int_equal(out.n, 0);
}

/* Log lines name the length of what may be a secret, never the secret. */
static void log_lines(void **state)
{
	struct rpc_login m = { S("ada"), S("hunter2"), S("::1") };
	struct buf fields = { 0 }, line = { 0 };

	(void)state;
	rpc_put_login(&fields, &m);
	assert_true(rpc_log(&line, RPC_login, buf_str(&fields)));
	assert_true(str_eq(buf_str(&line), S("login name_bytes=3 password_bytes=7 peer_bytes=3")));
	buf_fini(&fields);
	buf_fini(&line);
}

static void read_frames(struct frame_reader *r, struct str in, struct buf *seen)
{
	struct frame f;

	while (frame_next(r, &in, &f) == FRAME_WHOLE)
		buf_printf(seen, "%u/%u:%.*s ", f.call, f.no, STR_ARG(f.fields));
	assert_int_equal(in.n, 0);
}

static void frames_at_every_cut(void **state)
{
	struct buf bytes = { 0 };

	(void)state;
	frame_put(&bytes, 0, 1, S("hello"));
	frame_put(&bytes, 7, 4, S(""));
	frame_put(&bytes, 0xfffffffe, 52, S("a rather longer one"));
	struct str all = buf_str(&bytes);
	for (size_t a = 0; a <= all.n; a++)
		for (size_t b = a; b <= all.n; b++) {
			struct frame_reader r = { 0 };
			struct buf seen = { 0 };
			read_frames(&r, str_head(all, a), &seen);
			read_frames(&r, str_head(str_skip(all, a), b - a), &seen);
			read_frames(&r, str_skip(all, b), &seen);
			if (!str_eq(buf_str(&seen), S("0/1:hello 7/4: 4294967294/52:a rather longer one ")))
				fail_msg("cut at %zu and %zu: %.*s", a, b, STR_ARG(buf_str(&seen)));
			assert_int_equal(r.lent ? 0 : r.part.n, 0);
			frame_reader_fini(&r);
			buf_fini(&seen);
		}
	buf_fini(&bytes);
}

static void frame_lengths(void **state)
{
	static const struct { uint32_t length; enum frame_got got; } row[] = {
		{ 0, FRAME_BAD },
		{ 5, FRAME_BAD },              /* no room for call id and number */
		{ 6, FRAME_WHOLE },
		{ 7, FRAME_MORE },
		{ RPC_FRAME_MAX, FRAME_MORE },
		{ RPC_FRAME_MAX + 1, FRAME_BAD },
		{ UINT32_MAX, FRAME_BAD },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		for (size_t cut = 0; cut <= 10; cut++) {
			struct buf bytes = { 0 };
			struct frame_reader r = { 0 };
			struct frame f;
			buf_u32(&bytes, row[i].length);
			buf_add(&bytes, (struct str){ "\0\0\0\1\0\1", 6 });
			struct str first = str_head(buf_str(&bytes), cut), rest = str_skip(buf_str(&bytes), cut);
			enum frame_got got = frame_next(&r, &first, &f);
			if (got == FRAME_MORE && rest.n)
				got = frame_next(&r, &rest, &f);
			if (got != row[i].got)
				fail_msg("row %zu, cut at %zu: %d", i, cut, got);
			frame_reader_fini(&r);
			buf_fini(&bytes);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message),
		cmocka_unit_test(no_such_message),
		cmocka_unit_test(log_lines),
		cmocka_unit_test(frames_at_every_cut),
		cmocka_unit_test(frame_lengths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

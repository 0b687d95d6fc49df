/* tests/fuzz/fuzz_imap.c: any bytes through frame and grammar: the same result whole and byte by byte, bounded memory,
 * nothing lent from outside the command, and every search becomes a program no deeper than promised. */
#include <stdint.h>
#include <stdio.h>

#include "common/base/must.h"
#include "common/mail/program.h"
#include "frontend/imap/args.h"
#include "frontend/imap/frame.h"
#include "frontend/imap/grammar.h"
#include "frontend/imap/mailbox_name.h"
#include "frontend/imap/program_build.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct { const char *name; parse_fn *parse; } commands[] = {
	{ "NOOP", parse_none }, { "LOGIN", parse_login }, { "AUTHENTICATE", parse_authenticate }, { "ID", parse_id },
	{ "ENABLE", parse_enable }, { "SELECT", parse_select }, { "DELETE", parse_mailbox }, { "CREATE", parse_create },
	{ "RENAME", parse_rename }, { "LIST", parse_list }, { "LSUB", parse_lsub }, { "STATUS", parse_status },
	{ "GETQUOTA", parse_getquota }, { "SETQUOTA", parse_setquota },
	{ "APPEND", parse_append }, { "EXPUNGE", parse_expunge }, { "UID EXPUNGE", parse_expunge },
	{ "COPY", parse_copy }, { "UID COPY", parse_copy }, { "STORE", parse_store }, { "UID STORE", parse_store },
	{ "FETCH", parse_fetch }, { "UID FETCH", parse_fetch }, { "SEARCH", parse_search }, { "UID SEARCH", parse_search },
};

static bool resolve(void *ctx, const struct search_key *key, struct uidset *out)
{
	(void)ctx;
	(void)key;
	uidset_add(out, 1);
	return true;
}

/* A whole tree in prefix order, no deeper than programs may be. */
static void check_search(const struct search_args *a)
{
	uint32_t wanted[PROGRAM_DEPTH_MAX];
	size_t depth = 0;
	struct buf program = { NULL, 0, 0 };
	struct uidset within = { 0 };
	bool bounded;

	for (size_t i = 0; i < a->n_keys; i++) {
		int op = a->keys[i].op;
		uint32_t operands = op == OP_AND ? a->keys[i].n : op == OP_OR ? 2 : op == OP_NOT ? 1 : 0;
		must(i == 0 || depth > 0);
		must(op != OP_AND || operands > 0);
		if (operands) {
			must(depth < PROGRAM_DEPTH_MAX);
			wanted[depth++] = operands;
			continue;
		}
		while (depth > 0 && --wanted[depth - 1] == 0)
			depth--;
	}
	must(depth == 0 && a->n_keys > 0);
	must(program_build(&program, a, resolve, NULL, &within, &bounded) == OK);
	must(bounded || within.n == 0);
	buf_fini(&program);
	uidset_fini(&within);
}

/* True: the bytes are an APPEND up to its message. */
static bool understand(struct buf *log, struct str bytes)
{
	struct arena arena;
	struct grammar g;
	struct str tag, name, decoded;
	void *args;
	bool append = false;

	arena_init(&arena);
	grammar_init(&g, &arena, str_dup(&arena, bytes));
	bool started = grammar_start(&g, &tag, &name);
	buf_printf(log, "tag<%.*s> ", STR_ARG(tag));
	for (size_t i = 0; started && i < sizeof commands / sizeof *commands; i++) {
		if (!str_ieq(name, str_of(commands[i].name)))
			continue;
		bool ok = grammar_args(&g, commands[i].parse, &args);
		buf_printf(log, "%s %s ", commands[i].name, ok ? "ok" : g.error);
		append = ok && commands[i].parse == parse_append;
		if (ok && commands[i].parse == parse_search)
			check_search(args);
		if (ok && commands[i].parse == parse_mailbox)
			(void)mailbox_decode(&arena, ((struct mailbox_args *)args)->mailbox, bytes.n % 2, &decoded);
	}
	must(arena.total_bytes < 64 * bytes.n + (1 << 20));
	arena_fini(&arena);
	return append;
}

static void literal_met(struct frame *f, const struct frame_limits *limits, struct buf *log)
{
	buf_printf(log, "literal %llu ", (unsigned long long)f->literal.bytes);
	if (understand(log, frame_bytes(f)))
		frame_stream(f);
	else if (f->literal.bytes % 7 == 6 || !frame_join(f, limits))
		frame_refuse(f, limits);
}

/* False: hopeless. */
static bool feed(struct frame *f, const struct frame_limits *limits, struct str in, struct buf *log)
{
	for (;;) {
		enum got got = frame_feed(f, limits, &in);
		must(f->cmd.cap <= 4 * (limits->line_bytes + limits->literals_bytes));
		switch (got) {
		case GOT_MORE:
			must(in.n == 0);
			return true;
		case GOT_LITERAL:
			literal_met(f, limits, log);
			break;
		case GOT_BYTES:
			buf_add(log, frame_chunk(f, &in, 5));
			break;
		case GOT_COMMAND:
		case GOT_TOO_LONG:
		case GOT_REFUSED:
			buf_printf(log, "got %d ", (int)got);
			understand(log, frame_bytes(f));
			frame_done(f);
			must(f->cmd.p == NULL);
			break;
		case GOT_HOPELESS:
			buf_add(log, S("hopeless"));
			return false;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct frame_limits limits = { 300, 40, 80, 500, data[0] & 1 };
	struct str in = { (const char *)data + 1, size - 1 };
	struct buf whole = { NULL, 0, 0 }, bytewise = { NULL, 0, 0 };
	struct frame f;

	if (data[0] & 2)
		limits = frame_limits_of(true, data[0] & 1);
	frame_init(&f);
	feed(&f, &limits, in, &whole);
	frame_fini(&f);
	for (size_t i = 0; i < in.n; i++)
		if (!feed(&f, &limits, str_head(str_skip(in, i), 1), &bytewise))
			break;
	frame_fini(&f);
	must(str_eq(buf_str(&whole), buf_str(&bytewise)));
	buf_fini(&whole);
	buf_fini(&bytewise);
	return 0;
}

/* frontend/imap/program_build.c: prefix order in, prefix code out. */
#include "frontend/imap/program_build.h"

#include "common/mail/charset.h"
#include "common/mail/program.h"

static void add_text(struct buf *out, struct str charset, struct str text)
{
	size_t at = out->n;

	buf_u32(out, 0);
	charset_convert(out, charset, text);
	buf_set_u32(out, at, (uint32_t)(out->n - at - 4));
}

/* A program in the making. */
struct building {
	struct buf *out;
	const struct search_args *search;
	search_resolve_fn *resolve;
	void *ctx;
	struct uidset *within;
	bool bounded;
	size_t loose;                    /* keys still to come that need not all hold: below an OR or a NOT */
};

static void bound(struct building *b, const struct uidset *set)
{
	if (b->bounded)
		uidset_intersect(b->within, set);
	else
		uidset_copy(b->within, set);
	b->bounded = true;
}

static bool add_set(struct building *b, const struct search_key *key)
{
	struct uidset set = { NULL, 0, 0 };
	struct buf *out = b->out;
	bool resolved = b->resolve(b->ctx, key, &set);
	size_t at = out->n;

	if (resolved) {
		buf_u8(out, OP_UIDS);
		buf_u32(out, 0);
		uidset_pack(out, &set);
		buf_set_u32(out, at + 1, (uint32_t)(out->n - at - 5));
	}
	if (resolved && b->loose == 0)
		bound(b, &set);
	uidset_fini(&set);
	return resolved;
}

/* An AND of one is just that one: a search of one key needs no more. */
static void add_and(struct buf *out, uint32_t n)
{
	if (n == 1)
		return;
	buf_u8(out, OP_AND);
	buf_u16(out, (uint16_t)n);
}

static void add_operands(struct buf *out, const struct search_key *key, struct str charset)
{
	switch (key->op) {
	case OP_FLAGS:
	case OP_BEFORE: case OP_ON: case OP_SINCE:
	case OP_SENTBEFORE: case OP_SENTON: case OP_SENTSINCE:
		buf_u32(out, key->n);
		break;
	case OP_KEYWORD:
		buf_lstr(out, key->name);
		break;
	case OP_LARGER: case OP_SMALLER: case OP_MODSEQ:
		buf_u64(out, key->big);
		break;
	case OP_HEADER:
		buf_lstr(out, key->name);
		add_text(out, charset, key->text);
		break;
	case OP_ADDRESS:
		buf_u8(out, (uint8_t)key->n);
		add_text(out, charset, key->text);
		break;
	case OP_SUBJECT: case OP_BODY: case OP_TEXT:
		add_text(out, charset, key->text);
		break;
	}
}

static size_t operands(const struct search_key *key)
{
	return key->op == OP_AND ? key->n : key->op == OP_OR ? 2 : key->op == OP_NOT;
}

/* Each key below an OR or a NOT stands for one, and brings its own operands. */
static void count_loose(struct building *b, const struct search_key *key)
{
	if (b->loose > 0)
		b->loose += operands(key) - 1;
	else if (key->op != OP_AND)
		b->loose = operands(key);
}

static bool add_key(struct building *b, const struct search_key *key)
{
	bool set = key->op == SEARCH_SET || key->op == SEARCH_RECENT;

	if (set && !add_set(b, key))
		return false;
	count_loose(b, key);
	if (set)
		return true;
	if (key->op == OP_AND) {
		add_and(b->out, key->n);
		return true;
	}
	buf_u8(b->out, (uint8_t)key->op);
	add_operands(b->out, key, b->search->charset);
	return true;
}

enum err program_build(struct buf *out, const struct search_args *search, search_resolve_fn *resolve, void *ctx,
                       struct uidset *within, bool *bounded)
{
	struct building b = { .out = out, .search = search, .resolve = resolve, .ctx = ctx, .within = within };
	size_t start = out->n;
	enum err err = OK;

	for (size_t i = 0; i < search->n_keys && err == OK; i++) {
		if (!add_key(&b, &search->keys[i]))
			err = ERR_INPUT;
		else if (out->n - start > PROGRAM_BYTES_MAX)
			err = ERR_LIMIT;
	}
	if (err)
		out->n = start;
	*bounded = b.bounded;
	return err;
}

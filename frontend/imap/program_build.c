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

static bool add_set(struct buf *out, const struct search_key *key, search_resolve_fn *resolve, void *ctx)
{
	struct uidset set = { NULL, 0, 0 };
	bool resolved = resolve(ctx, key, &set);
	size_t at = out->n;

	if (resolved) {
		buf_u8(out, OP_UIDS);
		buf_u32(out, 0);
		uidset_pack(out, &set);
		buf_set_u32(out, at + 1, (uint32_t)(out->n - at - 5));
	}
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

static bool add_key(struct buf *out, const struct search_args *search, const struct search_key *key, search_resolve_fn *resolve, void *ctx)
{
	if (key->op == SEARCH_SET || key->op == SEARCH_RECENT)
		return add_set(out, key, resolve, ctx);
	if (key->op == OP_AND) {
		add_and(out, key->n);
		return true;
	}
	buf_u8(out, (uint8_t)key->op);
	add_operands(out, key, search->charset);
	return true;
}

enum err program_build(struct buf *out, const struct search_args *search, search_resolve_fn *resolve, void *ctx)
{
	size_t start = out->n;
	enum err err = OK;

	for (size_t i = 0; i < search->n_keys && err == OK; i++) {
		if (!add_key(out, search, &search->keys[i], resolve, ctx))
			err = ERR_INPUT;
		else if (out->n - start > PROGRAM_BYTES_MAX)
			err = ERR_LIMIT;
	}
	if (err)
		out->n = start;
	return err;
}

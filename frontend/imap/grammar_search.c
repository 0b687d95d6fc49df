/* frontend/imap/grammar_search.c: SEARCH (RFC 9051 6.4.4, RFC 4731, 5182, 7162 3.1.5) into one flat tree.
 *
 * Nothing recurses: keys come in prefix order, and a stack of those that still wait for operands, bounded by what a
 * program may be deep, stands beside them.
 */
#include "frontend/imap/grammar.h"

#include "common/mail/date.h"
#include "common/mail/flags.h"
#include "common/mail/program.h"
#include "frontend/imap/rules.h"

enum {
	KEYS_MAX = 10000,
	LEAF_DEPTH = 3,                                  /* NEW is an AND of a NOT of something */
	DEPTH_MAX = PROGRAM_DEPTH_MAX - LEAF_DEPTH,
	GROUP = 0,                                       /* operands wanted: until the parenthesis closes */
};

struct waiting { uint32_t key, wanted; };
struct builder {
	struct grammar     *g;
	struct search_args *a;
	size_t              depth;
	struct waiting      stack[DEPTH_MAX];
};

static struct search_key *key_add(struct builder *b, int op, uint32_t n)
{
	struct search_args *a = b->a;

	a->keys = list_room(b->g->arena, a->keys, a->n_keys, sizeof *a->keys);
	a->keys[a->n_keys] = (struct search_key){ .op = op, .n = n };
	return &a->keys[a->n_keys++];
}

/* ---- one key, by what follows its word ---- */

typedef bool take_key_fn(struct builder *b, uint32_t op, uint32_t n);

static bool key_plain(struct builder *b, uint32_t op, uint32_t n)
{
	key_add(b, (int)op, n);
	return true;
}

static bool key_not(struct builder *b, uint32_t op, uint32_t n)
{
	key_add(b, OP_NOT, 0);
	key_add(b, (int)op, n);
	return true;
}

/* RECENT and not \Seen */
static bool key_new(struct builder *b, uint32_t op, uint32_t n)
{
	key_add(b, OP_AND, 2);
	key_add(b, SEARCH_RECENT, 0);
	return key_not(b, op, n);
}

static bool key_keyword(struct builder *b, uint32_t op, uint32_t negated)
{
	struct str name;

	if (!take_space(b->g) || !take_atom(b->g, &name) || !flag_keyword_valid(name))
		return wrong(b->g, "expected a keyword");
	if (negated)
		key_add(b, OP_NOT, 0);
	key_add(b, (int)op, 0)->name = name;
	return true;
}

static bool key_text(struct builder *b, uint32_t op, uint32_t n)
{
	struct str text;

	if (!take_space(b->g) || !take_astring(b->g, &text))
		return wrong(b->g, "expected a string to search for");
	key_add(b, (int)op, n)->text = text;
	return true;
}

static bool key_header(struct builder *b, uint32_t op, uint32_t n)
{
	struct str name;

	if (!take_space(b->g) || !take_astring(b->g, &name))
		return wrong(b->g, "expected a header field");
	if (!key_text(b, op, n))
		return false;
	b->a->keys[b->a->n_keys - 1].name = name;
	return true;
}

/* date-text / DQUOTE date-text DQUOTE */
static bool take_date(struct grammar *g, int32_t *day)
{
	struct str text;
	bool quoted = next_is(g, '"');

	return (quoted ? take_string(g, &text) : take_label(g, &text)) && date_day_parse(text, day);
}

static bool key_date(struct builder *b, uint32_t op, uint32_t n)
{
	int32_t day;

	(void)n;
	if (!take_space(b->g) || !take_date(b->g, &day))
		return wrong(b->g, "expected a date");
	key_add(b, (int)op, (uint32_t)day);
	return true;
}

static bool key_size(struct builder *b, uint32_t op, uint32_t n)
{
	uint64_t bytes;

	if (!take_space(b->g) || !take_number(b->g, NUMBER64_MAX, &bytes))
		return wrong(b->g, "expected a number of octets");
	key_add(b, (int)op, n)->big = bytes;
	return true;
}

/* SP DQUOTE "/flags/..." DQUOTE SP ("priv" / "shared" / "all"), or nothing: we keep one mod-sequence a message, so
 * which flag is meant makes no difference (RFC 7162 3.1.5). */
static bool take_entry(struct grammar *g)
{
	static const struct word types[] = { { { "priv", 4 }, 0 }, { { "shared", 6 }, 0 }, { { "all", 3 }, 0 } };
	struct str at = g->in, entry;
	uint32_t type;

	if (!take_char(g, ' ') || !next_is(g, '"')) {
		g->in = at;
		return true;
	}
	return take_string(g, &entry) && str_istarts(entry, S("/flags/")) && take_space(g) && TAKE_WORD(g, types, &type);
}

static bool key_modseq(struct builder *b, uint32_t op, uint32_t n)
{
	uint64_t modseq;

	if (!take_entry(b->g) || !take_space(b->g) || !take_number(b->g, NUMBER64_MAX, &modseq))
		return wrong(b->g, "expected a mod-sequence");
	key_add(b, (int)op, n)->big = modseq;
	b->a->modseq = true;
	return true;
}

static bool key_uid(struct builder *b, uint32_t op, uint32_t n)
{
	struct seqset set;

	if (!take_spaced_set(b->g, &set))
		return false;
	struct search_key *key = key_add(b, (int)op, n);
	key->uid = true;
	key->set = set;
	return true;
}

enum { FROM, TO, CC, BCC };                              /* OP_ADDRESS */

static const struct { struct str word; take_key_fn *take; uint32_t op, n; } keys[] = {
	{ { "ALL", 3 },         key_plain,   OP_ALL, 0 },
	{ { "ANSWERED", 8 },    key_plain,   OP_FLAGS, FLAG_ANSWERED },
	{ { "DELETED", 7 },     key_plain,   OP_FLAGS, FLAG_DELETED },
	{ { "DRAFT", 5 },       key_plain,   OP_FLAGS, FLAG_DRAFT },
	{ { "FLAGGED", 7 },     key_plain,   OP_FLAGS, FLAG_FLAGGED },
	{ { "SEEN", 4 },        key_plain,   OP_FLAGS, FLAG_SEEN },
	{ { "UNANSWERED", 10 }, key_not,     OP_FLAGS, FLAG_ANSWERED },
	{ { "UNDELETED", 9 },   key_not,     OP_FLAGS, FLAG_DELETED },
	{ { "UNDRAFT", 7 },     key_not,     OP_FLAGS, FLAG_DRAFT },
	{ { "UNFLAGGED", 9 },   key_not,     OP_FLAGS, FLAG_FLAGGED },
	{ { "UNSEEN", 6 },      key_not,     OP_FLAGS, FLAG_SEEN },
	{ { "RECENT", 6 },      key_plain,   SEARCH_RECENT, 0 },
	{ { "OLD", 3 },         key_not,     SEARCH_RECENT, 0 },
	{ { "NEW", 3 },         key_new,     OP_FLAGS, FLAG_SEEN },
	{ { "KEYWORD", 7 },     key_keyword, OP_KEYWORD, false },
	{ { "UNKEYWORD", 9 },   key_keyword, OP_KEYWORD, true },
	{ { "FROM", 4 },        key_text,    OP_ADDRESS, FROM },
	{ { "TO", 2 },          key_text,    OP_ADDRESS, TO },
	{ { "CC", 2 },          key_text,    OP_ADDRESS, CC },
	{ { "BCC", 3 },         key_text,    OP_ADDRESS, BCC },
	{ { "SUBJECT", 7 },     key_text,    OP_SUBJECT, 0 },
	{ { "BODY", 4 },        key_text,    OP_BODY, 0 },
	{ { "TEXT", 4 },        key_text,    OP_TEXT, 0 },
	{ { "HEADER", 6 },      key_header,  OP_HEADER, 0 },
	{ { "BEFORE", 6 },      key_date,    OP_BEFORE, 0 },
	{ { "ON", 2 },          key_date,    OP_ON, 0 },
	{ { "SINCE", 5 },       key_date,    OP_SINCE, 0 },
	{ { "SENTBEFORE", 10 }, key_date,    OP_SENTBEFORE, 0 },
	{ { "SENTON", 6 },      key_date,    OP_SENTON, 0 },
	{ { "SENTSINCE", 9 },   key_date,    OP_SENTSINCE, 0 },
	{ { "LARGER", 6 },      key_size,    OP_LARGER, 0 },
	{ { "SMALLER", 7 },     key_size,    OP_SMALLER, 0 },
	{ { "MODSEQ", 6 },      key_modseq,  OP_MODSEQ, 0 },
	{ { "UID", 3 },         key_uid,     SEARCH_SET, 0 },
};

static bool take_leaf(struct builder *b)
{
	struct seqset set;
	struct str label;

	if (take_set(b->g, &set)) {
		key_add(b, SEARCH_SET, 0)->set = set;
		return true;
	}
	if (take_label(b->g, &label))
		for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
			if (str_ieq(label, keys[i].word))
				return keys[i].take(b, keys[i].op, keys[i].n);
	return wrong(b->g, "expected a search key");
}

/* ---- the tree ---- */

static bool open_key(struct builder *b, int op, uint32_t wanted)
{
	if (b->depth == DEPTH_MAX)
		return wrong(b->g, "too deep a search");
	b->stack[b->depth++] = (struct waiting){ (uint32_t)b->a->n_keys, wanted };
	key_add(b, op, 0);
	return true;
}

/* "(", "NOT " and "OR ", as many as stand here, then one leaf. */
static bool take_key(struct builder *b)
{
	for (;;) {
		bool opened = true;
		if (b->a->n_keys >= KEYS_MAX)
			return wrong(b->g, "too many search keys");
		if (take_char(b->g, '('))
			opened = open_key(b, OP_AND, GROUP);
		else if (take_keyword(b->g, S("NOT")))
			opened = open_key(b, OP_NOT, 1) && take_space(b->g);
		else if (take_keyword(b->g, S("OR")))
			opened = open_key(b, OP_OR, 2) && take_space(b->g);
		else
			return take_leaf(b);
		if (!opened)
			return false;
	}
}

/* A key is complete, which may complete those that waited for it. Left at the one that wants another, or,
 * with the stack empty, at the end. */
static void close_keys(struct builder *b)
{
	while (b->depth > 0) {
		struct waiting *top = &b->stack[b->depth - 1];
		if (top->wanted == GROUP) {
			b->a->keys[top->key].n++;
			if (b->depth == 1 ? !at_end(b->g) : !take_char(b->g, ')'))
				return;
		} else if (--top->wanted > 0) {
			return;
		}
		b->depth--;
	}
}

static bool take_keys(struct grammar *g, struct search_args *a)
{
	struct builder b = { .g = g, .a = a, .depth = 0 };

	if (!open_key(&b, OP_AND, GROUP))
		return false;
	for (;;) {
		if (!take_key(&b))
			return false;
		close_keys(&b);
		if (b.depth == 0)
			return true;
		if (!take_char(g, ' '))
			return wrong(g, "expected a space or a closing parenthesis");
	}
}

/* Behind "RETURN". */
static bool take_returns(struct grammar *g, struct search_args *a)
{
	static const struct word options[] = {
		{ { "MIN", 3 }, RETURN_MIN }, { { "MAX", 3 }, RETURN_MAX }, { { "ALL", 3 }, RETURN_ALL },
		{ { "COUNT", 5 }, RETURN_COUNT }, { { "SAVE", 4 }, RETURN_SAVE },
	};
	uint32_t option;

	a->has_return = true;
	if (!take_space(g) || !take_char(g, '('))
		return wrong(g, "expected a list of results");
	if (take_char(g, ')')) {
		a->returns = RETURN_ALL;                /* RFC 4731 3.1 */
		return true;
	}
	do {
		if (!TAKE_WORD(g, options, &option))
			return wrong(g, "no such result");
		a->returns |= option;
	} while (take_char(g, ' '));
	return take_char(g, ')') || wrong(g, "expected a closing parenthesis");
}

bool parse_search(struct grammar *g, void **args)
{
	struct search_args *a = *args = arena_zalloc(g->arena, sizeof *a);

	a->uid = g->uid;
	if (!take_space(g))
		return false;
	if (take_keyword(g, S("RETURN")) && (!take_returns(g, a) || !take_space(g)))
		return false;
	if (take_keyword(g, S("CHARSET")) && (!take_space(g) || !take_astring(g, &a->charset) || !take_space(g)))
		return wrong(g, "expected a charset and search keys");
	return take_keys(g, a);
}

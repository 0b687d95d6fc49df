/* frontend/imap/grammar_fetch.c: FETCH (RFC 9051 6.4.5, RFC 3501 6.4.5, RFC 3516, RFC 7162 3.1.4). */
#include "frontend/imap/grammar.h"

#include "frontend/imap/rules.h"

enum { SECTIONS_MAX = 1000, FIELDS_MAX = 1000, PATH_MAX_LEVELS = 1000 };

/* Items without brackets. The session's own are beside what storaged reads (enum fetch_field). */
enum { ITEM_FLAGS = 1 << 16, ITEM_UID = 1 << 17, ITEM_MODSEQ = 1 << 18 };

static const struct word macros[] = {
	{ { "ALL", 3 }, ITEM_FLAGS | FETCH_DATE | FETCH_SIZE | FETCH_ENVELOPE },
	{ { "FAST", 4 }, ITEM_FLAGS | FETCH_DATE | FETCH_SIZE },
	{ { "FULL", 4 }, ITEM_FLAGS | FETCH_DATE | FETCH_SIZE | FETCH_ENVELOPE | FETCH_BODY },
};

static const struct word plain_items[] = {
	{ { "FLAGS", 5 }, ITEM_FLAGS },
	{ { "UID", 3 }, ITEM_UID },
	{ { "MODSEQ", 6 }, ITEM_MODSEQ },
	{ { "INTERNALDATE", 12 }, FETCH_DATE },
	{ { "RFC822.SIZE", 11 }, FETCH_SIZE },
	{ { "ENVELOPE", 8 }, FETCH_ENVELOPE },
	{ { "BODYSTRUCTURE", 13 }, FETCH_STRUCTURE },
	{ { "BODY", 4 }, FETCH_BODY },
};

/* Items of bytes. `brackets`: a section follows; `parts_only`: of numbers alone; `seen`: reading it sets \Seen. */
static const struct byte_item {
	struct str        word;
	enum section_name name;
	enum section_kind kind;
	bool              brackets, parts_only, partial, seen;
} byte_items[] = {
	{ { "BODY", 4 },           NAMED_BODY,          SECTION_BODY,        true,  false, true,  true },
	{ { "BODY.PEEK", 9 },      NAMED_BODY,          SECTION_BODY,        true,  false, true,  false },
	{ { "BINARY", 6 },         NAMED_BINARY,        SECTION_BINARY,      true,  true,  true,  true },
	{ { "BINARY.PEEK", 11 },   NAMED_BINARY,        SECTION_BINARY,      true,  true,  true,  false },
	{ { "BINARY.SIZE", 11 },   NAMED_BINARY_SIZE,   SECTION_BINARY_SIZE, true,  true,  false, false },
	{ { "RFC822", 6 },         NAMED_RFC822,        SECTION_BODY,        false, false, false, true },
	{ { "RFC822.HEADER", 13 }, NAMED_RFC822_HEADER, SECTION_HEADER,      false, false, false, false },
	{ { "RFC822.TEXT", 11 },   NAMED_RFC822_TEXT,   SECTION_TEXT,        false, false, false, true },
};

static const struct word section_texts[] = {
	{ { "HEADER", 6 }, SECTION_HEADER },
	{ { "HEADER.FIELDS", 13 }, SECTION_FIELDS },
	{ { "HEADER.FIELDS.NOT", 17 }, SECTION_FIELDS_NOT },
	{ { "TEXT", 4 }, SECTION_TEXT },
	{ { "MIME", 4 }, SECTION_MIME },
};

/* ---- sections ---- */

/* section-part: nz-number *("." nz-number), and a "." behind it if a word follows. */
static bool take_path(struct grammar *g, struct str *path, bool *word_follows)
{
	struct str start = g->in;
	uint64_t number;
	unsigned levels = 0;

	*word_follows = false;
	for (;;) {
		if (!take_nz_number(g, UINT32_MAX, &number) || ++levels > PATH_MAX_LEVELS)
			return wrong(g, "expected a part number");
		*path = str_head(start, start.n - g->in.n);
		if (!take_char(g, '.'))
			return true;
		if (at_end(g) || g->in.p[0] < '0' || g->in.p[0] > '9') {
			*word_follows = true;
			return true;
		}
	}
}

/* SP "(" header-fld-name *(SP header-fld-name) ")" */
static bool take_header_list(struct grammar *g, struct section_ask *ask)
{
	size_t n = 0;
	struct str field;

	if (!take_space(g) || !take_char(g, '('))
		return wrong(g, "expected a list of header fields");
	do {
		if (!take_astring(g, &field))
			return wrong(g, "expected a header field");
		if (n == FIELDS_MAX)
			return wrong(g, "too many header fields");
		strs_add(g->arena, &ask->fields, &n, field);
	} while (take_char(g, ' '));
	ask->n_fields = (uint16_t)n;
	return take_char(g, ')') || wrong(g, "expected a closing parenthesis");
}

static bool take_section_text(struct grammar *g, struct section_ask *ask)
{
	uint32_t kind;

	if (!TAKE_WORD(g, section_texts, &kind) || (kind == SECTION_MIME && ask->path.n == 0))
		return wrong(g, "expected a section");
	ask->kind = kind;
	if (kind == SECTION_FIELDS || kind == SECTION_FIELDS_NOT)
		return take_header_list(g, ask);
	return true;
}

/* "[" [section-spec] "]" or "[" [section-part] "]" */
static bool take_section(struct grammar *g, bool parts_only, struct section_ask *ask)
{
	bool word_follows = !parts_only;

	if (!take_char(g, '['))
		return wrong(g, "expected a section");
	if (take_char(g, ']'))
		return true;
	if (!at_end(g) && g->in.p[0] >= '0' && g->in.p[0] <= '9' && !take_path(g, &ask->path, &word_follows))
		return false;
	if (word_follows && parts_only)
		return wrong(g, "expected a part number");
	if (word_follows && !take_section_text(g, ask))
		return false;
	return take_char(g, ']') || wrong(g, "expected a closing bracket");
}

/* "<" number64 "." nz-number64 ">", or nothing */
static bool take_partial(struct grammar *g, struct section_ask *ask)
{
	ask->partial = take_char(g, '<');
	if (!ask->partial)
		return true;
	if (!take_number(g, NUMBER64_MAX, &ask->start) || !take_char(g, '.') ||
	    !take_nz_number(g, NUMBER64_MAX, &ask->count) || !take_char(g, '>'))
		return wrong(g, "expected <start.count>");
	return true;
}

/* ---- items ---- */

static void section_add(struct grammar *g, struct fetch_args *a, const struct section_ask *ask, enum section_name name)
{
	a->sections = list_room(g->arena, a->sections, a->n_sections, sizeof *a->sections);
	a->names = list_room(g->arena, a->names, a->n_sections, sizeof *a->names);
	a->sections[a->n_sections] = *ask;
	a->names[a->n_sections++] = name;
}

static bool take_bytes_of(struct grammar *g, const struct byte_item *item, struct fetch_args *a)
{
	struct section_ask ask = { .kind = item->kind };

	if (a->n_sections == SECTIONS_MAX)
		return wrong(g, "too many sections");
	if (item->brackets && !take_section(g, item->parts_only, &ask))
		return false;
	if (item->partial && !take_partial(g, &ask))
		return false;
	a->sets_seen |= item->seen;
	section_add(g, a, &ask, item->name);
	return true;
}

static void items_add(struct fetch_args *a, uint32_t items)
{
	a->flags |= (items & ITEM_FLAGS) != 0;
	a->show_uid |= (items & ITEM_UID) != 0;
	a->modseq |= (items & ITEM_MODSEQ) != 0;
	a->fields |= items & ~(uint32_t)(ITEM_FLAGS | ITEM_UID | ITEM_MODSEQ);
}

static bool take_item(struct grammar *g, struct fetch_args *a)
{
	struct str at = g->in, label;
	uint32_t items;

	if (!take_label(g, &label))
		return wrong(g, "expected something to fetch");
	bool brackets = next_is(g, '[');
	for (size_t i = 0; i < sizeof byte_items / sizeof *byte_items; i++)
		if (brackets == byte_items[i].brackets && str_ieq(label, byte_items[i].word))
			return take_bytes_of(g, &byte_items[i], a);
	g->in = at;
	if (brackets || !TAKE_WORD(g, plain_items, &items))
		return wrong(g, "no such thing to fetch");
	items_add(a, items);
	return true;
}

static bool take_items(struct grammar *g, struct fetch_args *a)
{
	uint32_t items;

	if (TAKE_WORD(g, macros, &items)) {
		items_add(a, items);
		return true;
	}
	if (!take_char(g, '('))
		return take_item(g, a);
	do {
		if (!take_item(g, a))
			return false;
	} while (take_char(g, ' '));
	return take_char(g, ')') || wrong(g, "expected a closing parenthesis");
}

/* Behind its "(": CHANGEDSINCE and VANISHED (RFC 7162 3.1.4.1, 3.2.6) */
static bool take_modifiers(struct grammar *g, struct fetch_args *a)
{
	do {
		if (take_keyword(g, S("CHANGEDSINCE"))) {
			a->has_changed_since = true;
			if (!take_space(g) || !take_nz_number(g, NUMBER64_MAX, &a->changed_since))
				return wrong(g, "expected a mod-sequence");
		} else if (take_keyword(g, S("VANISHED"))) {
			a->vanished = true;
		} else {
			return wrong(g, "expected CHANGEDSINCE or VANISHED");
		}
	} while (take_char(g, ' '));
	if (a->vanished && !(a->uid && a->has_changed_since))
		return wrong(g, "VANISHED needs UID FETCH and CHANGEDSINCE");
	return take_char(g, ')') || wrong(g, "expected a closing parenthesis");
}

bool parse_fetch(struct grammar *g, void **args)
{
	struct fetch_args *a = *args = arena_zalloc(g->arena, sizeof *a);

	a->uid = g->uid;
	if (!take_spaced_set(g, &a->set) || !take_space(g) || !take_items(g, a))
		return false;
	if (!take_char(g, ' '))
		return true;
	return take_char(g, '(') ? take_modifiers(g, a) : wrong(g, "expected modifiers");
}

/* frontend/imap/grammar_list.c: LIST, LSUB and STATUS (RFC 9051 6.3.9, RFC 5258, 5819, 6154, 8438). */
#include "frontend/imap/grammar.h"

#include "frontend/imap/rules.h"

enum { PATTERNS_MAX = 1000 };                            /* each is matched with every mailbox */

static const struct word status_items[] = {
	{ { "MESSAGES", 8 }, STATUS_MESSAGES },
	{ { "RECENT", 6 }, STATUS_RECENT },
	{ { "UIDNEXT", 7 }, STATUS_UIDNEXT },
	{ { "UIDVALIDITY", 11 }, STATUS_UIDVALIDITY },
	{ { "UNSEEN", 6 }, STATUS_UNSEEN },
	{ { "DELETED", 7 }, STATUS_DELETED },
	{ { "SIZE", 4 }, STATUS_SIZE },
	{ { "HIGHESTMODSEQ", 13 }, STATUS_HIGHESTMODSEQ },
	{ { "DELETED-STORAGE", 15 }, STATUS_DELETED_STORAGE },
};

static const struct word select_options[] = {
	{ { "SUBSCRIBED", 10 }, LIST_SELECT_SUBSCRIBED },
	{ { "REMOTE", 6 }, LIST_SELECT_REMOTE },
	{ { "RECURSIVEMATCH", 14 }, LIST_SELECT_RECURSIVE },
	{ { "SPECIAL-USE", 11 }, LIST_SELECT_SPECIAL_USE },
};

static const struct word return_options[] = {
	{ { "SUBSCRIBED", 10 }, LIST_RETURN_SUBSCRIBED },
	{ { "CHILDREN", 8 }, LIST_RETURN_CHILDREN },
	{ { "SPECIAL-USE", 11 }, LIST_RETURN_SPECIAL_USE },
	{ { "STATUS", 6 }, LIST_RETURN_STATUS },
};

static bool take_close(struct grammar *g) { return take_char(g, ')') || wrong(g, "expected a closing parenthesis"); }

/* SP "(" status-att *(SP status-att) ")" */
static bool take_status_items(struct grammar *g, uint32_t *items)
{
	uint32_t item;

	if (!take_space(g) || !take_char(g, '('))
		return wrong(g, "expected a list of status items");
	do {
		if (!TAKE_WORD(g, status_items, &item))
			return wrong(g, "no such status item");
		*items |= item;
	} while (take_char(g, ' '));
	return take_close(g);
}

bool parse_status(struct grammar *g, void **args)
{
	struct status_args *a = *args = arena_zalloc(g->arena, sizeof *a);

	return take_mailbox(g, &a->mailbox) && take_status_items(g, &a->items);
}

/* Behind its "(". RECURSIVEMATCH says how to match what SUBSCRIBED selects, so it cannot stand without it. */
static bool take_select_options(struct grammar *g, struct list_args *a)
{
	uint32_t option;

	a->extended = true;
	if (take_char(g, ')'))
		return true;
	do {
		if (!TAKE_WORD(g, select_options, &option))
			return wrong(g, "no such selection option");
		a->select |= option;
	} while (take_char(g, ' '));
	if ((a->select & LIST_SELECT_RECURSIVE) && !(a->select & LIST_SELECT_SUBSCRIBED))
		return wrong(g, "RECURSIVEMATCH needs SUBSCRIBED");
	return take_close(g);
}

static bool take_patterns(struct grammar *g, struct list_args *a)
{
	bool many = take_char(g, '(');
	struct str pattern;

	a->extended |= many;
	if (many && take_char(g, ')'))
		return true;
	do {
		if (!take_list_mailbox(g, &pattern))
			return wrong(g, "expected a pattern");
		if (a->n_patterns == PATTERNS_MAX)
			return wrong(g, "too many patterns");
		strs_add(g->arena, &a->patterns, &a->n_patterns, pattern);
	} while (many && take_char(g, ' '));
	return !many || take_close(g);
}

/* Behind "RETURN (". */
static bool take_return_options(struct grammar *g, struct list_args *a)
{
	uint32_t option;

	if (take_char(g, ')'))
		return true;
	do {
		if (!TAKE_WORD(g, return_options, &option))
			return wrong(g, "no such return option");
		a->returns |= option;
		if (option == LIST_RETURN_STATUS && !take_status_items(g, &a->status_items))
			return false;
	} while (take_char(g, ' '));
	return take_close(g);
}

bool parse_list(struct grammar *g, void **args)
{
	struct list_args *a = *args = arena_zalloc(g->arena, sizeof *a);

	if (!take_space(g))
		return false;
	if (take_char(g, '(') && (!take_select_options(g, a) || !take_space(g)))
		return false;
	if (!take_astring(g, &a->reference) || !take_space(g))
		return wrong(g, "expected a reference");
	if (!take_patterns(g, a))
		return false;
	if (!take_char(g, ' '))
		return true;
	a->extended = true;
	if (!take_keyword(g, S("RETURN")) || !take_space(g) || !take_char(g, '('))
		return wrong(g, "expected RETURN (...)");
	return take_return_options(g, a);
}

bool parse_lsub(struct grammar *g, void **args)
{
	struct list_args *a = *args = arena_zalloc(g->arena, sizeof *a);
	struct str pattern;

	if (!take_space(g) || !take_astring(g, &a->reference) || !take_space(g) || !take_list_mailbox(g, &pattern))
		return wrong(g, "expected a reference and a pattern");
	strs_add(g->arena, &a->patterns, &a->n_patterns, pattern);
	return true;
}

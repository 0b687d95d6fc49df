/* frontend/imap/grammar_quota.c: GETQUOTA and SETQUOTA (RFC 9208 7). */
#include "frontend/imap/grammar.h"

#include "frontend/imap/rules.h"

static bool take_root(struct grammar *g, struct str *root)
{
	return take_space(g) && (take_astring(g, root) || wrong(g, "expected a quota root"));
}

bool parse_getquota(struct grammar *g, void **args)
{
	struct quota_args *a = *args = arena_zalloc(g->arena, sizeof *a);

	return take_root(g, &a->root);
}

/* resource-name SP resource-limit. Which of them can be set is for the command to say. */
static bool take_limit(struct grammar *g, struct setquota_args *a)
{
	static const struct word resources[] = {
		{ { "STORAGE", 7 }, QUOTA_STORAGE }, { { "MESSAGE", 7 }, QUOTA_MESSAGE }, { { "MAILBOX", 7 }, QUOTA_MAILBOX },
	};
	uint32_t resource;
	struct str other;
	uint64_t limit;

	bool known = TAKE_WORD(g, resources, &resource);
	if ((!known && !take_atom(g, &other)) || !take_space(g) || !take_number(g, NUMBER64_MAX, &limit))
		return wrong(g, "expected a resource and its limit");
	if (known && limit > 0 && limit <= NUMBER64_MAX / 1024)
		a->limit[resource] = limit;
	else
		a->cannot = true;
	return true;
}

/* SP "(" [limit *(SP limit)] ")" */
bool parse_setquota(struct grammar *g, void **args)
{
	struct setquota_args *a = *args = arena_zalloc(g->arena, sizeof *a);

	if (!take_root(g, &a->root) || !take_space(g) || !take_char(g, '('))
		return wrong(g, "expected a quota root and a list of limits");
	if (take_char(g, ')'))
		return true;
	do {
		if (!take_limit(g, a))
			return false;
	} while (take_char(g, ' '));
	return take_char(g, ')') || wrong(g, "expected a closing parenthesis");
}

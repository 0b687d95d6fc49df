#include "tools/load/search.h"

bool search_has_word(const struct player *p, const struct note *n)
{
	return n->letter != LETTER_NONE && letters_has_word(player_letters(p), n->letter, (unsigned)player_settings(p)->one_in);
}

void search_ask(struct player *p, const char *key, struct str word, struct buf *out)
{
	p->count = 0;
	buf_printf(out, TAG " UID SEARCH %s \"%.*s\"\r\n", key, STR_ARG(word));
}

void search_heard(struct player *p, const struct answer *a, search_fn *wanted)
{
	struct str at = a->text;
	uint64_t uid;

	if (a->said != SAID_SEARCH)
		return;
	p->fits = true;
	while (value_take_number(&at, &uid)) {
		const struct note *n = box_find(p->in.box, (uint32_t)uid);
		if (n && wanted(p, n))
			p->count++;
		else if (n && n->letter != LETTER_NONE && !search_has_word(p, n))
			player_wrong(p, "found a letter without the word", str_head(a->raw, 80));
	}
}

bool search_found_all(const struct player *p, search_fn *wanted)
{
	const struct box *b = p->in.box;
	uint32_t expected = 0;

	for (size_t i = 0; i < b->n; i++)
		expected += wanted(p, &b->at[i]);
	return p->count == expected;
}

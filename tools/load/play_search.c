/* tools/load/play_search.c: scenarios that search INBOX for a word that is known to stand in one of so many letters. */
#include "tools/load/scenarios.h"
#include "tools/load/steps.h"

static void search_ask(struct player *p, const char *key, struct str word, struct buf *out)
{
	p->count = 0;
	box_watch(p);
	buf_printf(out, TAG " UID SEARCH %s \"%.*s\"\r\n", key, STR_ARG(word));
}

static unsigned one_in(const struct player *p) { return (unsigned)player_settings(p)->one_in; }

static void header_ask(struct player *p, struct buf *out) { search_ask(p, "SUBJECT", letters_subject_word(one_in(p)), out); }
static void text_ask(struct player *p, struct buf *out)   { search_ask(p, "TEXT", letters_body_word(one_in(p)), out); }
static void body_ask(struct player *p, struct buf *out)   { search_ask(p, "BODY", letters_body_word(one_in(p)), out); }

static bool has_word(const struct player *p, const struct note *n)
{
	return n->letter != LETTER_NONE && letters_has_word(player_letters(p), n->letter, one_in(p));
}

typedef bool wanted_fn(const struct player *p, const struct note *n);

/* Whether texts in other charsets are converted before they are searched is up to the server: those letters may be found or not. */
static bool has_plain_word(const struct player *p, const struct note *n)
{
	return has_word(p, n) && letters_is_unicode(player_letters(p), n->letter);
}

/* Messages that are no letters of ours may be found or not. */
static void count_found(struct player *p, const struct answer *a, wanted_fn *wanted)
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
		else if (n && n->letter != LETTER_NONE && !has_word(p, n))
			player_wrong(p, "found a letter without the word", a->raw);
	}
}

static bool all_found(struct player *p, const struct answer *a, wanted_fn *wanted)
{
	const struct box *b = p->in.box;
	uint32_t expected = 0;

	for (size_t i = 0; i < b->n; i++)
		expected += wanted(p, &b->at[i]);
	return a->said == SAID_OK && p->fits && (p->count == expected || !box_is_unchanged(p));
}

static void every_heard(struct player *p, const struct answer *a) { count_found(p, a, has_word); }
static bool every_good(struct player *p, const struct answer *a)  { return all_found(p, a, has_word); }
static void plain_heard(struct player *p, const struct answer *a) { count_found(p, a, has_plain_word); }
static bool plain_good(struct player *p, const struct answer *a)  { return all_found(p, a, has_plain_word); }

static const struct step step_header = { .op = OP_SEARCH, .ask = header_ask, .heard = every_heard, .good = every_good };
static const struct step step_text = { .op = OP_SEARCH, .ask = text_ask, .heard = plain_heard, .good = plain_good };
static const struct step step_body = { .op = OP_SEARCH, .ask = body_ask, .heard = plain_heard, .good = plain_good };
static const struct step step_charsets = { .op = OP_SEARCH, .ask = body_ask, .heard = every_heard, .good = every_good };
static const struct step *const header_round[] = { &step_header, NULL };
static const struct step *const text_round[] = { &step_text, NULL };
static const struct step *const body_round[] = { &step_body, NULL };
static const struct step *const charsets_round[] = { &step_charsets, NULL };

const struct scenario scenario_search_header = { .name = "search-header", .help = "SEARCH SUBJECT for a word in one of --one-in letters",
                                                 .opening = inbox_opening, .round = header_round };
const struct scenario scenario_search_text = { .name = "search-text", .help = "SEARCH TEXT; those in ASCII and UTF-8 must be found",
                                               .opening = inbox_opening, .round = text_round };
const struct scenario scenario_search_body = { .name = "search-body", .help = "SEARCH BODY; the same", .opening = inbox_opening, .round = body_round };
const struct scenario scenario_search_charsets = { .name = "search-charsets", .help = "SEARCH BODY; those in all charsets must be found",
                                                   .opening = inbox_opening, .round = charsets_round };

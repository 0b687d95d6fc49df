/* tools/load/play_search.c: scenarios that search INBOX for a word that is known to stand in one of so many letters. */
#include "tools/load/scenarios.h"
#include "tools/load/search.h"
#include "tools/load/steps.h"

static void ask(struct player *p, const char *key, struct str (*word)(unsigned one_in), struct buf *out)
{
	box_watch(p);
	search_ask(p, key, word((unsigned)player_settings(p)->one_in), out);
}

static void header_ask(struct player *p, struct buf *out) { ask(p, "SUBJECT", letters_subject_word, out); }
static void text_ask(struct player *p, struct buf *out)   { ask(p, "TEXT", letters_body_word, out); }
static void body_ask(struct player *p, struct buf *out)   { ask(p, "BODY", letters_body_word, out); }

/* Whether texts in other charsets are converted before they are searched is up to the server: those letters may be found or not. */
static bool has_plain_word(const struct player *p, const struct note *n)
{
	return search_has_word(p, n) && letters_is_unicode(player_letters(p), n->letter);
}

static bool all_found(struct player *p, const struct answer *a, search_fn *wanted)
{
	return a->said == SAID_OK && p->fits && (search_found_all(p, wanted) || !box_is_unchanged(p));
}

static void every_heard(struct player *p, const struct answer *a) { search_heard(p, a, search_has_word); }
static bool every_good(struct player *p, const struct answer *a)  { return all_found(p, a, search_has_word); }
static void plain_heard(struct player *p, const struct answer *a) { search_heard(p, a, has_plain_word); }
static bool plain_good(struct player *p, const struct answer *a)  { return all_found(p, a, has_plain_word); }

static const struct step step_header = { .op = OP_SEARCH, .ask = header_ask, .heard = every_heard, .good = every_good };
static const struct step step_text = { .op = OP_SEARCH, .ask = text_ask, .heard = plain_heard, .good = plain_good };
static const struct step step_body = { .op = OP_SEARCH, .ask = body_ask, .heard = plain_heard, .good = plain_good };
static const struct step step_charsets = { .op = OP_SEARCH, .ask = body_ask, .heard = every_heard, .good = every_good };
static const struct step *const header_round[] = { &step_header, NULL };
static const struct step *const text_round[] = { &step_text, NULL };
static const struct step *const body_round[] = { &step_body, NULL };
static const struct step *const charsets_round[] = { &step_charsets, NULL };

const struct scenario scenario_search_header = { .name = "search-header", .uses = USES_WORDS, .help = "SEARCH SUBJECT for a word in one of --one-in letters",
                                                 .opening = inbox_opening, .round = header_round };
const struct scenario scenario_search_text = { .name = "search-text", .uses = USES_WORDS, .help = "SEARCH TEXT; those in ASCII and UTF-8 must be found",
                                               .opening = inbox_opening, .round = text_round };
const struct scenario scenario_search_body = { .name = "search-body", .uses = USES_WORDS, .help = "SEARCH BODY; the same", .opening = inbox_opening, .round = body_round };
const struct scenario scenario_search_charsets = { .name = "search-charsets", .uses = USES_WORDS, .help = "SEARCH BODY; those in all charsets must be found",
                                                   .opening = inbox_opening, .round = charsets_round };

/* frontend/imap/grammar.c: tag, name, and the commands with few words. */
#include "frontend/imap/grammar.h"

#include "common/mail/date.h"
#include "frontend/imap/attr.h"
#include "frontend/imap/rules.h"

enum {
	ID_PAIRS_MAX = 30,                               /* RFC 2971 3.3 */
	ENABLE_MAX = 100,
};

void grammar_init(struct grammar *g, struct arena *arena, struct str bytes)
{
	*g = (struct grammar){ .in = bytes, .arena = arena, .error = "not understood" };
}

/* 1*<any ASTRING-CHAR except "+"> */
static bool take_tag(struct grammar *g, struct str *out)
{
	struct str at = g->in;

	if (!next_is(g, '"') && !next_is(g, '{') && take_astring(g, out) && str_find(*out, '+') < 0)
		return true;
	g->in = at;
	return false;
}

bool grammar_start(struct grammar *g, struct str *tag, struct str *name)
{
	*tag = *name = S("");
	if (!take_tag(g, tag)) {
		*tag = S("");
		return wrong(g, "expected a tag");
	}
	if (!take_space(g) || !take_label(g, name))
		return wrong(g, "expected a command");
	struct str at = g->in, second;
	g->uid = str_ieq(*name, S("UID")) && take_char(g, ' ') && take_label(g, &second);
	if (g->uid)
		name->n += 1 + second.n;
	else
		g->in = at;
	return true;
}

bool grammar_args(struct grammar *g, parse_fn *parse, void **args)
{
	struct str at = g->in;

	if (parse(g, args) && (at_end(g) || wrong(g, "too many words, or one too long")))
		return true;
	g->in = at;
	return false;
}

bool grammar_is_done(struct str line) { return str_ieq(line, S("DONE")); }

bool parse_none(struct grammar *g, void **args)
{
	(void)g;
	*args = NULL;
	return true;
}

/* ---- who is there ---- */

static bool is_base64(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = ascii_lower(s.p[i]);
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '+' && c != '/' && c != '=')
			return false;
	}
	return true;
}

bool parse_authenticate(struct grammar *g, void **args)
{
	struct authenticate_args *a = *args = arena_zalloc(g->arena, sizeof *a);

	if (!take_space(g) || !take_atom(g, &a->mechanism))
		return wrong(g, "expected a mechanism");
	a->has_initial = take_char(g, ' ');
	if (a->has_initial && (!take_atom(g, &a->initial) || !is_base64(a->initial)))
		return wrong(g, "expected base64");
	if (str_eq(a->initial, S("=")))                 /* RFC 4959 3: an empty response */
		a->initial = S("");
	return true;
}

bool parse_login(struct grammar *g, void **args)
{
	struct login_args *a = *args = arena_zalloc(g->arena, sizeof *a);

	if (!take_space(g) || !take_astring(g, &a->name) || !take_space(g) || !take_astring(g, &a->password))
		return wrong(g, "expected a name and a password");
	return true;
}

static bool take_id_pairs(struct grammar *g, struct id_args *a)
{
	do {
		if (a->n == ID_PAIRS_MAX)
			return wrong(g, "too many fields");
		struct id_pair *pair = &a->pairs[a->n++];
		if (!take_string(g, &pair->key) || !take_space(g) || !take_nstring(g, &pair->value))
			return wrong(g, "expected pairs of strings");
	} while (take_char(g, ' '));
	return take_char(g, ')') || wrong(g, "expected a closing parenthesis");
}

bool parse_id(struct grammar *g, void **args)
{
	struct id_args *a = *args = arena_zalloc(g->arena, sizeof *a);

	if (!take_space(g))
		return false;
	if (take_keyword(g, S("NIL")))
		return true;
	if (!take_char(g, '('))
		return wrong(g, "expected a list or NIL");
	if (take_char(g, ')'))
		return true;
	a->pairs = arena_alloc(g->arena, ID_PAIRS_MAX * sizeof *a->pairs);
	return take_id_pairs(g, a);
}

bool parse_enable(struct grammar *g, void **args)
{
	struct enable_args *a = *args = arena_zalloc(g->arena, sizeof *a);
	struct str name;

	do {
		if (!take_space(g) || !take_atom(g, &name))
			return wrong(g, "expected a capability");
		if (a->n == ENABLE_MAX)
			return wrong(g, "too many capabilities");
		strs_add(g->arena, &a->names, &a->n, name);
	} while (next_is(g, ' '));
	return true;
}

/* ---- mailboxes ---- */

bool parse_mailbox(struct grammar *g, void **args)
{
	struct mailbox_args *a = *args = arena_zalloc(g->arena, sizeof *a);

	return take_mailbox(g, &a->mailbox);
}

bool parse_rename(struct grammar *g, void **args)
{
	struct rename_args *a = *args = arena_zalloc(g->arena, sizeof *a);

	return take_mailbox(g, &a->from) && take_mailbox(g, &a->to);
}

static bool take_special_uses(struct grammar *g, struct create_args *a)
{
	struct str at, name;

	do {
		at = g->in;
		if (!take_char(g, '\\') || !take_atom(g, &name))
			return wrong(g, "expected a special use");
		uint32_t bit = attr_special_use(str_head(at, name.n + 1));
		a->special_use |= bit;
		a->use_unknown |= bit == 0;
	} while (take_char(g, ' '));
	return true;
}

/* [SP "(" "USE" SP "(" [use-attr *(SP use-attr)] ")" ")"] (RFC 6154 6) */
bool parse_create(struct grammar *g, void **args)
{
	struct create_args *a = *args = arena_zalloc(g->arena, sizeof *a);

	if (!take_mailbox(g, &a->mailbox))
		return false;
	if (!take_char(g, ' '))
		return true;
	if (!take_char(g, '(') || !take_keyword(g, S("USE")) || !take_char(g, ' ') || !take_char(g, '('))
		return wrong(g, "expected (USE (...))");
	if (!next_is(g, ')') && !take_special_uses(g, a))
		return false;
	return (take_char(g, ')') && take_char(g, ')')) || wrong(g, "expected a closing parenthesis");
}

static bool take_modseq(struct grammar *g, uint64_t *out)
{
	return take_nz_number(g, NUMBER64_MAX, out) || wrong(g, "expected a mod-sequence");
}

/* A set of numbers the client knows: no '*', no "$" (RFC 7162 7). */
static bool take_known_set(struct grammar *g, struct seqset *out)
{
	struct str at = g->in;

	if (take_set(g, out) && !out->saved && str_find(str_head(at, at.n - g->in.n), '*') < 0)
		return true;
	g->in = at;
	return wrong(g, "expected a set without '*'");
}

/* SP known-uids and SP "(" known-sequence-set SP known-uid-set ")", each or both left out */
static bool take_qresync_sets(struct grammar *g, struct select_args *a)
{
	if (!take_char(g, ' '))
		return true;
	if (!next_is(g, '(')) {
		a->has_known_uids = true;
		if (!take_known_set(g, &a->known_uids))
			return false;
		if (!take_char(g, ' '))
			return true;
	}
	a->has_match = true;
	if (!take_char(g, '(') || !take_known_set(g, &a->match_seqs) || !take_space(g) ||
	    !take_known_set(g, &a->match_uids))
		return wrong(g, "expected the sets of the match data");
	return take_char(g, ')') || wrong(g, "expected a closing parenthesis");
}

static bool take_qresync(struct grammar *g, struct select_args *a)
{
	uint64_t validity;

	a->qresync = true;
	if (!take_space(g) || !take_char(g, '(') || !take_nz_number(g, UINT32_MAX, &validity) || !take_space(g))
		return wrong(g, "expected (UIDVALIDITY MODSEQ ...)");
	a->uidvalidity = (uint32_t)validity;
	if (!take_modseq(g, &a->modseq) || !take_qresync_sets(g, a))
		return false;
	return take_char(g, ')') || wrong(g, "expected a closing parenthesis");
}

bool parse_select(struct grammar *g, void **args)
{
	struct select_args *a = *args = arena_zalloc(g->arena, sizeof *a);

	if (!take_mailbox(g, &a->mailbox))
		return false;
	if (!take_char(g, ' '))
		return true;
	if (!take_char(g, '('))
		return wrong(g, "expected a list of parameters");
	do {
		if (take_keyword(g, S("CONDSTORE")))
			a->condstore = true;
		else if (!a->qresync && take_keyword(g, S("QRESYNC"))) {
			if (!take_qresync(g, a))
				return false;
		} else
			return wrong(g, "expected CONDSTORE or QRESYNC");
	} while (take_char(g, ' '));
	return take_char(g, ')') || wrong(g, "expected a closing parenthesis");
}

/* ---- messages ---- */

static bool take_date_time(struct grammar *g, int64_t *out)
{
	struct str at = g->in, text;

	if (take_char(g, '"') && str_cut(g->in, '"', &text, &g->in) && date_time_parse(text, out))
		return true;
	g->in = at;
	return wrong(g, "expected a date and time");
}

/* "{5}", "~{5+}" and the line's end: the message itself is still to come. */
static bool take_announcement(struct grammar *g)
{
	uint64_t bytes;

	(void)take_char(g, '~');
	if (!take_char(g, '{') || !take_number(g, UINT64_MAX, &bytes))
		return wrong(g, "expected a literal");
	(void)take_char(g, '+');
	if (!take_char(g, '}'))
		return wrong(g, "expected a literal");
	(void)take_char(g, '\r');
	return (take_char(g, '\n') && at_end(g)) || wrong(g, "expected a literal");
}

bool parse_append(struct grammar *g, void **args)
{
	struct append_args *a = *args = arena_zalloc(g->arena, sizeof *a);

	if (!take_mailbox(g, &a->mailbox) || !take_space(g))
		return false;
	if (next_is(g, '(') && (!take_flag_list(g, &a->flags) || !take_space(g)))
		return false;
	a->has_date = next_is(g, '"');
	if (a->has_date && (!take_date_time(g, &a->date) || !take_space(g)))
		return false;
	return take_announcement(g);
}

bool parse_expunge(struct grammar *g, void **args)
{
	struct expunge_args *a = *args = arena_zalloc(g->arena, sizeof *a);

	a->uid = g->uid;
	return !a->uid || take_spaced_set(g, &a->set);
}

bool parse_copy(struct grammar *g, void **args)
{
	struct copy_args *a = *args = arena_zalloc(g->arena, sizeof *a);

	a->uid = g->uid;
	return take_spaced_set(g, &a->set) && take_mailbox(g, &a->mailbox);
}

/* "(" "UNCHANGEDSINCE" SP mod-sequence-valzer ")" SP, or nothing (RFC 7162 3.1.3) */
static bool take_unchanged_since(struct grammar *g, struct store_args *a)
{
	a->conditional = take_char(g, '(');
	if (!a->conditional)
		return true;
	if (!take_keyword(g, S("UNCHANGEDSINCE")) || !take_space(g) ||
	    !take_number(g, NUMBER64_MAX, &a->unchanged_since) || !take_char(g, ')'))
		return wrong(g, "expected UNCHANGEDSINCE and a mod-sequence");
	return take_space(g);
}

bool parse_store(struct grammar *g, void **args)
{
	struct store_args *a = *args = arena_zalloc(g->arena, sizeof *a);

	a->uid = g->uid;
	if (!take_spaced_set(g, &a->set) || !take_space(g) || !take_unchanged_since(g, a))
		return false;
	a->mode = take_char(g, '+') ? STORE_ADD : take_char(g, '-') ? STORE_REMOVE : STORE_REPLACE;
	a->silent = take_keyword(g, S("FLAGS.SILENT"));
	if (!a->silent && !take_keyword(g, S("FLAGS")))
		return wrong(g, "expected FLAGS");
	if (!take_space(g))
		return false;
	return next_is(g, '(') ? take_flag_list(g, &a->flags) : take_flags(g, &a->flags);
}

/* tests/unit/test_grammar.c: commands in, what was understood out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "frontend/imap/args.h"
#include "frontend/imap/grammar.h"
#include "frontend/imap/mailbox_name.h"
#include "common/mail/program.h"
#include "frontend/imap/program_build.h"

/* ---- what was understood, in short words ---- */

static void show_set(struct buf *o, const struct seqset *s)
{
	buf_add(o, s->saved ? S("$") : S("{"));
	for (size_t i = 0; i < s->n; i++)
		buf_printf(o, "%s%u:%u", i ? "," : "", s->r[i].lo, s->r[i].hi);
	buf_add(o, s->saved ? S(" ") : S("} "));
}

static void show_strs(struct buf *o, const struct str *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(o, "<%.*s> ", STR_ARG(list[i]));
}

static void show_flags(struct buf *o, const struct flag_list *f)
{
	buf_printf(o, "f%x ", f->system);
	show_strs(o, f->keywords, f->n_keywords);
}

static void show_none(struct buf *o, const void *args) { assert_null(args); buf_add(o, S("none ")); }

static void show_login(struct buf *o, const void *args)
{
	const struct login_args *a = args;
	buf_printf(o, "<%.*s> <%.*s> ", STR_ARG(a->name), STR_ARG(a->password));
}

static void show_auth(struct buf *o, const void *args)
{
	const struct authenticate_args *a = args;
	buf_printf(o, "<%.*s> %d <%.*s> ", STR_ARG(a->mechanism), a->has_initial, STR_ARG(a->initial));
}

static void show_id(struct buf *o, const void *args)
{
	const struct id_args *a = args;
	for (size_t i = 0; i < a->n; i++)
		buf_printf(o, "%.*s=%.*s ", STR_ARG(a->pairs[i].key), STR_ARG(a->pairs[i].value));
}

static void show_enable(struct buf *o, const void *args)
{
	const struct enable_args *a = args;
	show_strs(o, a->names, a->n);
}

static void show_select(struct buf *o, const void *args)
{
	const struct select_args *a = args;
	buf_printf(o, "<%.*s> ", STR_ARG(a->mailbox));
	if (a->condstore)
		buf_add(o, S("condstore "));
	if (a->qresync)
		buf_printf(o, "qresync %u %llu ", a->uidvalidity, (unsigned long long)a->modseq);
	if (a->has_known_uids)
		show_set(o, &a->known_uids);
	if (a->has_match) {
		buf_add(o, S("match "));
		show_set(o, &a->match_seqs);
		show_set(o, &a->match_uids);
	}
}

static void show_mailbox(struct buf *o, const void *args)
{
	show_strs(o, &((const struct mailbox_args *)args)->mailbox, 1);
}

static void show_getquota(struct buf *o, const void *args) { show_strs(o, &((const struct quota_args *)args)->root, 1); }

static void show_setquota(struct buf *o, const void *args)
{
	const struct setquota_args *a = args;
	buf_printf(o, "<%.*s> %llu %llu %llu %s", STR_ARG(a->root), (unsigned long long)a->limit[QUOTA_STORAGE],
	           (unsigned long long)a->limit[QUOTA_MESSAGE], (unsigned long long)a->limit[QUOTA_MAILBOX], a->cannot ? "cannot " : "");
}

static void show_create(struct buf *o, const void *args)
{
	const struct create_args *a = args;
	buf_printf(o, "<%.*s> %x %d ", STR_ARG(a->mailbox), a->special_use, a->use_unknown);
}

static void show_rename(struct buf *o, const void *args)
{
	const struct rename_args *a = args;
	buf_printf(o, "<%.*s> <%.*s> ", STR_ARG(a->from), STR_ARG(a->to));
}

static void show_list(struct buf *o, const void *args)
{
	const struct list_args *a = args;
	buf_printf(o, "<%.*s> : ", STR_ARG(a->reference));
	show_strs(o, a->patterns, a->n_patterns);
	if (a->extended)
		buf_printf(o, "s%x r%x i%x ", a->select, a->returns, a->status_items);
}

static void show_status(struct buf *o, const void *args)
{
	const struct status_args *a = args;
	buf_printf(o, "<%.*s> %x ", STR_ARG(a->mailbox), a->items);
}

static void show_append(struct buf *o, const void *args)
{
	const struct append_args *a = args;
	buf_printf(o, "<%.*s> ", STR_ARG(a->mailbox));
	show_flags(o, &a->flags);
	if (a->has_date)
		buf_printf(o, "@%lld ", (long long)a->date);
}

static void show_expunge(struct buf *o, const void *args)
{
	const struct expunge_args *a = args;
	buf_add(o, a->uid ? S("uid ") : S("all "));
	if (a->uid)
		show_set(o, &a->set);
}

static void show_copy(struct buf *o, const void *args)
{
	const struct copy_args *a = args;
	buf_add(o, a->uid ? S("uid ") : S(""));
	show_set(o, &a->set);
	buf_printf(o, "<%.*s> ", STR_ARG(a->mailbox));
}

static void show_store(struct buf *o, const void *args)
{
	const struct store_args *a = args;
	buf_add(o, a->uid ? S("uid ") : S(""));
	show_set(o, &a->set);
	if (a->conditional)
		buf_printf(o, "since %llu ", (unsigned long long)a->unchanged_since);
	buf_printf(o, "m%d%s ", (int)a->mode, a->silent ? " silent" : "");
	show_flags(o, &a->flags);
}

static void show_fetch(struct buf *o, const void *args)
{
	const struct fetch_args *a = args;
	buf_add(o, a->uid ? S("uid ") : S(""));
	show_set(o, &a->set);
	buf_printf(o, "%x%s%s%s%s ", a->fields, a->flags ? " flags" : "", a->show_uid ? " uid" : "",
	           a->modseq ? " modseq" : "", a->sets_seen ? " seen" : "");
	for (uint32_t i = 0; i < a->n_sections; i++) {
		const struct section_ask *s = &a->sections[i];
		buf_printf(o, "n%d k%d [%.*s] ", (int)a->names[i], (int)s->kind, STR_ARG(s->path));
		show_strs(o, s->fields, s->n_fields);
		if (s->partial)
			buf_printf(o, "%llu+%llu ", (unsigned long long)s->start, (unsigned long long)s->count);
	}
	if (a->has_changed_since)
		buf_printf(o, "since %llu%s ", (unsigned long long)a->changed_since, a->vanished ? " vanished" : "");
}

static void show_key(struct buf *o, const struct search_key *k)
{
	buf_printf(o, "%d", k->op);
	if (k->n)
		buf_printf(o, "/%d", (int)k->n);
	if (k->big)
		buf_printf(o, "/%llu", (unsigned long long)k->big);
	buf_addc(o, ' ');
	show_strs(o, &k->name, k->name.n > 0);
	show_strs(o, &k->text, k->text.n > 0);
	if (k->op == SEARCH_SET) {
		buf_add(o, k->uid ? S("uid ") : S(""));
		show_set(o, &k->set);
	}
}

static void show_search(struct buf *o, const void *args)
{
	const struct search_args *a = args;
	buf_add(o, a->uid ? S("uid ") : S(""));
	if (a->has_return)
		buf_printf(o, "r%x ", a->returns);
	show_strs(o, &a->charset, a->charset.n > 0);
	buf_add(o, a->modseq ? S("modseq ") : S(""));
	for (size_t i = 0; i < a->n_keys; i++)
		show_key(o, &a->keys[i]);
}

static const struct { const char *name; parse_fn *parse; void (*show)(struct buf *, const void *); } commands[] = {
	{ "NOOP", parse_none, show_none }, { "LOGIN", parse_login, show_login },
	{ "AUTHENTICATE", parse_authenticate, show_auth }, { "ID", parse_id, show_id },
	{ "ENABLE", parse_enable, show_enable }, { "SELECT", parse_select, show_select },
	{ "GETQUOTA", parse_getquota, show_getquota }, { "SETQUOTA", parse_setquota, show_setquota },
	{ "DELETE", parse_mailbox, show_mailbox }, { "CREATE", parse_create, show_create },
	{ "RENAME", parse_rename, show_rename }, { "LIST", parse_list, show_list },
	{ "LSUB", parse_lsub, show_list }, { "STATUS", parse_status, show_status },
	{ "APPEND", parse_append, show_append }, { "EXPUNGE", parse_expunge, show_expunge },
	{ "UID EXPUNGE", parse_expunge, show_expunge }, { "COPY", parse_copy, show_copy },
	{ "UID MOVE", parse_copy, show_copy }, { "STORE", parse_store, show_store },
	{ "UID STORE", parse_store, show_store }, { "FETCH", parse_fetch, show_fetch },
	{ "UID FETCH", parse_fetch, show_fetch }, { "SEARCH", parse_search, show_search },
	{ "UID SEARCH", parse_search, show_search },
};

static void understand(struct buf *o, struct arena *arena, struct str bytes)
{
	struct grammar g;
	struct str tag, name;
	void *args = NULL;

	grammar_init(&g, arena, bytes);
	if (!grammar_start(&g, &tag, &name)) {
		buf_printf(o, "[%.*s] BAD %s", STR_ARG(tag), g.error);
		return;
	}
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (!str_ieq(name, str_of(commands[i].name)))
			continue;
		struct str before = g.in;
		if (grammar_args(&g, commands[i].parse, &args)) {
			assert_int_equal(g.in.n, 0);
			commands[i].show(o, args);
		} else {
			assert_true(g.in.p == before.p && g.in.n == before.n);
			buf_printf(o, "BAD %s", g.error);
		}
		return;
	}
	buf_printf(o, "[%.*s] unknown %.*s", STR_ARG(tag), STR_ARG(name));
}

static void check(struct str in, const char *want)
{
	struct arena arena;
	struct buf o = { NULL, 0, 0 };
	/* a copy of exactly this size, so that a byte read too far is seen */
	char *copy = mem_new(in.n ? in.n : 1);

	if (in.n)
		memcpy(copy, in.p, in.n);
	arena_init(&arena);
	understand(&o, &arena, (struct str){ copy, in.n });
	if (!str_eq(buf_str(&o), str_of(want)))
		fail_msg("%.*s\n     got: %.*s\nexpected: %s", STR_ARG(str_head(in, 200)), STR_ARG(buf_str(&o)), want);
	free(copy);
	buf_fini(&o);
	arena_fini(&arena);
}

struct row { const char *in, *want; };

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(str_of(rows[i].in), rows[i].want);
}
#define CHECK_ROWS(rows) check_rows(rows, sizeof (rows) / sizeof *(rows))

static void starts(void **state)
{
	static const struct row row[] = {
		{ "a NOOP", "none " },
		{ "a.1]# nOOp", "none " },
		{ "", "[] BAD expected a tag" },
		{ " NOOP", "[] BAD expected a tag" },
		{ "a+b NOOP", "[] BAD expected a tag" },
		{ "\"a\" NOOP", "[] BAD expected a tag" },
		{ "{1}\r\na NOOP", "[] BAD expected a tag" },
		{ "\xc3\xa4 NOOP", "[] BAD expected a tag" },
		{ "a", "[a] BAD expected a command" },
		{ "a ", "[a] BAD expected a command" },
		{ "a  NOOP", "[a] BAD expected a command" },
		{ "a NOOP ", "BAD too many words, or one too long" },
		{ "a NOOP\r", "BAD too many words, or one too long" },
		{ "a XYZZY 1", "[a] unknown XYZZY" },
		{ "a UID", "[a] unknown UID" },
		{ "a UID ", "[a] unknown UID" },
		{ "a UID NOOP", "[a] unknown UID NOOP" },
		{ "a uid fetch 1 uid", "uid {1:1} 0 uid " },
		{ "a UIDX 1", "[a] unknown UIDX" },
	};
	(void)state;
	CHECK_ROWS(row);
	check((struct str){ "a NOOP\0", 7 }, "BAD too many words, or one too long");
}

static void strings(void **state)
{
	static const struct row row[] = {
		{ "a LOGIN bob pass]word", "<bob> <pass]word> " },
		{ "a LOGIN \"b\\\"o\\\\b\" \"\"", "<b\"o\\b> <> " },
		{ "a LOGIN {3}\r\nbob {4+}\r\np \r\n", "<bob> <p \r\n> " },
		{ "a LOGIN {3}\nbob {0}\n", "<bob> <> " },
		{ "a LOGIN \"b\xc3\xb6" "b\" x", "<b\xc3\xb6" "b> <x> " },
		{ "a LOGIN {2}\r\n\xff\xfe x", "<\xff\xfe> <x> " },
		{ "a LOGIN \"bo\xff\" x", "BAD expected a name and a password" },
		{ "a LOGIN b\xc3\xb6 x", "BAD expected a name and a password" },
		{ "a LOGIN \"bob x", "BAD expected a name and a password" },
		{ "a LOGIN \"bob\\\" x", "BAD expected a name and a password" },
		{ "a LOGIN \"b\\ob\" x", "BAD expected a name and a password" },
		{ "a LOGIN \"b\rob\" x", "BAD expected a name and a password" },
		{ "a LOGIN \"bob\\", "BAD expected a name and a password" },
		{ "a LOGIN \"bob", "BAD expected a name and a password" },
		{ "a LOGIN {99}\r\nbob x", "BAD expected a name and a password" },
		{ "a LOGIN {9223372036854775808}\r\nbob x", "BAD expected a name and a password" },
		{ "a LOGIN {3}bob x", "BAD expected a name and a password" },
		{ "a LOGIN {-3}\r\nbob x", "BAD expected a name and a password" },
		{ "a LOGIN ~{3}\r\nbob x", "BAD expected a name and a password" },
		{ "a LOGIN (bob) x", "BAD expected a name and a password" },
		{ "a LOGIN b*b x", "BAD expected a name and a password" },
		{ "a LOGIN bob", "BAD expected a name and a password" },
		{ "a LOGIN bob x y", "BAD too many words, or one too long" },
	};
	(void)state;
	CHECK_ROWS(row);
	check((struct str){ "a LOGIN {3}\r\nb\0b x", 18 }, "BAD expected a name and a password");
	check((struct str){ "a LOGIN \"b\0b\" x", 15 }, "BAD expected a name and a password");
	check((struct str){ "a LOGIN b\0b x", 13 }, "BAD expected a name and a password");
}

static void sessions(void **state)
{
	static const struct row row[] = {
		{ "a AUTHENTICATE plain", "<plain> 0 <> " },
		{ "a AUTHENTICATE PLAIN AGEAYg==", "<PLAIN> 1 <AGEAYg==> " },
		{ "a AUTHENTICATE PLAIN =", "<PLAIN> 1 <> " },
		{ "a AUTHENTICATE PLAIN ", "BAD expected base64" },
		{ "a AUTHENTICATE PLAIN a_b", "BAD expected base64" },
		{ "a AUTHENTICATE", "BAD expected a mechanism" },
		{ "a ID NIL", "" },
		{ "a ID ()", "" },
		{ "a ID (\"name\" \"x\" {1}\r\nv nil)", "name=x v= " },
		{ "a ID (\"name\")", "BAD expected pairs of strings" },
		{ "a ID (name x)", "BAD expected pairs of strings" },
		{ "a ID (\"a\" \"b\"", "BAD expected a closing parenthesis" },
		{ "a ID", "BAD expected a space and more" },
		{ "a ENABLE condstore X-FOO", "<condstore> <X-FOO> " },
		{ "a ENABLE", "BAD expected a capability" },
		{ "a ENABLE (CONDSTORE)", "BAD expected a capability" },
	};
	(void)state;
	CHECK_ROWS(row);
}

static void quotas(void **state)
{
	static const struct row row[] = {
		{ "a GETQUOTA \"\"", "<> " },
		{ "a getquota {1}\r\nx", "<x> " },
		{ "a GETQUOTA", "BAD expected a space and more" },
		{ "a GETQUOTA (", "BAD expected a quota root" },
		{ "a SETQUOTA x ()", "<x> 0 0 0 " },
		{ "a SETQUOTA x (STORAGE 5 message 7)", "<x> 5 7 0 " },
		{ "a SETQUOTA x (MAILBOX 0)", "<x> 0 0 0 cannot " },
		{ "a SETQUOTA x (STORAGE 9223372036854775807)", "<x> 0 0 0 cannot " },
		{ "a SETQUOTA x (ANNOTATION-STORAGE 3)", "<x> 0 0 0 cannot " },
		{ "a SETQUOTA x (STORAGE 9223372036854775808)", "BAD expected a resource and its limit" },
		{ "a SETQUOTA x (STORAGE)", "BAD expected a resource and its limit" },
		{ "a SETQUOTA x (STORAGE 5", "BAD expected a closing parenthesis" },
		{ "a SETQUOTA x (STORAGE 5 )", "BAD expected a resource and its limit" },
		{ "a SETQUOTA x STORAGE 5", "BAD expected a quota root and a list of limits" },
	};
	(void)state;
	check_rows(row, sizeof row / sizeof *row);
}

static void mailboxes(void **state)
{
	static const struct row row[] = {
		{ "a DELETE foo/bar", "<foo/bar> " },
		{ "a DELETE &AOQ-", "<&AOQ-> " },
		{ "a DELETE a%", "BAD too many words, or one too long" },
		{ "a DELETE", "BAD expected a space and more" },
		{ "a DELETE (", "BAD expected a mailbox name" },
		{ "a RENAME a \"b c\"", "<a> <b c> " },
		{ "a RENAME a", "BAD expected a space and more" },
		{ "a CREATE a", "<a> 0 0 " },
		{ "a CREATE a (USE (\\sent \\Trash))", "<a> 6000 0 " },
		{ "a CREATE a (use ())", "<a> 0 0 " },
		{ "a CREATE a (USE (\\Noselect))", "<a> 0 1 " },
		{ "a CREATE a (USE (Sent))", "BAD expected a special use" },
		{ "a CREATE a (FOO)", "BAD expected (USE (...))" },
		{ "a SELECT INBOX", "<INBOX> " },
		{ "a SELECT INBOX (CONDSTORE)", "<INBOX> condstore " },
		{ "a SELECT a (QRESYNC (67890007 20050715194045000))", "<a> qresync 67890007 20050715194045000 " },
		{ "a SELECT a (QRESYNC (1 2 41,43:211,214))", "<a> qresync 1 2 {41:41,43:211,214:214} " },
		{ "a SELECT a (QRESYNC (1 2 41 (1:2 3:4)) CONDSTORE)",
		  "<a> condstore qresync 1 2 {41:41} match {1:2} {3:4} " },
		{ "a SELECT a (QRESYNC (1 2 (1 3)))", "<a> qresync 1 2 match {1:1} {3:3} " },
		{ "a SELECT a (QRESYNC (1 2 1:*))", "BAD expected a set without '*'" },
		{ "a SELECT a (QRESYNC (1 2 $))", "BAD expected a set without '*'" },
		{ "a SELECT a (QRESYNC (0 2))", "BAD expected (UIDVALIDITY MODSEQ ...)" },
		{ "a SELECT a (QRESYNC (1 0))", "BAD expected a mod-sequence" },
		{ "a SELECT a (QRESYNC (1 9223372036854775808))", "BAD expected a mod-sequence" },
		{ "a SELECT a (QRESYNC (1 2) QRESYNC (1 2))", "BAD expected CONDSTORE or QRESYNC" },
		{ "a SELECT a ()", "BAD expected CONDSTORE or QRESYNC" },
		{ "a SELECT a x", "BAD expected a list of parameters" },
		{ "a STATUS a (messages UIDNEXT)", "<a> 5 " },
		{ "a STATUS a (RECENT UIDVALIDITY UNSEEN DELETED SIZE HIGHESTMODSEQ)", "<a> fa " },
		{ "a STATUS a (DELETED DELETED-STORAGE)", "<a> 120 " },
		{ "a STATUS a ()", "BAD no such status item" },
		{ "a STATUS a (FOO)", "BAD no such status item" },
		{ "a STATUS a", "BAD expected a list of status items" },
	};
	(void)state;
	CHECK_ROWS(row);
}

static void lists(void **state)
{
	static const struct row row[] = {
		{ "a LIST \"\" *", "<> : <*> " },
		{ "a LIST \"\" \"\"", "<> : <> " },
		{ "a LIST \"~/Mail/\" %", "<~/Mail/> : <%> " },
		{ "a LIST \"\" {2}\r\na%", "<> : <a%> " },
		{ "a LIST () \"\" *", "<> : <*> s0 r0 i0 " },
		{ "a LIST (SUBSCRIBED RECURSIVEMATCH) \"\" (a \"b c\" d%)", "<> : <a> <b c> <d%> s5 r0 i0 " },
		{ "a LIST \"\" () RETURN ()", "<> : s0 r0 i0 " },
		{ "a LIST (remote SPECIAL-USE) \"\" % return (subscribed CHILDREN special-use)", "<> : <%> sa r7 i0 " },
		{ "a LIST \"\" % RETURN (STATUS (MESSAGES UNSEEN) CHILDREN)", "<> : <%> s0 ra i11 " },
		{ "a LIST (RECURSIVEMATCH) \"\" *", "BAD RECURSIVEMATCH needs SUBSCRIBED" },
		{ "a LIST (RECURSIVEMATCH SPECIAL-USE) \"\" *", "BAD RECURSIVEMATCH needs SUBSCRIBED" },
		{ "a LIST (FOO) \"\" *", "BAD no such selection option" },
		{ "a LIST \"\" * RETURN (FOO)", "BAD no such return option" },
		{ "a LIST \"\" * RETURN (STATUS)", "BAD expected a list of status items" },
		{ "a LIST \"\" * FOO", "BAD expected RETURN (...)" },
		{ "a LIST \"\" (a", "BAD expected a closing parenthesis" },
		{ "a LIST \"\"", "BAD expected a reference" },
		{ "a LIST * *", "BAD expected a reference" },
		{ "a LSUB \"\" *", "<> : <*> " },
		{ "a LSUB (SUBSCRIBED) \"\" *", "BAD expected a reference and a pattern" },
	};
	(void)state;
	CHECK_ROWS(row);
}

static void appends(void **state)
{
	static const struct row row[] = {
		{ "a APPEND a {5}\r\n", "<a> f0 " },
		{ "a APPEND a ~{5+}\n", "<a> f0 " },
		{ "a APPEND a () {5}\r\n", "<a> f0 " },
		{ "a APPEND {1}\r\na (\\seen $X) {99999999999}\r\n", "<a> f8 <$X> " },
		{ "a APPEND a (\\Deleted) \" 1-Feb-1970 00:00:01 +0000\" {5}\r\n", "<a> f4 @2678401 " },
		{ "a APPEND a \"01-Feb-1970 01:00:01 +0100\" {5}\r\n", "<a> f0 @2678401 " },
		{ "a APPEND {1}\r\n", "BAD expected a mailbox name" },            /* the mailbox's literal: join it */
		{ "a APPEND a (\\Recent) {5}\r\n", "BAD no such system flag" },
		{ "a APPEND a (\\) {5}\r\n", "BAD no such system flag" },
		{ "a APPEND a (x", "BAD expected a space or a closing parenthesis" },
		{ "a APPEND a \"yesterday\" {5}\r\n", "BAD expected a date and time" },
		{ "a APPEND a \"31-Feb-1970 01:00:01 +0100\" {5}\r\n", "BAD expected a date and time" },
		{ "a APPEND a", "BAD expected a space and more" },
		{ "a APPEND a hello", "BAD expected a literal" },
		{ "a APPEND a {5}", "BAD expected a literal" },
		{ "a APPEND a {5}\r\nhello", "BAD expected a literal" },
	};
	(void)state;
	CHECK_ROWS(row);
}

static void sets_and_flags(void **state)
{
	static const struct row row[] = {
		{ "a EXPUNGE", "all " },
		{ "a EXPUNGE 1", "BAD too many words, or one too long" },
		{ "a UID EXPUNGE 1", "uid {1:1} " },
		{ "a UID EXPUNGE", "BAD expected a space and more" },
		{ "a COPY 2:4,9:3,*,7:*,*:1 a", "{2:4,9:3,0:0,7:0,0:1} <a> " },
		{ "a COPY $ a", "$ <a> " },
		{ "a UID MOVE 4294967295 a", "uid {4294967295:4294967295} <a> " },
		{ "a COPY 4294967296 a", "BAD expected a sequence set" },
		{ "a COPY 0 a", "BAD expected a sequence set" },
		{ "a COPY 01 a", "BAD expected a sequence set" },
		{ "a COPY 1: a", "BAD expected a sequence set" },
		{ "a COPY 1, a", "BAD expected a sequence set" },
		{ "a COPY ,1 a", "BAD expected a sequence set" },
		{ "a COPY $,1 a", "BAD expected a space and more" },
		{ "a COPY 1:2:3 a", "BAD expected a space and more" },
		{ "a COPY a a", "BAD expected a sequence set" },
		{ "a COPY 1", "BAD expected a space and more" },
		{ "a STORE 1 FLAGS ()", "{1:1} m0 f0 " },
		{ "a STORE 1 +flags.silent (\\Seen \\ANSWERED kw $Junk)", "{1:1} m1 silent f9 <kw> <$Junk> " },
		{ "a STORE 1 -FLAGS \\Seen kw", "{1:1} m2 f8 <kw> " },
		{ "a UID STORE 1 (UNCHANGEDSINCE 0) +FLAGS (a)", "uid {1:1} since 0 m1 f0 <a> " },
		{ "a STORE 1 (UNCHANGEDSINCE 9223372036854775807) FLAGS a", "{1:1} since 9223372036854775807 m0 f0 <a> " },
		{ "a STORE 1 (UNCHANGEDSINCE 9223372036854775808) FLAGS a", "BAD expected UNCHANGEDSINCE and a mod-sequence" },
		{ "a STORE 1 (FOO 1) FLAGS a", "BAD expected UNCHANGEDSINCE and a mod-sequence" },
		{ "a STORE 1 FLAGS", "BAD expected a space and more" },
		{ "a STORE 1 FLAGS (a", "BAD expected a space or a closing parenthesis" },
		{ "a STORE 1 FLAGS \\Foo", "BAD no such system flag" },
		{ "a STORE 1 FLAGS (a  b)", "BAD expected a flag" },
		{ "a STORE 1 *FLAGS (a)", "BAD expected FLAGS" },
		{ "a STORE 1 FLAGSX (a)", "BAD expected FLAGS" },
	};
	(void)state;
	CHECK_ROWS(row);
}

static void fetches(void **state)
{
	static const struct row row[] = {
		{ "a FETCH 1 ALL", "{1:1} 13 flags " },
		{ "a FETCH 1 fast", "{1:1} 3 flags " },
		{ "a FETCH 1 FULL", "{1:1} 33 flags " },
		{ "a FETCH 1 (FLAGS UID MODSEQ INTERNALDATE RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE)",
		  "{1:1} 73 flags uid modseq " },
		{ "a FETCH 1 BODY[]", "{1:1} 0 seen n0 k0 [] " },
		{ "a FETCH 1 BODY.PEEK[]<0.100>", "{1:1} 0 n0 k0 [] 0+100 " },
		{ "a FETCH 1 (BODY[HEADER] body.peek[text] BODY[1.2.MIME])",
		  "{1:1} 0 seen n0 k1 [] n0 k2 [] n0 k3 [1.2] " },
		{ "a FETCH 1 BODY[1.HEADER.FIELDS (To \"Su bj\")]<5.6>", "{1:1} 0 seen n0 k4 [1] <To> <Su bj> 5+6 " },
		{ "a FETCH 1 BODY.PEEK[HEADER.FIELDS.NOT ({3}\r\nFoo)]", "{1:1} 0 n0 k5 [] <Foo> " },
		{ "a FETCH 1 (BINARY[1] BINARY.PEEK[]<1.2> BINARY.SIZE[1.2])",
		  "{1:1} 0 seen n4 k6 [1] n4 k6 [] 1+2 n5 k7 [1.2] " },
		{ "a FETCH 1 (RFC822 RFC822.HEADER RFC822.TEXT)", "{1:1} 0 seen n1 k0 [] n2 k1 [] n3 k2 [] " },
		{ "a FETCH 1 RFC822.HEADER", "{1:1} 0 n2 k1 [] " },
		{ "a FETCH 1 FLAGS (CHANGEDSINCE 12345)", "{1:1} 0 flags since 12345 " },
		{ "a UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)", "uid {1:0} 0 flags since 1 vanished " },
		{ "a FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)", "BAD VANISHED needs UID FETCH and CHANGEDSINCE" },
		{ "a UID FETCH 1 FLAGS (VANISHED)", "BAD VANISHED needs UID FETCH and CHANGEDSINCE" },
		{ "a FETCH 1 FLAGS (CHANGEDSINCE 0)", "BAD expected a mod-sequence" },
		{ "a FETCH 1 FLAGS ()", "BAD expected CHANGEDSINCE or VANISHED" },
		{ "a FETCH 1 FLAGS x", "BAD expected modifiers" },
		{ "a FETCH 1 (ALL)", "BAD no such thing to fetch" },
		{ "a FETCH 1 ()", "BAD expected something to fetch" },
		{ "a FETCH 1 FOO", "BAD no such thing to fetch" },
		{ "a FETCH 1 ENVELOPE[]", "BAD no such thing to fetch" },
		{ "a FETCH 1 BODY.PEEK", "BAD no such thing to fetch" },
		{ "a FETCH 1 BINARY", "BAD no such thing to fetch" },
		{ "a FETCH 1 RFC822[]", "BAD no such thing to fetch" },
		{ "a FETCH 1 BODY[FOO]", "BAD expected a section" },
		{ "a FETCH 1 BODY[MIME]", "BAD expected a section" },
		{ "a FETCH 1 BODY[1.]", "BAD expected a section" },
		{ "a FETCH 1 BODY[0]", "BAD expected a part number" },
		{ "a FETCH 1 BODY[1.02]", "BAD expected a part number" },
		{ "a FETCH 1 BODY[1", "BAD expected a closing bracket" },
		{ "a FETCH 1 BODY[", "BAD expected a section" },
		{ "a FETCH 1 BODY[HEADER.FIELDS ()]", "BAD expected a header field" },
		{ "a FETCH 1 BODY[HEADER.FIELDS]", "BAD expected a list of header fields" },
		{ "a FETCH 1 BODY[]<1>", "BAD expected <start.count>" },
		{ "a FETCH 1 BODY[]<1.0>", "BAD expected <start.count>" },
		{ "a FETCH 1 BODY[]<-1.1>", "BAD expected <start.count>" },
		{ "a FETCH 1 BINARY[HEADER]", "BAD expected a closing bracket" },
		{ "a FETCH 1 BINARY[1.MIME]", "BAD expected a part number" },
		{ "a FETCH 1 BINARY.SIZE[1]<0.1>", "BAD too many words, or one too long" },
		{ "a FETCH 1 (FLAGS", "BAD expected a closing parenthesis" },
		{ "a FETCH 1", "BAD expected a space and more" },
	};
	(void)state;
	CHECK_ROWS(row);
}

/* Operations by number: 1 ALL 2 AND 3 OR 4 NOT 6 FLAGS 7 KEYWORD, 8.. dates 14 LARGER 15 SMALLER 16 HEADER 17 ADDRESS
 * 18 SUBJECT 19 BODY 20 TEXT 21 MODSEQ 100 SET 101 RECENT */
static void searches(void **state)
{
	static const struct row row[] = {
		{ "a SEARCH ALL", "2/1 1 " },
		{ "a SEARCH answered unseen", "2/2 6/1 4 6/8 " },
		{ "a SEARCH NEW", "2/1 2/2 101 4 6/8 " },
		{ "a SEARCH OLD RECENT", "2/2 4 101 101 " },
		{ "a SEARCH NOT NOT SEEN", "2/1 4 4 6/8 " },
		{ "a SEARCH OR SEEN OR DRAFT FLAGGED DELETED", "2/2 3 6/8 3 6/16 6/2 6/4 " },
		{ "a SEARCH (SEEN (DRAFT)) NOT (ALL ALL)", "2/2 2/2 6/8 2/1 6/16 4 2/2 1 1 " },
		{ "a SEARCH OR (ALL) (NOT ALL)", "2/1 3 2/1 1 2/1 4 1 " },
		{ "a SEARCH 1:3,* UID 5:* $ UID $", "2/4 100 {1:3,0:0} 100 uid {5:0} 100 $ 100 uid $ " },
		{ "a SEARCH KEYWORD $Junk UNKEYWORD a", "2/2 7 <$Junk> 4 7 <a> " },
		{ "a SEARCH FROM a TO \"b c\" CC {1}\r\nd BCC e", "2/4 17 <a> 17/1 <b c> 17/2 <d> 17/3 <e> " },
		{ "a SEARCH SUBJECT a BODY b TEXT c HEADER X-Y \"\"", "2/4 18 <a> 19 <b> 20 <c> 16 <X-Y> " },
		{ "a SEARCH BEFORE 1-Jan-1970 ON \"02-Jan-1970\" SINCE 3-jan-1970", "2/3 8 9/1 10/2 " },
		{ "a SEARCH SENTBEFORE 31-Dec-1969 SENTON 2-Jan-1970 SENTSINCE 3-Jan-1970", "2/3 11/-1 12/1 13/2 " },
		{ "a SEARCH LARGER 5 SMALLER 9223372036854775807", "2/2 14/5 15/9223372036854775807 " },
		{ "a SEARCH MODSEQ 620162338", "modseq 2/1 21/620162338 " },
		{ "a SEARCH MODSEQ \"/flags/\\\\draft\" all 620162338 SEEN", "modseq 2/2 21/620162338 6/8 " },
		{ "a UID SEARCH CHARSET utf-8 TEXT {2}\r\n\xc3\xa4", "uid <utf-8> 2/1 20 <\xc3\xa4> " },
		{ "a SEARCH RETURN () ALL", "r4 2/1 1 " },
		{ "a SEARCH RETURN (min MAX COUNT SAVE) CHARSET US-ASCII 1", "r1b <US-ASCII> 2/1 100 {1:1} " },
		{ "a SEARCH", "BAD expected a space and more" },
		{ "a SEARCH ", "BAD expected a search key" },
		{ "a SEARCH FOO", "BAD expected a search key" },
		{ "a SEARCH ()", "BAD expected a search key" },
		{ "a SEARCH (ALL", "BAD expected a space or a closing parenthesis" },
		{ "a SEARCH ALL)", "BAD expected a space or a closing parenthesis" },
		{ "a SEARCH OR ALL", "BAD expected a space or a closing parenthesis" },
		{ "a SEARCH (OR ALL)", "BAD expected a space or a closing parenthesis" },
		{ "a SEARCH NOT", "BAD expected a space and more" },
		{ "a SEARCH NOT ", "BAD expected a search key" },
		{ "a SEARCH ALL ", "BAD expected a search key" },
		{ "a SEARCH BEFORE 32-Jan-1970", "BAD expected a date" },
		{ "a SEARCH BEFORE \"1-Jan-1970", "BAD expected a date" },
		{ "a SEARCH LARGER -1", "BAD expected a number of octets" },
		{ "a SEARCH KEYWORD \\Seen", "BAD expected a keyword" },
		{ "a SEARCH HEADER X-Y", "BAD expected a string to search for" },
		{ "a SEARCH UID x", "BAD expected a sequence set" },
		{ "a SEARCH MODSEQ \"foo\" all 1", "BAD expected a mod-sequence" },
		{ "a SEARCH RETURN (FOO) ALL", "BAD no such result" },
		{ "a SEARCH RETURN (ALL)", "BAD expected a space and more" },
		{ "a SEARCH CHARSET utf-8", "BAD expected a charset and search keys" },
	};
	(void)state;
	CHECK_ROWS(row);
}

/* ---- the huge and the deep ---- */

static struct buf repeated(const char *head, const char *unit, size_t n, const char *tail)
{
	struct buf b = { NULL, 0, 0 };

	buf_add(&b, str_of(head));
	for (size_t i = 0; i < n; i++)
		buf_add(&b, str_of(unit));
	buf_add(&b, str_of(tail));
	return b;
}

static void bounds(void **state)
{
	static const struct { const char *head, *unit; size_t n; const char *tail, *want; } row[] = {
		{ "a SEARCH ", "(", 10000, "ALL", "BAD too deep a search" },
		{ "a SEARCH ", "NOT ", 100000, "ALL", "BAD too deep a search" },
		{ "a SEARCH ", "OR ALL ", 100000, "ALL", "BAD too deep a search" },
		{ "a SEARCH ", "ALL ", 100000, "ALL", "BAD too many search keys" },
		{ "a LIST \"\" ", "(", 10000, "x", "BAD expected a pattern" },
		{ "a FETCH 1 ", "(", 10000, "x", "BAD expected something to fetch" },
		{ "a FETCH 1 (", "BODY[] ", 1001, "UID)", "BAD too many sections" },
		{ "a FETCH 1 BODY[HEADER.FIELDS (", "a ", 1001, "b)]", "BAD too many header fields" },
		{ "a FETCH 1 BODY[", "1.", 1001, "1]", "BAD expected a part number" },
		{ "a STORE 1 FLAGS (", "a ", 10000, "b)", "BAD too many flags" },
		{ "a LIST \"\" (", "a ", 1000, "b)", "BAD too many patterns" },
		{ "a ENABLE", " a", 101, "", "BAD too many capabilities" },
		{ "a ID (", "\"a\" \"b\" ", 30, "\"a\" \"b\")", "BAD too many fields" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct buf in = repeated(row[i].head, row[i].unit, row[i].n, row[i].tail);
		check(buf_str(&in), row[i].want);
		buf_fini(&in);
	}
}

static void million_ranges(void **state)
{
	struct buf in = repeated("a UID FETCH ", "1,", 1000000, "2 UID");
	struct arena arena;
	struct grammar g;
	struct str tag, name;
	void *args;

	(void)state;
	arena_init(&arena);
	grammar_init(&g, &arena, buf_str(&in));
	assert_true(grammar_start(&g, &tag, &name));
	assert_true(grammar_args(&g, parse_fetch, &args));
	assert_int_equal(((struct fetch_args *)args)->set.n, 1000001);
	assert_true(arena.total_bytes < 9000000);
	arena_fini(&arena);
	buf_fini(&in);
}

/* ---- programs ---- */

static bool resolve(void *ctx, const struct search_key *key, struct uidset *out)
{
	(void)ctx;
	if (key->op == SEARCH_RECENT) {
		uidset_add(out, 9);
		return true;
	}
	uidset_add(out, 5);
	return key->set.n != 1 || key->set.r[0].lo != 99;
}

static void programs(void **state)
{
	static const struct { const char *in, *want; size_t n; } row[] = {
		{ "a SEARCH ALL", "\1", 1 },
		{ "a SEARCH SEEN NOT DRAFT", "\2\0\2\6\0\0\0\x08\4\6\0\0\0\x10", 14 },
		{ "a SEARCH 1", "\5\0\0\0\x0c\0\0\0\1\0\0\0\5\0\0\0\5", 17 },
		{ "a SEARCH RECENT", "\5\0\0\0\x0c\0\0\0\1\0\0\0\x09\0\0\0\x09", 17 },
		{ "a SEARCH KEYWORD ab", "\7\0\0\0\2ab", 7 },
		{ "a SEARCH LARGER 258", "\x0e\0\0\0\0\0\0\1\2", 9 },
		{ "a SEARCH SENTON 31-Dec-1969", "\x0c\xff\xff\xff\xff", 5 },
		{ "a SEARCH HEADER a b", "\x10\0\0\0\1a\0\0\0\1b", 11 },
		{ "a SEARCH CHARSET iso-8859-1 TO {1}\r\n\xe4", "\x11\1\0\0\0\2\xc3\xa4", 8 },
		{ "a SEARCH OR ALL (BODY x)", "\3\1\x13\0\0\0\1x", 8 },
		{ "a SEARCH ALL 99", NULL, 0 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena arena;
		struct grammar g;
		struct str tag, name;
		struct buf out = { NULL, 0, 0 };
		void *args;

		arena_init(&arena);
		grammar_init(&g, &arena, str_of(row[i].in));
		assert_true(grammar_start(&g, &tag, &name));
		assert_true(grammar_args(&g, parse_search, &args));
		struct uidset within = { 0 };
		bool bounded, ok = program_build(&out, args, resolve, NULL, &within, &bounded) == OK;
		if (ok != (row[i].want != NULL) || !str_eq(buf_str(&out), (struct str){ row[i].want, row[i].n }))
			fail_msg("%s", row[i].in);
		buf_fini(&out);
		uidset_fini(&within);
		arena_fini(&arena);
	}
}

/* The set that was written, as it stands. */
static bool resolve_same(void *ctx, const struct search_key *key, struct uidset *out)
{
	(void)ctx;
	for (size_t i = 0; i < key->set.n; i++)
		uidset_add_range(out, key->set.r[i].lo, key->set.r[i].hi);
	return true;
}

static void what_bounds_a_search(void **state)
{
	static const struct { const char *in, *within; } row[] = {      /* NULL: nothing does */
		{ "a SEARCH 7", "7" },
		{ "a SEARCH UNSEEN UID 3:9 SUBJECT x", "3:9" },
		{ "a SEARCH 1:9 (ALL (UID 4:20 SEEN) 5,8,9)", "5,8:9" },
		{ "a SEARCH OR 1 2", NULL },
		{ "a SEARCH NOT 1", NULL },
		{ "a SEARCH NOT (1 2) 5", "5" },
		{ "a SEARCH OR NOT (1 OR 2 3) (4 5) 6", "6" },
		{ "a SEARCH OR ALL (1 2) NOT NOT 3 (9 OR 1 2)", "9" },
		{ "a SEARCH 1 2", "" },
		{ "a SEARCH UNSEEN", NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena arena;
		struct grammar g;
		struct str tag, name;
		struct buf out = { 0 }, text = { 0 };
		struct uidset within = { 0 };
		bool bounded;
		void *args;

		arena_init(&arena);
		grammar_init(&g, &arena, str_of(row[i].in));
		assert_true(grammar_start(&g, &tag, &name) && grammar_args(&g, parse_search, &args));
		assert_int_equal(program_build(&out, args, resolve_same, NULL, &within, &bounded), OK);
		uidset_print(&text, &within);
		if (bounded != (row[i].within != NULL) || (bounded && !str_eq(buf_str(&text), str_of(row[i].within))))
			fail_msg("%s: %.*s", row[i].in, (int)text.n, text.p);
		uidset_fini(&within);
		buf_fini(&text);
		buf_fini(&out);
		arena_fini(&arena);
	}
}

/* Every second message of two hundred thousand. */
static bool resolve_many(void *ctx, const struct search_key *key, struct uidset *out)
{
	(void)ctx;
	(void)key;
	for (uint32_t uid = 2; uid < 200000; uid += 2)
		uidset_add(out, uid);
	return true;
}

static void a_program_is_bounded(void **state)
{
	struct arena arena;
	struct grammar g;
	struct str tag, name;
	struct buf in = { 0 }, out = { 0 };
	void *args;

	(void)state;
	buf_add(&in, S("a SEARCH"));
	for (int i = 0; i < 1000; i++)
		buf_add(&in, S(" 1:*"));
	arena_init(&arena);
	grammar_init(&g, &arena, buf_str(&in));
	assert_true(grammar_start(&g, &tag, &name));
	assert_true(grammar_args(&g, parse_search, &args));
	struct uidset within = { 0 };
	bool bounded;
	assert_int_equal(program_build(&out, args, resolve_many, NULL, &within, &bounded), ERR_LIMIT);
	uidset_fini(&within);
	assert_int_equal(out.n, 0);
	assert_true(out.cap <= 4u * PROGRAM_BYTES_MAX);
	buf_fini(&in);
	buf_fini(&out);
	arena_fini(&arena);
}

static void names(void **state)
{
	static const struct { const char *wire; bool utf8; const char *name; } row[] = {
		{ "a/b", false, "a/b" },
		{ "inbox", false, "INBOX" },
		{ "&AOQ-", false, "\xc3\xa4" },
		{ "&AOQ-", true, "&AOQ-" },
		{ "\xc3\xa4", true, "\xc3\xa4" },
		{ "\xc3\xa4", false, NULL },
		{ "&AO", false, NULL },
		{ "\xff", true, NULL },
	};
	struct arena arena;
	struct str out;

	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		bool ok = mailbox_decode(&arena, str_of(row[i].wire), row[i].utf8, &out);
		if (ok != (row[i].name != NULL) || (ok && !str_eq(out, str_of(row[i].name))))
			fail_msg("row %zu: %s", i, row[i].wire);
	}
	assert_true(mailbox_decode_pattern(&arena, S("a/"), S("&AOQ-%"), false, &out));
	assert_true(str_eq(out, S("a/\xc3\xa4%")));
	arena_fini(&arena);
}

static void done(void **state)
{
	(void)state;
	assert_true(grammar_is_done(S("done")));
	assert_false(grammar_is_done(S("a DONE")));
	assert_false(grammar_is_done(S("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts), cmocka_unit_test(strings), cmocka_unit_test(sessions),
		cmocka_unit_test(mailboxes), cmocka_unit_test(lists), cmocka_unit_test(appends),
		cmocka_unit_test(sets_and_flags), cmocka_unit_test(fetches), cmocka_unit_test(searches),
		cmocka_unit_test(bounds), cmocka_unit_test(million_ranges), cmocka_unit_test(programs),
		cmocka_unit_test(a_program_is_bounded), cmocka_unit_test(what_bounds_a_search), cmocka_unit_test(names), cmocka_unit_test(done),
		cmocka_unit_test(quotas),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

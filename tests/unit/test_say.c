/* tests/unit/test_say.c: the words of answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/mail/mbox_attr.h"
#include "frontend/imap/say.h"

static void expect(struct buf *out, const char *want)
{
	if (!str_eq(buf_str(out), str_of(want)))
		fail_msg("got %.*s\nnot %s", STR_ARG(buf_str(out)), want);
	buf_fini(out);
}

static void strings(void **state)
{
	static const struct { const char *in; bool utf8; const char *string, *astring; } row[] = {
		{ "abc", false, "\"abc\"", "abc" },
		{ "", false, "\"\"", "\"\"" },
		{ "a b", false, "\"a b\"", "\"a b\"" },
		{ "a\"\\", false, "\"a\\\"\\\\\"", "\"a\\\"\\\\\"" },
		{ "nil", false, "\"nil\"", "\"nil\"" },
		{ "a]", false, "\"a]\"", "a]" },
		{ "a%", false, "\"a%\"", "\"a%\"" },
		{ "a\r\n", true, "{3}\r\na\r\n", "{3}\r\na\r\n" },
		{ "\xc3\xa4", false, "{2}\r\n\xc3\xa4", "{2}\r\n\xc3\xa4" },
		{ "\xc3\xa4", true, "\"\xc3\xa4\"", "\"\xc3\xa4\"" },
		{ "\xff", true, "{1}\r\n\xff", "{1}\r\n\xff" },
	};
	struct buf out = { NULL, 0, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		say_string(&out, str_of(row[i].in), row[i].utf8);
		expect(&out, row[i].string);
		say_astring(&out, str_of(row[i].in), row[i].utf8);
		expect(&out, row[i].astring);
	}
	say_mailbox(&out, S("a \xc3\xa4"), false);
	expect(&out, "\"a &AOQ-\"");
	say_mailbox(&out, S("a\xc3\xa4"), true);
	expect(&out, "\"a\xc3\xa4\"");
}

static void status_lines(void **state)
{
	struct buf out = { NULL, 0, 0 };
	struct uidset a = { NULL, 0, 0 }, b = { NULL, 0, 0 };

	(void)state;
	uidset_add_range(&a, 1, 3);
	uidset_add_range(&b, 7, 9);
	say_status(&out, S("a1"), SAY_OK);
	say_code_copyuid(&out, 5, &a, &b);
	say_code_number(&out, "UIDNEXT", 7);
	say_code_set(&out, "MODIFIED", &a);
	say_code_appenduid(&out, 5, 6);
	say_text(&out, "done");
	expect(&out, "a1 OK [COPYUID 5 1:3 7:9] [UIDNEXT 7] [MODIFIED 1:3] [APPENDUID 5 6] done\r\n");
	say_line(&out, SAY_UNTAGGED, SAY_BYE, "TOOBIG", "no");
	expect(&out, "* BYE [TOOBIG] no\r\n");
	say_failure(&out, S("t"), ERR_ABSENT, NULL);
	expect(&out, "t NO [NONEXISTENT] There is no such mailbox\r\n");
	say_failure(&out, S("t"), ERR_ABSENT, "TRYCREATE");
	expect(&out, "t NO [TRYCREATE] There is no such mailbox\r\n");
	for (int e = OK + 1; e < ERR_COUNT; e++) {      /* every failure has words */
		say_failure(&out, S("t"), e, NULL);
		assert_true(str_starts(buf_str(&out), e == ERR_INPUT ? S("t BAD ") : S("t NO [")));
		buf_fini(&out);
	}
	uidset_fini(&a);
	uidset_fini(&b);
}

static void capabilities(void **state)
{
#define AFTER "ID ENABLE IDLE NAMESPACE UIDPLUS MOVE UNSELECT CHILDREN ESEARCH SEARCHRES LIST-EXTENDED LIST-STATUS " \
	"SPECIAL-USE CREATE-SPECIAL-USE STATUS=SIZE BINARY CONDSTORE QRESYNC " \
	"QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE QUOTA=RES-MAILBOX"
	static const struct { struct say_capabilities c; const char *want; } row[] = {
		{ { false, true, false, false, false }, "IMAP4rev1 IMAP4rev2 LITERAL+ ID ENABLE IDLE SASL-IR STARTTLS LOGINDISABLED" },
		{ { false, true, true, true, false }, "IMAP4rev1 IMAP4rev2 LITERAL- ID ENABLE IDLE SASL-IR STARTTLS AUTH=PLAIN AUTH=LOGIN" },
		{ { false, false, true, false, false }, "IMAP4rev1 IMAP4rev2 LITERAL+ ID ENABLE IDLE SASL-IR AUTH=PLAIN AUTH=LOGIN" },
		{ { true, false, true, false, false }, "IMAP4rev1 IMAP4rev2 LITERAL+ " AFTER },
		{ { true, true, false, true, false }, "IMAP4rev1 IMAP4rev2 LITERAL- " AFTER },
		{ { true, false, true, false, true }, "IMAP4rev1 IMAP4rev2 LITERAL+ " AFTER " QUOTASET" },
	};
	struct buf out = { NULL, 0, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		say_capabilities(&out, &row[i].c);
		expect(&out, row[i].want);
	}
	say_enabled(&out, S("CONDSTORE"));
	say_enabled(&out, S(""));
	expect(&out, "* ENABLED CONDSTORE\r\n* ENABLED\r\n");
	say_id(&out, "1.0");
	expect(&out, "* ID (\"name\" \"Roost\" \"version\" \"1.0\")\r\n");
}

static void mailboxes(void **state)
{
	static const struct { struct say_list l; const char *want; } row[] = {
		{ { .name = { "INBOX", 5 } }, "* LIST () \"/\" INBOX\r\n" },
		{ { .name = { "a", 1 }, .attrs = MBOX_SENT | MBOX_SUBSCRIBED, .children = true },
		  "* LIST (\\Subscribed \\Sent \\HasNoChildren) \"/\" a\r\n" },
		{ { .name = { "a", 1 }, .attrs = MBOX_NONEXISTENT | MBOX_NOSELECT | MBOX_HASCHILDREN, .children = true },
		  "* LIST (\\NonExistent \\Noselect \\HasChildren) \"/\" a\r\n" },
		{ { .name = { "a", 1 }, .attrs = MBOX_HASCHILDREN }, "* LIST () \"/\" a\r\n" },
		{ { .lsub = true, .name = { "\xc3\xa4", 2 }, .attrs = MBOX_NOSELECT }, "* LSUB (\\Noselect) \"/\" &AOQ-\r\n" },
		{ { .name = { "a", 1 }, .child_subscribed = true },
		  "* LIST () \"/\" a (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n" },
		{ { .name = { "a", 1 }, .child_subscribed = true, .old_name = { "b c", 3 } },
		  "* LIST () \"/\" a (\"CHILDINFO\" (\"SUBSCRIBED\") \"OLDNAME\" (\"b c\"))\r\n" },
	};
	struct say_status_item_values v = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct keywords k = { NULL, 0, 0, NULL, 0 };
	struct buf out = { NULL, 0, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		say_list(&out, &row[i].l, false);
		expect(&out, row[i].want);
	}
	say_mailbox_status(&out, S("a"), 0xff, &v, false);
	expect(&out, "* STATUS a (MESSAGES 1 RECENT 2 UIDNEXT 3 UIDVALIDITY 4 UNSEEN 5 DELETED 6 SIZE 7 HIGHESTMODSEQ 8)\r\n");
	say_mailbox_status(&out, S("a b"), STATUS_SIZE, &v, false);
	expect(&out, "* STATUS \"a b\" (SIZE 7)\r\n");
	keywords_add(&k, S("$Junk"));
	say_flags_line(&out, &k);
	expect(&out, "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Junk)\r\n");
	say_code_permanentflags(&out, &k, false);
	expect(&out, "[PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Junk \\*)] ");
	say_code_permanentflags(&out, &k, true);
	expect(&out, "[PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Junk)] ");
	say_number(&out, 3, "EXISTS");
	expect(&out, "* 3 EXISTS\r\n");
	keywords_fini(&k);
}

static void searches(void **state)
{
	struct uidset set = { NULL, 0, 0 };
	struct say_esearch e = { .tag = S("a1"), .found = &set, .returns = RETURN_MIN | RETURN_MAX | RETURN_ALL | RETURN_COUNT, .modseq = 9 };
	struct buf out = { NULL, 0, 0 };

	(void)state;
	say_search_begin(&out);
	say_search_end(&out, 0);
	expect(&out, "* SEARCH\r\n");
	say_esearch(&out, &e);
	expect(&out, "* ESEARCH (TAG \"a1\") COUNT 0\r\n");
	say_vanished(&out, &set, true);
	expect(&out, "");
	uidset_add_range(&set, 2, 4);
	uidset_add(&set, 9);
	say_search_begin(&out);
	for (uint32_t n = 2; n <= 4; n++)
		say_search_number(&out, n);
	say_search_number(&out, 9);
	say_search_end(&out, 7);
	expect(&out, "* SEARCH 2 3 4 9 (MODSEQ 7)\r\n");
	e.uid = true;
	say_esearch(&out, &e);
	expect(&out, "* ESEARCH (TAG \"a1\") UID MIN 2 MAX 9 ALL 2:4,9 COUNT 4 MODSEQ 9\r\n");
	say_vanished(&out, &set, true);
	say_vanished(&out, &set, false);
	expect(&out, "* VANISHED (EARLIER) 2:4,9\r\n* VANISHED 2:4,9\r\n");
	uidset_fini(&set);
}

static void rows(void **state)
{
	static struct str fields[] = { { "To", 2 }, { "a b", 3 } };
	static const struct { struct section_ask ask; enum section_name name; const char *want; } row[] = {
		{ { .kind = SECTION_BODY }, NAMED_BODY, "BODY[] " },
		{ { .kind = SECTION_TEXT, .path = { "1.2", 3 }, .partial = true, .start = 5, .count = 6 }, NAMED_BODY, "BODY[1.2.TEXT]<5> " },
		{ { .kind = SECTION_MIME, .path = { "1", 1 } }, NAMED_BODY, "BODY[1.MIME] " },
		{ { .kind = SECTION_FIELDS, .n_fields = 2, .fields = fields }, NAMED_BODY,
		  "BODY[HEADER.FIELDS (To \"a b\")] " },
		{ { .kind = SECTION_FIELDS_NOT, .path = { "3", 1 }, .n_fields = 1, .fields = fields },
		  NAMED_BODY, "BODY[3.HEADER.FIELDS.NOT (To)] " },
		{ { .kind = SECTION_BODY }, NAMED_RFC822, "RFC822 " },
		{ { .kind = SECTION_HEADER }, NAMED_RFC822_HEADER, "RFC822.HEADER " },
		{ { .kind = SECTION_TEXT }, NAMED_RFC822_TEXT, "RFC822.TEXT " },
		{ { .kind = SECTION_BINARY, .path = { "1", 1 }, .partial = true }, NAMED_BINARY, "BINARY[1]<0> " },
		{ { .kind = SECTION_BINARY_SIZE, .path = { "1", 1 } }, NAMED_BINARY_SIZE, "BINARY.SIZE[1] " },
	};
	struct flagset f = { FLAG_SEEN, 0, NULL };
	struct keywords k = { NULL, 0, 0, NULL, 0 };
	struct say_row r;
	struct buf out = { NULL, 0, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		r.some = false;
		say_row_section(&r, &out, &row[i].ask, row[i].name);
		expect(&out, row[i].want);
	}
	say_row_begin(&r, &out, 5);
	say_row_uid(&r, &out, 7);
	say_row_flags(&r, &out, &f, &k, true);
	f.word = 0;
	say_row_flags(&r, &out, &f, &k, true);
	say_row_modseq(&r, &out, 8);
	say_row_date(&r, &out, 0);
	say_row_size(&r, &out, 9);
	say_row_words(&r, &out, "BODY", S("(x)"));
	say_row_section(&r, &out, &row[0].ask, NAMED_BODY);
	say_literal(&out, 1, false);
	buf_add(&out, S("("));
	say_row_section(&r, &out, &row[8].ask, NAMED_BINARY);
	say_literal(&out, 1, true);
	buf_add(&out, S("y"));
	say_row_section(&r, &out, &row[8].ask, NAMED_BINARY);
	say_nil(&out);
	say_row_end(&r, &out);
	expect(&out, "* 5 FETCH (UID 7 FLAGS (\\Seen \\Recent) FLAGS (\\Recent) MODSEQ (8) "
	       "INTERNALDATE \" 1-Jan-1970 00:00:00 +0000\" RFC822.SIZE 9 BODY (x) BODY[] {1}\r\n( BINARY[1]<0> ~{1}\r\ny "
	       "BINARY[1]<0> NIL)\r\n");
}

static void quota(void **state)
{
	static const struct { struct rpc_quota_is q; const char *want; } row[] = {
		{ { .used_bytes = 5 }, "* QUOTA ann ()\r\n" },
		{ { .used_bytes = 1, .bytes = 1 }, "* QUOTA ann (STORAGE 1 1)\r\n" },
		{ { .used_bytes = 1024, .bytes = 1025 }, "* QUOTA ann (STORAGE 1 2)\r\n" },
		{ { .used_messages = 3, .messages = 7, .used_mailboxes = 9, .mailboxes = 1 }, "* QUOTA ann (MESSAGE 3 7 MAILBOX 9 1)\r\n" },
	};
	struct buf out = { NULL, 0, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		say_quota(&out, S("ann"), &row[i].q, false);
		expect(&out, row[i].want);
	}
	say_quotaroot(&out, S("\xc3\xa4"), S("a b"), false);
	expect(&out, "* QUOTAROOT &AOQ- \"a b\"\r\n");
	say_fullness(&out, &(struct rpc_room){ .resource = QUOTA_MESSAGE, .percent = 93 });
	expect(&out, "You use 93 % of your messages\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings), cmocka_unit_test(status_lines), cmocka_unit_test(capabilities),
		cmocka_unit_test(mailboxes), cmocka_unit_test(searches), cmocka_unit_test(rows), cmocka_unit_test(quota),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/unit/test_answer.c: what a server says, cut at every byte; and what is read in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/base/buf.h"
#include "common/mail/flags.h"
#include "tools/load/answer.h"

typedef bool take_fn(struct str *in, struct answer_place *place, struct str *out);

/* Feeds `all` in two halves, as two reads would bring it; "|" joins the answers that come out. */
static void take_cut(take_fn *take, struct str all, size_t cut, struct buf *said)
{
	struct str answer, in = str_head(all, cut);
	struct answer_place place = { 0 };

	while (take(&in, &place, &answer))
		buf_printf(said, "%.*s|", STR_ARG(answer));
	in.n += all.n - cut;                      /* what was not taken stays, and the rest arrives behind it */
	while (take(&in, &place, &answer))
		buf_printf(said, "%.*s|", STR_ARG(answer));
	buf_add(said, in);
}

static void cuts(take_fn *take, struct str in, struct str want, size_t row)
{
	for (size_t cut = 0; cut <= in.n; cut++) {
		struct buf said = { 0 };
		take_cut(take, in, cut, &said);
		if (!str_eq(buf_str(&said), want))
			fail_msg("row %zu cut %zu: %.*s", row, cut, STR_ARG(buf_str(&said)));
		buf_fini(&said);
	}
}

static void answers(void **state)
{
	static const struct { struct str in, said; } row[] = {
		{ S("* OK hi\r\na OK\r\n"),                             S("* OK hi|a OK|") },
		{ S("* 1 FETCH (BODY[] {4}\r\na\r\nb)\r\na OK\r\n"),    S("* 1 FETCH (BODY[] {4}\r\na\r\nb)|a OK|") },
		{ S("* {1}\r\n\n {2}\r\nxy z\r\n"),                     S("* {1}\r\n\n {2}\r\nxy z|") },
		{ S("* {2}\r\n{1}\r\n"),                                S("* {2}\r\n{1}|") },           /* the literal's end is no announcement */
		{ S("* {}\r\n* {x}\r\n{0}\r\n\r\n"),                    S("* {}|* {x}|{0}\r\n|") },
		{ S("* {99999999999999999999}\r\n* {2000000000000}\r\n"), S("* {99999999999999999999}|* {2000000000000}|") },
		{ S("bare\nend\r\n"),                                   S("bare|end|") },
		{ S("* whole\r\n* half"),                               S("* whole|* half") },
		{ S("* {9}\r\nshort"),                                  S("* {9}\r\nshort") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		cuts(answer_take, row[i].in, row[i].said, i);
	cuts(answer_take_line, S("250 {3}\r\n250-b\r\n2"), S("250 {3}|250-b|2"), 100);
}

static void meanings(void **state)
{
	static const struct { struct str in; bool ok; enum said said; bool tagged; uint32_t n; struct str code, text; } row[] = {
		{ S("* 7 EXISTS"),                       true,  SAID_EXISTS,  false, 7, S(""), S("") },
		{ S("* 7 FETCH (UID 3)"),                true,  SAID_FETCH,   false, 7, S(""), S("(UID 3)") },
		{ S("* VANISHED (EARLIER) 1:3"),         true,  SAID_VANISHED, false, 0, S(""), S("(EARLIER) 1:3") },
		{ S("* ok [UIDNEXT 4] Ready"),           true,  SAID_OK,      false, 0, S("UIDNEXT 4"), S("Ready") },
		{ S("* BYE see you"),                    true,  SAID_BYE,     false, 0, S(""), S("see you") },
		{ S("* XLIST ()"),                       true,  SAID_OTHER,   false, 0, S(""), S("()") },
		{ S("a OK [APPENDUID 1 2] done"),        true,  SAID_OK,      true,  0, S("APPENDUID 1 2"), S("done") },
		{ S("a NO"),                             true,  SAID_NO,      true,  0, S(""), S("") },
		{ S("a OK [open"),                       true,  SAID_OK,      true,  0, S(""), S("[open") },
		{ S("+ idling"),                         true,  SAID_PLUS,    false, 0, S(""), S("idling") },
		{ S("+"),                                true,  SAID_PLUS,    false, 0, S(""), S("") },
		{ S("a FETCH"),                          false, 0, false, 0, S(""), S("") },
		{ S("* 99999999999 EXISTS"),             false, 0, false, 0, S(""), S("") },
		{ S("*"),                                false, 0, false, 0, S(""), S("") },
		{ S(""),                                 false, 0, false, 0, S(""), S("") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct answer a;
		bool ok = answer_read(row[i].in, &a);
		if (ok != row[i].ok)
			fail_msg("row %zu: %d", i, ok);
		if (ok && (a.said != row[i].said || a.tagged != row[i].tagged || a.n != row[i].n ||
		           !str_eq(a.code, row[i].code) || !str_eq(a.text, row[i].text)))
			fail_msg("row %zu: said %d n %u code \"%.*s\" text \"%.*s\"", i, a.said, a.n, STR_ARG(a.code), STR_ARG(a.text));
	}
}

static void replies(void **state)
{
	static const struct { struct str in; bool ok; enum said said; uint32_t n; } row[] = {
		{ S("250 2.1.0 Ok"),   true,  SAID_REPLY,         250 },
		{ S("250-PIPELINING"), true,  SAID_REPLY_GOES_ON, 250 },
		{ S("354"),            true,  SAID_REPLY,         354 },
		{ S("25"),             false, 0, 0 },
		{ S("999 what"),       false, 0, 0 },
		{ S("* OK"),           false, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct answer a;
		bool ok = answer_read_lmtp(row[i].in, &a);
		if (ok != row[i].ok || (ok && (a.said != row[i].said || a.n != row[i].n)))
			fail_msg("row %zu", i);
	}
}

static void values(void **state)
{
	static const struct { struct str in; bool ok; enum value_kind kind; struct str text, rest; } row[] = {
		{ S(" 12 x"),            true,  VALUE_ATOM,   S("12"),           S(" x") },
		{ S("NIL)"),             true,  VALUE_ATOM,   S("NIL"),          S(")") },
		{ S("\"a \\\" (b\" c"),  true,  VALUE_STRING, S("a \\\" (b"),    S(" c") },
		{ S("(a (b \")\") c) d"), true, VALUE_LIST,   S("a (b \")\") c"), S(" d") },
		{ S("({3}\r\n))) x) y"), true,  VALUE_LIST,   S("{3}\r\n))) x"), S(" y") },
		{ S("{3}\r\nabcd"),      true,  VALUE_STRING, S("abc"),          S("d") },
		{ S("~{2}\r\nab"),       true,  VALUE_STRING, S("ab"),           S("") },
		{ S("()"),               true,  VALUE_LIST,   S(""),             S("") },
		{ S("\"open"),           false, 0, S(""), S("") },
		{ S("\"open\\\""),       false, 0, S(""), S("") },
		{ S("(open"),            false, 0, S(""), S("") },
		{ S(")"),                false, 0, S(""), S("") },
		{ S(""),                 false, 0, S(""), S("") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct str in = row[i].in;
		struct value v;
		bool ok = value_take(&in, &v);
		if (ok != row[i].ok || (!ok && in.p != row[i].in.p))
			fail_msg("row %zu: %d", i, ok);
		if (ok && (v.kind != row[i].kind || !str_eq(v.text, row[i].text) || !str_eq(in, row[i].rest)))
			fail_msg("row %zu: \"%.*s\", rest \"%.*s\"", i, STR_ARG(v.text), STR_ARG(in));
	}
}

static void rows(void **state)
{
	static const struct { struct str in; bool ok; unsigned has; uint32_t uid; uint64_t size; uint8_t flags; struct str section, body; } row[] = {
		{ S("(UID 12 FLAGS (\\Seen $Junk \\Flagged))"), true, ROW_UID | ROW_FLAGS, 12, 0, FLAG_SEEN | FLAG_FLAGGED, S(""), S("") },
		{ S("(FLAGS () RFC822.SIZE 7 UID 1)"),          true, ROW_UID | ROW_FLAGS | ROW_SIZE, 1, 7, 0, S(""), S("") },
		{ S("(BODY[HEADER.FIELDS (X UID)] {6}\r\nUID 5\n UID 9)"), true, ROW_UID | ROW_BODY, 9, 0, 0, S("HEADER.FIELDS (X UID)"), S("UID 5\n") },
		{ S("(BODY[]<0> \"abc\" UID 3)"),               true, ROW_UID | ROW_BODY, 3, 0, 0, S(""), S("abc") },
		{ S("(BODY[] NIL)"),                            true, ROW_BODY, 0, 0, 0, S(""), S("") },
		{ S("(MODSEQ (5) X-MORE (a (b)) UID 2)"),       true, ROW_UID | ROW_MODSEQ, 2, 0, 0, S(""), S("") },
		{ S("(UID 0)"),                                 false, 0, 0, 0, 0, S(""), S("") },
		{ S("(UID 1"),                                  false, 0, 0, 0, 0, S(""), S("") },
		{ S("(UID 1) x"),                               false, 0, 0, 0, 0, S(""), S("") },
		{ S("(FLAGS \\Seen)"),                          false, 0, 0, 0, 0, S(""), S("") },
		{ S("(BODY[ NIL)"),                             false, 0, 0, 0, 0, S(""), S("") },
		{ S("(UID)"),                                   false, 0, 0, 0, 0, S(""), S("") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct answer a = { .said = SAID_FETCH, .n = 1, .text = row[i].in };
		struct row r;
		bool ok = answer_items(&a, &r);
		if (ok != row[i].ok)
			fail_msg("row %zu: %d", i, ok);
		if (ok && (r.has != row[i].has || r.uid != row[i].uid || r.size != row[i].size || r.flags != row[i].flags ||
		           !str_eq(r.section, row[i].section) || !str_eq(r.body, row[i].body)))
			fail_msg("row %zu: has %x uid %u body \"%.*s\"", i, r.has, r.uid, STR_ARG(r.body));
	}
}

static void names(void **state)
{
	static const struct { struct str in, name; bool ok; uint64_t n; } row[] = {
		{ S("UIDNEXT 7 X 1"),          S("UIDNEXT"),  true,  7 },
		{ S("messages 3 UNSEEN 0"),    S("UNSEEN"),   true,  0 },
		{ S("A (1 B 2) B 3"),          S("B"),        true,  3 },
		{ S("X 1"),                    S("UIDNEXT"),  false, 0 },
		{ S("UIDNEXT"),                S("UIDNEXT"),  false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		uint64_t n = 0;
		if (value_named_number(row[i].in, row[i].name, &n) != row[i].ok || n != row[i].n)
			fail_msg("row %zu: %llu", i, (unsigned long long)n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers), cmocka_unit_test(meanings), cmocka_unit_test(replies),
		cmocka_unit_test(values), cmocka_unit_test(rows), cmocka_unit_test(names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

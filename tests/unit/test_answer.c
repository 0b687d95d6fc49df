/* tests/unit/test_answer.c: what a server says, cut at every byte; and the numbers and literals in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/base/buf.h"
#include "tools/load/answer.h"

/* Feeds `all` in two halves, as two reads would bring it; "|" joins the answers that come out. */
static void take_cut(struct str all, size_t cut, struct buf *said)
{
	struct str answer, in = str_head(all, cut);

	while (answer_take(&in, &answer))
		buf_printf(said, "%.*s|", STR_ARG(answer));
	in.n += all.n - cut;                      /* what was not taken stays, and the rest arrives behind it */
	while (answer_take(&in, &answer))
		buf_printf(said, "%.*s|", STR_ARG(answer));
	buf_add(said, in);
}

static void answers(void **state)
{
	static const struct { struct str in, said; } row[] = {
		{ S("* OK hi\r\na OK\r\n"),                             S("* OK hi|a OK|") },
		{ S("* 1 FETCH (BODY[] {4}\r\na\r\nb)\r\na OK\r\n"),    S("* 1 FETCH (BODY[] {4}\r\na\r\nb)|a OK|") },
		{ S("* {1}\r\n\n {2}\r\nxy z\r\n"),                     S("* {1}\r\n\n {2}\r\nxy z|") },
		{ S("* {}\r\n* {x}\r\n{0}\r\n\r\n"),                    S("* {}|* {x}|{0}\r\n|") },
		{ S("bare\nend\r\n"),                                   S("bare|end|") },
		{ S("* whole\r\n* half"),                               S("* whole|* half") },
		{ S("* {9}\r\nshort"),                                  S("* {9}\r\nshort") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		for (size_t cut = 0; cut <= row[i].in.n; cut++) {
			struct buf said = { 0 };
			take_cut(row[i].in, cut, &said);
			if (!str_eq(buf_str(&said), row[i].said))
				fail_msg("row %zu cut %zu: %.*s", i, cut, STR_ARG(buf_str(&said)));
			buf_fini(&said);
		}
}

static void contents(void **state)
{
	static const struct { struct str in, words; uint64_t number; struct str literal; } row[] = {
		{ S("* 7 EXISTS"),                          S("* "),     7,  S("") },
		{ S("* 7 FETCH (UID 12 FLAGS ())"),         S("UID "),   12, S("") },
		{ S("* 7 FETCH (UID 12 FLAGS ())"),         S("SIZE "),  0,  S("") },
		{ S("* 1 FETCH (BODY[] {3}\r\nabc UID 5)"), S(" UID "),  5,  S("abc") },
		{ S(""),                                    S("* "),     0,  S("") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		if (answer_number(row[i].in, row[i].words) != row[i].number)
			fail_msg("row %zu: number", i);
		if (!str_eq(answer_literal(row[i].in), row[i].literal))
			fail_msg("row %zu: literal", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(answers), cmocka_unit_test(contents) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

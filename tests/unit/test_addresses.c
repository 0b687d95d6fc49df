/* tests/unit/test_addresses.c: address fields as text, from ENVELOPE words good and bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "storaged/search/addresses.h"

#define HEAD "(NIL \"a \\\" ( subject\" "

static void rows(void **state)
{
	static const char four[] =
		HEAD "((NIL NIL \"f\" \"h\")) ((NIL NIL \"sender\" \"h\")) ((NIL NIL \"reply\" \"h\")) "
		"((\"T, \\\"O\\\"\" NIL \"t\" \"h\")(NIL \"@r\" \"u\" \"\")) "
		"((NIL NIL \"group\" NIL)({5}\r\n(8)\xc3\xbc NIL \"c\" \"h\")(NIL NIL NIL NIL)) NIL NIL \"<id>\")";
	static const struct { const char *words; enum address_field field; const char *text; } row[] = {
		{ four, ADDRESS_FROM, "<f@h>, " },
		{ four, ADDRESS_TO, "T, \"O\" <t@h>, <u>, " },
		{ four, ADDRESS_CC, "group: (8)\xc3\xbc <c@h>, ; " },
		{ four, ADDRESS_BCC, "" },
		{ "", ADDRESS_FROM, "" }, { "(", ADDRESS_BCC, "" }, { "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)", ADDRESS_TO, "" },
		{ HEAD "((NIL NIL \"f", ADDRESS_FROM, "f: " },                   /* cut short */
		{ HEAD "((NIL NIL {99}\r\nf", ADDRESS_FROM, "f: " },
		{ HEAD "((NIL NIL {x}\r\nf", ADDRESS_FROM, "f: " },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct buf out = { 0 };
		addresses_text(&out, str_of(row[i].words), row[i].field);
		if (!str_eq(buf_str(&out), str_of(row[i].text)))
			fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&out)));
		buf_fini(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(rows) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/unit/test_lmtp_words.c: command lines, as clients write them and as they should not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "frontend/lmtp/lmtp_words.h"

#define LONG_64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void lines(void **state)
{
	static const struct { const char *line; enum lmtp_verb verb; enum lmtp_fault fault; const char *path; uint64_t bytes; bool flag; } row[] = {
		{ "LHLO me",                             LMTP_LHLO,  LMTP_FINE,       "", 0, false },
		{ "lhlo me  ",                           LMTP_LHLO,  LMTP_FINE,       "", 0, false },
		{ "LHLO",                                LMTP_LHLO,  LMTP_BAD_ARGS,   "", 0, false },
		{ "EHLO me",                             LMTP_OTHER, LMTP_NO_COMMAND, "", 0, false },
		{ "HELO me",                             LMTP_OTHER, LMTP_NO_COMMAND, "", 0, false },
		{ "",                                    LMTP_OTHER, LMTP_NO_COMMAND, "", 0, false },
		{ " NOOP",                               LMTP_OTHER, LMTP_NO_COMMAND, "", 0, false },
		{ "NOOPER",                              LMTP_OTHER, LMTP_NO_COMMAND, "", 0, false },
		{ "NOOP what ever",                      LMTP_NOOP,  LMTP_FINE,       "", 0, false },
		{ "Rset",                                LMTP_RSET,  LMTP_FINE,       "", 0, false },
		{ "RSET now",                            LMTP_RSET,  LMTP_BAD_ARGS,   "", 0, false },
		{ "DATA",                                LMTP_DATA,  LMTP_FINE,       "", 0, false },
		{ "DATA x",                              LMTP_DATA,  LMTP_BAD_ARGS,   "", 0, false },
		{ "VRFY joe",                            LMTP_VRFY,  LMTP_FINE,       "", 0, false },
		{ "VRFY",                                LMTP_VRFY,  LMTP_BAD_ARGS,   "", 0, false },
		{ "HELP",                                LMTP_HELP,  LMTP_FINE,       "", 0, false },
		{ "QUIT ",                               LMTP_QUIT,  LMTP_FINE,       "", 0, false },
		{ "MAIL FROM:<>",                        LMTP_MAIL,  LMTP_FINE,       "", 0, false },
		{ "mail from:<a@b.c> size=12",           LMTP_MAIL,  LMTP_FINE,       "a@b.c", 12, false },
		{ "MAIL FROM: <a@b.c>",                  LMTP_MAIL,  LMTP_FINE,       "a@b.c", 0, false },
		{ "MAIL FROM:<a@b> BODY=8BITMIME SMTPUTF8 AUTH=<>", LMTP_MAIL, LMTP_FINE, "a@b", 0, true },
		{ "MAIL FROM:<a@b> BODY=BINARYMIME",     LMTP_MAIL,  LMTP_BAD_VALUE,  "a@b", 0, false },
		{ "MAIL FROM:<a@b> SIZE=",               LMTP_MAIL,  LMTP_BAD_VALUE,  "a@b", 0, false },
		{ "MAIL FROM:<a@b> SIZE=-1",             LMTP_MAIL,  LMTP_BAD_VALUE,  "a@b", 0, false },
		{ "MAIL FROM:<a@b> RET=FULL",            LMTP_MAIL,  LMTP_BAD_PARAM,  "a@b", 0, false },
		{ "MAIL FROM:<a@b>SIZE=1",               LMTP_MAIL,  LMTP_BAD_ARGS,   "a@b", 0, false },
		{ "MAIL FROM:a@b",                       LMTP_MAIL,  LMTP_BAD_PATH,   "", 0, false },
		{ "MAIL FROM",                           LMTP_MAIL,  LMTP_BAD_ARGS,   "", 0, false },
		{ "MAIL TO:<a>",                         LMTP_MAIL,  LMTP_BAD_ARGS,   "", 0, false },
		{ "RCPT TO:<joe>",                       LMTP_RCPT,  LMTP_FINE,       "joe", 0, false },
		{ "RCPT TO:<joe+box@b>",                 LMTP_RCPT,  LMTP_FINE,       "joe+box@b", 0, false },
		{ "RCPT TO:<@x,@y:joe@b>",               LMTP_RCPT,  LMTP_FINE,       "joe@b", 0, false },
		{ "RCPT TO:<@x:>",                       LMTP_RCPT,  LMTP_BAD_PATH,   "", 0, false },
		{ "RCPT TO:<\"a b\"@c>",                 LMTP_RCPT,  LMTP_FINE,       "\"a b\"@c", 0, false },
		{ "RCPT TO:<\"a\\\"@>b\"@c>",            LMTP_RCPT,  LMTP_FINE,       "\"a\\\"@>b\"@c", 0, false },
		{ "RCPT TO:<\"a@c>",                     LMTP_RCPT,  LMTP_BAD_PATH,   "", 0, false },
		{ "RCPT TO:<j\xc3\xb6rg>",               LMTP_RCPT,  LMTP_FINE,       "j\xc3\xb6rg", 0, false },
		{ "RCPT TO:<j\xf6rg>",                   LMTP_RCPT,  LMTP_BAD_PATH,   "", 0, false },
		{ "RCPT TO:<>",                          LMTP_RCPT,  LMTP_BAD_PATH,   "", 0, false },
		{ "RCPT TO:<a@>",                        LMTP_RCPT,  LMTP_BAD_PATH,   "", 0, false },
		{ "RCPT TO:<@b>",                        LMTP_RCPT,  LMTP_BAD_PATH,   "", 0, false },
		{ "RCPT TO:<a b>",                       LMTP_RCPT,  LMTP_BAD_PATH,   "", 0, false },
		{ "RCPT TO:<a\tb>",                      LMTP_RCPT,  LMTP_BAD_PATH,   "", 0, false },
		{ "RCPT TO:<a@b",                        LMTP_RCPT,  LMTP_BAD_PATH,   "", 0, false },
		{ "RCPT TO:<a@b> NOTIFY=NEVER",          LMTP_RCPT,  LMTP_BAD_PARAM,  "a@b", 0, false },
		{ "RCPT TO:<" LONG_64 LONG_64 LONG_64 LONG_64 LONG_64 ">", LMTP_RCPT, LMTP_FINE, LONG_64 LONG_64 LONG_64 LONG_64 LONG_64, 0, false },
		{ "RCPT TO:<" LONG_64 LONG_64 LONG_64 LONG_64 LONG_64 "a>", LMTP_RCPT, LMTP_BAD_PATH, "", 0, false },
		{ "BDAT 0",                              LMTP_BDAT,  LMTP_FINE,       "", 0, false },
		{ "BDAT 86 LAST",                        LMTP_BDAT,  LMTP_FINE,       "", 86, true },
		{ "bdat 86 last",                        LMTP_BDAT,  LMTP_FINE,       "", 86, true },
		{ "BDAT 86 FIRST",                       LMTP_BDAT,  LMTP_BAD_ARGS,   "", 0, false },
		{ "BDAT",                                LMTP_BDAT,  LMTP_BAD_ARGS,   "", 0, false },
		{ "BDAT LAST",                           LMTP_BDAT,  LMTP_BAD_ARGS,   "", 0, false },
		{ "BDAT 99999999999999999999999",        LMTP_BDAT,  LMTP_BAD_ARGS,   "", 0, false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct lmtp_words w = lmtp_words_read(str_of(row[i].line));
		if (w.verb != row[i].verb || w.fault != row[i].fault || w.bytes != row[i].bytes || (w.utf8 || w.last) != row[i].flag ||
		    !str_eq(w.path, str_of(row[i].path)))
			fail_msg("row %zu: %s: verb %d fault %d path %.*s", i, row[i].line, w.verb, w.fault, STR_ARG(w.path));
	}
}

static void paths(void **state)
{
	static const struct { const char *path, *plain; } row[] = {
		{ "joe@b", "joe@b" }, { "\"joe\"@b", "joe@b" }, { "\"a b\"", "a b" }, { "\"a\\\"\\\\b\"@c", "a\"\\b@c" }, { "", "" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct buf out = { 0 };
		lmtp_path_plain(str_of(row[i].path), &out);
		if (!str_eq(buf_str(&out), str_of(row[i].plain)))
			fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&out)));
		buf_fini(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lines), cmocka_unit_test(paths) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

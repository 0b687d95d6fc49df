/* tools/load/settings.h: what each scenario of a mix may have for itself. Numbers only. */
#pragma once

#include <stdint.h>

/* Which of these a scenario does something with (scenario->uses); the others all do. */
enum {
	USES_LETTERS = 1, USES_RECIPIENTS = 2, USES_BATCH = 4, USES_FOLDERS = 8, USES_SLICE = 16, USES_WORDS = 32, USES_DAY = 64, USES_MAIL = 128,
};

struct settings {
	uint64_t first_user, users;      /* user0001 is 1 */
	uint64_t letters;                /* fill: how many there shall be in each INBOX; import: in each new mailbox */
	uint64_t recipients;             /* of one delivery */
	uint64_t batch;                  /* messages of one copy, move, expunge */
	uint64_t folders;                /* status, list-status: how many there shall be; import: how many each user gets */
	uint64_t slice_bytes;            /* partial */
	uint64_t one_in;                 /* search: how rare the word is: 3, 100 ... */
	double   think_seconds;          /* between two rounds of one player */
	double   day_seconds;            /* personas: how long a simulated day takes */
	double   mails_a_day;            /* postman: for each user */
};

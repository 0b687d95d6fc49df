/* tools/load/settings.h: what each scenario of a mix may have for itself. Numbers only. */
#pragma once

#include <stdint.h>

struct settings {
	uint64_t first_user, users;      /* user0001 is 1 */
	uint64_t letters;                /* in each INBOX; fill: how many there shall be */
	uint64_t recipients;             /* of one delivery */
	uint64_t batch;                  /* messages of one copy, move, expunge */
	uint64_t folders;                /* status, list-status: how many there shall be; import: how many each user gets */
	uint64_t slice_bytes;            /* partial */
	uint64_t one_in;                 /* search: how rare the word is: 3, 100 ... */
	double   think_seconds;          /* between two rounds of one player */
	double   day_seconds;            /* personas: how long a simulated day takes */
	double   mails_a_day;            /* postman: for each user */
};

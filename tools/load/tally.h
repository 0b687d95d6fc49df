/* tools/load/tally.h: what one worker process has counted, in memory it shares with the process that reports.
 *
 * Only the worker writes. The reporter reads while the worker plays (for the live view and the timeline) and once
 * more after it has ended (for the report); each number is whole, several need not be of the same instant.
 *
 * Owner: the reporter maps an array of them (MAP_SHARED | MAP_ANONYMOUS) before it forks; zero bytes are valid.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tools/load/ops.h"
#include "tools/load/times.h"

enum { TALLY_WORDS_MAX = 240 };

struct tally_op {
	struct times took;               /* of those that were good */
	uint64_t     failed;
};

struct tally {
	struct tally_op op[OP_COUNT];
	uint64_t answers, wrong;         /* looked at; not what they should have been */
	uint64_t bytes_in, bytes_out;    /* on the wires, before TLS */
	uint64_t connected, playing;     /* now */
	uint64_t let_in, shut_out;       /* connections that were logged in; that could not be made, or not log in */
	uint64_t handshakes, resumed;    /* of TLS: all, and those that resumed a session */
	uint64_t imported, imported_bytes;   /* letters of import, and their octets */
	uint64_t late;                   /* open loop: arrivals that waited for a free connection */
	uint64_t cpu_us, rss_bytes_most; /* of the worker */
	/* --verify, after playing */
	uint64_t mailboxes, messages, missing, doubled, changed;
	char     first_wrong[TALLY_WORDS_MAX], first_difference[TALLY_WORDS_MAX];   /* NUL-terminated; empty: none */
	bool     learnt, opened, done;   /* --between: all mailboxes known; all connections ready; played to the end */
};

/* tools/load/answer.h: what a server says, cut into answers and looked at. Pure.
 *
 * An IMAP answer is a line with all its literals (RFC 9051 4.3); an LMTP answer is a line.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"

/* Takes the first whole answer off *in, without its last CRLF. False: it is not all here; in stays. */
bool       answer_take(struct str *in, struct str *out);
bool       answer_has(struct str answer, struct str words);
/* The number right behind the words: answer_number("* 7 EXISTS", "* ") is 7. 0: not there. */
uint64_t   answer_number(struct str answer, struct str words);
/* The first literal of an answer: empty if it has none. */
struct str answer_literal(struct str answer);

/* tools/load/voices.h: who writes: a language in a charset and a transfer encoding, with its words ready to be copied.
 *
 * Owner: whoever embeds it. Nothing changes after init.
 */
#pragma once

#include <stdint.h>

#include "common/mail/cte.h"
#include "tools/load/languages.h"

enum { VOICE_WORDS_MAX = 64, VOICE_WORD_BYTES = 63, VOICE_PIECE_BYTES = 95, VOICE_PIECES = 8 };

/* In slots of one size, so that a word is copied by a few wide moves whatever its length. */
struct voice_word  { char text[VOICE_WORD_BYTES]; uint8_t bytes; };
/* A name or a subject as a header field holds it: in encoded words (RFC 2047) unless it is ASCII. */
struct voice_piece { char text[VOICE_PIECE_BYTES]; uint8_t bytes; };

struct voice {
	const struct language *language;
	const char        *charset;
	enum cte           cte;
	uint32_t           n, longest;              /* words; the longest of them in bytes */
	struct voice_word  word[VOICE_WORDS_MAX];   /* in the charset; for quoted-printable already encoded */
	struct voice_piece name[VOICE_PIECES], subject[VOICE_PIECES];
};

enum { VOICE_PLAIN, VOICE_COUNT = 24 };             /* the first is English in ASCII, unencoded */

void                voices_init(struct voice v[VOICE_COUNT]);
/* One of them as often as it is heard: `roll` is any number. */
const struct voice *voices_pick(const struct voice v[VOICE_COUNT], uint32_t roll);

/* tools/load/letters.h: the messages that are sent: made from a number, so that they can be checked when they come back.
 *
 * Letter n is the same octets every time; all have one size. They are multipart/alternative, of words: they compress
 * about as well as mail does. No line begins with a dot.
 *
 * Owner: whoever embeds it.
 */
#pragma once

#include <stdint.h>

#include "common/base/buf.h"

enum { LETTERS_TEXTS = 16 };

struct letters {
	size_t     bytes;                  /* of every letter */
	struct buf text[LETTERS_TEXTS];
};

void letters_init(struct letters *l, size_t bytes);   /* at least 1 KiB */
void letters_fini(struct letters *l);
void letters_write(const struct letters *l, uint32_t number, struct buf *out);
/* As it shows in an ENVELOPE. */
void letters_subject(uint32_t number, struct buf *out);

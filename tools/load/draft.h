/* tools/load/draft.h: a letter being written: its fields, words and attachments, until it is as long as it should be.
 *
 * Who writes a part is told the offset in `out` it must not go beyond, and leaves at most DRAFT_REST of the room unused. What is
 * left over in the end, the letter's header takes, in a field at fill_at.
 *
 * Owner: letters_write, on its stack.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "tools/load/dice.h"
#include "tools/load/voices.h"

enum { DRAFT_REST = 320 };

struct draft {
	struct buf  *out;
	size_t       begin, end;         /* of the letter, in out */
	size_t       fill_at;
	uint32_t     seed, n;
	bool         small;              /* every octet counts */
	struct dice  dice;
	const struct voice *voice;       /* of its main text */
};

/* How words are laid out: as paragraphs; as an answer over what it answers; as a web page. */
enum draft_style { DRAFT_TEXT, DRAFT_REPLY, DRAFT_PAGE };

void draft_add(struct draft *d, struct str s);
void draft_add_number(struct draft *d, uint64_t n);
void draft_add_name(struct draft *d);                            /* "name <someone@load.example>" */
void draft_add_subject(struct draft *d);                         /* without the words that are searched for */
void draft_add_date(struct draft *d);                            /* a Date field's value */
void draft_add_id(struct draft *d, uint32_t n);                  /* "<SEED-N@load.example>" */

/* A text part of this voice, from its Content-Type on. `main`: with the words that bodies are searched for. */
void draft_add_words(struct draft *d, enum draft_style style, bool main, size_t until);
void draft_add_noise(struct draft *d, struct str magic, size_t until);   /* an attachment's base64, which begins with the letters `magic` */

/* The known words of a body or subject that this letter has, each with a blank behind. */
void draft_add_known(struct draft *d, bool of_subject);

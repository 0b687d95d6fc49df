#include "tools/load/shelf.h"

struct str shelf_letter(struct shelf *s, const struct letters *l, uint32_t letter)
{
	unsigned place = letter % SHELF_PLACES;
	struct buf *text = &s->at[place].text;

	if (text->n == 0 || s->at[place].letter != letter) {
		buf_reset(text);
		letters_write(l, letter, text);
		s->at[place].letter = letter;
	}
	return buf_str(text);
}

void shelf_fini(struct shelf *s)
{
	for (unsigned i = 0; i < SHELF_PLACES; i++)
		buf_fini(&s->at[i].text);
}

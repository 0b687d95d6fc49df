/* tools/load/shelf.h: the letters last looked at, whole, so that slices of big ones are compared without writing them anew. */
#pragma once

#include "tools/load/letters.h"

enum { SHELF_PLACES = 32 };
struct shelf { struct { struct buf text; uint32_t letter; } at[SHELF_PLACES]; };   /* zero bytes are an empty shelf */

/* Valid until the next call. */
struct str shelf_letter(struct shelf *s, const struct letters *l, uint32_t letter);
void       shelf_fini(struct shelf *s);

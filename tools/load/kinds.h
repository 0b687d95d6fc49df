/* tools/load/kinds.h: what kinds of mail there are, and how each is put together. */
#pragma once

#include "tools/load/draft.h"

/* Writes a letter of a kind that fits its size, but for the field that fills it up; leaves at least KIND_FILL_LEAST for that. */
enum { KIND_FILL_LEAST = 32 };
void kind_write(struct draft *d);

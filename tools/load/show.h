/* tools/load/show.h: numbers and words as people read them: three digits that matter, and a unit.
 *
 * Words from a server may hold anything; none of these lets a control character through to a terminal or a page.
 */
#pragma once

#include "common/base/buf.h"

enum unit { UNIT_NONE, UNIT_COUNT, UNIT_PER_SECOND, UNIT_US, UNIT_SECONDS, UNIT_BYTES, UNIT_CORES, UNIT_PERCENTILE };

void show_number(struct buf *b, enum unit unit, double n);     /* "12,345", "1.25 ms", "3.40 MiB", "99.9 %" */
void show_tick(struct buf *b, enum unit unit, double n);       /* the same, short and round, beside an axis */
void show_text(struct buf *b, struct str s);                   /* for a terminal */
void show_escaped(struct buf *b, struct str s);                /* for HTML, also inside quotes */
/* What was shown since `from` stands in a column: spaces before it (right) or behind it (left), at least one behind. */
void show_column_right(struct buf *b, size_t from, size_t width);
void show_column_left(struct buf *b, size_t from, size_t width);

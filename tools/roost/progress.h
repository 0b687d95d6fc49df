/* tools/roost/progress.h: a bar on standard error, if that is a terminal; nothing otherwise.
 *
 * Owner: the verb; progress_end clears the line, which must come before other words.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress { bool shown; uint64_t drawn_ms; };

struct progress progress_begin(void);
/* Draws at most ten times a second. count: of what, e.g. "messages". */
void progress_draw(struct progress *p, uint64_t done, uint64_t total, uint64_t count, const char *what);
void progress_end(struct progress *p);

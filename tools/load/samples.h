/* tools/load/samples.h: how long each operation took, exactly. Owner: whoever embeds it; zero-initialised is empty. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct samples { uint64_t *ns; size_t n, cap; };

void     samples_add(struct samples *s, uint64_t ns);
void     samples_fini(struct samples *s);
/* Sorts. The smallest value that `percent` of all do not exceed, in microseconds; 0 when empty. */
double   samples_percentile_us(struct samples *s, double percent);

/* tools/load/arrivals.h: when work comes in an open loop: at random, so many a second on average, whatever the server does.
 *
 * Gaps are exponential, from a seeded generator: the same in every run. Who comes while nobody is free waits in line, and their
 * time counts from when they came.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arrivals { double mean_gap_ns; uint64_t dice, next_ns; };

/* per_second 0: nobody comes. */
void     arrivals_init(struct arrivals *a, double per_second, uint64_t seed);
void     arrivals_begin(struct arrivals *a, uint64_t now_ns);
/* True: somebody has come, at *at_ns; ask again. */
bool     arrivals_due(struct arrivals *a, uint64_t now_ns, uint64_t *at_ns);
/* 0 ... n - 1, evenly. */
uint64_t arrivals_roll(struct arrivals *a, uint64_t n);

/* A line of those who wait, by when they came. Owner: whoever embeds it; zero-initialised is empty. */
struct waiting { uint64_t *at_ns; size_t first, n, cap; };

void     waiting_add(struct waiting *w, uint64_t at_ns);
uint64_t waiting_take(struct waiting *w);        /* the first; the line is not empty */
void     waiting_fini(struct waiting *w);

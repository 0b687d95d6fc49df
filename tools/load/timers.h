/* tools/load/timers.h: who wants to be woken when: a heap, so that fifty thousand waiting players cost nothing.
 *
 * Owner: the worker. A timer is embedded in who waits; it stands in at most one set, at most once.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct timer { uint64_t at_ns; size_t place; void *arg; };   /* place 0: not set */
struct timers { struct timer **heap; size_t n, cap; };       /* heap[0] is not used */

void          timers_fini(struct timers *t);
void          timers_set(struct timers *t, struct timer *x, uint64_t at_ns);   /* again: to another time */
void          timers_clear(struct timers *t, struct timer *x);                 /* also if it was not set */
/* The first that is due, no longer set; NULL: none. */
struct timer *timers_due(struct timers *t, uint64_t now_ns);
uint64_t      timers_next_ns(const struct timers *t);                          /* UINT64_MAX: none is set */

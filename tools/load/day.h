/* tools/load/day.h: when people are busy: a day of 24 hours, played in as many seconds as one likes.
 *
 * Things happen at random, independent of each other, more often when the curve is high: hardly at night, most in the morning,
 * less at noon. A run begins at eight in the morning; days follow each other.
 *
 * Owner: whoever embeds it.
 */
#pragma once

#include <stdint.h>

struct day {
	uint64_t begin_ns;               /* when it was eight o'clock */
	double   seconds;                /* that a day takes */
};

/* How busy people are at that time; 1 is the mean of a day. */
double   day_busy(const struct day *d, uint64_t at_ns);
/* When something happens next that happens so many times a day, if `roll` is any 32 bits. */
uint64_t day_next_ns(const struct day *d, uint64_t from_ns, double times_a_day, uint32_t roll);
/* So much of a day's time, in nanoseconds of the run. */
uint64_t day_ns(const struct day *d, double seconds_of_day);

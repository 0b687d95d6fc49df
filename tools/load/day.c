/* tools/load/day.c: 24 hours, each with its own weight. */
#include "tools/load/day.h"

#include <math.h>

#define HOURS 24
#define HOUR_SECONDS 3600.0
#define FIRST_HOUR 8.0

/* In percent of the mean; they add up to 24 * 100. */
static const unsigned busy_percent[HOURS] = {
	15, 8, 6, 5, 6, 14, 45, 110, 190, 215, 210, 180, 130, 165, 185, 175, 165, 145, 120, 95, 80, 65, 46, 25,
};

static double hour_of(const struct day *d, uint64_t at_ns)
{
	double days = at_ns > d->begin_ns ? (double)(at_ns - d->begin_ns) / 1e9 / d->seconds : 0;

	return fmod(FIRST_HOUR + HOURS * days, HOURS);
}

double day_busy(const struct day *d, uint64_t at_ns)
{
	return busy_percent[(unsigned)hour_of(d, at_ns) % HOURS] / 100.0;
}

uint64_t day_ns(const struct day *d, double seconds_of_day)
{
	return (uint64_t)(seconds_of_day / (HOURS * HOUR_SECONDS) * d->seconds * 1e9);
}

/* The gap is exponential in hours of mean busyness: a busy hour uses it up quicker than it lasts. */
uint64_t day_next_ns(const struct day *d, uint64_t from_ns, double times_a_day, uint32_t roll)
{
	double left = -log(((double)roll + 1) / 4294967297.0) * HOURS / times_a_day;
	double hour = hour_of(d, from_ns), passed = 0;

	for (;;) {
		double busy = busy_percent[(unsigned)hour % HOURS] / 100.0, rest = floor(hour) + 1 - hour;
		if (left <= rest * busy)
			return from_ns + day_ns(d, (passed + left / busy) * HOUR_SECONDS);
		left -= rest * busy;
		passed += rest;
		hour = fmod(floor(hour) + 1, HOURS);
	}
}

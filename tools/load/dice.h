/* tools/load/dice.h: chance that is the same on every machine: splitmix64, eight bytes of state. */
#pragma once

#include <stdint.h>

struct dice { uint64_t state; };

static inline uint64_t dice_roll(struct dice *d)
{
	uint64_t x = d->state += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* 0 ... n - 1, evenly but for one part in 2^32 / n. */
static inline uint32_t dice_below(struct dice *d, uint32_t n)
{
	return (uint32_t)((dice_roll(d) >> 32) * n >> 32);
}

/* Two numbers name one throw of dice, whatever else has been rolled. */
static inline struct dice dice_of(uint64_t a, uint64_t b)
{
	struct dice d = { a };

	d.state = dice_roll(&d) ^ b;
	return d;
}

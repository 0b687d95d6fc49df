/* common/base/sum.c: checksums by XXH3. */
#include "common/base/sum.h"

#include <xxhash.h>

uint64_t sum64(struct str s) { return XXH3_64bits(s.p, s.n); }
uint64_t sum64_seeded(struct str s, uint64_t seed) { return XXH3_64bits_withSeed(s.p, s.n, seed); }

struct sum128 sum128_seeded(struct str s, uint64_t seed)
{
	XXH128_hash_t h = XXH3_128bits_withSeed(s.p, s.n, seed);
	return (struct sum128){ h.high64, h.low64 };
}

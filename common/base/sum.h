/* common/base/sum.h: checksums against rot and torn writes. Not against malice: that is seal's work. */
#pragma once

#include <stdint.h>

#include "common/base/str.h"

uint64_t sum64(struct str s);                               /* XXH3, 64 bits */
uint64_t sum64_seeded(struct str s, uint64_t seed);
struct sum128 { uint64_t hi, lo; };
struct sum128 sum128_seeded(struct str s, uint64_t seed);   /* XXH3, 128 bits */

/* tools/roost/user_options.h: --quota and --hash-cost as RPC wants them. False: usage (told). */
#pragma once

#include "tools/roost/options.h"

bool user_quota(const struct args *a, uint64_t *bytes);        /* not given: 0, the configured default */
bool user_hash_cost(const struct args *a, uint32_t *cost);     /* not given: 0, the configured one */

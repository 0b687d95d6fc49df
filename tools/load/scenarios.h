/* tools/load/scenarios.h: what players can do: one table. */
#pragma once

#include "tools/load/player.h"

/* NULL: no such scenario. */
const struct scenario *scenario_find(const char *name);
void                   scenario_list(struct buf *out);      /* a line each */

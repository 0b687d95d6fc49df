/* tools/load/verify.h: what lies in all mailboxes is learnt before the run, and compared with the ledger after it. */
#pragma once

#include "tools/load/scenario.h"

const struct scenario *scenario_learn(void);
const struct scenario *scenario_verify(void);

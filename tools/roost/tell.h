/* tools/roost/tell.h: words for whoever typed the command: what is wrong and what to do, on standard error. */
#pragma once

#include "common/base/err.h"

/* "roost: ..." and a newline. */
void tell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A refusal of the service in words: "the quota is full". Static. */
const char *tell_err(enum err e);

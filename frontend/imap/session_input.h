/* frontend/imap/session_input.h: a client's bytes become commands, or feed the one that runs. */
#pragma once

#include "common/base/str.h"

struct session;

void session_input(struct session *s, struct str bytes);

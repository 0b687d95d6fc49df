/* tools/load/told.h: what every session must follow, whatever it has asked for: capabilities, and how the selected mailbox grows and shrinks.
 *
 * Owner: the player; this changes its .caps, .in and .bye only.
 */
#pragma once

#include "tools/load/player.h"

void told_note(struct player *p, const struct answer *a);

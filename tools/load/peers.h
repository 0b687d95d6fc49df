/* tools/load/peers.h: `roost-load peers`: several servers measured in turn by one plan, and the table of what came of it. */
#pragma once

/* argv[0] is the verb. Exit codes: 0 all answers were good, 1 not, 2 wrong usage or a fault in the plan, 3 ours did not start. */
int peers_main(int argc, char **argv);

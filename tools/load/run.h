/* tools/load/run.h: the verbs that play: `run`, `fill` and `import`. */
#pragma once

#include <stdio.h>

/* argv[0] is the verb. Exit codes: 0 every answer was good; 1 not, or mailboxes differ; 2 wrong usage; 3 could not begin. */
int  run_main(int argc, char **argv);
int  fill_main(int argc, char **argv);
int  import_main(int argc, char **argv);
void run_usage(FILE *out);

/* tools/roost/verbs.h: every verb of `roost`: its operands, options, help and function. One table, nothing else lists them. */
#pragma once

#include "tools/roost/options.h"

/* What `roost` exits with. Scripts rely on these. */
enum { ROOST_DONE = 0, ROOST_REFUSED = 1, ROOST_USAGE = 2 };

typedef int verb_fn(const struct args *a);     /* operands without the verb's words; one of the above */

struct verb {
	const char *name;            /* "user add" */
	const char *operands;        /* "NAME" */
	unsigned    least, most;     /* how many operands */
	uint32_t    options;         /* OPT_BITs, beside --help */
	verb_fn    *run;
	const char *words;           /* one line */
	const char *help;            /* more lines, ending with examples */
};

extern const struct verb verbs[];
extern const size_t n_verbs;

/* The verb that the first words name; *n says how many words that were. NULL: there is none. */
const struct verb *verb_find(const struct words *words, size_t *n);
/* Runs what the arguments say. */
int  verbs_run(int argc, char **argv);

/* tools/load/runset.h: the runs in a valid report, by the server they are of, and numbers from them.
 *
 * Owner: the caller; it borrows the report.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "common/base/str.h"
#include "tools/load/stats.h"

/* Where a number stands in a run. */
struct place {
	const char *section, *operation, *key;   /* operation NULL: section.key; section NULL: key of the run itself */
};

struct runs {
	const char    *name;
	const json_t **run;
	size_t         n;
};

struct runset {
	struct runs *of;                          /* in the order of their first runs */
	size_t       n;
};

/* Of one measure; "": of those that name none; NULL: of all. */
void   runset_init(struct runset *s, const json_t *report, const char *measure);
void   runset_fini(struct runset *s);

/* All measures of a report, in the order of their first runs, then NULL; the caller frees the array. */
const char **report_measures(const json_t *report);

/* False: this run does not say. */
bool   run_number(const json_t *run, struct place at, double *out);
/* Of all runs that say. out may be NULL; has room for runs->n. */
size_t runs_numbers(const struct runs *r, struct place at, double *out);
double runs_median(const struct runs *r, struct place at);    /* 0 when none says */
/* The run in the middle, by rate of the operation; never NULL. */
const json_t *runs_typical(const struct runs *r, const char *operation);
bool   runs_good(const struct runs *r);
/* Times of the operation in all runs together, in microseconds; the caller frees .bucket. */
struct histogram runs_histogram(const struct runs *r, const char *operation);
/* What the plan is about: whole rounds if they were timed, else what happened most often. NULL: nothing was timed. */
const char *runs_main_operation(const struct runs *r);
/* Operations that any run of the set timed, in the order of ops.h, unknown ones last, then NULL; the caller frees the array. */
const char **runset_operations(const struct runset *s);
/* All of an array, which may be NULL; the caller frees them. */
double *array_numbers(const json_t *array);
struct str run_text(const json_t *run, const char *section, const char *key);   /* empty when it is not said */

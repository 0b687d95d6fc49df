/* tools/load/peers_target.h: what is wanted of a measure, as words, and how well a report does.
 *
 *	per_second 3 x best           ours is at least 3 times better than the best rival's
 *	cpu_us 2.5 x cyrus            the same, than one rival's
 *	cpu_us <= 150                 ours is at most that
 *	p50_us <= 1.5 x headers-10k   ours is at most 1.5 times ours in another measure
 *
 * A metric is per_second, mean_us, p50_us, p90_us, p99_us, p99_9_us or max_us, of whole rounds or of one operation
 * (`hear-last.p50_us`); or cpu_us (the server's, each round); or bytes_each (memory of an idle session); or
 * opened_per_second (connections, until all were ready).
 *
 * Owner: whoever embeds it; strings are borrowed from the text.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/str.h"

struct peers_metric {
	struct str operation;            /* "round" unless named */
	struct str key;                  /* always one of the known */
};

enum peers_target_kind { TARGET_RATIO, TARGET_LIMIT, TARGET_OWN };

struct peers_target {
	struct str             text;     /* as it was written */
	enum peers_target_kind kind;
	struct peers_metric    metric;
	double                 number;   /* times better; or the limit */
	struct str             than;     /* "best" or a server; or a measure */
};

/* False: malformed. */
bool   peers_metric_parse(struct peers_metric *m, struct str text);
/* As it is parsed. */
void   peers_metric_write(const struct peers_metric *m, struct buf *out);
bool   peers_target_parse(struct peers_target *t, struct str text);
bool   peers_metric_is_more_better(const struct peers_metric *m);
/* What a report of report.h says of it; false: nothing. */
bool   peers_metric_of(const struct peers_metric *m, const json_t *report, double *out);

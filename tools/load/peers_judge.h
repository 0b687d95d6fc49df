/* tools/load/peers_judge.h: what the rounds of all servers say together: medians, ratios, targets reached or not.
 *
 * The result is JSON, one object a measure, kept beside the runs:
 *
 *	{ "name": "body-16", "title": "...", "compare": "per_second",
 *	  "servers": { "roost": { "rounds": 3, "per_second": 1.0, "p50_us": 1.0, "p99_us": 1.0, "cpu_us": 1.0 }, ... },   medians
 *	  "best": "dovecot", "ratio": 3.1, "ratio_low": 2.8, "ratio_high": 3.4, "cpu_ratio": 3.9,                      where there is a rival
 *	  "targets": [ { "text": "per_second 3 x best", "value": 3.1, "reached": true, "by_cpu": false }, ... ] }
 *
 * A ratio says how many times better ours is than the best rival: of medians; its 95 % interval is that of the rounds' ratios
 * taken in pairs. A ratio that is missed is reached "by CPU" when the server's processor time is that many times better: on
 * a small machine the clients need most of it.
 *
 * Owner: nobody; pure functions of runs.
 */
#pragma once

#include "tools/load/peers_plan.h"

/* The caller owns the object. */
json_t *peers_judge(const struct peers_plan *p, const struct peers_measure *m, const json_t *runs);
double  peers_median(double *values, size_t n);          /* sorts them; n is at least 1 */

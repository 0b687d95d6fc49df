/* tools/load/report.h: what a run saw, as JSON: the one form that is kept, from which all others are made.
 *
 *	{ "format": "roost-load/1",
 *	  "name": "roost",                          --name, or the address
 *	  "plan": { "scenario": "body", "loop": "closed", "connections": 16, "rate": 0, "workers": 1, "seed": 1, ... },
 *	  "machine": { "cpu": "...", "cores": 2, "kernel": "...", "time": "2026-11-23T21:40:00Z", "load": [0.3, 0.5, 0.9] },
 *	  "seconds": 10.0,
 *	  "operations": { "body": { "n": 1000, "failed": 0, "per_second": 100.0, "mean_us": 1, "p50_us": 1, "p90_us": 1, "p99_us": 1,
 *	                            "p99_9_us": 1, "p99_99_us": 1, "max_us": 1, "histogram": [[upper_us, count], ...] }, ... },
 *	  "timeline": { "interval_seconds": 0.5,
 *	                "operations": { "body": { "n": [50, ...], "p50_us": [...], "p99_us": [...] } },
 *	                "server_cpu_cores": [...], "server_pss_bytes": [...], "connections": [...] },
 *	  "server": { "cpu_us": 1, "cpu_us_per_round": 1.0, "pss_bytes_before": 1, "pss_bytes_after": 1, "pss_bytes_most": 1 },   with --pid
 *	  "client": { "cpu_us": 1, "bytes_in": 1, "bytes_out": 1, "late": 0 },
 *	  "checks": { "answers": 1, "wrong": 0, "first": "" },
 *	  "verify": { "mailboxes": 1, "messages": 1, "missing": 0, "doubled": 0, "changed": 0, "first": "" },          with --verify
 *	  "memory": { "bytes_each": 1.0 },                                                                             idle only
 *	  "good": true }
 *
 * Several runs of the same plan (rounds) are one file: { "format": "roost-load/1", "runs": [ report, ... ] }.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Writers read only the JSON, so that a report kept for years can be shown again. False: not such a report; told on stderr. */
bool report_csv(const json_t *report, FILE *out);
bool report_html(const json_t *report, FILE *out);
bool report_words(const json_t *report, FILE *out);       /* a table for a terminal */
/* Ratios of b to a with 95 % confidence intervals. */
bool report_compare(const json_t *a, const json_t *b, FILE *out);

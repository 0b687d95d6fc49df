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
 *	  "opening": { "connections": 16, "seconds": 0.1, "per_second": 160.0 },     before the first round
 *	  "tls": { "handshakes": 1, "resumed": 0 },                                   in TLS
 *	  "checks": { "answers": 1, "wrong": 0, "first": "" },
 *	  "verify": { "mailboxes": 1, "messages": 1, "missing": 0, "doubled": 0, "changed": 0, "first": "" },          with --verify
 *	  "memory": { "bytes_each": 1.0 },                                                                             idle only
 *	  "good": true }
 *
 * All numbers are from 0 to 1e18. A timeline holds whole intervals only. Name, plan, seconds, operations and checks are always there.
 *
 * Several runs, of one server or of many, are one file: { "format": "roost-load/1", "runs": [ report, ... ] }. Runs of
 * one name belong together: they are rounds of the same plan, unless "measure": "..." in each tells several plans of one
 * comparison apart. Beside "runs" a file may hold curves for the page ("runs" may then
 * be empty):
 *
 *	  "title": "...",                           of the page
 *	  "curves": [ { "title": "...", "x": "messages in the mailbox", "y": "SELECT, p50", "log": true,
 *	                "x_unit": "count", "y_unit": "us",             count, us, seconds, bytes, cores or per_second; "": a bare number
 *	                "note": "...",                                 under the title; may be left out
 *	                "lines": [ { "name": "roost", "points": [[1000, 80.5], ...] }, ... ] }, ... ]
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* The caller owns what is loaded. NULL: no such file, or report_valid() is false; told on stderr. */
json_t *report_load(const char *path);
/* False: not such a report; the first thing that is wrong is told on stderr, as of `path`. */
bool    report_valid(const json_t *report, const char *path);

/* Writers read only valid reports, kept for years perhaps, and show what is there. False: `out` failed. */
bool    report_words(const json_t *report, FILE *out);       /* a table for a terminal */
/* One line for each operation of each run; what belongs to the whole run is repeated in each. RFC 4180. */
bool    report_csv(const json_t *report, FILE *out);
/* One file that needs no other, and no script: for reading, printing, keeping. */
bool    report_html(const json_t *report, FILE *out);
/* Ratios of b to a with 95 % confidence intervals; stats.h says how they are made. Each should be of one server:
 * of several, the first counts. Measures are compared by name. */
bool    report_compare(const json_t *a, const json_t *b, FILE *out);

/* A page and rows into files of these names ("-": standard output); NULL: not wanted. False: told on stderr. */
bool    report_write(const json_t *report, const char *html, const char *csv);

/* The verbs. Exit codes: 0, 1: a file could not be read or written, 2: wrong usage. argv[0] is the verb. */
int     report_main(int argc, char **argv);      /* report FILE [--html FILE] [--csv FILE] */
int     compare_main(int argc, char **argv);     /* compare FILE FILE */

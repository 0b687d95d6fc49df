/* common/base/log.h: one line a fact, on standard error: time, level, process, verb, key=value.
 *
 *     2026-11-23T18:03:00.123Z info storaged-0 recovered lsn=812 groups=40 ms=12
 *
 * Never content, never a password. Values from outside go through LOG_S, which quotes and
 * escapes them, so that a line stays a line.
 */
#pragma once

#include "common/base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void log_open(const char *process, enum log_level least);   /* name is copied; default "roost", info */
void log_line(enum log_level level, const char *verb, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)

/* Text from outside, quoted, escaped and cut at 100 bytes. Valid until four further calls in this thread. */
const char *log_quote(struct str s);
#define LOG_S(s) log_quote(s)

/* common/base/log.c: log lines, each written by one write(2). */
#include "common/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The one process-wide state outside main: a log line may be born anywhere. */
static struct { char process[32]; enum log_level least; } logger = { "roost", LOG_INFO };

void log_open(const char *process, enum log_level least)
{
	snprintf(logger.process, sizeof logger.process, "%s", process);
	logger.least = least;
}

void log_line(enum log_level level, const char *verb, const char *fmt, ...)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };
	char line[1024];
	struct timespec now;
	struct tm tm;
	va_list ap;

	if (level < logger.least)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	size_t n = strftime(line, sizeof line, "%Y-%m-%dT%H:%M:%S", &tm);
	n += (size_t)snprintf(line + n, sizeof line - n, ".%03ldZ %s %s %s%s", now.tv_nsec / 1000000,
	                      names[level], logger.process, verb, fmt[0] ? " " : "");
	va_start(ap, fmt);
	int more = vsnprintf(line + n, sizeof line - n - 1, fmt, ap);
	va_end(ap);
	n += more < 0 ? 0 : (size_t)more;
	if (n > sizeof line - 2)
		n = sizeof line - 2;
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, n) < 0)
		return;         /* nobody is left to tell */
}

const char *log_quote(struct str s)
{
	static _Thread_local char out[4][2 + 4 * 100 + 4];
	static _Thread_local unsigned turn;
	char *p = out[turn++ % 4], *start = p;
	bool cut = s.n > 100;

	*p++ = '"';
	for (size_t i = 0; i < s.n && i < 100; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c < 0x20 || c == 0x7f) {
			p += snprintf(p, 5, "\\x%02x", c);
			continue;
		}
		if (c == '"' || c == '\\')
			*p++ = '\\';
		*p++ = (char)c;
	}
	if (cut)
		p = stpcpy(p, "...");
	*p++ = '"';
	*p = '\0';
	return start;
}

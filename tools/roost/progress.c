/* tools/roost/progress.c: one line, drawn again and again. */
#include "tools/roost/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "tools/roost/service.h"

#define BAR_CELLS 40
#define REDRAW_MS 100

struct progress progress_begin(void)
{
	return (struct progress){ .shown = isatty(STDERR_FILENO) };
}

void progress_draw(struct progress *p, uint64_t done, uint64_t total, uint64_t count, const char *what)
{
	uint64_t now_ms = clock_ms();

	if (!p->shown || now_ms - p->drawn_ms < REDRAW_MS)
		return;
	p->drawn_ms = now_ms;
	double part = total ? (double)done / (double)total : 1;
	int cells = (int)(part * BAR_CELLS);
	fprintf(stderr, "\r[%.*s%*s] %3.0f %%  %llu %s", cells, "########################################", BAR_CELLS - cells, "",
	        part * 100, (unsigned long long)count, what);
	fflush(stderr);
}

void progress_end(struct progress *p)
{
	if (p->shown && p->drawn_ms)
		fputs("\r\033[K", stderr);
	p->shown = false;
}

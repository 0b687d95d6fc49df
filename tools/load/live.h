/* tools/load/live.h: what a run is doing, shown while it plays.
 *
 * On a terminal a picture of at most its height and width, drawn over itself twice a second, each time by one write. The
 * terminal is never put into another state (no hidden cursor, no other screen), so it needs no restoring, however we end;
 * the last picture stays. Elsewhere a line every five seconds.
 *
 * The parent of the workers calls live_turn() whenever it has looked at the tallies (more often than is drawn does no harm),
 * once more with .over set when all have ended, then live_free():
 *
 *	struct live *live = live_new(STDERR_FILENO, "roost: body");
 *	while (playing)
 *		live_turn(live, &(struct live_now){ .tally = shared->tally, .workers = n, .seconds = counted, .of_seconds = plan->seconds });
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "tools/load/tally.h"

struct live;

struct live_now {
	const struct tally *tally;
	unsigned            workers;
	double              seconds, of_seconds;     /* counted so far; planned, 0: no such bound */
	bool                server_known;
	double              server_cpu_cores;        /* in the last interval */
	uint64_t            server_pss_bytes;
	bool                over;                    /* draw once more, now */
};

struct live *live_new(int fd, const char *title);     /* borrows both; title of any characters */
void live_free(struct live **l);
void live_turn(struct live *l, const struct live_now *now);

/* ---- what is drawn: pure, for the test ---- */
enum { LIVE_RATES = 60 };

struct live_view {
	const char    *title;
	struct live_now now;                         /* its tally is that of all workers, .workers is 1 */
	struct tally  *since;                        /* what came in the last interval */
	double         interval_seconds;
	double         rate[LIVE_RATES];             /* of the intervals before, the newest last */
	unsigned       rates;
};

/* Lines of less than `columns` characters, fewer than `rows` of them, each with its newline. */
void live_render(const struct live_view *v, unsigned columns, unsigned rows, struct buf *out);
void live_render_line(const struct live_view *v, struct buf *out);

/* tools/load/chart.h: lines and bars as SVG, to stand in an HTML page that has the style of page.h.
 *
 * Legends and titles are the page's: text in a picture cannot wrap. Colours are the page's too: classes c0 ... c5.
 */
#pragma once

#include "common/base/buf.h"
#include "tools/load/show.h"

enum scale { SCALE_LINEAR, SCALE_LOG, SCALE_NINES };   /* linear begins at 0; nines: x is -log10 of the share that is not below */

enum { CHART_COLOURS = 6 };

struct point { double x, y; };                         /* y below 0, and not above 0 on a logarithmic scale: a gap */
struct axis { const char *label; enum scale scale; enum unit unit; };
struct line { struct point *at; size_t n; unsigned colour; bool dashed; };
struct chart {
	const char        *says;                       /* for those who cannot see it */
	struct axis        x, y;
	const struct line *line;
	size_t             n;
	bool               dots;                       /* points are few and each was measured */
};

/* Nothing when there is no point to show. */
void chart_lines(const struct chart *c, struct buf *out);

struct bar { const char *name, *words; double value, least, most; unsigned colour; };   /* least and most of the runs */

void chart_bars(const struct bar *bars, size_t n, struct buf *out);

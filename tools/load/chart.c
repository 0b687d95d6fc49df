#include "tools/load/chart.h"

#include <math.h>

/* In units of the picture, which the page scales: text is 12 high. */
enum { WIDTH = 480, HEIGHT = 280, LEFT = 62, RIGHT = 16, TOP = 32, BOTTOM = 44, TICKS_MAX = 12, TICKS_WISHED = 6 };

struct range { double least, most; };
struct frame { struct range x, y; struct buf *out; const struct chart *chart; };
struct ticks { double at[TICKS_MAX]; size_t n; };

static bool is_shown(const struct chart *c, struct point p)
{
	return p.y >= 0 && (c->y.scale != SCALE_LOG || p.y > 0) && (c->x.scale != SCALE_LOG || p.x > 0);
}

static void widen(struct range *r, double v)
{
	r->least = v < r->least ? v : r->least;
	r->most = v > r->most ? v : r->most;
}

/* False: there is nothing to show. */
static bool find_ranges(struct frame *f)
{
	const struct chart *c = f->chart;

	f->x = f->y = (struct range){ INFINITY, -INFINITY };
	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; k < c->line[i].n; k++)
			if (is_shown(c, c->line[i].at[k])) {
				widen(&f->x, c->line[i].at[k].x);
				widen(&f->y, c->line[i].at[k].y);
			}
	return f->x.most >= f->x.least;
}

/* 1, 2 or 5 times a power of ten, and no less than n; of bytes in their unit. */
static double round_up(double n, enum unit unit)
{
	double base = 1;

	while (unit == UNIT_BYTES && n / base > 1000)
		base *= 1024;
	double ten = base * pow(10, floor(log10(n / base)));
	return n <= ten * 1.0001 ? ten : n <= 2 * ten ? 2 * ten : n <= 5 * ten ? 5 * ten : 10 * ten;
}

static void ticks_linear(struct ticks *t, struct range *r, const struct axis *a, bool ends_round)
{
	double most = r->most > 0 ? r->most : 1, step = round_up(most / TICKS_WISHED, a->unit);

	if (a->unit == UNIT_COUNT && step < 1)
		step = 1;
	if (ends_round)
		most = ceil(most / step * 0.9999) * step;
	*r = (struct range){ 0, most };
	for (double i = 0; i * step <= most * 1.0001 && t->n < TICKS_MAX; i++)
		t->at[t->n++] = i * step;
}

/* 1, 2, 5, 10, 20, ... or 1, 2, 4, 8, ... for bytes. */
static double ladder(int rung, bool binary)
{
	static const double of_ten[] = { 1, 2, 5 };
	int tens = (int)floor(rung / 3.0);

	return binary ? pow(2, rung) : of_ten[rung - 3 * tens] * pow(10, tens);
}

static int rung_not_above(double v, bool binary)
{
	int rung = binary ? (int)floor(log2(v)) : 3 * (int)floor(log10(v));

	while (ladder(rung + 1, binary) <= v * 1.0001)
		rung++;
	return rung;
}

static int round_to(double rung, int step, double (*towards)(double))
{
	return (int)towards(rung / step) * step;
}

static void ticks_log(struct ticks *t, struct range *r, bool binary)
{
	int low = rung_not_above(r->least, binary), high = rung_not_above(r->most, binary), step = 1;

	if (ladder(high, binary) < r->most * 0.9999 || high == low)
		high++;
	while ((high - low) / step > TICKS_WISHED)
		step += step == 1 && !binary ? 2 : binary ? 1 : 3;
	low = round_to(low, step, floor);
	high = round_to(high, step, ceil);
	*r = (struct range){ ladder(low, binary), ladder(high, binary) };
	for (int rung = low; rung <= high && t->n < TICKS_MAX; rung += step)
		t->at[t->n++] = ladder(rung, binary);
}

/* 50 %, 90 %, 99 %, ... each where it is. */
static void ticks_nines(struct ticks *t, struct range *r)
{
	*r = (struct range){ 0, r->most > 1 ? r->most : 1 };
	t->at[t->n++] = log10(2);
	for (double nines = 1; nines <= r->most && t->n < TICKS_MAX; nines++)
		t->at[t->n++] = nines;
}

static void ticks_find(struct ticks *t, struct range *r, const struct axis *a, bool ends_round)
{
	t->n = 0;
	switch (a->scale) {
	case SCALE_LINEAR: ticks_linear(t, r, a, ends_round); return;
	case SCALE_LOG:    ticks_log(t, r, a->unit == UNIT_BYTES); return;
	case SCALE_NINES:  ticks_nines(t, r); return;
	}
}

/* 0 ... 1 from the low to the high end. */
static double part_of(struct range r, enum scale scale, double v)
{
	return scale == SCALE_LOG ? log(v / r.least) / log(r.most / r.least) : (v - r.least) / (r.most - r.least);
}

static double x_at(const struct frame *f, double x) { return LEFT + part_of(f->x, f->chart->x.scale, x) * (WIDTH - LEFT - RIGHT); }
static double y_at(const struct frame *f, double y) { return HEIGHT - BOTTOM - part_of(f->y, f->chart->y.scale, y) * (HEIGHT - TOP - BOTTOM); }

static void draw_tick_x(struct frame *f, double v)
{
	double x = x_at(f, v);

	buf_printf(f->out, "<path class=\"grid\" d=\"M%.1f %dV%d\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">", x, TOP, HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 16);
	show_tick(f->out, f->chart->x.unit, f->chart->x.scale == SCALE_NINES ? 100 - 100 * pow(10, -v) : v);
	buf_add(f->out, S("</text>\n"));
}

static void draw_tick_y(struct frame *f, double v)
{
	double y = y_at(f, v);

	buf_printf(f->out, "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">", LEFT, y, WIDTH - RIGHT, LEFT - 6, y + 4);
	show_tick(f->out, f->chart->y.unit, v);
	buf_add(f->out, S("</text>\n"));
}

static void draw_axes(struct frame *f)
{
	struct ticks t;

	ticks_find(&t, &f->x, &f->chart->x, f->chart->dots);
	for (size_t i = 0; i < t.n; i++)
		draw_tick_x(f, t.at[i]);
	ticks_find(&t, &f->y, &f->chart->y, true);
	for (size_t i = 0; i < t.n; i++)
		draw_tick_y(f, t.at[i]);
	buf_printf(f->out, "<path class=\"axis\" d=\"M%d %dV%dH%d\"/>\n<text class=\"label\" x=\"%d\" y=\"%d\" text-anchor=\"end\">", LEFT, TOP, HEIGHT - BOTTOM, WIDTH - RIGHT,
	           WIDTH - RIGHT, HEIGHT - 8);
	show_escaped(f->out, str_of(f->chart->x.label));
	buf_printf(f->out, "</text>\n<text class=\"label\" x=\"4\" y=\"14\">");
	show_escaped(f->out, str_of(f->chart->y.label));
	buf_add(f->out, S("</text>\n"));
}

/* Points closer together than an eye can tell are left out: a file stays small. */
static void draw_line(struct frame *f, const struct line *l)
{
	struct point last = { -1, -1 };
	bool down = false;

	buf_printf(f->out, "<path class=\"line c%u%s\" d=\"", l->colour % CHART_COLOURS, l->dashed ? " dashed" : "");
	for (size_t i = 0; i < l->n; i++) {
		if (!is_shown(f->chart, l->at[i])) {
			down = false;
			continue;
		}
		struct point p = { x_at(f, l->at[i].x), y_at(f, l->at[i].y) };
		if (down && i + 1 < l->n && fabs(p.x - last.x) < 0.5 && fabs(p.y - last.y) < 0.5)
			continue;
		/* A length of 0 shows a point that stands alone: its ends are round. */
		buf_printf(f->out, down ? "L%.1f %.1f" : "M%.1f %.1fh0", p.x, p.y);
		last = p;
		down = true;
	}
	buf_add(f->out, S("\"/>\n"));
}

static void draw_dots(struct frame *f, const struct line *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (is_shown(f->chart, l->at[i])) {
			buf_printf(f->out, "<circle class=\"dot c%u\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"><title>", l->colour % CHART_COLOURS,
			           x_at(f, l->at[i].x), y_at(f, l->at[i].y));
			show_number(f->out, f->chart->x.unit, l->at[i].x);
			buf_add(f->out, S(": "));
			show_number(f->out, f->chart->y.unit, l->at[i].y);
			buf_add(f->out, S("</title></circle>\n"));
		}
}

static void svg_begin(struct buf *out, int height, const char *says)
{
	buf_printf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, height);
	show_escaped(out, str_of(says));
	buf_add(out, S("\">\n"));
}

void chart_lines(const struct chart *c, struct buf *out)
{
	struct frame f = { .out = out, .chart = c };

	if (!find_ranges(&f))
		return;
	svg_begin(out, HEIGHT, c->says);
	draw_axes(&f);
	for (size_t i = 0; i < c->n; i++)
		draw_line(&f, &c->line[i]);
	for (size_t i = 0; c->dots && i < c->n; i++)
		draw_dots(&f, &c->line[i]);
	buf_add(out, S("</svg>\n"));
}

enum { ROW = 44, BAR = 14 };

/* The name and the number stand above the bar, so that both may be long. */
static void draw_bar(const struct bar *b, double y, double per_unit, struct buf *out)
{
	buf_printf(out, "<text class=\"name\" x=\"0\" y=\"%.0f\">", y + 15);
	show_escaped(out, str_of(b->name));
	buf_printf(out, "</text><text x=\"%d\" y=\"%.0f\" text-anchor=\"end\">", WIDTH, y + 15);
	show_escaped(out, str_of(b->words));
	buf_printf(out, "</text>\n<rect class=\"rail\" x=\"0\" y=\"%.0f\" width=\"%d\" height=\"%d\" rx=\"2\"/>"
	           "<rect class=\"bar c%u\" x=\"0\" y=\"%.0f\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>\n", y + 22, WIDTH, BAR, b->colour % CHART_COLOURS, y + 22,
	           b->value * per_unit, BAR);
	if (b->most > b->least)
		buf_printf(out, "<path class=\"spread\" d=\"M%.1f %.0fv%dm0 -%dH%.1fm0 -%dv%d\"/>\n", b->least * per_unit, y + 25, BAR - 6, (BAR - 6) / 2,
		           b->most * per_unit, (BAR - 6) / 2, BAR - 6);
}

void chart_bars(const struct bar *bars, size_t n, struct buf *out)
{
	double most = 0;

	for (size_t i = 0; i < n; i++)
		most = fmax(most, fmax(bars[i].value, bars[i].most));
	svg_begin(out, (int)n * ROW, "bars, each with its number beside its name");
	for (size_t i = 0; i < n; i++)
		draw_bar(&bars[i], (double)i * ROW, most > 0 ? (WIDTH - 2) / most : 0, out);
	buf_add(out, S("</svg>\n"));
}

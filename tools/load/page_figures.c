/* tools/load/page_figures.c: latency and rate as lines, over percentiles, over time, and over whatever a curve scales. */
#include "tools/load/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "tools/load/chart.h"
#include "tools/load/show.h"

/* More lines than these in one picture cannot be told apart. */
enum { LINES_MAX = CHART_COLOURS };

#define LEAST_SHARE 0.01

/* A picture as it grows, line by line. */
struct drawing {
	struct chart  chart;
	struct line   line[LINES_MAX];
	struct legend legend[LINES_MAX];
	size_t        n;
};

void page_figure_begin(struct buf *out, const char *title, const char *note)
{
	buf_add(out, S("<figure><h3>"));
	show_escaped(out, str_of(title));
	buf_add(out, S("</h3><p>"));
	show_escaped(out, str_of(note));
	buf_add(out, S("</p>\n"));
}

void page_figure_end(struct buf *out, const struct legend *l, size_t n)
{
	if (n > 0)
		buf_add(out, S("<ul class=\"legend\">"));
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, "<li><svg viewBox=\"0 0 26 10\" aria-hidden=\"true\"><path class=\"line c%u%s\" d=\"M2 5H24\"/></svg>", l[i].colour % CHART_COLOURS,
		           l[i].dashed ? " dashed" : "");
		show_escaped(out, str_of(l[i].name));
		if (l[i].more) {
			buf_addc(out, ' ');
			show_escaped(out, str_of(l[i].more));
		}
		buf_add(out, S("</li>"));
	}
	buf_add(out, n > 0 ? S("</ul></figure>\n") : S("</figure>\n"));
}

/* Takes the points; a line of none, or one too many, is left out. name NULL: it is alone and needs no legend. */
static void drawing_add(struct drawing *d, struct line line, const char *name, const char *more)
{
	if (line.n == 0 || d->n == LINES_MAX) {
		free(line.at);
		return;
	}
	d->legend[d->n] = (struct legend){ name, more, line.colour, line.dashed };
	d->line[d->n++] = line;
}

static void drawing_end(struct drawing *d, struct buf *out, const char *title, const char *note)
{
	struct buf picture = { 0 };

	d->chart.line = d->line;
	d->chart.n = d->n;
	d->chart.says = title;
	chart_lines(&d->chart, &picture);
	if (picture.n > 0) {
		page_figure_begin(out, title, note);
		buf_add(out, buf_str(&picture));
		page_figure_end(out, d->legend, d->legend[0].name ? d->n : 0);
	}
	for (size_t i = 0; i < d->n; i++)
		free(d->line[i].at);
	buf_fini(&picture);
}

/* A bucket's end stands where its share of all ends; the last, which would stand at infinity, half an operation before.
 * The fastest few would only take room from those that matter. */
static struct line line_of_histogram(struct histogram h, unsigned colour)
{
	struct line l = { .at = mem_new((h.n + 1) * sizeof *l.at), .colour = colour };
	double all = 0, seen = 0;

	for (size_t i = 0; i < h.n; i++)
		all += h.bucket[i].count;
	for (size_t i = 0; i < h.n; i++) {
		seen += h.bucket[i].count;
		if (seen / all < LEAST_SHARE)
			continue;
		if (l.n == 0)
			l.at[l.n++] = (struct point){ 0, h.bucket[i].upper };
		l.at[l.n++] = (struct point){ -log10(fmax(1 - seen / all, 0.5 / all)), h.bucket[i].upper };
	}
	free(h.bucket);
	return l;
}

/* Each number stands where its interval ends. `per` divides; where `n` is given and 0, nothing was there to be timed. */
static struct line line_of_times(const json_t *run, const json_t *values, double per, const json_t *n, struct line style)
{
	double interval = json_number_value(json_object_get(json_object_get(run, "timeline"), "interval_seconds"));
	double *value = array_numbers(values), *count = array_numbers(n);
	struct line l = style;

	l.n = json_array_size(values);
	if (n && json_array_size(n) < l.n)
		l.n = json_array_size(n);
	l.at = mem_new((l.n + 1) * sizeof *l.at);
	for (size_t i = 0; i < l.n; i++)
		l.at[i] = (struct point){ (double)(i + 1) * interval, n && count[i] <= 0 ? -1 : value[i] / per };
	free(value);
	free(count);
	return l;
}

static const json_t *timed(const json_t *run, const char *operation, const char *key)
{
	return json_object_get(json_object_get(json_object_get(json_object_get(run, "timeline"), "operations"), operation), key);
}

static double interval_of(const json_t *run)
{
	return json_number_value(json_object_get(json_object_get(run, "timeline"), "interval_seconds"));
}

static const struct axis over_time = { "time since the start", SCALE_LINEAR, UNIT_SECONDS };
static const struct axis latency = { "latency", SCALE_LOG, UNIT_US };

/* Who is compared in a group of pictures: some servers in one operation, or some operations of one server; the first has the colour. */
struct lines { const struct runs *runs[LINES_MAX]; const char *operation[LINES_MAX], *name[LINES_MAX]; size_t n, colour; const char *title; };

static void put_titled(struct buf *out, struct drawing *d, const struct lines *l, const char *what, const char *note)
{
	struct buf title = { 0 };

	buf_printf(&title, "%s%s%s", l->title, l->title[0] ? ": " : "", what);
	buf_addc(&title, '\0');
	drawing_end(d, out, title.p, note);
	buf_fini(&title);
}

static void draw_percentiles(struct buf *out, const struct lines *l)
{
	struct drawing d = { .chart = { .x = { "percentile", SCALE_NINES, UNIT_PERCENTILE }, .y = latency } };

	for (size_t i = 0; i < l->n; i++)
		drawing_add(&d, line_of_histogram(runs_histogram(l->runs[i], l->operation[i]), (unsigned)(l->colour + i)), l->name[i], NULL);
	put_titled(out, &d, l, "latency by percentile", "how long all but the slowest took; each step to the right is ten times rarer");
}

static void draw_rates(struct buf *out, const struct lines *l)
{
	struct drawing d = { .chart = { .x = over_time, .y = { "per second", SCALE_LINEAR, UNIT_COUNT } } };

	for (size_t i = 0; i < l->n; i++) {
		const json_t *run = runs_typical(l->runs[i], l->operation[i]);
		drawing_add(&d, line_of_times(run, timed(run, l->operation[i], "n"), interval_of(run), NULL, (struct line){ .colour = (unsigned)(l->colour + i) }), l->name[i], NULL);
	}
	put_titled(out, &d, l, "throughput over time", "how many each second");
}

static void draw_latencies(struct buf *out, const struct lines *l)
{
	struct drawing d = { .chart = { .x = over_time, .y = latency } };

	for (size_t i = 0; i < l->n; i++) {
		const json_t *run = runs_typical(l->runs[i], l->operation[i]), *n = timed(run, l->operation[i], "n");
		drawing_add(&d, line_of_times(run, timed(run, l->operation[i], "p99_us"), 1, n, (struct line){ .colour = (unsigned)(l->colour + i), .dashed = true }), l->name[i], "p99");
		drawing_add(&d, line_of_times(run, timed(run, l->operation[i], "p50_us"), 1, n, (struct line){ .colour = (unsigned)(l->colour + i) }), l->name[i], "p50");
	}
	put_titled(out, &d, l, "latency over time", "the median and the 99th percentile of each interval");
}

static void draw_operations(struct buf *out, const struct lines *l)
{
	draw_percentiles(out, l);
	draw_rates(out, l);
	/* Two lines each: half as many in a picture. */
	for (size_t from = 0; from < l->n; from += LINES_MAX / 2) {
		struct lines half = { .title = l->title, .colour = from };

		for (; half.n < LINES_MAX / 2 && from + half.n < l->n; half.n++) {
			half.runs[half.n] = l->runs[from + half.n];
			half.operation[half.n] = l->operation[from + half.n];
			half.name[half.n] = l->name[from + half.n];
		}
		draw_latencies(out, &half);
	}
}

static void draw_server(struct buf *out, const struct runset *s, const char *key, struct axis y, const char *title)
{
	struct drawing d = { .chart = { .x = over_time, .y = y } };

	for (size_t i = 0; i < s->n; i++) {
		const char *operation = runs_main_operation(&s->of[i]);
		const json_t *run = runs_typical(&s->of[i], operation ? operation : "");
		const json_t *values = json_object_get(json_object_get(run, "timeline"), key);
		drawing_add(&d, line_of_times(run, values, 1, NULL, (struct line){ .colour = (unsigned)i }), s->n > 1 ? s->of[i].name : NULL, NULL);
	}
	drawing_end(&d, out, title, "of all processes together");
}

static void add_line(struct lines *l, const struct runs *r, const char *operation, const char *name)
{
	if (l->n == LINES_MAX || runs_numbers(r, (struct place){ "operations", operation, "n" }, NULL) == 0)
		return;
	l->runs[l->n] = r;
	l->operation[l->n] = operation;
	l->name[l->n++] = name;
}

void page_figures(struct buf *out, const struct runset *s, const char *const *operations)
{
	buf_add(out, S("<h2>Latency and throughput</h2>\n<div class=\"figures\">\n"));
	for (size_t o = 0; operations[o];) {
		struct lines l = { .title = s->n > 1 ? operations[o] : "" };

		if (s->n > 1) {
			for (size_t i = 0; i < s->n; i++)
				add_line(&l, &s->of[i], operations[o], s->of[i].name);
			o++;
		} else
			for (size_t i = 0; i < LINES_MAX && operations[o]; i++, o++)
				add_line(&l, &s->of[0], operations[o], operations[o]);
		draw_operations(out, &l);
	}
	draw_server(out, s, "server_cpu_cores", (struct axis){ "cores", SCALE_LINEAR, UNIT_CORES }, "Server CPU over time");
	draw_server(out, s, "server_pss_bytes", (struct axis){ "PSS", SCALE_LINEAR, UNIT_BYTES }, "Server memory over time");
	buf_add(out, S("</div>\n"));
}

static enum unit unit_of(const json_t *curve, const char *key)
{
	static const struct { const char *name; enum unit unit; } units[] = {
		{ "count", UNIT_COUNT }, { "us", UNIT_US }, { "seconds", UNIT_SECONDS }, { "bytes", UNIT_BYTES }, { "cores", UNIT_CORES }, { "per_second", UNIT_PER_SECOND },
	};
	const char *name = json_string_value(json_object_get(curve, key));

	for (size_t i = 0; name && i < sizeof units / sizeof *units; i++)
		if (strcmp(name, units[i].name) == 0)
			return units[i].unit;
	return UNIT_NONE;
}

static struct line line_of_points(const json_t *points, unsigned colour)
{
	struct line l = { .at = mem_new((json_array_size(points) + 1) * sizeof *l.at), .n = json_array_size(points), .colour = colour };

	for (size_t i = 0; i < l.n; i++) {
		const json_t *pair = json_array_get(points, i);
		l.at[i] = (struct point){ json_number_value(json_array_get(pair, 0)), json_number_value(json_array_get(pair, 1)) };
	}
	return l;
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* As many figures as its lines need. */
static void draw_curve(struct buf *out, const json_t *curve)
{
	enum scale scale = json_is_true(json_object_get(curve, "log")) ? SCALE_LOG : SCALE_LINEAR;
	const char *note = text_of(curve, "note"), *both = scale == SCALE_LOG ? "both scales are logarithmic" : "";
	const json_t *lines = json_object_get(curve, "lines");

	for (size_t i = 0; i < json_array_size(lines);) {
		struct drawing d = { .chart = { .dots = true, .x = { text_of(curve, "x"), scale, unit_of(curve, "x_unit") }, .y = { text_of(curve, "y"), scale, unit_of(curve, "y_unit") } } };
		for (; d.n < LINES_MAX && i < json_array_size(lines); i++) {
			const json_t *line = json_array_get(lines, i);
			drawing_add(&d, line_of_points(json_object_get(line, "points"), (unsigned)i), text_of(line, "name"), NULL);
		}
		drawing_end(&d, out, text_of(curve, "title"), note ? note : both);
	}
}

void page_curves(struct buf *out, const json_t *curves)
{
	if (json_array_size(curves) == 0)
		return;
	buf_add(out, S("<h2>Scaling</h2>\n<div class=\"figures\">\n"));
	for (size_t i = 0; i < json_array_size(curves); i++)
		draw_curve(out, json_array_get(curves, i));
	buf_add(out, S("</div>\n"));
}

/* tools/load/page_headline.c: the numbers one looks for first: tiles for one server, bars beside each other for several. */
#include "tools/load/page.h"

#include <stdlib.h>

#include "common/base/must.h"
#include "tools/load/chart.h"
#include "tools/load/show.h"

static const struct headline { const char *name; struct place at; enum unit unit; bool more_is_better; } headlines[] = {
	{ "per second",                 { "operations", "", "per_second" },     UNIT_NONE, true },
	{ "median latency",             { "operations", "", "p50_us" },         UNIT_US, false },
	{ "p99 latency",                { "operations", "", "p99_us" },         UNIT_US, false },
	{ "p99.9 latency",              { "operations", "", "p99_9_us" },       UNIT_US, false },
	{ "longest",                    { "operations", "", "max_us" },         UNIT_US, false },
	{ "server CPU per round",       { "server", NULL, "cpu_us_per_round" }, UNIT_US, false },
	{ "server memory (PSS), most",  { "server", NULL, "pss_bytes_most" },   UNIT_BYTES, false },
	{ "memory for each connection", { "memory", NULL, "bytes_each" },       UNIT_BYTES, false },
};

enum { HEADLINES = sizeof headlines / sizeof *headlines };

/* The table's "" is the operation the plan is about. */
static struct place place_of(const struct headline *h, const char *operation)
{
	struct place at = h->at;

	if (at.operation)
		at.operation = operation;
	return at;
}

struct spread { double median, least, most; size_t n; };

static struct spread spread_of(const struct runs *r, struct place at)
{
	double *values = mem_new((r->n + 1) * sizeof *values);
	struct spread s = { .median = runs_median(r, at), .n = runs_numbers(r, at, values) };

	s.least = s.most = s.median;
	for (size_t i = 0; i < s.n; i++) {
		s.least = values[i] < s.least ? values[i] : s.least;
		s.most = values[i] > s.most ? values[i] : s.most;
	}
	free(values);
	return s;
}

static void put_tile(struct buf *b, const struct headline *h, const struct spread *s, const char *operation)
{
	buf_add(b, S("<div class=\"tile\"><strong>"));
	show_number(b, h->unit, s->median);
	buf_add(b, S("</strong><div>"));
	if (h->more_is_better) {
		show_escaped(b, str_of(operation));
		buf_addc(b, ' ');
	}
	buf_add(b, str_of(h->name));
	if (s->n > 1) {
		buf_add(b, S("<br/>"));
		show_number(b, h->unit, s->least);
		buf_add(b, S(" &#8230; "));
		show_number(b, h->unit, s->most);
	}
	buf_add(b, S("</div></div>\n"));
}

static void put_tiles(struct buf *b, const struct runs *r, const char *operation)
{
	buf_add(b, S("<div class=\"tiles\">\n"));
	for (size_t i = 0; i < HEADLINES; i++) {
		struct spread s = spread_of(r, place_of(&headlines[i], operation));
		if (s.n > 0)
			put_tile(b, &headlines[i], &s, operation);
	}
	buf_add(b, S("</div>\n"));
}

/* 0: nobody says. */
static double best_of(const struct spread *s, size_t n, bool more)
{
	double best = 0;

	for (size_t i = 0; i < n; i++)
		if (s[i].median > 0 && (best == 0 || (more ? s[i].median > best : s[i].median < best)))
			best = s[i].median;
	return best;
}

/* "1,234 (0.52 ×)", NUL-terminated. */
static void bar_words(struct buf *b, const struct spread *s, enum unit unit, double best)
{
	if (s->n == 0)
		buf_add(b, S("not measured"));
	else
		show_number(b, unit, s->median);
	if (s->median > 0 && s->median / best > 0.995 && s->median / best < 1.005)
		buf_add(b, S(" (best)"));
	else if (s->median > 0)
		buf_printf(b, " (%.*f \xc3\x97)", s->median / best < 10 ? 2 : 0, s->median / best);
	buf_addc(b, '\0');
}

static void put_bars(struct buf *b, const struct runset *set, const struct headline *h, const char *operation)
{
	struct spread *s = mem_new(set->n * sizeof *s);
	struct bar *bars = mem_new(set->n * sizeof *bars);
	struct buf *words = mem_new(set->n * sizeof *words), title = { 0 };
	size_t said = 0;

	for (size_t i = 0; i < set->n; i++) {
		s[i] = spread_of(&set->of[i], place_of(h, operation));
		said += s[i].n > 0;
	}
	for (size_t i = 0; i < set->n; i++) {
		bar_words(&words[i], &s[i], h->unit, best_of(s, set->n, h->more_is_better));
		bars[i] = (struct bar){ set->of[i].name, words[i].p, s[i].median, s[i].least, s[i].most, (unsigned)i };
	}
	if (said > 0) {
		buf_printf(&title, "%s%s%s", h->at.operation ? operation : "", h->at.operation ? ", " : "", h->name);
		buf_addc(&title, '\0');
		page_figure_begin(b, title.p, h->more_is_better ? "more is better" : "less is better");
		chart_bars(bars, set->n, b);
		page_figure_end(b, NULL, 0);
	}
	for (size_t i = 0; i < set->n; i++)
		buf_fini(&words[i]);
	buf_fini(&title);
	free(words);
	free(bars);
	free(s);
}

void page_headline(struct buf *out, const struct runset *s)
{
	const char *operation = runs_main_operation(&s->of[0]);

	if (s->n == 1) {
		put_tiles(out, &s->of[0], operation ? operation : "");
		return;
	}
	buf_add(out, S("<h2>Side by side</h2>\n<p class=\"sub\">Ratios are to the best. A thin line spans the runs.</p>\n<div class=\"figures\">\n"));
	for (size_t i = 0; i < HEADLINES; i++)
		put_bars(out, s, &headlines[i], operation ? operation : "");
	buf_add(out, S("</div>\n"));
}

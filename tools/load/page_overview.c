/* tools/load/page_overview.c: all measures of a comparison at a glance. */
#include "tools/load/page.h"

#include <string.h>

#include "tools/load/show.h"

static const struct runs *runs_of(const struct runset *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->of[i].name, name) == 0)
			return &s->of[i];
	return NULL;
}

static double rate_of(const struct runs *r, const char *operation)
{
	return runs_median(r, (struct place){ "operations", operation, "per_second" });
}

static void put_cell(struct buf *b, const struct runs *r, const char *operation, double best)
{
	double rate = r ? rate_of(r, operation) : 0;

	buf_add(b, S("<td>"));
	if (rate > 0) {
		buf_add(b, rate == best ? S("<b>") : S("<span>"));
		show_number(b, UNIT_PER_SECOND, rate);
		buf_add(b, rate == best ? S("</b><small>") : S("</span><small>"));
		if (rate != best)
			buf_printf(b, "%.2f &#215;, ", rate / best);
		buf_add(b, S("p50 "));
		show_number(b, UNIT_US, runs_median(r, (struct place){ "operations", operation, "p50_us" }));
		buf_add(b, S("</small>"));
	}
	buf_add(b, S("</td>"));
}

static void put_row(struct buf *b, const struct runset *all, const json_t *report, const char *measure)
{
	struct runset s;
	double best = 0;

	runset_init(&s, report, measure);
	const char *operation = runs_main_operation(&s.of[0]);
	operation = operation ? operation : "";
	for (size_t i = 0; i < s.n; i++)
		best = rate_of(&s.of[i], operation) > best ? rate_of(&s.of[i], operation) : best;
	buf_add(b, S("<tr><td>"));
	show_escaped(b, str_of(measure));
	buf_add(b, S("<small>"));
	show_escaped(b, str_of(operation));
	buf_add(b, S("</small></td>"));
	for (size_t i = 0; i < all->n; i++)
		put_cell(b, runs_of(&s, all->of[i].name), operation, best);
	buf_add(b, S("</tr>\n"));
	runset_fini(&s);
}

void page_overview(struct buf *out, const json_t *report, const char *const *measures)
{
	struct runset all;

	runset_init(&all, report, NULL);
	buf_add(out, S("<h2>At a glance</h2>\n<p class=\"sub\">Medians of the runs; bold is the best, ratios are to the best.</p>\n"
	               "<div class=\"wide\"><table>\n<thead><tr><th>measure</th>"));
	for (size_t i = 0; i < all.n; i++) {
		buf_add(out, S("<th>"));
		show_escaped(out, str_of(all.of[i].name));
		buf_add(out, S("</th>"));
	}
	buf_add(out, S("</tr></thead>\n<tbody>\n"));
	for (size_t i = 0; measures[i]; i++)
		put_row(out, &all, report, measures[i]);
	buf_add(out, S("</tbody></table></div>\n"));
	runset_fini(&all);
}

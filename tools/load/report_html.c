/* tools/load/report_html.c: the report as one page: the order of its parts. */
#include "tools/load/report.h"

#include <stdlib.h>

#include "tools/load/page.h"
#include "tools/load/show.h"

static void put_names(struct buf *b, const struct runset *s)
{
	for (size_t i = 0; i < s->n; i++) {
		buf_add(b, i == 0 ? S("") : i + 1 < s->n ? S(", ") : S(" and "));
		show_escaped(b, str_of(s->of[i].name));
	}
}

static void put_title(struct buf *b, const json_t *report, const struct runset *s, bool one_measure)
{
	const json_t *title = json_object_get(report, "title");

	if (title) {
		show_escaped(b, str_of(json_string_value(title)));
		return;
	}
	put_names(b, s);
	if (one_measure && s->n > 0) {
		buf_add(b, S(": "));
		show_escaped(b, run_text(s->of[0].run[0], "plan", "scenario"));
	}
}

static void put_subtitle(struct buf *b, const struct runset *s)
{
	const struct runs *r = &s->of[0];

	buf_add(b, S("<p class=\"sub\">"));
	show_escaped(b, run_text(r->run[0], "plan", "loop"));
	buf_add(b, S(" loop, "));
	show_number(b, UNIT_COUNT, runs_median(r, (struct place){ "plan", NULL, "connections" }));
	buf_add(b, S(" connections, "));
	show_number(b, UNIT_SECONDS, runs_median(r, (struct place){ NULL, NULL, "seconds" }));
	if (r->n > 1)
		buf_printf(b, ", %zu runs%s: numbers are medians", r->n, s->n > 1 ? " each" : "");
	if (run_text(r->run[0], "machine", "time").n > 0) {
		buf_add(b, S(" &#183; "));
		show_escaped(b, run_text(r->run[0], "machine", "time"));
	}
	buf_add(b, S("</p>\n"));
}

static void put_measure(struct buf *b, const json_t *report, const char *measure)
{
	struct runset s;

	runset_init(&s, report, measure);
	const char **operations = runset_operations(&s);
	if (measure[0]) {
		buf_add(b, S("<h2 class=\"measure\">"));
		show_escaped(b, str_of(measure));
		buf_add(b, S("</h2>\n"));
	}
	put_subtitle(b, &s);
	page_verdict(b, &s);
	page_headline(b, &s);
	page_figures(b, &s, operations);
	page_tables(b, &s, operations);
	page_circumstances(b, &s);
	free(operations);
	runset_fini(&s);
}

static void put_head(struct buf *b, const json_t *report, const char *const *measures)
{
	bool one_measure = measures[0] && !measures[1];
	struct runset first;

	runset_init(&first, report, measures[0] ? measures[0] : "");
	buf_add(b, S("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
	             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>"));
	put_title(b, report, &first, one_measure);
	buf_add(b, S("</title>\n"));
	page_style(b);
	buf_add(b, S("</head>\n<body>\n<h1>"));
	put_title(b, report, &first, one_measure);
	buf_add(b, S("</h1>\n"));
	runset_fini(&first);
}

bool report_html(const json_t *report, FILE *out)
{
	const char **measures = report_measures(report);
	struct buf b = { 0 };

	put_head(&b, report, measures);
	if (measures[0] && measures[1])
		page_overview(&b, report, measures);
	page_curves(&b, json_object_get(report, "curves"));
	for (size_t i = 0; measures[i]; i++)
		put_measure(&b, report, measures[i]);
	buf_add(&b, S("<footer>Made by roost-load. Latency counts from the intended start; a percentile is at most 1.6 % too high, never too low.</footer>\n</body>\n</html>\n"));
	bool good = fwrite(b.p, 1, b.n, out) == b.n && fflush(out) == 0;
	free(measures);
	buf_fini(&b);
	return good;
}

/* tools/load/page_tables.c: every operation in numbers, whether the answers were right, and what was played where. */
#include "tools/load/page.h"

#include <stdlib.h>

#include "tools/load/show.h"

static const struct { const char *title, *key; enum unit unit; } columns[] = {
	{ "count", "n", UNIT_COUNT }, { "failed", "failed", UNIT_COUNT }, { "per second", "per_second", UNIT_NONE }, { "mean", "mean_us", UNIT_US },
	{ "p50", "p50_us", UNIT_US }, { "p90", "p90_us", UNIT_US }, { "p99", "p99_us", UNIT_US }, { "p99.9", "p99_9_us", UNIT_US },
	{ "p99.99", "p99_99_us", UNIT_US }, { "max", "max_us", UNIT_US },
};
enum { COLUMNS = sizeof columns / sizeof *columns };

static void put_row(struct buf *b, const struct runs *r, const char *operation, bool named)
{
	buf_add(b, S("<tr><td>"));
	show_escaped(b, str_of(operation));
	if (named) {
		buf_add(b, S("</td><td class=\"left\">"));
		show_escaped(b, str_of(r->name));
	}
	buf_add(b, S("</td>"));
	for (size_t c = 0; c < COLUMNS; c++) {
		struct place at = { "operations", operation, columns[c].key };
		double median = runs_median(r, at);

		buf_add(b, c == 1 && median > 0 ? S("<td class=\"failed\">") : S("<td>"));
		if (runs_numbers(r, at, NULL) > 0)
			show_number(b, columns[c].unit, median);
		buf_add(b, S("</td>"));
	}
	buf_add(b, S("</tr>\n"));
}

void page_tables(struct buf *out, const struct runset *s, const char *const *operations)
{
	buf_add(out, S("<h2>All operations</h2>\n<div class=\"wide\"><table>\n<thead><tr><th>operation</th>"));
	if (s->n > 1)
		buf_add(out, S("<th class=\"left\">server</th>"));
	for (size_t c = 0; c < COLUMNS; c++)
		buf_printf(out, "<th>%s</th>", columns[c].title);
	buf_add(out, S("</tr></thead>\n<tbody>\n"));
	for (size_t o = 0; operations[o]; o++)
		for (size_t i = 0; i < s->n; i++)
			if (runs_numbers(&s->of[i], (struct place){ "operations", operations[o], "n" }, NULL) > 0)
				put_row(out, &s->of[i], operations[o], s->n > 1);
	buf_add(out, S("</tbody></table></div>\n"));
}

static double sum_of(const struct runs *r, const char *section, const char *key)
{
	double sum = 0, value;

	for (size_t i = 0; i < r->n; i++)
		if (run_number(r->run[i], (struct place){ section, NULL, key }, &value))
			sum += value;
	return sum;
}

static void put_count(struct buf *b, const char *before, double n, const char *after)
{
	buf_add(b, str_of(before));
	show_number(b, UNIT_COUNT, n);
	buf_add(b, str_of(after));
}

static void put_first(struct buf *b, const json_t *run, const char *section)
{
	struct str first = run_text(run, section, "first");

	if (first.n == 0)
		return;
	buf_printf(b, "<br/>First (%s): <code>", section);
	show_escaped(b, first);
	buf_add(b, S("</code>"));
}

static void put_differences(struct buf *b, const struct runs *r)
{
	double missing = sum_of(r, "verify", "missing"), doubled = sum_of(r, "verify", "doubled"), changed = sum_of(r, "verify", "changed");

	if (missing + doubled + changed == 0) {
		buf_add(b, S(" all as acknowledged."));
		return;
	}
	put_count(b, " ", missing, " missing");
	put_count(b, ", ", doubled, " doubled");
	put_count(b, ", ", changed, " changed.");
}

static void put_verdict(struct buf *b, const struct runs *r, bool named)
{
	bool good = runs_good(r);

	buf_printf(b, "<div class=\"verdict%s\">", good ? "" : " bad");
	if (named) {
		show_escaped(b, str_of(r->name));
		buf_add(b, S(": "));
	}
	buf_add(b, good ? S("<b>&#10003; Good.</b>") : S("<b>&#10007; Not good: these numbers say nothing.</b>"));
	put_count(b, " ", sum_of(r, "checks", "answers"), " answers looked at");
	put_count(b, ", ", sum_of(r, "checks", "wrong"), " wrong.");
	if (json_object_get(r->run[0], "verify")) {
		put_count(b, " Afterwards ", sum_of(r, "verify", "messages"), " messages");
		put_count(b, " in ", sum_of(r, "verify", "mailboxes"), " mailboxes were read again:");
		put_differences(b, r);
	}
	for (size_t i = 0; i < r->n; i++) {
		put_first(b, r->run[i], "checks");
		put_first(b, r->run[i], "verify");
	}
	buf_add(b, S("</div>\n"));
}

void page_verdict(struct buf *out, const struct runset *s)
{
	for (size_t i = 0; i < s->n; i++)
		put_verdict(out, &s->of[i], s->n > 1);
}

static void put_value(struct buf *b, const json_t *value)
{
	char *text = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));

	show_escaped(b, str_of(text ? text : json_string_value(value)));
	free(text);
}

/* As the report says it: what a plan or a machine holds may grow. */
static void put_object(struct buf *b, const char *title, const json_t *object)
{
	const char *key;
	json_t *value;

	if (json_object_size(object) == 0)
		return;
	buf_printf(b, "<section><h3>%s</h3>\n<dl>\n", title);
	json_object_foreach((json_t *)object, key, value) {
		buf_add(b, S("<dt>"));
		show_escaped(b, str_of(key));
		buf_add(b, S("</dt><dd>"));
		put_value(b, value);
		buf_add(b, S("</dd>\n"));
	}
	buf_add(b, S("</dl></section>\n"));
}

void page_circumstances(struct buf *out, const struct runset *s)
{
	buf_add(out, S("<h2>What was played, and where</h2>\n<div class=\"figures\">\n"));
	for (size_t i = 0; i < s->n; i++) {
		const json_t *run = s->of[i].run[0], *first = s->of[0].run[0];

		if (i == 0 || !json_equal(json_object_get(run, "plan"), json_object_get(first, "plan")))
			put_object(out, "Plan", json_object_get(run, "plan"));
		if (i == 0)
			put_object(out, "Machine", json_object_get(run, "machine"));
	}
	put_object(out, s->of[0].n > 1 || s->n > 1 ? "The load generator, first run" : "The load generator", json_object_get(s->of[0].run[0], "client"));
	buf_add(out, S("</div>\n"));
}

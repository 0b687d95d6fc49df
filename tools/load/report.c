#include "tools/load/report.h"

#include <math.h>
#include <string.h>

#include "common/base/buf.h"
#include "tools/load/show.h"

/* Where the check stands, for the message, and what it found first. */
struct check { struct buf at, wrong; };

enum kind { NUMBER, STRING, BOOLEAN, OBJECT, NUMBERS };

struct field { const char *key; enum kind kind; bool must; };

static const char *const kind_names[] = {
	[NUMBER] = "a number from 0 to 1e18", [STRING] = "a string", [BOOLEAN] = "true or false", [OBJECT] = "an object", [NUMBERS] = "an array of numbers",
};

static const struct field run_fields[] = {
	{ "name", STRING, true }, { "measure", STRING, false }, { "plan", OBJECT, true }, { "machine", OBJECT, false }, { "seconds", NUMBER, true },
	{ "operations", OBJECT, true }, { "timeline", OBJECT, false }, { "server", OBJECT, false }, { "client", OBJECT, false },
	{ "checks", OBJECT, true }, { "verify", OBJECT, false }, { "memory", OBJECT, false }, { "good", BOOLEAN, true }, { 0 },
};
static const struct field plan_fields[] = {
	{ "scenario", STRING, false }, { "loop", STRING, false }, { "connections", NUMBER, false }, { "rate", NUMBER, false }, { 0 },
};
static const struct field machine_fields[] = { { "cpu", STRING, false }, { "time", STRING, false }, { 0 } };
static const struct field operation_fields[] = {
	{ "n", NUMBER, true }, { "failed", NUMBER, false }, { "per_second", NUMBER, true }, { "mean_us", NUMBER, false },
	{ "p50_us", NUMBER, true }, { "p90_us", NUMBER, false }, { "p99_us", NUMBER, true }, { "p99_9_us", NUMBER, true },
	{ "p99_99_us", NUMBER, false }, { "max_us", NUMBER, true }, { 0 },
};
static const struct field server_fields[] = {
	{ "cpu_us", NUMBER, false }, { "cpu_us_per_round", NUMBER, false }, { "pss_bytes_before", NUMBER, false },
	{ "pss_bytes_after", NUMBER, false }, { "pss_bytes_most", NUMBER, false }, { 0 },
};
static const struct field import_fields[] = {
	{ "messages", NUMBER, true }, { "bytes", NUMBER, true }, { "messages_per_second", NUMBER, true }, { "megabytes_per_second", NUMBER, true }, { 0 },
};
static const struct field client_fields[] = {
	{ "cpu_us", NUMBER, false }, { "bytes_in", NUMBER, false }, { "bytes_out", NUMBER, false }, { "late", NUMBER, false },
	{ "rss_bytes_most", NUMBER, false }, { 0 },
};
static const struct field checks_fields[] = { { "answers", NUMBER, true }, { "wrong", NUMBER, true }, { "first", STRING, false }, { 0 } };
static const struct field verify_fields[] = {
	{ "mailboxes", NUMBER, true }, { "messages", NUMBER, true }, { "missing", NUMBER, true }, { "doubled", NUMBER, true },
	{ "changed", NUMBER, true }, { "first", STRING, false }, { 0 },
};
static const struct field memory_fields[] = { { "bytes_each", NUMBER, false }, { 0 } };
static const struct field timeline_fields[] = {
	{ "interval_seconds", NUMBER, true }, { "operations", OBJECT, false }, { "server_cpu_cores", NUMBERS, false },
	{ "server_pss_bytes", NUMBERS, false }, { "connections", NUMBERS, false }, { 0 },
};
static const struct field timed_fields[] = { { "n", NUMBERS, true }, { "p50_us", NUMBERS, true }, { "p99_us", NUMBERS, true }, { 0 } };
static const struct field curve_fields[] = {
	{ "title", STRING, true }, { "x", STRING, true }, { "y", STRING, true }, { "log", BOOLEAN, false },
	{ "x_unit", STRING, false }, { "y_unit", STRING, false }, { "note", STRING, false }, { 0 },
};
static const struct field line_fields[] = { { "name", STRING, true }, { 0 } };

static bool is_number(const json_t *v)
{
	return json_is_number(v) && json_number_value(v) >= 0 && json_number_value(v) <= 1e18;
}

static bool is_kind(const json_t *v, enum kind kind)
{
	switch (kind) {
	case NUMBER:  return is_number(v);
	case STRING:  return json_is_string(v);
	case BOOLEAN: return json_is_boolean(v);
	case OBJECT:  return json_is_object(v);
	case NUMBERS: break;
	}
	for (size_t i = 0; i < json_array_size(v); i++)
		if (!is_number(json_array_get(v, i)))
			return false;
	return json_is_array(v);
}

static bool wrong(struct check *c, const char *key, const char *what)
{
	buf_printf(&c->wrong, "%.*s%s%s is not %s", STR_ARG(buf_str(&c->at)), c->at.n && key[0] ? "." : "", key, what);
	return false;
}

/* Adds a step to the place; the caller takes it back with c->at.n = what this returns. */
static size_t step_in(struct check *c, const char *key)
{
	size_t before = c->at.n;

	buf_printf(&c->at, "%s%s", before ? "." : "", key);
	return before;
}

static bool check_fields(struct check *c, const json_t *object, const struct field *f)
{
	if (!json_is_object(object))
		return wrong(c, "", kind_names[OBJECT]);
	for (; f->key; f++) {
		const json_t *v = json_object_get(object, f->key);

		if (v ? !is_kind(v, f->kind) : f->must)
			return wrong(c, f->key, v ? kind_names[f->kind] : "there");
	}
	return true;
}

/* One object of a run that may be missing: run_fields says which may. */
static bool check_section(struct check *c, const json_t *run, const char *key, const struct field *f)
{
	const json_t *section = json_object_get(run, key);
	size_t before = step_in(c, key);
	bool good = !section || check_fields(c, section, f);

	c->at.n = before;
	return good;
}

/* Pairs of numbers; where the first of them must rise, or "the 90th percentile" would mean nothing. */
static bool check_pairs(struct check *c, const json_t *pairs, const char *key, bool rising)
{
	double last = -1;

	if (!json_is_array(pairs))
		return wrong(c, key, "an array of pairs of numbers");
	for (size_t i = 0; i < json_array_size(pairs); i++) {
		const json_t *pair = json_array_get(pairs, i);

		if (json_array_size(pair) != 2 || !is_kind(pair, NUMBERS))
			return wrong(c, key, "an array of pairs of numbers");
		if (rising && json_number_value(json_array_get(pair, 0)) <= last)
			return wrong(c, key, "ascending");
		last = json_number_value(json_array_get(pair, 0));
	}
	return true;
}

static bool check_operations(struct check *c, const json_t *operations)
{
	size_t before = step_in(c, "operations");
	const char *name;
	json_t *operation;
	bool good = true;

	json_object_foreach((json_t *)operations, name, operation) {
		size_t here = step_in(c, name);

		good = check_fields(c, operation, operation_fields) &&
		       (!json_object_get(operation, "histogram") || check_pairs(c, json_object_get(operation, "histogram"), "histogram", true));
		c->at.n = here;
		if (!good)
			break;
	}
	c->at.n = before;
	return good;
}

static bool check_timeline(struct check *c, const json_t *timeline)
{
	size_t before = step_in(c, "timeline");
	const char *name;
	json_t *timed;
	bool good = check_fields(c, timeline, timeline_fields);

	if (good && json_number_value(json_object_get(timeline, "interval_seconds")) <= 0)
		good = wrong(c, "interval_seconds", "more than 0");
	if (good)
		json_object_foreach(json_object_get(timeline, "operations"), name, timed) {
			size_t here = step_in(c, name);

			good = check_fields(c, timed, timed_fields);
			c->at.n = here;
			if (!good)
				break;
		}
	c->at.n = before;
	return good;
}

static bool check_run(struct check *c, const json_t *run)
{
	return check_fields(c, run, run_fields) && check_operations(c, json_object_get(run, "operations")) &&
	       (!json_object_get(run, "timeline") || check_timeline(c, json_object_get(run, "timeline"))) &&
	       check_section(c, run, "plan", plan_fields) && check_section(c, run, "machine", machine_fields) &&
	       check_section(c, run, "server", server_fields) && check_section(c, run, "client", client_fields) &&
	       check_section(c, run, "import", import_fields) &&
	       check_section(c, run, "checks", checks_fields) && check_section(c, run, "verify", verify_fields) &&
	       check_section(c, run, "memory", memory_fields);
}

static bool check_line(struct check *c, const json_t *line)
{
	return check_fields(c, line, line_fields) && check_pairs(c, json_object_get(line, "points"), "points", false);
}

typedef bool check_fn(struct check *c, const json_t *v);

static bool check_each(struct check *c, const json_t *array, const char *key, check_fn *fn)
{
	bool good = true;

	if (!json_is_array(array))
		return wrong(c, key, "an array");
	for (size_t i = 0; good && i < json_array_size(array); i++) {
		size_t before = step_in(c, key);

		buf_printf(&c->at, "[%zu]", i);
		good = fn(c, json_array_get(array, i));
		c->at.n = before;
	}
	return good;
}

static bool check_curve(struct check *c, const json_t *curve)
{
	return check_fields(c, curve, curve_fields) && check_each(c, json_object_get(curve, "lines"), "lines", check_line);
}

static bool check_file(struct check *c, const json_t *report)
{
	const json_t *format = json_object_get(report, "format"), *curves = json_object_get(report, "curves");
	const json_t *title = json_object_get(report, "title"), *runs = json_object_get(report, "runs");

	if (!json_is_string(format) || strcmp(json_string_value(format), "roost-load/1") != 0)
		return wrong(c, "format", "\"roost-load/1\"");
	if (!runs)
		return check_run(c, report);
	if (json_is_array(runs) && json_array_size(runs) == 0 && !curves)
		return wrong(c, "runs", "holding a run");
	if (title && !json_is_string(title))
		return wrong(c, "title", kind_names[STRING]);
	return check_each(c, runs, "runs", check_run) && (!curves || check_each(c, curves, "curves", check_curve));
}

bool report_valid(const json_t *report, const char *path)
{
	struct check c = { 0 };
	bool good = check_file(&c, report);

	if (!good) {
		struct buf shown = { 0 };

		show_text(&shown, buf_str(&c.wrong));
		fprintf(stderr, "roost-load: %s is no report of roost-load: %.*s\n", path, STR_ARG(buf_str(&shown)));
		buf_fini(&shown);
	}
	buf_fini(&c.at);
	buf_fini(&c.wrong);
	return good;
}

json_t *report_load(const char *path)
{
	json_error_t error;
	json_t *report = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

	if (!report && error.line < 0)
		fprintf(stderr, "roost-load: %s\n", error.text);            /* it names the file */
	else if (!report)
		fprintf(stderr, "roost-load: %s: %s, line %d\n", path, error.text, error.line);
	else if (!report_valid(report, path)) {
		json_decref(report);
		report = NULL;
	}
	return report;
}

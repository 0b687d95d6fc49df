/* tools/load/peers_table.c: a measure is a row, a server a column. */
#include "tools/load/peers_table.h"

#include <stdbool.h>
#include <string.h>

#include "common/base/str.h"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static double number_of(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static const char *verdict(const json_t *target)
{
	if (number_of(target, "value") <= 0)
		return "not measured";
	if (json_is_true(json_object_get(target, "by_cpu")))
		return "yes, by CPU";
	return json_is_true(json_object_get(target, "reached")) ? "yes" : "no";
}

/* "13,059" */
static void write_grouped(double value, FILE *out)
{
	char digits[32];
	int n = snprintf(digits, sizeof digits, "%.0f", value);

	for (int i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			fputc(',', out);
		fputc(digits[i], out);
	}
}

/* As many digits as say something. */
static void write_number(double value, FILE *out)
{
	if (value >= 100)
		write_grouped(value, out);
	else
		fprintf(out, "%.*f", value >= 10 ? 1 : 2, value);
}

void peers_words(const json_t *measure, FILE *out)
{
	size_t i;
	json_t *target;

	if (number_of(measure, "ratio") > 0)
		fprintf(out, "    %.2f x %s", number_of(measure, "ratio"), text_of(measure, "best"));
	if (number_of(measure, "ratio_high") > 0)
		fprintf(out, " (%.2f to %.2f)", number_of(measure, "ratio_low"), number_of(measure, "ratio_high"));
	if (number_of(measure, "cpu_ratio") > 0)
		fprintf(out, ", by CPU %.2f", number_of(measure, "cpu_ratio"));
	if (number_of(measure, "ratio") > 0)
		fputc('\n', out);
	json_array_foreach(json_object_get(measure, "targets"), i, target) {
		fprintf(out, "    %s: %s, ", text_of(target, "text"), verdict(target));
		write_number(number_of(target, "value"), out);
		fputc('\n', out);
	}
}

static void write_ms(double us, FILE *out)
{
	write_number(us / 1000, out);
}

/* What one server did. Of an operation that is compared alone, only how long it took is of use. */
static void write_cell(const json_t *server, const char *compare, FILE *out)
{
	double compared = number_of(server, compare);

	if (compared <= 0) {
		fputs("–", out);
		return;
	}
	if (strcmp(compare, "bytes_each") == 0) {
		fprintf(out, "%.1f KiB", compared / 1024);
		return;
	}
	if (strcmp(compare, "opened_per_second") == 0) {
		write_number(compared, out);
		fputs("/s", out);
		return;
	}
	if (strchr(compare, '.') && str_ends(str_of(compare), S("_us"))) {
		write_ms(compared, out);
		fputs(" ms", out);
	} else {
		write_number(number_of(server, "per_second"), out);
		fputs("/s, ", out);
		write_ms(number_of(server, "p50_us"), out);
		fputs(" / ", out);
		write_ms(number_of(server, "p99_us"), out);
		fputs(" ms", out);
	}
	if (number_of(server, "cpu_us") > 0) {
		fputs(", ", out);
		write_number(number_of(server, "cpu_us"), out);
		fputs(" µs", out);
	}
}

static void write_ratio(const json_t *measure, FILE *out)
{
	if (number_of(measure, "ratio") <= 0) {
		fputs(" – | –", out);
		return;
	}
	fprintf(out, " **%.2f**", number_of(measure, "ratio"));
	if (number_of(measure, "ratio_high") > 0)
		fprintf(out, " (%.2f–%.2f)", number_of(measure, "ratio_low"), number_of(measure, "ratio_high"));
	fprintf(out, " %s |", text_of(measure, "best"));
	if (number_of(measure, "cpu_ratio") > 0)
		fprintf(out, " %.1f", number_of(measure, "cpu_ratio"));
	else
		fputs(" –", out);
}

static void write_targets(const json_t *measure, FILE *out)
{
	size_t i;
	json_t *target;
	const json_t *targets = json_object_get(measure, "targets");

	json_array_foreach(targets, i, target)
		fprintf(out, "%s%s", i ? "; " : " ", text_of(target, "text"));
	fputs(" |", out);
	json_array_foreach(targets, i, target) {
		fprintf(out, "%s%s", i ? "; " : " ", verdict(target));
		if (number_of(target, "value") <= 0)
			continue;
		fputs(" (", out);
		write_number(number_of(target, "value"), out);
		fputc(')', out);
	}
}

static void write_row(const json_t *servers, const json_t *measure, FILE *out)
{
	size_t i;
	json_t *server;

	fprintf(out, "| %s |", text_of(measure, "title"));
	json_array_foreach(servers, i, server) {
		fputc(' ', out);
		write_cell(json_object_get(json_object_get(measure, "servers"), text_of(server, "name")), text_of(measure, "compare"), out);
		fputs(" |", out);
	}
	write_ratio(measure, out);
	fputs(" |", out);
	write_targets(measure, out);
	fputs(" |\n", out);
}

static void write_about(const json_t *comparison, FILE *out)
{
	const json_t *machine = json_object_get(comparison, "machine");
	size_t i;
	json_t *server;

	fprintf(out, "%s, %.0f cores, Linux %s, %s. ", text_of(machine, "cpu"), number_of(machine, "cores"), text_of(machine, "kernel"), text_of(machine, "time"));
	json_array_foreach(json_object_get(comparison, "servers"), i, server)
		fprintf(out, "%s%s: %s%s", i ? "; " : "", text_of(server, "name"), *text_of(server, "left_out") ? "left out, " : "",
		        *text_of(server, "left_out") ? text_of(server, "left_out") : text_of(server, "version"));
	fprintf(out, ". %.0f rounds in turn, medians. A cell: rounds a second, p50 / p99, the server's CPU each.\n\n", number_of(comparison, "rounds"));
}

void peers_markdown(const json_t *comparison, FILE *out)
{
	const json_t *servers = json_object_get(comparison, "servers");
	size_t i;
	json_t *each;

	write_about(comparison, out);
	fputs("| |", out);
	json_array_foreach(servers, i, each)
		fprintf(out, " %s |", text_of(each, "name"));
	fputs(" times better than the best rival (95 %) | by CPU | wanted | reached |\n|---|", out);
	for (i = 0; i < json_array_size(servers) + 4; i++)
		fputs("---|", out);
	fputc('\n', out);
	json_array_foreach(json_object_get(comparison, "measures"), i, each)
		write_row(servers, each, out);
}

/* tools/load/report_verbs.c: `roost-load report` and `roost-load compare`. */
#include "tools/load/report.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

enum { GOOD, FAILED, USAGE };

typedef bool report_fn(const json_t *report, FILE *out);

static bool write_to(const char *path, report_fn *fn, const json_t *report)
{
	FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
	bool good = out && fn(report, out);

	if (out && out != stdout)
		good = fclose(out) == 0 && good;
	if (!good)
		fprintf(stderr, "roost-load: %s cannot be written: %s\n", path, strerror(errno));
	return good;
}

bool report_write(const json_t *report, const char *html, const char *csv)
{
	return (!html || write_to(html, report_html, report)) && (!csv || write_to(csv, report_csv, report));
}

static int report_usage(void)
{
	fputs("usage: roost-load report FILE [--html FILE] [--csv FILE]\n"
	      "Shows what `roost-load run -o FILE` kept: as a table, or as --html and --csv say (- is the standard output).\n", stderr);
	return USAGE;
}

int report_main(int argc, char **argv)
{
	static const struct option options[] = { { "html", required_argument, NULL, 'h' }, { "csv", required_argument, NULL, 'c' }, { 0 } };
	const char *html = NULL, *csv = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (option == 'h')
			html = optarg;
		else if (option == 'c')
			csv = optarg;
		else
			return report_usage();
	if (optind + 1 != argc)
		return report_usage();
	json_t *report = report_load(argv[optind]);
	bool good = report && report_write(report, html, csv) && (html || csv || write_to("-", report_words, report));
	json_decref(report);
	return good ? GOOD : FAILED;
}

int compare_main(int argc, char **argv)
{
	if (argc != 3) {
		fputs("usage: roost-load compare FILE FILE\nRatios of the second report to the first, with 95 % confidence intervals.\n", stderr);
		return USAGE;
	}
	json_t *a = report_load(argv[1]), *b = a ? report_load(argv[2]) : NULL;
	bool good = a && b && report_compare(a, b, stdout);
	json_decref(a);
	json_decref(b);
	return good ? GOOD : FAILED;
}

/* tools/roost/table.c: cells into columns. */
#include "tools/roost/table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "common/base/str.h"

void table_row(struct table *t, const char *const *cells, size_t n)
{
	must(t->columns == 0 || t->columns == n);
	t->columns = n;
	t->cells = mem_resize(t->cells, (t->n + n) * sizeof *t->cells);
	for (size_t i = 0; i < n; i++)
		t->cells[t->n++] = str_heap_z(str_of(cells[i] ? cells[i] : ""));
}

void table_fini(struct table *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->cells[i]);
	free(t->cells);
	*t = (struct table){ 0 };
}

/* Characters, not bytes: names are UTF-8. */
static size_t width_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static size_t column_width(const struct table *t, size_t column)
{
	size_t most = 0;

	for (size_t i = column; i < t->n; i += t->columns)
		if (width_of(t->cells[i]) > most)
			most = width_of(t->cells[i]);
	return most;
}

/* Every cell under the heading begins with a digit. */
static bool column_is_numbers(const struct table *t, size_t column)
{
	for (size_t i = column + t->columns; i < t->n; i += t->columns)
		if (t->cells[i][0] < '0' || t->cells[i][0] > '9')
			return false;
	return t->n > t->columns;
}

static void print_cell(const struct table *t, size_t i, FILE *out)
{
	size_t column = i % t->columns, pad = column_width(t, column) - width_of(t->cells[i]);
	bool right = column > 0 && column_is_numbers(t, column), last = column == t->columns - 1;

	fprintf(out, "%*s%s", right ? (int)pad : 0, "", t->cells[i]);
	if (last)
		fputc('\n', out);
	else
		fprintf(out, "%*s", (right ? 0 : (int)pad) + 2, "");
}

void table_print(const struct table *t, FILE *out)
{
	for (size_t i = 0; i < t->n; i++)
		print_cell(t, i, out);
}

const char *table_bytes(unsigned long long bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	static _Thread_local char texts[4][24];
	static _Thread_local unsigned turn;
	char *text = texts[turn++ % 4];
	double v = (double)bytes;
	size_t unit = 0;

	for (; v >= 1024 && unit + 1 < sizeof units / sizeof *units; unit++)
		v /= 1024;
	if (unit == 0)
		snprintf(text, sizeof texts[0], bytes ? "%llu B" : "%llu", bytes);
	else
		snprintf(text, sizeof texts[0], "%.1f %s", v, units[unit]);
	return text;
}

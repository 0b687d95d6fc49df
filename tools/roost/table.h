/* tools/roost/table.h: rows and columns for people: each column as wide as its widest cell, the first aligned left,
 * numbers right. Owner: the verb; zero-initialised is an empty table. */
#pragma once

#include <stddef.h>
#include <stdio.h>

struct table { char **cells; size_t n, columns; };

/* Each row holds as many cells; the first row is the heading. Cells are copied. */
void table_row(struct table *t, const char *const *cells, size_t n);
void table_print(const struct table *t, FILE *out);
void table_fini(struct table *t);
/* A size for people: "1.5 GiB"; 0 is "0". Valid until four further calls. */
const char *table_bytes(unsigned long long bytes);

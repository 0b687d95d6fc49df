/* tools/load/page.h: the parts of the HTML report. Each writes well-formed XHTML, so that a test can parse it. */
#pragma once

#include <jansson.h>

#include "common/base/buf.h"
#include "tools/load/runset.h"

void page_style(struct buf *out);                                                          /* page_style.c */
/* One server: its headline numbers; several: bars beside each other, with ratios. */
void page_headline(struct buf *out, const struct runset *s);                                /* page_headline.c */
/* Several measures: a row each, a server a column. */
void page_overview(struct buf *out, const json_t *report, const char *const *measures);     /* page_overview.c */
void page_tables(struct buf *out, const struct runset *s, const char *const *operations);   /* page_tables.c */
void page_verdict(struct buf *out, const struct runset *s);
void page_circumstances(struct buf *out, const struct runset *s);                           /* plan and machine */
void page_figures(struct buf *out, const struct runset *s, const char *const *operations);  /* page_figures.c */
void page_curves(struct buf *out, const json_t *curves);

/* What the writers above have in common. */
struct legend { const char *name, *more; unsigned colour; bool dashed; };
void page_figure_begin(struct buf *out, const char *title, const char *note);
void page_figure_end(struct buf *out, const struct legend *l, size_t n);                    /* n 0: without legend */

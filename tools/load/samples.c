#include "tools/load/samples.h"

#include <math.h>
#include <stdlib.h>

#include "common/base/must.h"

void samples_add(struct samples *s, uint64_t ns)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 1024;
		s->ns = realloc(s->ns, s->cap * sizeof *s->ns);
		must(s->ns);
	}
	s->ns[s->n++] = ns;
}

void samples_fini(struct samples *s)
{
	free(s->ns);
	*s = (struct samples){ 0 };
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

double samples_percentile_us(struct samples *s, double percent)
{
	if (s->n == 0)
		return 0;
	qsort(s->ns, s->n, sizeof *s->ns, by_value);
	size_t rank = (size_t)ceil(percent / 100 * (double)s->n);
	return (double)s->ns[rank > 0 ? rank - 1 : 0] / 1000;
}

#include "tools/load/show.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* How many digits behind the point leave three that matter. */
static int decimals(double n)
{
	n = fabs(n);
	return n >= 100 || n == 0 ? 0 : n >= 10 ? 1 : n >= 0.995 ? 2 : 3;
}

static void show_grouped(struct buf *b, double n)
{
	char text[32];
	int len = snprintf(text, sizeof text, "%.0f", n < 1e24 ? n : 1e24);

	for (int i = 0; i < len; i++) {
		buf_addc(b, text[i]);
		if ((len - i) % 3 == 1 && i + 1 < len)
			buf_addc(b, ',');
	}
}

static void show_plain(struct buf *b, double n)
{
	if (n >= 999.5)
		show_grouped(b, n);
	else if (n == floor(n))
		buf_printf(b, "%.0f", n);
	else
		buf_printf(b, "%.*f", decimals(n), n);
}

struct step { double from; const char *name; };

static const struct step times[] = { { 1e6, "s" }, { 1e3, "ms" }, { 1, "us" }, { 0, "us" } };
static const struct step sizes[] = { { 1099511627776.0, "TiB" }, { 1073741824.0, "GiB" }, { 1048576.0, "MiB" }, { 1024.0, "KiB" }, { 1, "B" }, { 0, "B" } };
static const struct step counts[] = { { 1e9, "G" }, { 1e6, "M" }, { 1e3, "k" }, { 1, "" }, { 0, "" } };

static const struct step *step_of(const struct step *s, double n)
{
	while (s->from > 0 && n < s->from)
		s++;
	return s;
}

static void show_stepped(struct buf *b, const struct step *steps, double n, bool tick)
{
	/* 999.7 us are 1.00 ms once they are rounded. */
	const struct step *s = step_of(steps, tick ? n : n * 1.0005);
	double shown = s->from > 0 ? n / s->from : n;

	if (tick)
		buf_printf(b, "%.4g", shown);
	else
		buf_printf(b, "%.*f", decimals(shown), shown);
	if (s->name[0])
		buf_printf(b, steps == counts ? "%s" : " %s", s->name);
}

void show_number(struct buf *b, enum unit unit, double n)
{
	switch (unit) {
	case UNIT_US:         show_stepped(b, times, n, false); return;
	case UNIT_SECONDS:    show_plain(b, n); buf_add(b, S(" s")); return;
	case UNIT_BYTES:      show_stepped(b, sizes, n, false); return;
	case UNIT_PERCENTILE: buf_printf(b, "%.10g %%", n); return;
	case UNIT_PER_SECOND: show_plain(b, n); buf_add(b, S("/s")); return;
	case UNIT_CORES:
	case UNIT_COUNT:
	case UNIT_NONE:       show_plain(b, n); return;
	}
}

void show_tick(struct buf *b, enum unit unit, double n)
{
	switch (unit) {
	case UNIT_US:         show_stepped(b, times, n, true); return;
	case UNIT_SECONDS:    buf_printf(b, "%.6g s", n); return;
	case UNIT_BYTES:      show_stepped(b, sizes, n, true); return;
	case UNIT_PERCENTILE: buf_printf(b, "%.10g%%", n); return;
	case UNIT_PER_SECOND:
	case UNIT_COUNT:
	case UNIT_CORES:
	case UNIT_NONE:       show_stepped(b, counts, n, true); return;
	}
}

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

/* Also C1 controls, C2 80 ... C2 9F in UTF-8: terminals obey them. Both octets are shown as one dot. */
static size_t control_at(struct str s, size_t i)
{
	if (is_control(s.p[i]))
		return 1;
	return s.p[i] == '\xc2' && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xa0 ? 2 : 0;
}

void show_text(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n;) {
		size_t control = control_at(s, i);

		buf_addc(b, control ? '.' : s.p[i]);
		i += control ? control : 1;
	}
}

void show_escaped(struct buf *b, struct str s)
{
	static const char special[] = "<>&\"'";

	for (size_t i = 0; i < s.n;) {
		size_t control = control_at(s, i);

		if (control)
			buf_addc(b, '.');
		else if (memchr(special, s.p[i], sizeof special - 1))
			buf_printf(b, "&#%d;", s.p[i]);
		else
			buf_addc(b, s.p[i]);
		i += control ? control : 1;
	}
}

/* Characters, not octets. */
static size_t width_since(const struct buf *b, size_t from)
{
	size_t n = 0;

	for (size_t i = from; i < b->n; i++)
		n += ((unsigned char)b->p[i] & 0xc0) != 0x80;
	return n;
}

void show_column_right(struct buf *b, size_t from, size_t width)
{
	size_t has = width_since(b, from), more = has < width ? width - has : 0;

	buf_grow(b, more);
	memmove(b->p + from + more, b->p + from, b->n - more - from);
	memset(b->p + from, ' ', more);
	buf_addc(b, ' ');
}

void show_column_left(struct buf *b, size_t from, size_t width)
{
	for (size_t has = width_since(b, from); has < width; has++)
		buf_addc(b, ' ');
	buf_addc(b, ' ');
}

#include "tools/load/live.h"

#include <string.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "common/base/must.h"
#include "tools/load/show.h"

/* The tallies are looked at twice a second: a picture comes a little early rather than a turn late. */
#define FRAME_SECONDS 0.45
#define LINE_SECONDS  5

struct live {
	int              fd;
	bool             terminal;
	struct live_view view;
	struct tally    *all, *before;        /* now, and when last drawn */
	double           drawn_seconds;       /* the clock, when last drawn; 0: never */
	unsigned         lines;               /* of the picture that stands there */
};

static double clock_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct live *live_new(int fd, const char *title)
{
	struct live *l = mem_new(sizeof *l);

	l->fd = fd;
	l->terminal = isatty(fd);
	l->all = mem_new(sizeof *l->all);
	l->before = mem_new(sizeof *l->before);
	l->view = (struct live_view){ .title = title, .since = mem_new(sizeof *l->view.since) };
	return l;
}

void live_free(struct live **l)
{
	if (*l) {
		free((*l)->all);
		free((*l)->before);
		free((*l)->view.since);
	}
	free(*l);
	*l = NULL;
}

/* What the page shows of all workers together. */
static void sum_up(struct tally *all, const struct tally *tally, unsigned workers)
{
	memset(all, 0, sizeof *all);
	for (unsigned w = 0; w < workers; w++) {
		for (int op = 0; op < OP_COUNT; op++) {
			times_merge(&all->op[op].took, &tally[w].op[op].took);
			all->op[op].failed += tally[w].op[op].failed;
		}
		all->answers += tally[w].answers;
		all->wrong += tally[w].wrong;
		all->connected += tally[w].connected;
		all->late += tally[w].late;
		if (all->first_wrong[0] == '\0')
			memcpy(all->first_wrong, tally[w].first_wrong, sizeof all->first_wrong - 1);
	}
}

/* Whole rounds if any were timed, else what happened most often. */
static enum op main_operation(const struct tally *all)
{
	enum op most = OP_ROUND;

	for (int op = 0; op < OP_COUNT && all->op[OP_ROUND].took.n == 0; op++)
		if (all->op[op].took.n > all->op[most].took.n)
			most = (enum op)op;
	return most;
}

static double rate_now(const struct live_view *v, enum op op)
{
	return v->interval_seconds > 0 ? (double)v->since->op[op].took.n / v->interval_seconds : 0;
}

static double rate_average(const struct live_view *v, enum op op)
{
	return v->now.seconds > 0 ? (double)v->now.tally->op[op].took.n / v->now.seconds : 0;
}

static void show_ns(struct buf *b, uint64_t ns)
{
	show_number(b, UNIT_US, (double)ns / 1000);
}

static void put_counts(struct buf *b, const struct live_view *v)
{
	show_number(b, UNIT_COUNT, (double)v->now.tally->connected);
	buf_add(b, S(" connections, "));
	show_number(b, UNIT_COUNT, (double)v->now.tally->answers);
	buf_add(b, S(" answers, "));
	show_number(b, UNIT_COUNT, (double)v->now.tally->wrong);
	buf_add(b, S(" wrong"));
	if (v->now.tally->late > 0) {
		buf_add(b, S(", "));
		show_number(b, UNIT_COUNT, (double)v->now.tally->late);
		buf_add(b, S(" late"));
	}
	if (v->now.server_known) {
		buf_printf(b, "; server %.2f cores, ", v->now.server_cpu_cores);
		show_number(b, UNIT_BYTES, (double)v->now.server_pss_bytes);
	}
}

static void put_time(struct buf *b, const struct live_view *v)
{
	buf_printf(b, "%.1f", v->now.seconds);
	if (v->now.of_seconds > 0)
		buf_printf(b, " of %g", v->now.of_seconds);
	buf_add(b, S(" s"));
}

/* Eighths of a full block, U+2581 ... U+2588, each beside the highest rate. */
static void put_sparkline(struct buf *b, const struct live_view *v, unsigned columns)
{
	unsigned shown = v->rates < columns ? v->rates : columns;
	double most = 0;

	for (unsigned i = v->rates - shown; i < v->rates; i++)
		most = v->rate[i] > most ? v->rate[i] : most;
	for (unsigned i = v->rates - shown; i < v->rates; i++)
		buf_printf(b, "\xe2\x96%c", 0x81 + (most > 0 ? (int)(v->rate[i] / most * 7.5) : 0));
}

enum { NAME = 12, RATE = 9, TIME = 8, WIDE = NAME + 1 + 2 * (RATE + 1) + 6 * (TIME + 1) };

static void put_times(struct buf *b, const struct times *t)
{
	static const double percents[] = { 50, 99, 100 };

	for (size_t i = 0; i < sizeof percents / sizeof *percents; i++) {
		size_t from = b->n;

		if (t->n > 0)
			show_ns(b, times_percentile_ns(t, percents[i]));
		show_column_right(b, from, TIME);
	}
}

static void put_rate(struct buf *b, double rate)
{
	size_t from = b->n;

	show_number(b, UNIT_COUNT, rate < 10 ? rate : (double)(uint64_t)(rate + 0.5));
	show_column_right(b, from, RATE);
}

static void put_operation(struct buf *b, const struct live_view *v, enum op op, bool wide)
{
	size_t from = b->n;

	buf_add(b, str_of(op_name(op)));
	show_column_left(b, from, NAME);
	put_rate(b, rate_now(v, op));
	put_rate(b, rate_average(v, op));
	put_times(b, &v->since->op[op].took);
	if (wide)
		put_times(b, &v->now.tally->op[op].took);
	if (v->now.tally->op[op].failed > 0)
		buf_printf(b, " %llu failed", (unsigned long long)v->now.tally->op[op].failed);
	buf_addc(b, '\n');
}

static void put_picture(struct buf *b, const struct live_view *v, unsigned columns)
{
	bool wide = columns > WIDE;

	show_text(b, str_of(v->title));
	buf_add(b, S("  "));
	put_time(b, v);
	buf_addc(b, '\n');
	put_counts(b, v);
	buf_addc(b, '\n');
	if (v->now.tally->first_wrong[0]) {
		buf_add(b, S("first wrong: "));
		show_text(b, str_of(v->now.tally->first_wrong));
		buf_addc(b, '\n');
	}
	put_sparkline(b, v, columns > 1 ? columns - 1 : 1);
	buf_printf(b, "\n%-*s %*s %*s %*s %*s %*s", NAME, "", RATE, "now/s", RATE, "average/s", TIME, "p50", TIME, "p99", TIME, "max");
	if (wide)
		buf_printf(b, " %*s %*s %*s", TIME, "all p50", TIME, "all p99", TIME, "all max");
	buf_addc(b, '\n');
	for (int op = 0; op < OP_COUNT; op++)
		if (v->now.tally->op[op].took.n + v->now.tally->op[op].failed > 0)
			put_operation(b, v, (enum op)op, wide);
}

/* A line that reaches the edge would wrap, and the next picture would not cover it. Cuts between characters. */
static struct str cut_line(struct str line, unsigned columns)
{
	size_t n = 0;

	for (size_t i = 0; i < line.n; i++) {
		if (((unsigned char)line.p[i] & 0xc0) != 0x80 && ++n >= columns)
			return str_head(line, i);
	}
	return line;
}

void live_render(const struct live_view *v, unsigned columns, unsigned rows, struct buf *out)
{
	struct buf picture = { 0 };
	unsigned row = 1;

	put_picture(&picture, v, columns);
	for (struct str rest = buf_str(&picture), line; row < rows && str_cut(rest, '\n', &line, &rest); row++) {
		buf_add(out, str_trim(line).n ? cut_line(line, columns) : S(""));
		buf_addc(out, '\n');
	}
	buf_fini(&picture);
}

void live_render_line(const struct live_view *v, struct buf *out)
{
	enum op op = main_operation(v->now.tally);
	const struct times *since = &v->since->op[op].took;

	put_time(out, v);
	buf_printf(out, ": %s ", op_name(op));
	show_number(out, UNIT_PER_SECOND, (double)(uint64_t)(rate_now(v, op) + 0.5));
	buf_add(out, S(", average "));
	show_number(out, UNIT_PER_SECOND, (double)(uint64_t)(rate_average(v, op) + 0.5));
	buf_add(out, S(", p50 "));
	show_ns(out, times_percentile_ns(since, 50));
	buf_add(out, S(", p99 "));
	show_ns(out, times_percentile_ns(since, 99));
	buf_add(out, S(", "));
	put_counts(out, v);
	buf_addc(out, '\n');
}

/* The end of a run comes at once behind its last picture: that stays, unless there is more to say. */
static bool has_news(const struct live *l, const struct live_now *now)
{
	uint64_t answers = 0;

	for (unsigned w = 0; w < now->workers; w++)
		answers += now->tally[w].answers;
	return l->drawn_seconds == 0 || answers != l->before->answers;
}

/* What came since the last picture, and its rate behind those before. */
static void view_advance(struct live *l, const struct live_now *now, double interval_seconds)
{
	struct live_view *v = &l->view;

	sum_up(l->all, now->tally, now->workers);
	v->now = *now;
	v->now.tally = l->all;
	v->now.workers = 1;
	v->interval_seconds = interval_seconds;
	*v->since = *l->all;
	for (int op = 0; op < OP_COUNT; op++)
		times_since(&v->since->op[op].took, &l->before->op[op].took);
	if (v->rates == LIVE_RATES)
		memmove(v->rate, v->rate + 1, --v->rates * sizeof *v->rate);
	v->rate[v->rates++] = rate_now(v, main_operation(l->all));
	*l->before = *l->all;
}

/* The picture over the one that stands there: up, each line with what is left of the old one erased, and all below. */
static void draw(struct live *l, struct buf *out)
{
	struct winsize size = { .ws_col = 80, .ws_row = 24 };
	struct buf picture = { 0 };
	struct str rest, line;

	ioctl(l->fd, TIOCGWINSZ, &size);
	live_render(&l->view, size.ws_col ? size.ws_col : 80, size.ws_row ? size.ws_row : 24, &picture);
	if (l->lines > 0)
		buf_printf(out, "\r\x1b[%uA", l->lines);
	l->lines = 0;
	for (rest = buf_str(&picture); str_cut(rest, '\n', &line, &rest); l->lines++) {
		buf_add(out, line);
		buf_add(out, S("\x1b[K\n"));
	}
	buf_add(out, S("\x1b[J"));
	buf_fini(&picture);
}

void live_turn(struct live *l, const struct live_now *now)
{
	double clock = clock_seconds(), interval = l->drawn_seconds > 0 ? clock - l->drawn_seconds : now->seconds;
	struct buf out = { 0 };

	if (now->over ? !has_news(l, now) : l->drawn_seconds > 0 && interval < (l->terminal ? FRAME_SECONDS : LINE_SECONDS))
		return;
	l->drawn_seconds = clock;
	view_advance(l, now, interval);
	if (l->terminal)
		draw(l, &out);
	else
		live_render_line(&l->view, &out);
	/* Half a picture does no harm: the next covers it. */
	if (write(l->fd, out.p, out.n) < 0)
		l->lines = 0;
	buf_fini(&out);
}

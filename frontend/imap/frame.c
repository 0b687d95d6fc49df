/* frontend/imap/frame.c: where does this command end? */
#include "frontend/imap/frame.h"

#include <string.h>

#include "common/base/must.h"

enum { LITERAL_DIGITS_MAX = 24, LINE_END_BYTES = 2 };

struct frame_limits frame_limits_of(bool authenticated, bool literal_minus)
{
	if (!authenticated)
		return (struct frame_limits){ 16 << 10, 4 << 10, 16 << 10, 64 << 10, literal_minus };
	return (struct frame_limits){ 1 << 20, 64 << 10, 1 << 20, 1 << 30, literal_minus };
}

void frame_init(struct frame *f) { *f = (struct frame){ .state = FRAME_LINE }; }

void frame_fini(struct frame *f)
{
	buf_fini(&f->cmd);
	frame_init(f);
}

void frame_done(struct frame *f)
{
	must(f->state == FRAME_END);
	frame_fini(f);
}

struct str frame_bytes(const struct frame *f) { return buf_str(&f->cmd); }

struct str frame_take(struct frame *f, struct arena *a)
{
	struct str bytes = str_dup(a, frame_bytes(f));

	frame_done(f);
	return bytes;
}

/* ---- lines and what they announce ---- */

static struct str without_line_end(struct str line)
{
	if (line.n && line.p[line.n - 1] == '\n')
		line.n--;
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static bool last_char(struct str *s, char c)
{
	if (!s->n || s->p[s->n - 1] != c)
		return false;
	s->n--;
	return true;
}

/* The digits at the end of s; what no number can hold is UINT64_MAX. False: none. */
static bool last_number(struct str *s, uint64_t *out)
{
	size_t n = 0;

	while (n < s->n && n < LITERAL_DIGITS_MAX && s->p[s->n - 1 - n] >= '0' && s->p[s->n - 1 - n] <= '9')
		n++;
	s->n -= n;
	if (n && !str_u64((struct str){ s->p + s->n, n }, out))
		*out = UINT64_MAX;
	return n > 0;
}

/* "{5}", "{5+}", "~{5}", "~{5+}" before the line's end (RFC 7888 3, RFC 3516 7). */
static bool literal_at_end(struct str line, struct literal *out)
{
	struct literal l = { 0, true, false };

	line = without_line_end(line);
	if (!last_char(&line, '}'))
		return false;
	l.sync = !last_char(&line, '+');
	if (!last_number(&line, &l.bytes) || !last_char(&line, '{'))
		return false;
	l.binary = last_char(&line, '~');
	*out = l;
	return true;
}

/* ---- commands that are read away ---- */

static void end(struct frame *f, enum got verdict)
{
	f->verdict = verdict;
	f->state = FRAME_END;
}

/* Only the head is kept, so that somebody may find the tag. */
static void skip_start(struct frame *f, enum got verdict)
{
	struct str line = str_skip(buf_str(&f->cmd), f->line_at);
	struct str head = str_head(buf_str(&f->cmd), FRAME_HEAD_BYTES);
	struct buf kept = { NULL, 0, 0 };

	line = str_skip(line, line.n > sizeof f->tail ? line.n - sizeof f->tail : 0);
	if (line.n)
		memcpy(f->tail, line.p, line.n);
	f->n_tail = (uint8_t)line.n;
	buf_add(&kept, head);
	buf_fini(&f->cmd);
	f->cmd = kept;
	f->verdict = verdict;
}

/* The announced bytes come whether we want them or not (RFC 7888 4): read them away, or give up. */
static void skip_literal(struct frame *f, const struct frame_limits *limits)
{
	f->n_tail = 0;
	f->left = f->literal.bytes;
	f->state = f->left > limits->skip_bytes ? FRAME_HOPELESS : FRAME_SKIP_LITERAL;
}

static void tail_add(struct frame *f, struct str s)
{
	s = str_skip(s, s.n > sizeof f->tail ? s.n - sizeof f->tail : 0);
	size_t keep = sizeof f->tail - s.n;

	if (keep > f->n_tail)
		keep = f->n_tail;
	memmove(f->tail, f->tail + f->n_tail - keep, keep);
	if (s.n)
		memcpy(f->tail + keep, s.p, s.n);
	f->n_tail = (uint8_t)(keep + s.n);
}

static struct str take(struct str *in, size_t n)
{
	struct str s = str_head(*in, n);

	*in = str_skip(*in, n);
	return s;
}

/* Up to and with the line's end, or all there is. */
static size_t line_length(struct str in)
{
	const char *lf = in.n ? memchr(in.p, '\n', in.n) : NULL;

	return lf ? (size_t)(lf - in.p) + 1 : in.n;
}

static bool feed_skipped_line(struct frame *f, const struct frame_limits *limits, struct str *in)
{
	tail_add(f, take(in, line_length(*in)));
	struct str tail = { f->tail, f->n_tail };
	if (!str_ends(tail, S("\n")))
		return false;
	f->n_tail = 0;
	if (literal_at_end(tail, &f->literal) && !f->literal.sync)
		skip_literal(f, limits);
	else
		end(f, f->verdict);
	return true;
}

/* ---- commands that are kept ---- */

static void line_ended(struct frame *f, const struct frame_limits *limits)
{
	struct str line = str_skip(buf_str(&f->cmd), f->line_at);

	if (!literal_at_end(line, &f->literal)) {
		f->cmd.n -= line.n - without_line_end(line).n;
		end(f, GOT_COMMAND);
	} else if (limits->literal_minus && !f->literal.sync && f->literal.bytes > FRAME_MINUS_BYTES) {
		skip_start(f, GOT_TOO_LONG);
		skip_literal(f, limits);
	} else {
		f->state = FRAME_ASK;
	}
}

/* Too long a line is kept up to the limit before it is cut to its head, so that cuts of the input do not show. */
static bool feed_line(struct frame *f, const struct frame_limits *limits, struct str *in)
{
	size_t room = limits->line_bytes + LINE_END_BYTES - (f->cmd.n - f->joined_bytes);
	size_t n = line_length(*in);
	bool too_long = n > room;

	buf_add(&f->cmd, take(in, too_long ? room : n));
	if (too_long) {
		skip_start(f, GOT_TOO_LONG);
		f->state = FRAME_SKIP_LINE;
		return true;
	}
	if (n == 0 || f->cmd.p[f->cmd.n - 1] != '\n')
		return false;
	line_ended(f, limits);
	return true;
}

static void feed_joined(struct frame *f, struct str *in)
{
	struct str s = take(in, f->left < in->n ? (size_t)f->left : in->n);

	buf_add(&f->cmd, s);
	f->left -= s.n;
}

static void feed_skipped_literal(struct frame *f, struct str *in)
{
	f->left -= take(in, f->left < in->n ? (size_t)f->left : in->n).n;
}

enum got frame_feed(struct frame *f, const struct frame_limits *limits, struct str *in)
{
	for (;;) {
		switch (f->state) {
		case FRAME_LINE:
			if (!feed_line(f, limits, in))
				return GOT_MORE;
			break;
		case FRAME_JOIN:
			feed_joined(f, in);
			if (f->left)
				return GOT_MORE;
			f->line_at = f->cmd.n;
			f->state = FRAME_LINE;
			break;
		case FRAME_STREAM:
			if (f->left)
				return in->n ? GOT_BYTES : GOT_MORE;
			f->state = FRAME_LINE;
			break;
		case FRAME_SKIP_LITERAL:
			feed_skipped_literal(f, in);
			if (f->left)
				return GOT_MORE;
			f->state = FRAME_SKIP_LINE;
			break;
		case FRAME_SKIP_LINE:
			if (!feed_skipped_line(f, limits, in))
				return GOT_MORE;
			break;
		case FRAME_ASK:
			return GOT_LITERAL;
		case FRAME_END:
			return f->verdict;
		case FRAME_HOPELESS:
			return GOT_HOPELESS;
		}
	}
}

/* ---- the caller's choice ---- */

bool frame_join(struct frame *f, const struct frame_limits *limits)
{
	must(f->state == FRAME_ASK);
	if (f->literal.bytes > limits->literal_bytes || f->n_joined == FRAME_LITERALS_MAX ||
	    f->literal.bytes > limits->literals_bytes - f->joined_bytes)
		return false;
	f->n_joined++;
	f->left = f->literal.bytes;
	f->joined_bytes += (size_t)f->left;
	f->state = FRAME_JOIN;
	return true;
}

void frame_stream(struct frame *f)
{
	must(f->state == FRAME_ASK);
	buf_fini(&f->cmd);
	f->joined_bytes = f->line_at = f->n_joined = 0;
	f->left = f->literal.bytes;
	f->state = FRAME_STREAM;
}

struct str frame_chunk(struct frame *f, struct str *in, size_t max)
{
	must(f->state == FRAME_STREAM);
	struct str s = take(in, f->left < max ? (size_t)f->left : max);

	f->left -= s.n;
	return s;
}

void frame_refuse(struct frame *f, const struct frame_limits *limits)
{
	bool waits = f->state == FRAME_ASK && f->literal.sync;

	must(f->state == FRAME_ASK || f->state == FRAME_STREAM || f->state == FRAME_LINE);
	skip_start(f, GOT_REFUSED);
	if (waits)
		end(f, GOT_REFUSED);                    /* the bytes will never come: the command ends here */
	else if (f->state == FRAME_ASK)
		skip_literal(f, limits);
	else
		f->state = f->state == FRAME_STREAM ? FRAME_SKIP_LITERAL : FRAME_SKIP_LINE;
}

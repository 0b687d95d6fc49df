/* storaged/search/header.c: looks for keys in a header, field by field, as people read it: unfolded and decoded. */
#include "common/mail/lexer.h"
#include "common/mail/utf8.h"
#include "common/mail/words.h"
#include "storaged/search/inside.h"

/* A longer field is decoded in pieces, cut where its lines end: only an encoded word that the cut parts from
 * the one before it could be read differently. */
enum { FIELD_PIECE_BYTES = 65536 };

/* Where the summary held the whole envelope, it has decided about subject and addresses. */
static bool key_open(const struct search_run *run, uint32_t i)
{
	enum program_op op = run->search->keys[i].op;

	return !run->found[i] && (op == OP_HEADER || (!run->envelope_whole && (op == OP_ADDRESS || op == OP_SUBJECT)));
}

bool header_wanted(const struct search_run *run)
{
	for (uint32_t i = 0; i < run->search->n_keys; i++)
		if (key_open(run, i))
			return true;
	return false;
}

/* The keys of this field. One without text wants nothing but the field. True: such a one was there. */
static bool want_field(struct search_run *run, struct str name)
{
	bool any = false;

	for (uint32_t i = 0; i < run->search->n_keys; i++) {
		const struct scan_key *key = &run->search->keys[i].scan;
		if (!key_open(run, i) || !str_ieq(run->search->keys[i].field, name))
			continue;
		if (key->text.n == 0)
			any = run->found[i] = true;
		else
			scan_add(&run->field_scan, key, &run->found[i]);
	}
	return any;
}

/* As people read it, ready for a scan. Plain ASCII, most of all fields, only loses its line ends. */
static struct str readable(struct search_run *run, struct str raw)
{
	buf_reset(&run->readable);
	if (utf8_ascii_run(raw) == raw.n && str_search(raw, S("=?")) < 0) {
		words_unfold(&run->readable, raw);
		return buf_str(&run->readable);
	}
	reader_header(&run->reader, raw, &run->readable);
	return buf_str(&run->readable);
}

static struct str without_blanks_before(struct str s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = str_skip(s, 1);
	return s;
}

static bool scan_both(struct search_run *run, struct str raw, bool named)
{
	struct str name, value = readable(run, raw);
	bool any = scan_push(&run->head_scan, value);
	if (named) {
		str_cut(value, ':', &name, &value);
		value = without_blanks_before(value);
	}
	return scan_push(&run->field_scan, value) || any;
}

/* A field, or a piece of a long one. */
static bool look_at(struct header_look *h, struct str raw, bool last)
{
	struct search_run *run = h->run;
	struct str name, value;
	bool any = false;

	bool named = !h->continued && raw.n > 0 && !lexer_blank(raw.p[0]) && str_cut(raw, ':', &name, &value);
	if (!h->continued) {
		scan_reset(&run->field_scan);
		any = named && h->fields && want_field(run, str_trim(name));
	}
	if (run->field_scan.n > 0 || run->head_scan.n > 0)
		any |= scan_both(run, raw, named);
	if (last) {
		any |= scan_end(&run->field_scan);
		any |= scan_push(&run->head_scan, S("\r\n"));
	}
	h->continued = !last;
	return any;
}

/* Where the first whole field ends: behind a line end that no blank follows. 0: not among these bytes. */
static size_t field_end(struct str s)
{
	for (size_t at = 0; at < s.n;) {
		ptrdiff_t lf = str_find(str_skip(s, at), '\n');
		if (lf < 0)
			return 0;
		at += (size_t)lf + 1;
		if (at < s.n && s.p[at] != ' ' && s.p[at] != '\t')
			return at;
	}
	return 0;
}

/* Of a field too long: what may be looked at now. */
static size_t cut_long(struct str s)
{
	ptrdiff_t lf = str_rfind(str_head(s, s.n - 1), '\n');

	return lf > 0 ? (size_t)lf : s.n - 1;
}

bool header_push(struct header_look *h, struct str piece)
{
	struct buf *line = &h->run->line;
	bool any = false;

	buf_add(line, piece);
	struct str rest = buf_str(line);
	for (;;) {
		size_t end = field_end(rest);
		bool whole = end > 0;
		if (!whole && rest.n > FIELD_PIECE_BYTES)
			end = cut_long(rest);
		if (end == 0)
			break;
		any |= look_at(h, str_head(rest, end), whole);
		rest = str_skip(rest, end);
	}
	buf_drop(line, line->n - rest.n);
	return any;
}

bool header_end(struct header_look *h)
{
	struct buf *line = &h->run->line;
	bool any = look_at(h, buf_str(line), true);

	buf_reset(line);
	return scan_end(&h->run->head_scan) || any;
}

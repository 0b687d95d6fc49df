/* tools/load/draft.c: words become lines, lines become paragraphs. */
#include "tools/load/draft.h"

#include <string.h>

#include "common/mail/date.h"
#include "tools/load/base64.h"

enum { LINE_BYTES = 64, QP_LINE_BYTES = 74, LINE_ROOM = 224, PARAGRAPH_LINES = 6 };
enum { FIRST_DAY = 19723, DAYS = 2 * 365, LETTER_MINUTES = 7 };          /* 2024-01-01 and the two years that follow */

void draft_add(struct draft *d, struct str s)
{
	buf_add(d->out, s);
}

void draft_add_number(struct draft *d, uint64_t n)
{
	buf_dec(d->out, n);
}

void draft_add_name(struct draft *d)
{
	static const char who[VOICE_PIECES][8] = { "ada", "bob", "carol", "dan", "eve", "fay", "gus", "hal" };
	uint32_t i = dice_below(&d->dice, VOICE_PIECES);
	const struct voice_piece *name = &d->voice->name[i];

	draft_add(d, (struct str){ name->text, name->bytes });
	draft_add(d, S(" <"));
	draft_add(d, str_of(who[i]));
	draft_add(d, S("@load.example>"));
}

void draft_add_subject(struct draft *d)
{
	const struct voice_piece *p = &d->voice->subject[dice_below(&d->dice, VOICE_PIECES)];

	draft_add(d, (struct str){ p->text, p->bytes });
}

static void add_two_digits(struct draft *d, uint32_t n)
{
	buf_addc(d->out, (char)('0' + n / 10));
	buf_addc(d->out, (char)('0' + n % 10));
}

/* "Thu, 4 Jan 2024 08:07:00 +0100" (RFC 5322 3.3): letters come every few minutes. */
void draft_add_date(struct draft *d)
{
	static const char week[7][4] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
	uint32_t minutes = (uint32_t)((uint64_t)d->n * LETTER_MINUTES % (DAYS * 24 * 60));
	int32_t day = FIRST_DAY + (int32_t)(minutes / (24 * 60));

	draft_add(d, str_of(week[day % 7]));
	draft_add(d, S(", "));
	size_t at = d->out->n;
	date_day_print(d->out, day);
	for (; at < d->out->n; at++)
		if (d->out->p[at] == '-')
			d->out->p[at] = ' ';
	buf_addc(d->out, ' ');
	add_two_digits(d, minutes / 60 % 24);
	buf_addc(d->out, ':');
	add_two_digits(d, minutes % 60);
	draft_add(d, S(":00 "));
	draft_add(d, str_of(d->voice->language->zone));
}

void draft_add_id(struct draft *d, uint32_t n)
{
	buf_addc(d->out, '<');
	draft_add_number(d, d->seed);
	buf_addc(d->out, '-');
	draft_add_number(d, n);
	draft_add(d, S("@load.example>"));
}

void draft_add_known(struct draft *d, bool of_subject)
{
	for (unsigned i = 0; i < KNOWN_WORDS; i++) {
		if (d->n % known_words[i].one_in != 0)
			continue;
		draft_add(d, str_of(of_subject ? known_words[i].subject : known_words[i].body));
		buf_addc(d->out, ' ');
	}
}

/* Words side by side until the line is wide enough; one roll picks eight. Room for one more word must be there. */
static char *put_words(struct draft *d, char *p, const char *wide)
{
	const struct voice *v = d->voice;

	for (uint64_t roll = 0; p < wide; roll >>= 8) {
		if (roll == 0)
			roll = dice_roll(&d->dice);
		const struct voice_word *w = &v->word[(roll & 255) * v->n >> 8];
		memcpy(p, w->text, sizeof w->text);
		p += w->bytes;
	}
	return p;
}

/* Quoted-printable ends a line softly where only its length asks for it (RFC 2045 6.7 (5)); blanks may not end a line else. */
static void end_line(struct draft *d, bool soft)
{
	if (soft) {
		draft_add(d, S("=\r\n"));
		return;
	}
	while (d->out->n > 0 && d->out->p[d->out->n - 1] == ' ')
		d->out->n--;
	draft_add(d, S("\r\n"));
}

static void add_line(struct draft *d, struct str before, bool soft)
{
	const struct voice *v = d->voice;
	size_t width = v->cte == CTE_QP ? QP_LINE_BYTES - v->longest : LINE_BYTES;

	buf_reserve(d->out, LINE_ROOM);
	size_t begin = d->out->n;
	draft_add(d, before);
	char *wide = d->out->p + begin + width;
	d->out->n = (size_t)(put_words(d, d->out->p + d->out->n, wide) - d->out->p);
	end_line(d, soft && v->cte == CTE_QP);
}

/* Markup is ASCII, of which quoted-printable changes only "=". */
static void add_markup(struct draft *d, struct str s)
{
	struct str head;

	if (d->voice->cte != CTE_QP) {
		draft_add(d, s);
		return;
	}
	while (str_cut(s, '=', &head, &s)) {
		draft_add(d, head);
		draft_add(d, S("=3D"));
	}
	draft_add(d, head);
}

static void add_lines(struct draft *d, struct str before, struct str between, size_t until)
{
	for (unsigned i = 1; d->out->n + LINE_ROOM <= until; i++) {
		bool last = i % PARAGRAPH_LINES == 0;
		add_line(d, before, before.n == 0 && !last);
		if (last)
			add_markup(d, between);
	}
	add_line(d, before, false);
}

static void add_known_line(struct draft *d)
{
	size_t before = d->out->n;

	draft_add_known(d, false);
	if (d->out->n > before)
		end_line(d, false);
}

static void add_page(struct draft *d, size_t until)
{
	static const char end[] = "</p></td></tr></table></body></html>\r\n";

	add_markup(d, S("</p>\r\n<p>"));
	add_lines(d, S(""), S("</p>\r\n<p><a href=\"https://load.example/read?more=yes\">&gt;</a>\r\n"), until - sizeof end);
	add_markup(d, S(end));
}

static void add_raw(struct draft *d, enum draft_style style, bool main, size_t until)
{
	if (style == DRAFT_PAGE)
		add_markup(d, S("<!DOCTYPE html>\r\n<html><head><style>p{margin:1em}</style></head><body>\r\n"
		                "<table width=\"600\" align=\"center\"><tr><td><p class=\"lead\">\r\n"));
	if (main)
		add_known_line(d);
	if (style == DRAFT_PAGE) {
		add_page(d, until);
		return;
	}
	if (style == DRAFT_REPLY) {
		add_lines(d, S(""), S("\r\n"), d->out->n + (until - d->out->n) / 3);
		draft_add(d, S("\r\nTo this one had to say:\r\n"));
		add_lines(d, S("> "), S(">\r\n"), until);
		return;
	}
	add_lines(d, S(""), S("\r\n"), until);
}

static void add_base64(struct draft *d, enum draft_style style, bool main, size_t until)
{
	size_t at = d->out->n, lines = (until - at) / BASE64_LINE_BYTES, gap = BASE64_GAP(lines);

	buf_grow(d->out, gap);
	add_raw(d, style, main, at + gap + lines * BASE64_LINE_RAW);
	base64_in_place(d->out, at, at + gap);
}

void draft_add_words(struct draft *d, enum draft_style style, bool main, size_t until)
{
	static const char *const encoding[CTE_COUNT] = {
		[CTE_7BIT] = "7bit", [CTE_8BIT] = "8bit", [CTE_QP] = "quoted-printable", [CTE_BASE64] = "base64",
	};

	draft_add(d, style == DRAFT_PAGE ? S("Content-Type: text/html; charset=") : S("Content-Type: text/plain; charset="));
	draft_add(d, str_of(d->voice->charset));
	draft_add(d, S("\r\nContent-Transfer-Encoding: "));
	draft_add(d, str_of(encoding[d->voice->cte]));
	draft_add(d, S("\r\n\r\n"));
	if (d->voice->cte == CTE_BASE64)
		add_base64(d, style, main, until);
	else
		add_raw(d, style, main, until);
}

void draft_add_noise(struct draft *d, struct str magic, size_t until)
{
	base64_noise(&d->dice, magic, (until - d->out->n) / BASE64_LINE_BYTES, d->out);
}

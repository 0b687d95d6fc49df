/* tools/load/voices.c: words become the bytes that a message holds, once, before anything is timed. */
#include "tools/load/voices.h"

#include <iconv.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/must.h"
#include "tools/load/base64.h"

/* How often of 100 is that of mail for people who write in many languages, in which English leads. */
static const struct { unsigned language; const char *charset; enum cte cte; unsigned percent; } table[VOICE_COUNT] = {
	{ LANG_ENGLISH,  "us-ascii",     CTE_7BIT,   24 },
	{ LANG_ENGLISH,  "utf-8",        CTE_8BIT,   8 },
	{ LANG_ENGLISH,  "iso-8859-1",   CTE_QP,     6 },
	{ LANG_CHAT,     "utf-8",        CTE_QP,     4 },
	{ LANG_CHAT,     "utf-8",        CTE_BASE64, 4 },
	{ LANG_GERMAN,   "iso-8859-1",   CTE_QP,     5 },
	{ LANG_GERMAN,   "utf-8",        CTE_8BIT,   4 },
	{ LANG_FRENCH,   "iso-8859-15",  CTE_8BIT,   3 },
	{ LANG_FRENCH,   "utf-8",        CTE_QP,     4 },
	{ LANG_SPANISH,  "windows-1252", CTE_8BIT,   4 },
	{ LANG_POLISH,   "iso-8859-2",   CTE_QP,     3 },
	{ LANG_TURKISH,  "iso-8859-9",   CTE_8BIT,   2 },
	{ LANG_RUSSIAN,  "koi8-r",       CTE_8BIT,   2 },
	{ LANG_RUSSIAN,  "windows-1251", CTE_BASE64, 3 },
	{ LANG_RUSSIAN,  "utf-8",        CTE_BASE64, 3 },
	{ LANG_GREEK,    "iso-8859-7",   CTE_QP,     2 },
	{ LANG_HEBREW,   "windows-1255", CTE_BASE64, 2 },
	{ LANG_ARABIC,   "utf-8",        CTE_BASE64, 3 },
	{ LANG_CHINESE,  "gb2312",       CTE_BASE64, 3 },
	{ LANG_CHINESE,  "gb18030",      CTE_BASE64, 2 },
	{ LANG_JAPANESE, "iso-2022-jp",  CTE_7BIT,   3 },
	{ LANG_JAPANESE, "shift_jis",    CTE_BASE64, 2 },
	{ LANG_JAPANESE, "utf-8",        CTE_BASE64, 2 },
	{ LANG_KOREAN,   "euc-kr",       CTE_8BIT,   2 },
};

/* Appends utf8 in the charset of cd, which is back at its first shift state afterwards (iso-2022-jp). */
static void convert(iconv_t cd, struct str utf8, struct buf *out)
{
	char *in = (char *)utf8.p, *to;          /* iconv wants it so; it writes nothing there */
	size_t in_left = utf8.n, room = 8 * utf8.n + 8, left = room;

	buf_reserve(out, room);
	to = out->p + out->n;
	must(iconv(cd, &in, &in_left, &to, &left) == 0 && in_left == 0);   /* the table holds only what its charsets can write */
	must(iconv(cd, NULL, NULL, &to, &left) == 0);
	out->n += room - left;
}

/* Quoted-printable of words: nothing but "=" and what is not ASCII needs it (RFC 2045 6.7). */
static void add_quoted(struct str raw, struct buf *out)
{
	for (size_t i = 0; i < raw.n; i++)
		if (raw.p[i] == '=' || raw.p[i] & 0x80)
			buf_printf(out, "=%02X", (unsigned char)raw.p[i]);
		else
			buf_addc(out, raw.p[i]);
}

static void word_init(struct voice *v, iconv_t cd, struct str utf8)
{
	struct buf raw = { 0 }, text = { 0 };
	struct voice_word *w = &v->word[v->n++];

	must(v->n <= VOICE_WORDS_MAX);
	convert(cd, utf8, &raw);
	if (v->language->spaced)
		buf_addc(&raw, ' ');
	if (v->cte == CTE_QP)
		add_quoted(buf_str(&raw), &text);
	else
		buf_add(&text, buf_str(&raw));
	must(text.n <= VOICE_WORD_BYTES);
	memcpy(w->text, text.p, text.n);
	w->bytes = (uint8_t)text.n;
	v->longest = text.n > v->longest ? (uint32_t)text.n : v->longest;
	buf_fini(&raw);
	buf_fini(&text);
}

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] & 0x80)
			return false;
	return true;
}

/* Within an encoded word a blank is "_", and what else is special in phrases is quoted too (RFC 2047 4.2, 5). */
static void add_q_word(struct str raw, struct buf *out)
{
	for (size_t i = 0; i < raw.n; i++) {
		char c = ascii_lower(raw.p[i]);
		if (c == ' ')
			buf_addc(out, '_');
		else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			buf_addc(out, raw.p[i]);
		else
			buf_printf(out, "=%02X", (unsigned char)c);
	}
}

static void piece_init(const struct voice *v, struct voice_piece *piece, iconv_t cd, struct str utf8)
{
	struct buf raw = { 0 }, text = { 0 };

	convert(cd, utf8, &raw);
	if (is_ascii(utf8)) {
		buf_add(&text, utf8);
	} else {
		buf_printf(&text, "=?%s?%c?", v->charset, v->cte == CTE_QP ? 'Q' : 'B');
		if (v->cte == CTE_QP)
			add_q_word(buf_str(&raw), &text);
		else
			base64_add(buf_str(&raw), &text);
		buf_add(&text, S("?="));
	}
	must(text.n <= VOICE_PIECE_BYTES);
	memcpy(piece->text, text.p, text.n);
	piece->bytes = (uint8_t)text.n;
	buf_fini(&raw);
	buf_fini(&text);
}

static void pieces_init(const struct voice *v, struct voice_piece *pieces, iconv_t cd, const char *list)
{
	struct str rest = str_of(list), one;
	unsigned n = 0;

	while (rest.n > 0 && n < VOICE_PIECES) {
		str_cut(rest, '|', &one, &rest);
		piece_init(v, &pieces[n++], cd, one);
	}
	must(n == VOICE_PIECES && rest.n == 0);
}

static void voice_init(struct voice *v)
{
	iconv_t cd = iconv_open(v->charset, "utf-8");
	struct str rest = str_of(v->language->words), word;

	must(cd != (iconv_t)-1);
	while (rest.n > 0) {
		str_cut(rest, ' ', &word, &rest);
		word_init(v, cd, word);
	}
	pieces_init(v, v->name, cd, v->language->names);
	pieces_init(v, v->subject, cd, v->language->subjects);
	iconv_close(cd);
}

void voices_init(struct voice v[VOICE_COUNT])
{
	for (unsigned i = 0; i < VOICE_COUNT; i++) {
		v[i] = (struct voice){ .language = &languages[table[i].language], .charset = table[i].charset, .cte = table[i].cte };
		voice_init(&v[i]);
	}
}

const struct voice *voices_pick(const struct voice v[VOICE_COUNT], uint32_t roll)
{
	unsigned i = 0, at = roll % 100;

	while (i + 1 < VOICE_COUNT && at >= table[i].percent)
		at -= table[i++].percent;
	return &v[i];
}

/* common/mail/words.c: encoded words to UTF-8. */
#include "common/mail/words.h"

#include <stdint.h>

enum { CHARSET_BYTES_MAX = 64 };

static bool is_line_end(char c) { return c == '\r' || c == '\n'; }

void words_unfold(struct buf *out, struct str value)
{
	buf_reserve(out, value.n);
	for (size_t i = 0; i < value.n; i++)
		if (!is_line_end(value.p[i]))
			buf_addc(out, value.p[i]);
}

static int hex_value(char c)
{
	c = ascii_lower(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Two hex digits behind a '='; -1: it stands for itself. */
static int escaped_byte(struct str s, size_t i)
{
	if (s.n - i < 3)
		return -1;
	int high = hex_value(s.p[i + 1]), low = hex_value(s.p[i + 2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static void unescape(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		int byte = s.p[i] == '=' ? escaped_byte(s, i) : -1;
		if (byte >= 0)
			i += 2;
		else
			byte = s.p[i] == '_' ? ' ' : s.p[i];
		buf_addc(out, (char)byte);
	}
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* What is no base64 is passed over; padding, wherever it stands, ends a group. */
static void unbase64(struct buf *out, struct str s)
{
	uint32_t bits = 0;
	int n_bits = 0;

	for (size_t i = 0; i < s.n; i++) {
		int v = base64_value(s.p[i]);
		if (s.p[i] == '=')
			n_bits = 0;
		if (v < 0)
			continue;
		bits = bits << 6 | (uint32_t)v;
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			buf_u8(out, (uint8_t)(bits >> n_bits));
		}
	}
}

/* Bytes of one charset after another. Those that follow in the same charset are one text, so that a
 * character may be split between them. Raw text is a charset without a name. */
struct speaker { struct buf *out; struct charsets *charsets; struct charset *charset; struct str name; };

static void speaker_end(struct speaker *s)
{
	if (s->charset)
		charset_end(s->charset, s->out);
	s->charset = NULL;
}

static void speaker_say(struct speaker *s, struct str charset, struct str bytes)
{
	if (s->charset && !str_ieq(s->name, charset))
		speaker_end(s);
	if (!s->charset) {
		s->charset = charsets_get(s->charsets, charset);
		s->name = charset;
	}
	charset_push(s->charset, bytes, s->out);
}

/* "=?charset*language?encoding?text?=" (RFC 2047 2, RFC 2231 5) */
struct word { struct str charset, text; char encoding; };

static bool take_until(struct str *in, struct str mark, struct str *head)
{
	ptrdiff_t at = str_search(*in, mark);

	if (at < 0)
		return false;
	*head = str_head(*in, (size_t)at);
	*in = str_skip(*in, (size_t)at + mark.n);
	return true;
}

static bool take_word(struct str *in, struct word *w)
{
	struct str at = str_skip(*in, 2), language;
	struct str near = str_head(at, CHARSET_BYTES_MAX);       /* a bound, or many "=?" cost the square of their number */

	if (!take_until(&near, S("?"), &w->charset) || w->charset.n == 0 || str_find(w->charset, ' ') >= 0)
		return false;
	at = str_skip(at, w->charset.n + 1);
	if (at.n < 2 || at.p[1] != '?')
		return false;
	w->encoding = ascii_lower(at.p[0]);
	at = str_skip(at, 2);
	if ((w->encoding != 'q' && w->encoding != 'b') || !take_until(&at, S("?="), &w->text))
		return false;
	str_cut(w->charset, '*', &w->charset, &language);
	*in = at;
	return true;
}

static void say_word(struct speaker *s, const struct word *w)
{
	struct buf bytes = { 0 };

	if (w->encoding == 'b')
		unbase64(&bytes, w->text);
	else
		unescape(&bytes, w->text);
	speaker_say(s, w->charset, buf_str(&bytes));
	buf_fini(&bytes);
}

/* Where the last "?=" ends: beyond it there is no need to look for words. */
static size_t words_end(struct str s)
{
	for (size_t i = s.n; i >= 2; i--)
		if (s.p[i - 2] == '?' && s.p[i - 1] == '=')
			return i;
	return 0;
}

static void decode_flat(struct speaker *s, struct str in)
{
	struct str words = str_head(in, words_end(in)), before;
	struct str tail = str_skip(in, words.n);
	bool after_word = false;
	struct word w;

	while (words.n > 0) {
		ptrdiff_t at = str_search(words, S("=?"));
		before = at < 0 ? words : str_head(words, (size_t)at);
		words = str_skip(words, before.n);
		bool found = at >= 0 && take_word(&words, &w);
		if (!found || !after_word || str_trim(before).n > 0)     /* blanks between words are not text */
			speaker_say(s, S(""), before);
		if (found) {
			say_word(s, &w);
		} else {
			speaker_say(s, S(""), str_head(words, 2));
			words = str_skip(words, 2);
		}
		after_word = found;
	}
	if (tail.n > 0)
		speaker_say(s, S(""), tail);
}

void words_decode(struct buf *out, struct str value, struct charsets *charsets)
{
	struct buf flat = { 0 };
	struct speaker s = { .out = out, .charsets = charsets };

	words_unfold(&flat, value);
	decode_flat(&s, buf_str(&flat));
	speaker_end(&s);
	buf_fini(&flat);
}

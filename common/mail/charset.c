/* common/mail/charset.c: iconv behind a door that never fails. */
#include "common/mail/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "common/mail/utf8.h"

/* GUESS: UTF-8 where well-formed, windows-1252 elsewhere. TABLE: ASCII, and above it a character for each byte. */
enum how { BY_UTF8, BY_GUESS, BY_TABLE, BY_ICONV };

enum { HELD_BYTES_MAX = 16 };                            /* no charset needs 16 bytes for one character */

struct charset {
	enum how how;
	bool known;
	struct utf8_in utf8;                            /* BY_UTF8, BY_GUESS */
	struct high { char utf8[3]; uint8_t n; } high[128];      /* BY_TABLE: the characters from 0x80 on */
	iconv_t cd;                                     /* BY_ICONV */
	size_t unit_bytes;                              /* how much to skip over where nothing makes sense */
	char held[HELD_BYTES_MAX];                      /* the start of a cut character */
	size_t n_held;
};

/* Names that mail uses and iconv does not know, or knows as a smaller set than mail means by it. */
static const struct { const char *name; enum how how; const char *iconv_name; } aliases[] = {
	{ "",                    BY_GUESS, NULL },
	{ "us-ascii",            BY_GUESS, NULL },
	{ "ascii",               BY_GUESS, NULL },
	{ "us",                  BY_GUESS, NULL },
	{ "iso646-us",           BY_GUESS, NULL },
	{ "ansi_x3.4-1968",      BY_GUESS, NULL },
	{ "unknown-8bit",        BY_GUESS, NULL },
	{ "x-unknown",           BY_GUESS, NULL },
	{ "unknown",             BY_GUESS, NULL },
	{ "utf-8",               BY_UTF8,  NULL },
	{ "utf8",                BY_UTF8,  NULL },
	{ "unicode-1-1-utf-8",   BY_UTF8,  NULL },
	{ "unicode-1-1-utf-7",   BY_ICONV, "UTF-7" },
	{ "utf7",                BY_ICONV, "UTF-7" },
	{ "latin-1",             BY_ICONV, "ISO-8859-1" },
	{ "iso-8859-8-i",        BY_ICONV, "ISO-8859-8" },
	{ "iso-8859-8-e",        BY_ICONV, "ISO-8859-8" },
	{ "iso-8859-6-i",        BY_ICONV, "ISO-8859-6" },
	{ "iso-8859-6-e",        BY_ICONV, "ISO-8859-6" },
	{ "x-gbk",               BY_ICONV, "GB18030" },
	{ "gbk",                 BY_ICONV, "GB18030" },
	{ "gb2312",              BY_ICONV, "GB18030" },
	{ "x-euc-cn",            BY_ICONV, "GB18030" },
	{ "x-x-big5",            BY_ICONV, "BIG5" },
	{ "x-sjis",              BY_ICONV, "CP932" },
	{ "shift_jis",           BY_ICONV, "CP932" },
	{ "shift-jis",           BY_ICONV, "CP932" },
	{ "windows-31j",         BY_ICONV, "CP932" },
	{ "x-euc-jp",            BY_ICONV, "EUC-JP" },
	{ "ks_c_5601-1987",      BY_ICONV, "CP949" },
	{ "ks_c_5601-1989",      BY_ICONV, "CP949" },
	{ "ksc5601",             BY_ICONV, "CP949" },
	{ "euc-kr",              BY_ICONV, "CP949" },
	{ "x-windows-949",       BY_ICONV, "CP949" },
	{ "windows-949",         BY_ICONV, "CP949" },
	{ "windows-874",         BY_ICONV, "CP874" },
	{ "win-1251",            BY_ICONV, "CP1251" },
	{ "x-mac-roman",         BY_ICONV, "MACINTOSH" },
	{ "x-mac-cyrillic",      BY_ICONV, "MAC-CYRILLIC" },
};

/* iconv reads "//TRANSLIT" and the like behind a name, and takes "char" for the process' locale: names from
 * mail must not reach that. */
static bool name_is_plain(struct str name)
{
	if (name.n > CHARSET_NAME_MAX || str_ieq(name, S("char")) || str_ieq(name, S("wchar_t")) || str_ieq(name, S("internal")))
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = ascii_lower(name.p[i]);
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && (c == '\0' || !strchr("-_.:+()", c)))
			return false;
	}
	return true;
}

/* What the byte is by itself. False: it is not one character, or not by itself. */
static bool ask_byte(iconv_t cd, char byte, struct high *is)
{
	char utf8[16], *from = &byte, *to = utf8;
	size_t left = 1, room = sizeof utf8, bytes = 0;
	uint32_t cp;
	bool bad = iconv(cd, &from, &left, &to, &room) == (size_t)-1;
	int why = errno;
	struct str said = { utf8, (size_t)(to - utf8) };

	iconv(cd, NULL, NULL, &to, &room);              /* what it kept back, waiting for the next byte */
	if (bad)
		said = S("\xef\xbf\xbd");               /* UTF8_REPLACEMENT */
	else if (said.n == 0 || to > utf8 + said.n)
		return false;
	if (utf8_next(said, &cp, &bytes) != UTF8_CHAR || bytes != said.n || bytes > sizeof is->utf8)
		return false;
	memcpy(is->utf8, said.p, said.n);
	is->n = (uint8_t)said.n;
	return !bad || why == EILSEQ;
}

/* Most charsets of mail have one byte a character. */
static bool learn_table(struct charset *c)
{
	struct high low;

	for (unsigned byte = 0; byte < 0x80; byte++)
		if (!ask_byte(c->cd, (char)byte, &low) || low.utf8[0] != (char)byte)
			return false;
	for (unsigned byte = 0x80; byte < 256; byte++)
		if (!ask_byte(c->cd, (char)byte, &c->high[byte - 0x80]))
			return false;
	return true;
}

static bool open_iconv(struct charset *c, struct str name)
{
	char *z = str_heap_z(name);

	c->cd = iconv_open("UTF-8", z);
	free(z);
	if (c->cd == (iconv_t)-1)
		return false;
	if (learn_table(c)) {
		iconv_close(c->cd);
		c->how = BY_TABLE;
		return true;
	}
	c->how = BY_ICONV;
	c->unit_bytes = str_istarts(name, S("UTF-32")) || str_istarts(name, S("UCS-4")) ? 4 :
			str_istarts(name, S("UTF-16")) || str_istarts(name, S("UCS-2")) ? 2 : 1;
	return true;
}

static bool charset_open(struct charset *c, struct str name)
{
	for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) {
		if (!str_ieq(name, str_of(aliases[i].name)))
			continue;
		c->how = aliases[i].how;
		return c->how != BY_ICONV || open_iconv(c, str_of(aliases[i].iconv_name));
	}
	return name_is_plain(name) && open_iconv(c, name);
}

struct charset *charset_new(struct str name)
{
	struct charset *c = mem_new(sizeof *c);

	c->known = charset_open(c, str_trim(name));
	if (!c->known)
		c->how = BY_UTF8;
	return c;
}

void charset_free(struct charset **c)
{
	if (*c && (*c)->how == BY_ICONV)
		iconv_close((*c)->cd);
	free(*c);
	*c = NULL;
}

bool charset_is_utf8(const struct charset *c)    { return c->how == BY_UTF8; }
bool charset_keeps_ascii(const struct charset *c) { return c->how != BY_ICONV && c->utf8.n_held == 0; }

bool charset_known(struct str name)
{
	struct charset *c = charset_new(name);
	bool known = c->known;

	charset_free(&c);
	return known;
}

static void add_windows_1252(struct buf *out, uint8_t byte)
{
	static const uint16_t high[32] = {              /* 0x80..0x9f; the rest is Latin-1 */
		0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd,
		0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178,
	};

	utf8_add(out, byte >= 0x80 && byte < 0xa0 ? high[byte - 0x80] : byte);
}

static void add_step(const struct charset *c, const struct utf8_step *step, struct buf *out)
{
	if (!step->bad || c->how == BY_UTF8) {
		utf8_add(out, step->cp);
		return;
	}
	for (size_t i = 0; i < step->n; i++)
		add_windows_1252(out, (uint8_t)step->bytes[i]);
}

static void push_table(const struct charset *c, struct str in, struct buf *out)
{
	buf_reserve(out, in.n * sizeof c->high->utf8 + 1);
	char *to = out->p + out->n;
	for (size_t i = 0; i < in.n; i++) {
		const struct high *high = &c->high[in.p[i] & 0x7f];
		if (!(in.p[i] & 0x80)) {
			*to++ = in.p[i];
			continue;
		}
		memcpy(to, high->utf8, sizeof high->utf8);
		to += high->n;
	}
	out->n = (size_t)(to - out->p);
}

static void push_utf8(struct charset *c, struct str in, struct buf *out)
{
	struct utf8_step step;

	while (in.n > 0) {
		size_t ascii = c->utf8.n_held ? 0 : utf8_ascii_run(in);
		buf_add(out, str_head(in, ascii));
		in = str_skip(in, ascii);
		if (utf8_take(&c->utf8, &in, &step))
			add_step(c, &step, out);
	}
}

/* Converts what it can from the front of *in; what is left is the start of a character. */
static void run_iconv(struct charset *c, struct str *in, struct buf *out)
{
	while (in->n > 0) {
		buf_reserve(out, in->n + 64);
		char *from = (char *)in->p, *to = out->p + out->n;
		size_t room = out->cap - out->n, left = in->n;
		size_t got = iconv(c->cd, &from, &left, &to, &room);
		int why = errno;
		out->n = out->cap - room;
		*in = (struct str){ from, left };
		if (got != (size_t)-1 || why == EINVAL)
			return;
		if (why == E2BIG) {
			buf_reserve(out, (out->cap - out->n) * 2 + 64);
			continue;
		}
		if (left < c->unit_bytes)
			return;
		utf8_add(out, UTF8_REPLACEMENT);
		*in = str_skip(*in, c->unit_bytes);
	}
}

static void push_iconv(struct charset *c, struct str in, struct buf *out)
{
	while (c->n_held > 0 && in.n > 0) {             /* byte by byte until the cut character is whole */
		c->held[c->n_held++] = in.p[0];
		in = str_skip(in, 1);
		struct str held = { c->held, c->n_held };
		run_iconv(c, &held, out);
		if (held.n == HELD_BYTES_MAX) {         /* never whole: not a character */
			utf8_add(out, UTF8_REPLACEMENT);
			held.n = 0;
		}
		memmove(c->held, held.p, held.n);
		c->n_held = held.n;
	}
	run_iconv(c, &in, out);
	if (in.n >= HELD_BYTES_MAX) {
		utf8_add(out, UTF8_REPLACEMENT);
		in.n = 0;
	}
	if (in.n > 0) {
		memcpy(c->held, in.p, in.n);
		c->n_held = in.n;
	}
}

void charset_push(struct charset *c, struct str in, struct buf *out)
{
	if (c->how == BY_ICONV)
		push_iconv(c, in, out);
	else if (c->how == BY_TABLE)
		push_table(c, in, out);
	else
		push_utf8(c, in, out);
}

void charset_end(struct charset *c, struct buf *out)
{
	struct utf8_step step;

	if (c->how != BY_ICONV) {                       /* by a table nothing is ever cut */
		if (utf8_take_end(&c->utf8, &step))
			add_step(c, &step, out);
		return;
	}
	if (c->n_held > 0)
		utf8_add(out, UTF8_REPLACEMENT);
	c->n_held = 0;
	buf_reserve(out, 64);                           /* some charsets keep a last character back */
	char *to = out->p + out->n;
	size_t room = out->cap - out->n;
	iconv(c->cd, NULL, NULL, &to, &room);
	out->n = out->cap - room;
}

void charset_reset(struct charset *c)
{
	c->utf8.n_held = 0;
	c->n_held = 0;
	if (c->how == BY_ICONV)
		iconv(c->cd, NULL, NULL, NULL, NULL);
}

void charset_convert(struct buf *out, struct str name, struct str text)
{
	struct charset *c = charset_new(name);

	charset_push(c, text, out);
	charset_end(c, out);
	charset_free(&c);
}

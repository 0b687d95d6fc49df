/* frontend/imap/say.c: status lines and strings. */
#include "frontend/imap/say.h"

#include <string.h>

#include "common/base/must.h"
#include "common/mail/mboxname.h"
#include "common/mail/utf8.h"

enum { QUOTED_BYTES_MAX = 1000 };                        /* longer ones are easier to read as literals */

/* ---- status lines ---- */

void say_status(struct buf *out, struct str tag, enum say_status status)
{
	static const char *const words[] = { " OK ", " NO ", " BAD ", " PREAUTH ", " BYE " };

	buf_add(out, tag);
	buf_add(out, str_of(words[status]));
}

void say_code(struct buf *out, const char *code) { buf_printf(out, "[%s] ", code); }

void say_code_number(struct buf *out, const char *code, uint64_t n)
{
	buf_printf(out, "[%s %llu] ", code, (unsigned long long)n);
}

void say_code_set(struct buf *out, const char *code, const struct uidset *set)
{
	buf_printf(out, "[%s ", code);
	uidset_print(out, set);
	buf_add(out, S("] "));
}

void say_code_appenduid(struct buf *out, uint32_t uidvalidity, uint32_t uid)
{
	buf_printf(out, "[APPENDUID %u %u] ", uidvalidity, uid);
}

void say_code_copyuid(struct buf *out, uint32_t uidvalidity, const struct uidset *from, const struct uidset *to)
{
	buf_printf(out, "[COPYUID %u ", uidvalidity);
	uidset_print(out, from);
	buf_addc(out, ' ');
	uidset_print(out, to);
	buf_add(out, S("] "));
}

void say_code_badcharset(struct buf *out) { say_code(out, "BADCHARSET (US-ASCII UTF-8)"); }

/* Every flag of a mailbox, system flags first. */
static void add_all_flags(struct buf *out, const struct keywords *k)
{
	for (uint32_t bit = 1; bit & FLAG_SYSTEM; bit <<= 1) {
		if (bit > 1)
			buf_addc(out, ' ');
		buf_add(out, flag_name(bit));
	}
	for (size_t i = 0; i < k->n; i++) {
		buf_addc(out, ' ');
		buf_add(out, k->names[i]);
	}
}

void say_code_permanentflags(struct buf *out, const struct keywords *k, bool full)
{
	buf_add(out, S("[PERMANENTFLAGS ("));
	add_all_flags(out, k);
	buf_add(out, full ? S(")] ") : S(" \\*)] "));
}

void say_flags_line(struct buf *out, const struct keywords *k)
{
	buf_add(out, S("* FLAGS ("));
	add_all_flags(out, k);
	buf_add(out, S(")\r\n"));
}

void say_text(struct buf *out, const char *text)
{
	buf_add(out, str_of(text));
	buf_add(out, S("\r\n"));
}

void say_line(struct buf *out, struct str tag, enum say_status status, const char *code, const char *text)
{
	say_status(out, tag, status);
	if (code)
		say_code(out, code);
	say_text(out, text);
}

/* RFC 5530, and what goes with it. */
static const struct { enum say_status status; const char *code, *text; } failures[ERR_COUNT] = {
	[ERR_ABSENT]  = { SAY_NO,  "NONEXISTENT",  "There is no such mailbox" },
	[ERR_EXISTS]  = { SAY_NO,  "ALREADYEXISTS", "That name is taken" },
	[ERR_QUOTA]   = { SAY_NO,  "OVERQUOTA",    "Your quota is full" },
	[ERR_DENIED]  = { SAY_NO,  "NOPERM",       "You may not do that" },
	[ERR_INPUT]   = { SAY_BAD, NULL,           "That makes no sense" },
	[ERR_BUSY]    = { SAY_NO,  "UNAVAILABLE",  "Too busy: try again later" },
	[ERR_MOVED]   = { SAY_NO,  "UNAVAILABLE",  "Your mail is moving: try again" },
	[ERR_UNKNOWN] = { SAY_NO,  "UNAVAILABLE",  "Storage did not answer: whether it was done is not known" },
	[ERR_CORRUPT] = { SAY_NO,  "CORRUPTION",   "The stored bytes are damaged" },
	[ERR_NOSPACE] = { SAY_NO,  "UNAVAILABLE",  "The server's disk is full: try again later" },
	[ERR_IO]      = { SAY_NO,  "UNAVAILABLE",  "Storage is in trouble: try again later" },
	[ERR_LIMIT]   = { SAY_NO,  "LIMIT",        "That is more than is allowed" },
	[ERR_TOOBIG]  = { SAY_NO,  "TOOBIG",       "The message is larger than allowed" },
	[ERR_EXPIRED] = { SAY_NO,  "UNAVAILABLE",  "Try again" },
	[ERR_CANNOT]  = { SAY_NO,  "CANNOT",       "That cannot be done to this mailbox" },
	[ERR_CTE]     = { SAY_NO,  "UNKNOWN-CTE",  "The part's transfer encoding cannot be undone" },
};

void say_failure(struct buf *out, struct str tag, enum err e, const char *code)
{
	must(e > OK && e < ERR_COUNT && failures[e].text);
	say_line(out, tag, failures[e].status, code ? code : failures[e].code, failures[e].text);
}

void say_go_on(struct buf *out) { buf_add(out, S("+ go on\r\n")); }

void say_challenge(struct buf *out, struct str base64)
{
	buf_add(out, S("+ "));
	buf_add(out, base64);
	buf_add(out, S("\r\n"));
}

/* ---- strings ---- */

void say_nil(struct buf *out) { buf_add(out, S("NIL")); }

void say_literal(struct buf *out, uint64_t bytes, bool binary)
{
	buf_printf(out, "%s{%llu}\r\n", binary ? "~" : "", (unsigned long long)bytes);
}

static bool quotable(struct str s, bool utf8)
{
	if (s.n > QUOTED_BYTES_MAX || str_find(s, '\r') >= 0 || str_find(s, '\n') >= 0 || str_find(s, '\0') >= 0)
		return false;
	return utf8 ? utf8_valid(s) : utf8_ascii_run(s) == s.n;
}

void say_string(struct buf *out, struct str s, bool utf8)
{
	if (!quotable(s, utf8)) {
		say_literal(out, s.n, false);
		buf_add(out, s);
		return;
	}
	buf_addc(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_addc(out, '\\');
		buf_addc(out, s.p[i]);
	}
	buf_addc(out, '"');
}

/* NIL is quoted, lest it be taken for nothing. */
static bool is_plain_atom(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || memchr("(){%*\"\\", s.p[i], 7))
			return false;
	return s.n && s.n <= QUOTED_BYTES_MAX && !str_ieq(s, S("NIL"));
}

void say_astring(struct buf *out, struct str s, bool utf8)
{
	if (is_plain_atom(s))
		buf_add(out, s);
	else
		say_string(out, s, utf8);
}

void say_mailbox(struct buf *out, struct str name, bool utf8)
{
	struct buf wire = { NULL, 0, 0 };

	if (!utf8)
		mboxname_to_utf7(&wire, name);
	say_astring(out, utf8 ? name : buf_str(&wire), utf8);
	buf_fini(&wire);
}

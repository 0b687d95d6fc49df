/* frontend/imap/say_capability.c: what we can do, and when we say so: one table. */
#include "frontend/imap/say.h"

enum { WHEN_BEFORE = 1, WHEN_AFTER = 2, WHEN_STARTTLS = 4, WHEN_PLAINTEXT = 8, WHEN_NO_PLAINTEXT = 16, WHEN_PLUS = 32, WHEN_MINUS = 64,
       WHEN_ADMIN = 128 };

static const struct { const char *word; unsigned when; } capabilities[] = {
	{ "IMAP4rev1",          0 },
	{ "IMAP4rev2",          0 },
	{ "LITERAL+",           WHEN_PLUS },             /* never both (RFC 7888 5) */
	{ "LITERAL-",           WHEN_MINUS },
	{ "ID",                 0 },
	{ "ENABLE",             0 },
	{ "IDLE",               0 },
	{ "SASL-IR",            WHEN_BEFORE },
	{ "STARTTLS",           WHEN_BEFORE | WHEN_STARTTLS },
	{ "LOGINDISABLED",      WHEN_BEFORE | WHEN_NO_PLAINTEXT },
	{ "AUTH=PLAIN",         WHEN_BEFORE | WHEN_PLAINTEXT },
	{ "AUTH=LOGIN",         WHEN_BEFORE | WHEN_PLAINTEXT },
	{ "NAMESPACE",          WHEN_AFTER },
	{ "UIDPLUS",            WHEN_AFTER },
	{ "MOVE",               WHEN_AFTER },
	{ "UNSELECT",           WHEN_AFTER },
	{ "CHILDREN",           WHEN_AFTER },
	{ "ESEARCH",            WHEN_AFTER },
	{ "SEARCHRES",          WHEN_AFTER },
	{ "LIST-EXTENDED",      WHEN_AFTER },
	{ "LIST-STATUS",        WHEN_AFTER },
	{ "SPECIAL-USE",        WHEN_AFTER },
	{ "CREATE-SPECIAL-USE", WHEN_AFTER },
	{ "STATUS=SIZE",        WHEN_AFTER },
	{ "BINARY",             WHEN_AFTER },
	{ "CONDSTORE",          WHEN_AFTER },
	{ "QRESYNC",            WHEN_AFTER },
	{ "QUOTA",              WHEN_AFTER },
	{ "QUOTA=RES-STORAGE",  WHEN_AFTER },
	{ "QUOTA=RES-MESSAGE",  WHEN_AFTER },
	{ "QUOTA=RES-MAILBOX",  WHEN_AFTER },
	{ "QUOTASET",           WHEN_AFTER | WHEN_ADMIN },
};

void say_capabilities(struct buf *out, const struct say_capabilities *c)
{
	unsigned now = (c->authenticated ? WHEN_AFTER : WHEN_BEFORE) | (c->starttls ? WHEN_STARTTLS : 0) |
	               (c->plaintext ? WHEN_PLAINTEXT : WHEN_NO_PLAINTEXT) | (c->literal_minus ? WHEN_MINUS : WHEN_PLUS) |
	               (c->admin ? WHEN_ADMIN : 0);

	for (size_t i = 0; i < sizeof capabilities / sizeof *capabilities; i++) {
		if ((capabilities[i].when & now) != capabilities[i].when)
			continue;
		if (i > 0)
			buf_addc(out, ' ');
		buf_add(out, str_of(capabilities[i].word));
	}
}

void say_capability_line(struct buf *out, const struct say_capabilities *c)
{
	buf_add(out, S("* CAPABILITY "));
	say_capabilities(out, c);
	buf_add(out, S("\r\n"));
}

void say_code_capability(struct buf *out, const struct say_capabilities *c)
{
	buf_add(out, S("[CAPABILITY "));
	say_capabilities(out, c);
	buf_add(out, S("] "));
}

void say_enabled(struct buf *out, struct str words)
{
	buf_add(out, S("* ENABLED"));
	if (words.n)
		buf_addc(out, ' ');
	buf_add(out, words);
	buf_add(out, S("\r\n"));
}

void say_namespace(struct buf *out) { buf_add(out, S("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n")); }

void say_id(struct buf *out, const char *version)
{
	buf_add(out, S("* ID (\"name\" \"Roost\" \"version\" "));
	say_string(out, str_of(version), false);
	buf_add(out, S(")\r\n"));
}

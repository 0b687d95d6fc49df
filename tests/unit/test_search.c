/* tests/unit/test_search.c: programs against small messages, and how little is opened for an answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/buf.h"
#include "common/mail/program.h"
#include "common/mail/summary.h"
#include "common/mail/uidset.h"
#include "storaged/search/grams.h"
#include "storaged/search/search.h"

#define U_UMLAUT "\xc3\xbc"
#define U_UMLAUT_CAPITAL "\xc3\x9c"

/* -- a message: its bytes, lent in pieces of `cut`, and how many of them were -- */

struct mail { struct str bytes; struct buf summary, digest, grams, piece; size_t cut; uint64_t lent; unsigned opened; enum err fault; };

/* Lends from a buffer of its own, so that the sanitizer sees who holds on to a piece. */
static enum err mail_read(void *ctx, uint64_t at, size_t bytes, struct str *piece)
{
	struct mail *m = ctx;

	if (m->fault != OK)
		return m->fault;
	assert_true(bytes > 0 && bytes <= SEARCH_PIECE_BYTES && at + bytes <= m->bytes.n);
	buf_fini(&m->piece);
	buf_add(&m->piece, str_head(str_skip(m->bytes, at), bytes < m->cut ? bytes : m->cut));
	m->lent += m->piece.n;
	*piece = buf_str(&m->piece);
	return OK;
}

static enum err mail_summary(void *ctx, struct str *packed)
{
	struct mail *m = ctx;

	m->opened++;
	*packed = buf_str(&m->summary);
	return OK;
}

static void mail_init(struct mail *m, struct str bytes)
{
	struct summarizer *z = summarizer_new();

	*m = (struct mail){ .bytes = bytes, .cut = SEARCH_PIECE_BYTES };
	summarizer_feed(z, bytes);
	summarizer_end(z, &m->summary);
	summarizer_free(&z);
}

static void mail_fini(struct mail *m)
{
	buf_fini(&m->summary);
	buf_fini(&m->digest);
	buf_fini(&m->grams);
	buf_fini(&m->piece);
}

static struct search *opened(const struct buf *program)
{
	struct search *s;

	assert_int_equal(search_open(&s, buf_str(program)), OK);
	return s;
}

/* What bits say of this message alone agrees with the answer. */
static void check_word(struct search_run *run, const struct search_msg *msg, bool match)
{
	uint32_t first = msg->uid.n & ~63u;
	uint64_t bit = 1ull << msg->uid.n % 64, yes, unsure;
	struct search_word w = {
		first, bit, msg->flags.word & FLAG_SEEN ? 0 : bit, msg->flags.word & FLAG_DELETED ? bit : 0, msg->modseq.n };

	search_word(run, &w, &yes, &unsure);
	assert_true(((yes | unsure) & ~bit) == 0 && (yes & unsure) == 0);
	assert_true(unsure == bit || (yes == bit) == match);
}

/* 1 or 0, or minus the error; with what earlier questions may have left, from which follows the same, or nothing. */
static int ask_msg(const struct buf *program, struct mail *m, const struct search_msg *msg)
{
	struct search *s = opened(program);
	struct search_run *run = search_run_new(s);
	struct buf grams = { 0 };
	struct search_source src = { &m->digest, &grams, mail_summary, mail_read, m };
	bool match;
	enum search_verdict remembered = search_remember(run, msg, &(struct search_memory){ buf_str(&m->digest), buf_str(&m->grams) });
	enum err err = search_message(run, msg, &src, &match);

	if (err == OK) {
		check_word(run, msg, match);
		assert_true(remembered == SEARCH_UNSURE || (remembered == SEARCH_YES) == match);
	}
	if (grams.n > 0) {
		buf_fini(&m->grams);
		m->grams = grams;
	}
	search_run_free(&run);
	search_free(&s);
	return err == OK ? match : -(int)err;
}

static int ask(const struct buf *program, struct mail *m)
{
	struct search_msg msg = { .uid = { 1 }, .bytes = m->bytes.n };

	return ask_msg(program, m, &msg);
}

static void put_text(struct buf *out, enum program_op op, int operand, const char *field, const char *text)
{
	buf_u8(out, (uint8_t)op);
	if (op == OP_ADDRESS)
		buf_u8(out, (uint8_t)operand);
	if (op == OP_HEADER)
		buf_lstr(out, str_of(field));
	buf_lstr(out, str_of(text));
}

/* -- texts -- */

static const char plain[] =
	"From: =?utf-8?Q?J=C3=BCrgen_M?= (late) <jm@Example.org>\r\n"
	"To: one@example.net, \"Two, B\" <two@example.net>\r\n"
	"Cc: friends: three@example.net;\r\n"
	"Subject: =?iso-8859-1?Q?Gr=FC=DFe?= aus\r\n Bonn\r\n"
	"Date: Wed, 18 Nov 2009 23:59:00 -1200\r\n"
	"X-Empty:\r\n"
	"X-Twice: first\r\nX-Twice: second\r\n"
	"Content-Type: text/plain; charset=utf-8\r\n"
	"\r\n"
	"Hello World, hello " U_UMLAUT_CAPITAL "ber\r\nlast line\r\n";

static const char nested[] =
	"From: a@b\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\npreamble\r\n"
	"--x\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
	"soft=\r\n break f=FCr\r\n"
	"--x\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\nX-Part: partial\r\n\r\n"
	"YmFzZQ==\r\n"
	"--x\r\nContent-Type: application/octet-stream\r\n\r\nnot a text\r\n"
	"--x\r\nContent-Type: text/plain; charset=utf-16be\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	"AHcAaQBkAGU=\r\n"
	"--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner head\r\n\r\ninner body\r\n"
	"--x\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: x-secret\r\n\r\nunknown words\r\n"
	"--x--\r\n";

static void texts(void **state)
{
	enum { FROM, TO, CC, BCC };
	static const struct { const char *mail; enum program_op op; int operand; const char *field, *text; bool match; } row[] = {
		{ plain, OP_ADDRESS, FROM, "", "j" U_UMLAUT "RGEN m", true },
		{ plain, OP_ADDRESS, FROM, "", "ju", true },                    /* fold.h: a letter is found in itself with a mark, not the other way round */
		{ plain, OP_BODY, 0, "", "uber", false },
		{ plain, OP_SUBJECT, 0, "", "gr" U_UMLAUT, true },
		{ plain, OP_ADDRESS, FROM, "", "<jm@example.ORG>", true },
		{ plain, OP_ADDRESS, FROM, "", "late", false },                 /* a comment is not in the envelope */
		{ plain, OP_ADDRESS, FROM, "", "one@", false },
		{ plain, OP_ADDRESS, TO, "", "two, b", true },
		{ plain, OP_ADDRESS, TO, "", "ONE@EXAMPLE", true },
		{ plain, OP_ADDRESS, CC, "", "friends", true },
		{ plain, OP_ADDRESS, CC, "", "three@", true },
		{ plain, OP_ADDRESS, CC, "", "", true },
		{ plain, OP_ADDRESS, BCC, "", "", false },
		{ plain, OP_SUBJECT, 0, "", "e aus bonn", true },
		{ plain, OP_SUBJECT, 0, "", "=?", false },
		{ plain, OP_SUBJECT, 0, "", "", true },
		{ nested, OP_SUBJECT, 0, "", "", false },
		{ plain, OP_HEADER, 0, "x-empty", "", true },
		{ plain, OP_HEADER, 0, "x-empty", "x", false },
		{ plain, OP_HEADER, 0, "x-none", "", false },
		{ plain, OP_HEADER, 0, "X-TWICE", "first", true },
		{ plain, OP_HEADER, 0, "X-TWICE", "second", true },
		{ plain, OP_HEADER, 0, "X-TWICE", "x-twice", false },
		{ plain, OP_HEADER, 0, "From", "(late)", true },
		{ plain, OP_HEADER, 0, "subject", "aus bonn", true },
		{ nested, OP_HEADER, 0, "X-Part", "", false },                   /* of a part, not of the message */
		{ plain, OP_BODY, 0, "", "hello " U_UMLAUT "BER", true },
		{ plain, OP_BODY, 0, "", "ber\r\nLAST", true },
		{ plain, OP_BODY, 0, "", "bonn", false },
		{ plain, OP_BODY, 0, "", "", true },
		{ plain, OP_TEXT, 0, "", "bonn", true },
		{ plain, OP_TEXT, 0, "", "x-twice: second", true },
		{ plain, OP_TEXT, 0, "", "last line", true },
		{ plain, OP_TEXT, 0, "", "firstx-twice", false },
		{ nested, OP_BODY, 0, "", "soft break f" U_UMLAUT "r", true },
		{ nested, OP_BODY, 0, "", "base", true },
		{ nested, OP_BODY, 0, "", "ymfz", false },
		{ nested, OP_BODY, 0, "", "WIDE", true },
		{ nested, OP_BODY, 0, "", "not a text", false },
		{ nested, OP_BODY, 0, "", "unknown words", false },              /* RFC 2045 6.4 */
		{ nested, OP_BODY, 0, "", "preamble", false },
		{ nested, OP_BODY, 0, "", "inner body", true },
		{ nested, OP_BODY, 0, "", "inner head", false },
		{ nested, OP_TEXT, 0, "", "inner head", true },
		{ nested, OP_TEXT, 0, "", "x-part: partial", true },
		{ nested, OP_TEXT, 0, "", "basewide", false },                   /* parts are texts of their own */
		{ " From: a@b\r\nTo: c@d\r\n\r\n", OP_HEADER, 0, "From", "", false },   /* RFC 5322 2.2: a name starts the line */
		{ "To: c@d", OP_HEADER, 0, "to", "c@", true },
		{ "", OP_TEXT, 0, "", "a", false }, { "", OP_HEADER, 0, "a", "", false }, { "", OP_TEXT, 0, "", "", true },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct buf program = { 0 };
		struct mail m;
		mail_init(&m, str_of(row[i].mail));
		put_text(&program, row[i].op, row[i].operand, row[i].field, row[i].text);
		for (m.cut = m.bytes.n + 1; m.cut >= 1; m.cut--)
			if (ask(&program, &m) != row[i].match)
				fail_msg("row %zu: %s, pieces of %zu", i, row[i].text, m.cut);
		mail_fini(&m);
		buf_fini(&program);
	}
}

/* A header too long for its summary is read itself, in bounded memory, a field longer than that too. */
static void long_header(void **state)
{
	struct buf bytes = { 0 };

	(void)state;
	buf_add(&bytes, S("Subject: early\r\nTo:"));
	for (int i = 0; i < 5000; i++)
		buf_printf(&bytes, " user%d@example.net,\r\n", i);
	buf_add(&bytes, S(" last@example.net\r\nX-Line: "));
	memset(buf_grow(&bytes, 200000), 'y', 200000);
	buf_add(&bytes, S("end\r\n\r\nbody\r\n"));
	static const struct { enum program_op op; const char *field, *text; bool match; } row[] = {
		{ OP_SUBJECT, "", "early", true }, { OP_SUBJECT, "", "yy", false },
		{ OP_ADDRESS, "", "user4999@example.net,", true }, { OP_ADDRESS, "", "last@", true },
		{ OP_ADDRESS, "", "user3000@example.net, user3001", true }, { OP_ADDRESS, "", "end", false },
		{ OP_HEADER, "x-line", "yyend", true }, { OP_TEXT, "", "x-line: yy", true },
	};
	struct mail m;
	mail_init(&m, buf_str(&bytes));
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct buf program = { 0 };
		put_text(&program, row[i].op, 1, row[i].field, row[i].text);
		for (m.cut = 65536; m.cut > 1000; m.cut /= 3)
			if (ask(&program, &m) != row[i].match)
				fail_msg("row %zu: %s, pieces of %zu", i, row[i].text, m.cut);
		buf_fini(&program);
	}
	mail_fini(&m);
	buf_fini(&bytes);
}

/* A key across the pieces of a large body, in each way a body may be written. */
static void large_body(void **state)
{
	static const char *const heads[] = {
		"Content-Type: text/plain\r\n\r\n",
		"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n",
		"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" U_UMLAUT,
	};
	(void)state;
	for (size_t i = 0; i < 3 * 20; i++) {
		struct buf bytes = { 0 }, program = { 0 };
		struct mail m;
		buf_add(&bytes, str_of(heads[i / 20]));
		while (bytes.n < 131072 - i % 20)
			buf_add(&bytes, S("The quick brown fox jumps over the lazy dog again.\r\n"));
		buf_add(&bytes, S("An Unusual Ending"));
		mail_init(&m, buf_str(&bytes));
		put_text(&program, OP_BODY, 0, "", "again.\r\nan unusual ENDING");
		assert_int_equal(ask(&program, &m), 1);
		program.n--;
		buf_addc(&program, '!');
		assert_int_equal(ask(&program, &m), 0);
		mail_fini(&m);
		buf_fini(&bytes);
		buf_fini(&program);
	}
}

/* -- columns -- */

static void put_number(struct buf *out, enum program_op op, uint64_t n)
{
	buf_u8(out, (uint8_t)op);
	if (op == OP_LARGER || op == OP_SMALLER || op == OP_MODSEQ)
		buf_u64(out, n);
	else
		buf_u32(out, (uint32_t)n);
}

static void columns(void **state)
{
	enum { DAY = 14566 };                                   /* 18-Nov-2009, as in `plain` */
	static const struct { enum program_op op; uint64_t n; bool match; } row[] = {
		{ OP_FLAGS, FLAG_SEEN, true }, { OP_FLAGS, FLAG_SEEN | FLAG_DELETED, false }, { OP_FLAGS, 0, true },
		{ OP_BEFORE, DAY, false }, { OP_BEFORE, DAY + 1, true }, { OP_ON, DAY, true }, { OP_ON, DAY + 1, false },
		{ OP_SINCE, DAY, true }, { OP_SINCE, DAY + 1, false }, { OP_SINCE, (uint32_t)-1, true },
		{ OP_LARGER, 4999, true }, { OP_LARGER, 5000, false }, { OP_SMALLER, 5000, false }, { OP_SMALLER, 5001, true },
		{ OP_MODSEQ, 70, true }, { OP_MODSEQ, 71, false },
		{ OP_SENTBEFORE, DAY, false }, { OP_SENTBEFORE, DAY + 1, true }, { OP_SENTON, DAY, true },
		{ OP_SENTSINCE, DAY, true }, { OP_SENTSINCE, DAY + 1, false },
	};
	struct search_msg msg = { { 9 }, { 70 }, (int64_t)DAY * 86400 + 86399, 5000, { FLAG_SEEN, 0, NULL } };
	struct mail m;

	(void)state;
	mail_init(&m, str_of(plain));
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct buf program = { 0 };
		put_number(&program, row[i].op, row[i].n);
		if (ask_msg(&program, &m, &msg) != row[i].match)
			fail_msg("row %zu", i);
		buf_fini(&program);
	}
	assert_int_equal(m.lent, 0);
	mail_fini(&m);
}

/* A message without a valid date was sent on no day, neither before nor since. */
static void no_date(void **state)
{
	struct mail m;

	(void)state;
	mail_init(&m, S("Date: soon\r\n\r\n"));
	for (enum program_op op = OP_SENTBEFORE; op <= OP_SENTSINCE; op++) {
		struct buf program = { 0 };
		put_number(&program, op, 10000);
		assert_int_equal(ask(&program, &m), 0);
		buf_fini(&program);
	}
	mail_fini(&m);
}

/* UIDs 64 to 127, all living but 127; 64 to 79 unseen, 72 to 87 deleted. */
static void words(void **state)
{
	static const struct { const char *program; size_t n; uint64_t yes, unsure; } row[] = {
		{ "\1", 1, ~0ull >> 1, 0 },
		{ "\6\0\0\0\10", 5, ~0ull >> 1 & ~0xffffull, 0 },                       /* SEEN */
		{ "\4\6\0\0\0\10", 6, 0xffff, 0 },
		{ "\2\0\2\4\6\0\0\0\10\4\6\0\0\0\4", 15, 0xff, 0 },                 /* UNSEEN UNDELETED */
		{ "\3\4\6\0\0\0\10\6\0\0\0\4", 12, 0xffffff, 0 },
		{ "\6\0\0\0\2", 5, 0, ~0ull >> 1 },                                 /* another flag */
		{ "\2\0\2\6\0\0\0\2\4\6\0\0\0\10", 14, 0, 0xffff },
		{ "\3\6\0\0\0\2\4\6\0\0\0\10", 12, 0xffff, ~0ull >> 1 & ~0xffffull },
		{ "\5\0\0\0\14\0\0\0\1\0\0\0\3\0\0\0\102", 17, 7, 0 },           /* UIDs 3:66 */
		{ "\25\0\0\0\0\0\0\0\144", 9, 0, ~0ull >> 1 },                         /* MODSEQ 100, the highest of them */
		{ "\25\0\0\0\0\0\0\0\145", 9, 0, 0 },
		{ "\3\25\0\0\0\0\0\0\0\145\5\0\0\0\14\0\0\0\1\0\0\0\3\0\0\0\102", 27, 0, 7 },   /* modseqs are wanted */
	};
	const struct search_word w = { 64, ~0ull >> 1, 0xffff, 0xffff00, 100 };

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct buf program = { 0 };
		uint64_t yes, unsure;
		buf_add(&program, (struct str){ row[i].program, row[i].n });
		struct search *s = opened(&program);
		struct search_run *run = search_run_new(s);
		search_word(run, &w, &yes, &unsure);
		if (yes != row[i].yes || unsure != row[i].unsure)
			fail_msg("row %zu: %llx %llx", i, (unsigned long long)yes, (unsigned long long)unsure);
		search_run_free(&run);
		search_free(&s);
		buf_fini(&program);
	}
}

static void keywords_and_uids(void **state)
{
	struct keywords k = { 0 };
	struct uidset uids = { 0 };
	struct buf program = { 0 }, packed = { 0 };
	struct search_msg msg = { .uid = { 7 } };

	(void)state;
	uidset_add_range(&uids, 5, 7);
	uidset_pack(&packed, &uids);
	buf_u8(&program, OP_AND);
	buf_u16(&program, 2);
	buf_u8(&program, OP_UIDS);
	buf_lstr(&program, buf_str(&packed));
	buf_u8(&program, OP_KEYWORD);
	buf_lstr(&program, S("$JUNK"));
	struct search *s = opened(&program);
	struct search_run *run = search_run_new(s);
	flagset_set(&msg.flags, (unsigned)keywords_add(&k, S("$Junk")));
	assert_int_equal(search_columns(run, &msg), SEARCH_NO);     /* not bound */
	search_bind_keywords(s, &k);
	assert_int_equal(search_columns(run, &msg), SEARCH_YES);
	msg.uid.n = 8;
	assert_int_equal(search_columns(run, &msg), SEARCH_NO);
	assert_int_equal(search_needs(s), 0);
	search_run_free(&run);
	search_free(&s);
	keywords_fini(&k);
	uidset_fini(&uids);
	flagset_fini(&msg.flags);
	buf_fini(&program);
	buf_fini(&packed);
}

/* -- three values -- */

/* Y and N are certain, ? is a body that holds its key, ! one that does not; then what columns say, and the answer. */
static void put_logic(struct buf *out, const char *code)
{
	for (; *code; code++)
		switch (*code) {
		case '&': buf_u8(out, OP_AND); buf_u16(out, 2); break;
		case '|': buf_u8(out, OP_OR); break;
		case '-': buf_u8(out, OP_NOT); break;
		case 'Y': buf_u8(out, OP_ALL); break;
		case 'N': buf_u8(out, OP_NOT); buf_u8(out, OP_ALL); break;
		case '?': put_text(out, OP_BODY, 0, "", "hello"); break;
		case '!': put_text(out, OP_BODY, 0, "", "goodbye"); break;
		}
}

static void three_values(void **state)
{
	static const struct { const char *code; enum search_verdict columns; bool match; } row[] = {
		{ "Y", SEARCH_YES, true },     { "N", SEARCH_NO, false },     { "?", SEARCH_UNSURE, true },   { "!", SEARCH_UNSURE, false },
		{ "-Y", SEARCH_NO, false },    { "-N", SEARCH_YES, true },    { "-?", SEARCH_UNSURE, false }, { "-!", SEARCH_UNSURE, true },
		{ "&YY", SEARCH_YES, true },   { "&YN", SEARCH_NO, false },   { "&Y?", SEARCH_UNSURE, true }, { "&?N", SEARCH_NO, false },
		{ "|NN", SEARCH_NO, false },   { "|YN", SEARCH_YES, true },   { "|N?", SEARCH_UNSURE, true }, { "|?Y", SEARCH_YES, true },
		{ "&?!", SEARCH_UNSURE, false }, { "|!?", SEARCH_UNSURE, true }, { "&|N?-!", SEARCH_UNSURE, true },
		{ "|&?N&Y-Y", SEARCH_NO, false }, { "-&-?|!Y", SEARCH_UNSURE, true },
	};
	struct search_msg msg = { .uid = { 1 } };
	struct mail m;

	(void)state;
	mail_init(&m, str_of(plain));
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct buf program = { 0 };
		put_logic(&program, row[i].code);
		struct search *s = opened(&program);
		struct search_run *run = search_run_new(s);
		if (search_columns(run, &msg) != row[i].columns || ask(&program, &m) != row[i].match)
			fail_msg("row %zu: %s", i, row[i].code);
		search_run_free(&run);
		search_free(&s);
		buf_fini(&program);
	}
	mail_fini(&m);
}

/* What the summary has decided about the envelope stays decided when the header is looked at for another key. */
static void envelope_then_header(void **state)
{
	struct buf program = { 0 };
	struct mail m;

	(void)state;
	mail_init(&m, str_of(plain));
	buf_u8(&program, OP_OR);
	put_text(&program, OP_ADDRESS, 0, "", "late");
	put_text(&program, OP_HEADER, 0, "X-None", "");
	assert_int_equal(ask(&program, &m), 0);
	mail_fini(&m);
	buf_fini(&program);
}

/* -- how little is opened -- */

static void early_exit(void **state)
{
	struct buf bytes = { 0 };
	static const struct { enum program_op op; const char *text; unsigned needs; uint64_t lent_max; } row[] = {
		{ OP_SUBJECT, "none", SEARCH_DIGEST, 0 },
		{ OP_ADDRESS, "a@b", SEARCH_DIGEST, 0 },
		{ OP_HEADER, "none", SEARCH_HEADER, 100 },
		{ OP_TEXT, "Subject: x", SEARCH_HEADER | SEARCH_BODY, 100 },
		{ OP_BODY, "nine", SEARCH_BODY, 3 * SEARCH_PIECE_BYTES },
	};
	struct mail m;

	(void)state;
	buf_add(&bytes, S("From: a@b\r\nSubject: x\r\n\r\nnine"));
	memset(buf_grow(&bytes, 1 << 20), '.', 1 << 20);
	mail_init(&m, buf_str(&bytes));
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct buf program = { 0 };
		put_text(&program, row[i].op, 0, "Subject", row[i].text);
		struct search *s = opened(&program);
		m.lent = m.opened = 0;
		ask(&program, &m);
		ask(&program, &m);
		/* The digest of the first time does the second time. */
		unsigned opened = row[i].needs == SEARCH_DIGEST ? i == 0 : 2;
		if (search_needs(s) != row[i].needs || m.lent > 2 * row[i].lent_max || m.opened != opened)
			fail_msg("row %zu: %llu octets lent", i, (unsigned long long)m.lent);
		search_free(&s);
		buf_fini(&program);
	}
	mail_fini(&m);
	buf_fini(&bytes);
}

static void faults(void **state)
{
	struct buf program = { 0 };
	struct mail m;

	(void)state;
	mail_init(&m, str_of(plain));
	put_text(&program, OP_BODY, 0, "", "hello");
	m.fault = ERR_IO;
	assert_int_equal(ask(&program, &m), -ERR_IO);
	m.summary.p[0] = 99;
	assert_int_equal(ask(&program, &m), -ERR_CORRUPT);
	mail_fini(&m);
	buf_fini(&program);
}

/* -- programs -- */

static enum err open_err(const struct buf *program)
{
	struct search *s;
	enum err err = search_open(&s, buf_str(program));

	assert_true((s == NULL) == (err != OK));
	search_free(&s);
	return err;
}

static void malformed(void **state)
{
	static const struct { struct str program; } row[] = {
		{ { "", 0 } }, { { "\0", 1 } }, { { "\377", 1 } }, { { "\1\1", 2 } },                /* one operation too many */
		{ { "\2", 1 } }, { { "\2\0\0", 3 } }, { { "\2\0\2\1", 4 } }, { { "\3\1", 2 } }, { { "\4", 1 } },
		{ { "\5\0\0\0\4\0\0\0\1", 9 } }, { { "\5\0\0\0\14\0\0\0\1\0\0\0\5\0\0\0\1", 17 } }, { { "\7\0\0\0\5a", 6 } }, { { "\10\0\0", 3 } },
		{ { "\21\4\0\0\0\1a", 7 } },                                                          /* a fifth address field */
		{ { "\23\0\0\0\2a", 6 } },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct buf program = { 0 };
		buf_add(&program, row[i].program);
		if (open_err(&program) != ERR_INPUT)
			fail_msg("row %zu", i);
		buf_fini(&program);
	}
}

static void limits(void **state)
{
	struct buf deep = { 0 }, wide = { 0 };

	(void)state;
	for (int i = 0; i < PROGRAM_DEPTH_MAX; i++)
		buf_u8(&deep, OP_NOT);
	buf_u8(&deep, OP_ALL);
	assert_int_equal(open_err(&deep), OK);
	deep.n = 0;
	for (int i = 0; i < 1000000; i++)
		buf_u8(&deep, OP_NOT);
	assert_int_equal(open_err(&deep), ERR_LIMIT);

	buf_u8(&wide, OP_AND);
	buf_u16(&wide, SEARCH_KEYS_MAX);
	for (int i = 0; i < SEARCH_KEYS_MAX; i++)
		put_text(&wide, OP_BODY, 0, "", "a");
	assert_int_equal(open_err(&wide), OK);
	wide.p[1] = (char)((SEARCH_KEYS_MAX + 1) >> 8);
	wide.p[2] = (char)((SEARCH_KEYS_MAX + 1) & 0xff);
	put_text(&wide, OP_BODY, 0, "", "a");
	assert_int_equal(open_err(&wide), ERR_LIMIT);
	buf_fini(&deep);
	buf_fini(&wide);
}

/* Once a body was looked at to its end, memory rules out what it does not hold, but never what it holds. */
static void memory(void **state)
{
	static const struct { enum program_op op; const char *text; enum search_verdict verdict; } row[] = {
		{ OP_BODY,    "zebra",                        SEARCH_NO     },
		{ OP_BODY,    "WORLD, HELLO",                 SEARCH_UNSURE },
		{ OP_BODY,    U_UMLAUT_CAPITAL "BER",         SEARCH_UNSURE },
		{ OP_BODY,    "he",                           SEARCH_UNSURE },   /* too short to tell */
		{ OP_TEXT,    "zebra",                        SEARCH_UNSURE },   /* it may stand in a header */
		{ OP_SUBJECT, "zebra",                        SEARCH_UNSURE },   /* nobody made the digest */
	};
	const struct search_msg msg = { .uid = { 1 }, .bytes = sizeof plain - 1 };
	struct buf program = { 0 };
	struct mail m;

	(void)state;
	mail_init(&m, S(plain));
	put_text(&program, OP_BODY, 0, NULL, "zebras");
	assert_int_equal(ask(&program, &m), 0);
	assert_int_equal(m.grams.n, GRAMS_BYTES);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		const struct search_memory known = { buf_str(&m.digest), buf_str(&m.grams) };
		buf_reset(&program);
		put_text(&program, row[i].op, 0, NULL, row[i].text);
		struct search *s = opened(&program);
		struct search_run *run = search_run_new(s);
		if (search_remember(run, &msg, &known) != row[i].verdict)
			fail_msg("row %zu", i);
		search_run_free(&run);
		search_free(&s);
	}
	mail_fini(&m);
	buf_fini(&program);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(memory),
		cmocka_unit_test(texts), cmocka_unit_test(long_header), cmocka_unit_test(large_body), cmocka_unit_test(columns),
		cmocka_unit_test(no_date), cmocka_unit_test(words), cmocka_unit_test(keywords_and_uids), cmocka_unit_test(three_values),
		cmocka_unit_test(envelope_then_header), cmocka_unit_test(early_exit), cmocka_unit_test(faults), cmocka_unit_test(malformed), cmocka_unit_test(limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

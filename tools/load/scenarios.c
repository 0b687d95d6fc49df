#include "tools/load/scenarios.h"

#include <string.h>

#include "tools/load/answer.h"

static bool tagged_ok(struct player *p, struct str answer)
{
	(void)p;
	return str_starts(answer, S("a OK"));
}

/* ---- openings ---- */

static void login_ask(struct player *p, struct buf *out)
{
	buf_printf(out, "a LOGIN user%04u %s\r\n", p->user, p->team->password);
}

static void select_ask(struct player *p, struct buf *out)
{
	p->exists = UINT32_MAX;
	buf_add(out, S("a SELECT INBOX\r\n"));
}

static void select_heard(struct player *p, struct str answer)
{
	if (str_ends(answer, S(" EXISTS")))
		p->exists = (uint32_t)answer_number(answer, S("* "));
}

static bool select_good(struct player *p, struct str answer)
{
	return str_starts(answer, S("a OK [READ-WRITE]")) && p->exists != UINT32_MAX && p->exists >= p->team->messages;
}

static void idle_ask(struct player *p, struct buf *out)
{
	(void)p;
	buf_add(out, S("a IDLE\r\n"));
}

static bool idle_good(struct player *p, struct str answer)
{
	(void)p;
	return str_starts(answer, S("+"));
}

static void lhlo_ask(struct player *p, struct buf *out)
{
	(void)p;
	buf_add(out, S("LHLO load.example\r\n"));
}

static bool lmtp_ok(struct player *p, struct str answer)
{
	(void)p;
	return str_starts(answer, S("250 "));
}

#define LOGIN  { .ask = login_ask, .good = tagged_ok }
#define SELECT { .ask = select_ask, .heard = select_heard, .good = select_good }
#define IDLE   { .ask = idle_ask, .good = idle_good, .plus_ends = true }
#define LHLO   { .ask = lhlo_ask, .good = lmtp_ok }

/* ---- rounds ---- */

static void logout_ask(struct player *p, struct buf *out)
{
	p->row_good = false;
	buf_add(out, S("a LOGOUT\r\n"));
}

static void logout_heard(struct player *p, struct str answer)
{
	p->row_good |= str_starts(answer, S("* BYE"));
}

static bool row_and_ok(struct player *p, struct str answer)
{
	return tagged_ok(p, answer) && p->row_good;
}

/* Letters are numbered as they come, so that UID n of an INBOX filled by one player is letter n. */
static void append_ask(struct player *p, struct buf *out)
{
	uint32_t n = (uint32_t)p->rounds + 1;

	buf_printf(out, "a APPEND INBOX (\\Seen) {%zu+}\r\n", letters_bytes(p->team->letters, n));
	letters_write(p->team->letters, n, out);
	buf_add(out, S("\r\n"));
}

static bool append_good(struct player *p, struct str answer)
{
	return tagged_ok(p, answer) && answer_number(answer, S("[APPENDUID ")) > 0;
}

static void envelope_ask(struct player *p, struct buf *out)
{
	buf_printf(out, "MAIL FROM:<ada@load.example>\r\nRCPT TO:<user%04u>\r\nDATA\r\n", p->user);
}

static bool envelope_good(struct player *p, struct str answer)
{
	return str_starts(answer, p->last_words < 2 ? S("250 ") : S("354 "));
}

static void data_ask(struct player *p, struct buf *out)
{
	letters_write(p->team->letters, (uint32_t)p->rounds + 1, out);
	buf_add(out, S(".\r\n"));
}

static void headers_ask(struct player *p, struct buf *out)
{
	p->rows = 0;
	p->row_good = true;
	buf_add(out, S("a FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)\r\n"));
}

/* "<1-7@load.example>", the Message-ID of letter 7, must stand in the row of message 7. */
static bool id_fits(struct str answer, uint32_t number)
{
	struct buf id = { 0 };

	buf_printf(&id, "<1-%u@load.example>", number);
	bool fits = answer_has(answer, buf_str(&id));
	buf_fini(&id);
	return fits;
}

static void headers_heard(struct player *p, struct str answer)
{
	if (!answer_has(answer, S(" FETCH (")))
		return;
	p->rows++;
	bool good = answer_number(answer, S("* ")) == p->rows && answer_has(answer, S("FLAGS (")) &&
	            answer_has(answer, S("INTERNALDATE \"")) && answer_number(answer, S("RFC822.SIZE ")) == letters_bytes(p->team->letters, p->rows) &&
	            answer_has(answer, S("ENVELOPE (\"")) && id_fits(answer, p->rows) && answer_has(answer, S("BODYSTRUCTURE ("));
	if (!good)
		player_fault(p, answer);
}

static bool headers_good(struct player *p, struct str answer)
{
	return tagged_ok(p, answer) && p->rows == p->exists;
}

static void body_ask(struct player *p, struct buf *out)
{
	p->message = player_roll(p, p->team->messages);
	p->row_good = false;
	buf_printf(out, "a UID FETCH %u BODY.PEEK[]\r\n", p->message);
}

static void body_heard(struct player *p, struct str answer)
{
	struct buf letter = { 0 };

	if (answer_number(answer, S("UID ")) != p->message)
		return;
	letters_write(p->team->letters, p->message, &letter);
	p->row_good = str_eq(answer_literal(answer), buf_str(&letter));
	buf_fini(&letter);
}

static void clear_ask(struct player *p, struct buf *out)
{
	(void)p;
	buf_add(out, S("a UID STORE 1:* -FLAGS.SILENT (\\Flagged)\r\n"));
}

/* The flag is set, next time taken away: each is a change. */
static void flag_message(struct player *p, uint32_t message, struct buf *out)
{
	p->message = message;
	p->adds = !p->flagged[message];
	p->row_good = false;
	buf_printf(out, "a UID STORE %u %cFLAGS (\\Flagged)\r\n", message, p->adds ? '+' : '-');
}

static void store_ask(struct player *p, struct buf *out)
{
	flag_message(p, player_roll(p, p->team->messages), out);
}

static void flag_ask(struct player *p, struct buf *out)
{
	flag_message(p, 1, out);
}

static void store_heard(struct player *p, struct str answer)
{
	if (answer_number(answer, S("UID ")) == p->message && answer_has(answer, S("FLAGS (")))
		p->row_good = answer_has(answer, S("\\Flagged")) == p->adds;
}

static bool store_good(struct player *p, struct str answer)
{
	p->flagged[p->message] = p->adds;
	return row_and_ok(p, answer);
}

static void told_of_change(struct player *p, struct str answer)
{
	if (str_ends(answer, S(" EXISTS")))
		p->exists = (uint32_t)answer_number(answer, S("* "));
	if (answer_has(answer, S("FLAGS (")))
		p->adds = answer_has(answer, S("\\Flagged"));
}

#define LOGOUT { .ask = logout_ask, .heard = logout_heard, .good = row_and_ok }
#define APPEND { .ask = append_ask, .good = append_good }
#define CLEAR  { .ask = clear_ask, .good = tagged_ok }

static const struct scenario scenarios[] = {
	{ .name = "login", .help = "connect, LOGIN, SELECT, LOGOUT", .reconnects = true, .round = { LOGIN, SELECT, LOGOUT } },
	{ .name = "append", .help = "APPEND one letter", .opening = { LOGIN }, .round = { APPEND } },
	{ .name = "lmtp", .help = "deliver one letter to one user", .lmtp = true, .opening = { LHLO },
	  .round = { { .ask = envelope_ask, .good = envelope_good, .last_words = 3 }, { .ask = data_ask, .good = lmtp_ok } } },
	{ .name = "headers", .help = "FETCH a listing of the whole INBOX", .opening = { LOGIN, SELECT },
	  .round = { { .ask = headers_ask, .heard = headers_heard, .good = headers_good } } },
	{ .name = "body", .help = "FETCH a random letter whole", .opening = { LOGIN, SELECT },
	  .round = { { .ask = body_ask, .heard = body_heard, .good = row_and_ok } } },
	{ .name = "store", .help = "set or clear a flag of a random letter", .opening = { LOGIN, SELECT, CLEAR },
	  .round = { { .ask = store_ask, .heard = store_heard, .good = store_good } } },
	{ .name = "idle", .help = "wait in IDLE; reports memory", .opening = { LOGIN, SELECT, IDLE } },
	{ .name = "idle-tls", .help = "the same over TLS", .tls = true, .opening = { LOGIN, SELECT, IDLE } },
	{ .name = "push", .help = "wait in IDLE, all in one INBOX, and hear of a change", .one_user = true,
	  .opening = { LOGIN, SELECT, IDLE }, .heard = told_of_change },
	{ .name = "flag", .help = "set or clear a flag of the first letter", .one_user = true, .opening = { LOGIN, SELECT, CLEAR },
	  .round = { { .ask = flag_ask, .heard = store_heard, .good = store_good } } },
};

const struct scenario *scenario_find(const char *name)
{
	for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
		if (strcmp(scenarios[i].name, name) == 0)
			return &scenarios[i];
	return NULL;
}

void scenario_list(struct buf *out)
{
	for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
		buf_printf(out, "  %-10s %s\n", scenarios[i].name, scenarios[i].help);
}

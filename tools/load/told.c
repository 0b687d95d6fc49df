#include "tools/load/told.h"

static void note_capabilities(struct player *p, struct str words)
{
	static const struct { struct str name; uint32_t cap; } row[] = {
		{ S("LITERAL+"), CAP_LITERAL_PLUS }, { S("LITERAL-"), CAP_LITERAL_MINUS }, { S("UIDPLUS"), CAP_UIDPLUS }, { S("MOVE"), CAP_MOVE },
		{ S("LIST-STATUS"), CAP_LIST_STATUS }, { S("QRESYNC"), CAP_QRESYNC }, { S("CONDSTORE"), CAP_CONDSTORE }, { S("IDLE"), CAP_IDLE },
		{ S("NAMESPACE"), CAP_NAMESPACE }, { S("ESEARCH"), CAP_ESEARCH }, { S("UNSELECT"), CAP_UNSELECT }, { S("ENABLE"), CAP_ENABLE },
		{ S("LOGINDISABLED"), CAP_LOGIN_DISABLED }, { S("IMAP4REV2"), CAP_IMAP4REV2 }, { S("MULTIAPPEND"), CAP_MULTIAPPEND },
	};
	struct value v;

	p->caps = CAP_KNOWN;
	while (value_take(&words, &v))
		for (size_t i = 0; i < sizeof row / sizeof *row; i++)
			if (str_ieq(v.text, row[i].name))
				p->caps |= row[i].cap;
}

static void note_code(struct player *p, struct str code)
{
	uint64_t n;

	if (value_take_word(&code, S("CAPABILITY ")))
		note_capabilities(p, code);
	else if (value_named_number(code, S("UIDVALIDITY"), &n))
		p->in.uidvalidity = (uint32_t)n;
	else if (value_named_number(code, S("UIDNEXT"), &n))
		p->in.uidnext = (uint32_t)n;
	else if (value_named_number(code, S("HIGHESTMODSEQ"), &n))
		p->in.modseq = n;
}

static void note_vanished(struct player *p, struct str what)
{
	uint64_t lo, hi;

	if (value_take_word(&what, S("(EARLIER) ")))
		return;                          /* before this session: not counted in EXISTS */
	while (value_take_number(&what, &lo)) {
		hi = lo;
		if (value_take_word(&what, S(":")))
			value_take_number(&what, &hi);
		uint64_t n = (hi > lo ? hi - lo : lo - hi) + 1;
		if (n > p->in.exists)
			player_wrong(p, "more vanish than exist", what);
		p->in.exists -= (uint32_t)(n < p->in.exists ? n : p->in.exists);
		value_take_word(&what, S(","));
	}
}

void told_note(struct player *p, const struct answer *a)
{
	switch (a->said) {
	case SAID_EXISTS:
		if (a->n < p->in.exists && p->in.box)
			player_wrong(p, "EXISTS fell without EXPUNGE", a->raw);
		p->in.exists = a->n;
		break;
	case SAID_EXPUNGE:
		if (a->n == 0 || a->n > p->in.exists)
			player_wrong(p, "EXPUNGE of what is not there", a->raw);
		else
			p->in.exists--;
		break;
	case SAID_VANISHED:
		note_vanished(p, a->text);
		break;
	case SAID_CAPABILITY:
		note_capabilities(p, a->text);
		break;
	case SAID_BYE:
		p->bye = true;
		break;
	case SAID_OK:
		note_code(p, a->code);
		break;
	default:
		break;
	}
}

/* tools/load/play_read.c: scenarios that read mail. */
#include "common/base/sum.h"
#include "tools/load/scenarios.h"
#include "tools/load/steps.h"

static void body_ask(struct player *p, struct buf *out)
{
	const struct note *n = pick_note(p);

	p->uid = n ? n->uid : 0;
	if (n)
		buf_printf(out, TAG " UID FETCH %u (UID BODY.PEEK[])\r\n", p->uid);
}

static void body_heard(struct player *p, const struct answer *a)
{
	struct row r;

	if (!row_read(p, a, ROW_UID | ROW_BODY, &r) || r.uid != p->uid)
		return;
	struct note *n = box_find(p->in.box, r.uid);
	p->fits = n && letter_is_body(p, n, r.body);
}

static bool body_good(struct player *p, const struct answer *a)
{
	return a->said == SAID_OK && p->fits;
}

static const struct step step_body = { .op = OP_BODY, .ask = body_ask, .heard = body_heard, .good = body_good };
static const struct step *const body_round[] = { &step_body, NULL };

const struct scenario scenario_body = { .name = "body", .help = "FETCH a random letter whole", .opening = inbox_opening, .round = body_round };

/* ---- the whole mailbox ---- */

static void headers_ask(struct player *p, struct buf *out)
{
	(void)p;
	buf_add(out, S(TAG " FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)\r\n"));
}

static unsigned values_in(struct str list)
{
	struct value v;
	unsigned n = 0;

	while (value_take(&list, &v))
		n++;
	return n;
}

/* What a message's head says must be the same whenever it is asked for. */
static bool heads_fit(struct note *n, const struct row *r)
{
	uint32_t heads = (uint32_t)sum64_seeded(r->envelope, sum64_seeded(r->structure, sum64(r->date))) | 1;
	bool fits = n->heads == 0 || n->heads == heads;

	n->heads = heads;
	return fits;
}

static void headers_heard(struct player *p, const struct answer *a)
{
	struct row r;

	if (!row_read(p, a, ROW_UID | ROW_FLAGS | ROW_DATE | ROW_SIZE | ROW_ENVELOPE | ROW_STRUCTURE, &r))
		return;
	struct note *n = box_find(p->in.box, r.uid);
	if (n && (n->bytes ? r.size != n->bytes : false))
		player_wrong(p, "another size than before", a->raw);
	if (values_in(r.envelope) != 10 || values_in(r.structure) == 0 || (n && !heads_fit(n, &r)))
		player_wrong(p, "another envelope or structure than before", a->raw);
}

static bool all_rows(struct player *p, const struct answer *a)
{
	return a->said == SAID_OK && p->rows == p->in.exists;
}

static const struct step step_headers = { .op = OP_HEADERS, .ask = headers_ask, .heard = headers_heard, .good = all_rows };
static const struct step *const headers_round[] = { &step_headers, NULL };

const struct scenario scenario_headers = { .name = "headers", .help = "FETCH a listing of all INBOX", .opening = inbox_opening, .round = headers_round };

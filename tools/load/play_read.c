/* tools/load/play_read.c: scenarios that read mail. */
#include "common/base/must.h"
#include "common/base/rd.h"
#include "tools/load/rows.h"
#include "tools/load/scenarios.h"
#include "tools/load/steps.h"
#include "tools/load/worker.h"

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
	if (!p->fits)
		player_wrong(p, "the body is not of the letter that was stored (with other --bytes or --sizes?)", str_head(a->raw, 80));
}

static bool body_good(struct player *p, const struct answer *a)
{
	return a->said == SAID_OK && p->fits;
}

static const struct step step_body = { .op = OP_BODY, .ask = body_ask, .heard = body_heard, .good = body_good };
static const struct step *const body_round[] = { &step_body, NULL };

const struct scenario scenario_body = { .name = "body", .help = "FETCH a random letter whole", .opening = inbox_opening, .round = body_round };

/* ---- the whole mailbox ---- */

/* Rows that are not word for word as they were last time: checked when the clock has stopped, for that costs as much as the server's work;
 * and few at a time, for others play meanwhile, and their clocks run. */
enum { CHECKED_AT_ONCE = 50 };
struct listing { struct buf kept; size_t checked; };

static void headers_ask(struct player *p, struct buf *out)
{
	p->count = p->in.exists;
	buf_add(out, S(TAG " FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)\r\n"));
}

static void headers_heard(struct player *p, const struct answer *a)
{
	struct listing *l = p->own;
	struct row r;

	if (!row_read(p, a, ROW_UID | ROW_FLAGS | ROW_DATE | ROW_SIZE | ROW_ENVELOPE | ROW_STRUCTURE, &r))
		return;
	const struct note *n = box_find(p->in.box, r.uid);
	if (n && (n->bytes != r.size || !row_was_checked(n, &r)))
		buf_lstr(&l->kept, a->raw);
}

static void check_kept(struct player *p, struct str raw)
{
	struct answer a;
	struct row r;

	must(answer_read(raw, &a) && answer_items(&a, &r));
	struct note *n = box_find(p->in.box, r.uid);
	if (n)
		row_check(p, n, &r, raw);
}

static uint64_t check_until(struct player *p)
{
	struct listing *l = p->own;
	struct rd kept = rd_of(str_skip(buf_str(&l->kept), l->checked));

	for (int i = 0; i < CHECKED_AT_ONCE && rd_more(&kept); i++)
		check_kept(p, rd_str(&kept));
	l->checked = l->kept.n - (size_t)(kept.end - kept.p);
	if (rd_more(&kept)) {
		p->step--;               /* this step comes again */
	} else {
		buf_fini(&l->kept);
		l->checked = 0;
	}
	return wire_now_ns();
}

static void listing_close(struct player *p)
{
	buf_fini(&((struct listing *)p->own)->kept);
}

/* Mail that comes meanwhile may be listed or not. */
static bool all_rows(struct player *p, const struct answer *a)
{
	return a->said == SAID_OK && p->rows >= p->count && p->rows <= p->in.exists;
}

static const struct step step_headers = { .op = OP_HEADERS, .ask = headers_ask, .heard = headers_heard, .good = all_rows };
static const struct step step_check = { .op = OP_NONE, .until = check_until };
static const struct step *const headers_round[] = { &step_headers, NULL };
static const struct step *const headers_after[] = { &step_check, NULL };

const struct scenario scenario_headers = { .name = "headers", .help = "FETCH a listing of all INBOX", .own_bytes = sizeof(struct listing),
                                           .opening = inbox_opening, .round = headers_round, .after = headers_after,
                                           .close = listing_close };

static void flags_ask(struct player *p, struct buf *out)
{
	box_watch(p);
	p->count = p->in.exists;
	buf_add(out, S(TAG " FETCH 1:* (UID FLAGS)\r\n"));
}

static void flags_heard(struct player *p, const struct answer *a)
{
	struct row r;

	if (!row_read(p, a, ROW_UID | ROW_FLAGS, &r))
		return;
	const struct note *n = box_find(p->in.box, r.uid);
	if (n && n->doubt == DOUBT_NONE && box_is_unchanged(p) && n->flags != r.flags)
		player_wrong(p, "other flags than were set", a->raw);
}

static const struct step step_flags = { .op = OP_FLAGS, .ask = flags_ask, .heard = flags_heard, .good = all_rows };
static const struct step *const flags_round[] = { &step_flags, NULL };

const struct scenario scenario_flags = { .name = "flags", .help = "FETCH the flags of all INBOX", .opening = inbox_opening, .round = flags_round };

/* ---- the biggest letter ---- */

/* Chosen once; sends nothing. */
static void biggest_ask(struct player *p, struct buf *out)
{
	const struct box *b = p->in.box;
	uint32_t most = 0;

	(void)out;
	for (size_t i = 0; i < b->n; i++)
		if (b->at[i].letter != LETTER_NONE && b->at[i].bytes > most) {
			most = b->at[i].bytes;
			p->uid = b->at[i].uid;
		}
	if (most == 0)
		player_wrong(p, "no letters of this seed in INBOX: roost-load fill puts them there", S(""));
}

static void big_body_ask(struct player *p, struct buf *out)
{
	buf_printf(out, TAG " UID FETCH %u (UID BODY.PEEK[])\r\n", p->uid);
}

static void slice_ask(struct player *p, struct buf *out)
{
	const struct note *n = box_find(p->in.box, p->uid);
	uint32_t slice = (uint32_t)player_settings(p)->slice_bytes;

	p->count = n->bytes > slice ? player_roll(p, n->bytes - slice) - 1 : 0;
	buf_printf(out, TAG " UID FETCH %u (UID BODY.PEEK[]<%u.%u>)\r\n", p->uid, p->count, slice);
}

/* The letter is the end of what is stored: a server's own fields (LMTP) may stand before, and are not known. */
static bool slice_fits(struct player *p, const struct note *n, struct str slice)
{
	struct str letter = shelf_letter(&p->team->worker->shelf, player_letters(p), n->letter);
	size_t fields = n->bytes - letter.n, from = p->count, want = player_settings(p)->slice_bytes;

	if (want > n->bytes - from)
		want = n->bytes - from;
	if (slice.n != want)
		return false;
	if (from < fields) {
		slice = str_skip(slice, fields - from);
		from = fields;
	}
	return str_eq(slice, str_head(str_skip(letter, from - fields), slice.n));
}

static void slice_heard(struct player *p, const struct answer *a)
{
	struct row r;

	if (!row_read(p, a, ROW_UID | ROW_BODY, &r) || r.uid != p->uid)
		return;
	const struct note *n = box_find(p->in.box, r.uid);
	p->fits = n && slice_fits(p, n, r.body);
}

static const struct step step_biggest = { .op = OP_NONE, .ask = biggest_ask };
static const struct step step_big_body = { .op = OP_BODY, .ask = big_body_ask, .heard = body_heard, .good = body_good };
static const struct step step_slice = { .op = OP_PARTIAL, .ask = slice_ask, .heard = slice_heard, .good = body_good };
static const struct step *const biggest_opening[] = { &step_login, &step_capability, &step_open, &step_learn, &step_biggest, NULL };
static const struct step *const big_body_round[] = { &step_big_body, NULL };
static const struct step *const partial_round[] = { &step_slice, NULL };

const struct scenario scenario_big_body = { .name = "big-body", .help = "FETCH the biggest letter whole", .opening = biggest_opening,
                                            .round = big_body_round };
const struct scenario scenario_partial = { .name = "partial", .uses = USES_SLICE, .help = "FETCH --slice octets somewhere in the biggest letter", .opening = biggest_opening,
                                           .round = partial_round };

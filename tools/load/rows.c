/* tools/load/rows.c: a row is compared with the note of its UID, and a note with its letter. */
#include "tools/load/rows.h"

#include "common/base/sum.h"
#include "tools/load/heads.h"
#include "tools/load/worker.h"

bool row_read(struct player *p, const struct answer *a, unsigned need, struct row *r)
{
	if (a->said != SAID_FETCH)
		return false;
	if (!answer_items(a, r) || r->seq > p->in.exists) {
		player_wrong(p, "not a row, or of no message", a->raw);
		return false;
	}
	if ((r->has & need) != need)
		return false;                        /* flags somebody else has changed */
	p->rows++;
	if (r->has & ROW_UID) {
		if (p->last_uid && (r->seq > p->last_seq) != (r->uid > p->last_uid))
			player_wrong(p, "UIDs do not ascend", a->raw);
		p->last_seq = r->seq;
		p->last_uid = r->uid;
	}
	return true;
}

static void learn_ask(struct player *p, struct buf *out)
{
	struct box *b = p->in.box;

	if (b->known)
		return;
	p->count = p->in.exists;                     /* what comes meanwhile may be listed or not */
	if (p->in.exists == 0)
		b->known = true;
	else
		buf_add(out, S(TAG " UID FETCH 1:* (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (X-Load-Letter)])\r\n"));
}

static void learn_heard(struct player *p, const struct answer *a)
{
	struct note n = { .letter = LETTER_NONE };
	struct row r;

	if (!row_read(p, a, ROW_UID | ROW_FLAGS | ROW_SIZE | ROW_BODY, &r))
		return;
	n.uid = r.uid;
	n.bytes = (uint32_t)r.size;
	n.flags = r.flags;
	if (!letters_number(player_letters(p), r.body, &n.letter))
		n.letter = LETTER_NONE;
	box_add(p->in.box, &n);
}

static bool learn_good(struct player *p, const struct answer *a)
{
	p->in.box->known = true;
	return a->said == SAID_OK && p->rows >= p->count;
}

const struct step step_learn = { .op = OP_NONE, .ask = learn_ask, .heard = learn_heard, .good = learn_good };

struct note *pick_note(struct player *p)
{
	struct box *b = p->in.box;
	/* A server may pass over what it has told another session of, and not yet this one (RFC 9051 6.4.9). */
	size_t told = p->in.uidnext ? box_below(b, p->in.uidnext) : b->n;

	for (int i = 0; told > 0 && i < 100; i++) {
		struct note *n = &b->at[player_roll(p, (uint32_t)told) - 1];
		if (n->letter != LETTER_NONE && n->doubt == DOUBT_NONE)
			return n;
	}
	player_wrong(p, "no letters of this seed in INBOX: roost-load fill puts them there", S(""));
	return NULL;
}

/* ---- a note and its letter ---- */

static uint64_t letter_sum(struct player *p, struct note *n)
{
	if (n->sum == 0)
		n->sum = letters_hash(player_letters(p), n->letter);
	return n->sum;
}

/* What came by LMTP has fields of the server's before the letter. */
bool letter_is_body(struct player *p, struct note *n, struct str body)
{
	size_t bytes = letters_bytes(player_letters(p), n->letter);

	if (body.n < bytes || (n->bytes && body.n != n->bytes))
		return false;
	return sum64(str_skip(body, body.n - bytes)) == letter_sum(p, n);
}

/* ---- listings ---- */

static bool is_size(struct player *p, const struct note *n, uint64_t size)
{
	if (n->bytes)
		return size == n->bytes;
	return n->letter == LETTER_NONE || size >= letters_bytes(player_letters(p), n->letter);
}

static uint32_t hash_of(struct str words) { return (uint32_t)sum64(words) | 1; }

bool row_was_checked(const struct note *n, const struct row *r)
{
	return n->date == hash_of(r->date) && n->envelope == hash_of(r->envelope) && n->structure == hash_of(r->structure);
}

/* Of messages we have not made there is nothing to compare with but what was said before. */
static bool is_as_before(uint32_t known, struct str words)
{
	return known == 0 || known == hash_of(words);
}

static const char *fault_of_letter(struct player *p, const struct note *n, const struct row *r)
{
	struct buf *letter = &p->team->worker->scratch;

	buf_reset(letter);
	letters_write(player_letters(p), n->letter, letter);
	struct heads want = heads_of_letter(buf_str(letter)), said = heads_of_row(r);
	if (r->has & ROW_ENVELOPE && said.envelope != want.envelope)
		return "ENVELOPE is not of the letter that was stored (with other --bytes or --sizes?)";
	if (r->has & ROW_STRUCTURE && said.structure != want.structure)
		return "BODYSTRUCTURE is not of the letter that was stored (with other --bytes or --sizes?)";
	return NULL;
}

static const char *fault_of_row(struct player *p, const struct note *n, const struct row *r)
{
	if (r->has & ROW_SIZE && !is_size(p, n, r->size))
		return "RFC822.SIZE is another than was stored";
	if (r->has & ROW_DATE && !is_as_before(n->date, r->date))
		return "INTERNALDATE is another than before";
	if (n->letter != LETTER_NONE && !p->team->worker->plan->eml)
		return fault_of_letter(p, n, r);
	if (r->has & ROW_ENVELOPE && !is_as_before(n->envelope, r->envelope))
		return "ENVELOPE is another than before";
	if (r->has & ROW_STRUCTURE && !is_as_before(n->structure, r->structure))
		return "BODYSTRUCTURE is another than before";
	return NULL;
}

void row_check(struct player *p, struct note *n, const struct row *r, struct str raw)
{
	const char *fault = fault_of_row(p, n, r);

	if (fault) {
		player_wrong(p, fault, raw);
		return;
	}
	if (r->has & ROW_DATE)
		n->date = hash_of(r->date);
	if (r->has & ROW_ENVELOPE)
		n->envelope = hash_of(r->envelope);
	if (r->has & ROW_STRUCTURE)
		n->structure = hash_of(r->structure);
}

/* storaged/mbox/walk.c: the operations of a record, seen from three sides. */
#include "storaged/mbox/walk.h"

#include "storaged/mbox/record.h"

struct walk { uint32_t user; const char *start; };

/* Calls on(ctx, walk, number, fields) for each operation. */
static enum err walk_ops(struct str bytes, void (*on)(void *ctx, const struct walk *w, uint8_t no, struct str fields), void *ctx)
{
	struct record r;
	uint8_t no;
	struct str fields;

	if (!record_read(&r, bytes))
		return ERR_CORRUPT;
	struct walk w = { r.user, bytes.p };
	struct rd ops = rd_of(r.ops);
	while (record_op(&ops, &no, &fields))
		on(ctx, &w, no, fields);
	return rd_done(&ops) ? OK : ERR_CORRUPT;
}

struct touches { void (*each)(void *ctx, uint32_t user, uint32_t mailbox); void *ctx; };

static void on_touch(void *ctx, const struct walk *w, uint8_t no, struct str fields)
{
	const struct touches *t = ctx;
	struct rd r = rd_of(fields);

	/* Each of these begins with the mailbox; copied goes on with the other. */
	if (no == REC_put || no == REC_flags || no == REC_gone || no == REC_box_del || no == REC_copied)
		t->each(t->ctx, w->user, rd_u32(&r));
	if (no == REC_copied)
		t->each(t->ctx, w->user, rd_u32(&r));
}

enum err record_touches(struct str record, void (*each)(void *ctx, uint32_t user, uint32_t mailbox), void *ctx)
{
	struct touches t = { each, ctx };

	return walk_ops(record, on_touch, &t);
}

struct runs { void (*each)(void *ctx, const struct record_run *run); void *ctx; };

/* r: where it lies is still to be filled in. */
static void tell_run(const struct runs *t, const struct walk *w, struct str run, struct record_run r)
{
	r.user = w->user;
	r.at = (uint32_t)(run.p - w->start);
	r.bytes = (uint32_t)run.n;
	if (run.n)
		t->each(t->ctx, &r);
}

static void on_run(void *ctx, const struct walk *w, uint8_t no, struct str fields)
{
	struct rec_blob blob;
	struct rec_piece piece;

	if (no == REC_blob && rec_get_blob(fields, &blob)) {
		bool whole = blob.size_bytes == (uint64_t)blob.run_plain + blob.lead_plain;
		tell_run(ctx, w, blob.lead, (struct record_run){ .blob = blob.blob, .first = whole, .lead = true, .plain = blob.lead_plain });
		tell_run(ctx, w, blob.run, (struct record_run){ .blob = blob.blob, .first = whole && !blob.lead.n, .plain = blob.run_plain });
	} else if (no == REC_piece && rec_get_piece(fields, &piece)) {
		tell_run(ctx, w, piece.run, (struct record_run){ .blob = piece.blob, .first = piece.offset == 0, .plain = piece.run_plain });
	}
}

enum err record_runs(struct str record, void (*each)(void *ctx, const struct record_run *run), void *ctx)
{
	struct runs t = { each, ctx };

	return walk_ops(record, on_run, &t);
}

struct bells {
	void (*each)(void *ctx, uint32_t user, uint32_t mailbox, uint64_t modseq, bool gone);
	void *ctx;
	uint32_t mailbox;            /* the last that was told, and its modseq: a STORE of many flag sets is one bell */
	uint64_t modseq;
};

static void tell_bell(struct bells *t, const struct walk *w, uint32_t mailbox, uint64_t modseq, bool gone)
{
	if (gone || mailbox != t->mailbox || modseq != t->modseq)
		t->each(t->ctx, w->user, mailbox, modseq, gone);
	t->mailbox = mailbox;
	t->modseq = modseq;
}

static void on_bell(void *ctx, const struct walk *w, uint8_t no, struct str fields)
{
	struct bells *t = ctx;
	struct rd r = rd_of(fields);
	struct rec_put put;
	struct rec_copied copied;

	switch (no) {
	case REC_put:
		if (rec_get_put(fields, &put))
			tell_bell(t, w, put.mailbox, put.modseq, false);
		break;
	case REC_copied:
		if (!rec_get_copied(fields, &copied))
			break;
		tell_bell(t, w, copied.mailbox, copied.modseq, false);
		if (copied.leave)
			tell_bell(t, w, copied.from, copied.modseq, false);
		break;
	case REC_flags:
	case REC_gone:
	case REC_box_del: {     /* mailbox, modseq, ... */
		uint32_t mailbox = rd_u32(&r);
		tell_bell(t, w, mailbox, rd_u64(&r), no == REC_box_del);
		break;
	}
	}
}

enum err record_bells(struct str record, void (*each)(void *ctx, uint32_t user, uint32_t mailbox, uint64_t modseq, bool gone), void *ctx)
{
	struct bells t = { each, ctx, 0, 0 };

	return walk_ops(record, on_bell, &t);
}

/* storaged/serve/render.c: rows gather in frames of some size; a section's bytes follow in frames of their own. */
#include "storaged/serve/render.h"

#include "common/base/must.h"
#include "common/mail/fetch_row.h"
#include "common/rpc/rpc.h"

/* Frames of rows small enough to be read whole, large enough to cost nothing. */
enum { ROWS_BYTES = 16 * 1024 };

void render_fini(struct render *r)
{
	flow_fini(&r->flow);
	source_fini(&r->source);
	summaries_fini(&r->summaries);
	buf_fini(&r->out);
}

void render_batch(struct render *r, struct stored *item, uint32_t n)
{
	r->item = item;
	r->n = n;
	r->at = 0;
}

bool render_done(const struct render *r) { return r->at == r->n; }

void render_again(struct render *r)
{
	flow_fini(&r->flow);
	buf_reset(&r->out);
	r->rows_at = 0;
	r->at = r->at_ask = 0;
	r->row_told = r->flowing = false;
}

/* --- answers --- */

static size_t answer_begin(struct render *r, uint16_t no)
{
	buf_u16(&r->out, no);
	buf_u32(&r->out, 0);
	return r->out.n;
}

static void answer_end(struct render *r, size_t at)
{
	buf_set_u32(&r->out, at - 4, (uint32_t)(r->out.n - at));
}

/* The frame of rows: its one field is a string, whose length comes first. */
static void rows_begin(struct render *r)
{
	if (r->rows_at)
		return;
	r->rows_at = answer_begin(r, RPC_rows);
	buf_u32(&r->out, 0);
}

static void rows_end(struct render *r)
{
	if (!r->rows_at)
		return;
	buf_set_u32(&r->out, r->rows_at, (uint32_t)(r->out.n - r->rows_at - 4));
	answer_end(r, r->rows_at);
	r->rows_at = 0;
}

/* --- one message --- */

static void row_say(struct render *r, const struct stored *st, uint64_t thread)
{
	const struct msg *m = &st->msg;
	const struct fetch_row row = {
		.uid = m->uid, .modseq = m->modseq, .flags = st->flags, .size_bytes = m->size, .date = m->date, .save_date = m->saved,
		.email = m->blob, .thread = thread,
		.envelope = r->sum.envelope, .body = r->sum.body, .structure = r->sum.bodystructure,
	};

	rows_begin(r);
	fetch_row_put(&r->out, &row, r->fields);
	if (r->n_ask > 0 || r->out.n - r->rows_at >= ROWS_BYTES)
		rows_end(r);
}

/* The row of the current item, with all that its sections need made ready. ERR_ABSENT: it vanished. */
static enum err item_start(struct render *r, const struct stored *st, struct db_reader *db)
{
	uint64_t thread = 0;
	struct str where;
	enum err err = OK;

	if (r->wants_blob)
		err = summaries_open(&r->summaries, st, db, &r->sum, &thread);
	if (err == OK && r->wants_where) {
		err = stored_where(st, db, &where);
		if (err == OK)
			err = source_place(&r->source, where);
	}
	if (err == OK)
		row_say(r, st, thread);
	r->row_told = err == OK;
	return err;
}

static void section_say(struct render *r)
{
	uint64_t total;
	enum flow_state state = flow_start(&r->flow, &r->ask[r->at_ask], r->wants_blob ? &r->sum : NULL, &r->source, &total);
	size_t at = answer_begin(r, RPC_section);

	rpc_put_section(&r->out, &(struct rpc_section){ state, total });
	answer_end(r, at);
	r->flowing = true;
}

static enum err section_go_on(struct render *r)
{
	struct str bytes;
	enum err err = flow_next(&r->flow, &r->source, &bytes);

	if (err == OK && bytes.n) {
		size_t at = answer_begin(r, RPC_bytes);
		rpc_put_bytes(&r->out, &(struct rpc_bytes){ bytes });
		answer_end(r, at);
		return OK;
	}
	flow_fini(&r->flow);
	r->flowing = false;
	r->at_ask++;
	return err;
}

static enum err item_go_on(struct render *r, struct db_reader *db)
{
	if (!r->row_told)
		return item_start(r, &r->item[r->at], db);
	if (r->flowing)
		return section_go_on(r);
	if (r->at_ask < r->n_ask) {
		section_say(r);
		return OK;
	}
	r->at++;
	r->at_ask = 0;
	r->row_told = false;
	return OK;
}

enum err render_some(struct render *r, struct db *db, size_t bytes)
{
	struct db_reader *reader = db ? db_reader_new(db) : NULL;
	enum err err = reader || !db ? OK : ERR_IO;

	while (err == OK && !render_done(r) && r->out.n < bytes) {
		err = item_go_on(r, reader);
		if (err == ERR_ABSENT && !r->row_told) {     /* expunged since it was copied: passed over */
			r->at++;
			err = OK;
		}
	}
	rows_end(r);
	db_reader_free(&reader);
	return err;
}

/* storaged/serve/flow.c: sections: where they lie, how long they are, what they pass through. */
#include "storaged/serve/flow.h"

/* CHUNK: half of what a frontend reads at once: half of the frames reach it whole, and need not be put together. */
enum { PATH_MAX_PARTS = 128, CHUNK = 64 * 1024 };

static bool path_read(struct str path, uint32_t *out, size_t *n)
{
	struct str part;
	uint64_t number;

	for (*n = 0; path.n; ++*n) {
		str_cut(path, '.', &part, &path);
		if (*n == PATH_MAX_PARTS || !str_u64(part, &number) || number == 0 || number > UINT32_MAX)
			return false;
		out[*n] = (uint32_t)number;
	}
	return true;
}

/* Which part of the stored message the answer is made of. */
static enum section_kind extent_kind(enum section_kind asked)
{
	switch (asked) {
	case SECTION_FIELDS:
	case SECTION_FIELDS_NOT:  return SECTION_HEADER;
	case SECTION_BINARY:
	case SECTION_BINARY_SIZE: return SECTION_BODY;
	default:                  return asked;
	}
}

static bool find_extent(const struct section_ask *ask, const struct summary *sum, const struct source *src, struct section *out)
{
	uint32_t path[PATH_MAX_PARTS];
	size_t n;

	*out = (struct section){ .bytes = src->bytes };
	if (!sum)
		return true;
	return path_read(ask->path, path, &n) && summary_section(sum, path, n, extent_kind(ask->kind), out);
}

static uint64_t cut(const struct section_ask *ask, uint64_t bytes, uint64_t *skip)
{
	*skip = !ask->partial ? 0 : ask->start < bytes ? ask->start : bytes;
	uint64_t left = bytes - *skip;
	return ask->partial && ask->count < left ? ask->count : left;
}

static void filter_start(struct flow *f, const struct section_ask *ask)
{
	f->filter = hdrfilter_new(ask->fields, ask->n_fields, ask->kind == SECTION_FIELDS);
}

/* Passes the next piece of the message through; false at its end. */
static enum err pump(struct flow *f, struct source *src, bool *more)
{
	struct str in;
	enum err err = source_read(src, f->at, &in);

	if (err)
		return err;
	if (f->end - f->at < in.n)
		in.n = (size_t)(f->end - f->at);
	f->at += in.n;
	*more = f->at < f->end && in.n > 0;
	if (f->filter)
		hdrfilter_feed(f->filter, in, &f->ready);
	else
		cte_feed(&f->decoder, in, &f->ready);
	if (!*more && f->filter)
		hdrfilter_end(f->filter, &f->ready);
	else if (!*more)
		cte_end(&f->decoder, &f->ready);
	return OK;
}

/* Chosen fields: their length is known only after one pass. A header that fits is kept; a huge one is read twice. */
static enum err filter_measure(struct flow *f, const struct section_ask *ask, struct source *src, uint64_t *bytes)
{
	uint64_t start = f->at;
	bool more = true;
	enum err err = OK;

	*bytes = 0;
	while (err == OK && more) {
		err = pump(f, src, &more);
		if (more || *bytes) {
			*bytes += f->ready.n;
			buf_reset(&f->ready);
		}
	}
	if (*bytes == 0) {
		*bytes = f->ready.n;
		return err;
	}
	hdrfilter_free(&f->filter);
	filter_start(f, ask);
	f->at = start;
	return err;
}

static enum flow_state start_filtered(struct flow *f, const struct section_ask *ask, struct source *src, uint64_t *total)
{
	uint64_t bytes;

	filter_start(f, ask);
	if (filter_measure(f, ask, src, &bytes) != OK)
		return FLOW_DAMAGED;
	*total = f->left = cut(ask, bytes, &f->skip);
	return FLOW_BYTES;
}

static enum flow_state start_binary(struct flow *f, const struct section_ask *ask, const struct section *sec, uint64_t *total)
{
	uint64_t bytes = sec->whole ? sec->decoded_bytes : sec->bytes;

	if (sec->whole && sec->cte == CTE_UNKNOWN)
		return FLOW_CTE;
	if (ask->kind == SECTION_BINARY_SIZE) {
		*total = bytes;
		f->left = 0;
		return FLOW_BYTES;
	}
	f->decoding = sec->whole && (sec->cte == CTE_QP || sec->cte == CTE_BASE64);
	cte_init(&f->decoder, f->decoding ? sec->cte : CTE_BINARY);
	*total = f->left = cut(ask, bytes, &f->skip);
	return FLOW_BYTES;
}

/* A range of the message itself: what <partial> drops need not be read. */
static void skip_raw(struct flow *f)
{
	if (f->filter || f->decoding)
		return;
	f->at += f->skip;
	f->skip = 0;
	f->end = f->at + f->left;
}

enum flow_state flow_start(struct flow *f, const struct section_ask *ask, const struct summary *sum, struct source *src, uint64_t *total)
{
	struct section sec;
	enum flow_state state = FLOW_BYTES;

	*f = (struct flow){ 0 };
	*total = 0;
	if (!find_extent(ask, sum, src, &sec))
		return FLOW_NIL;
	f->at = sec.at;
	f->end = sec.at + sec.bytes;
	cte_init(&f->decoder, CTE_BINARY);
	if (ask->kind == SECTION_FIELDS || ask->kind == SECTION_FIELDS_NOT)
		state = start_filtered(f, ask, src, total);
	else if (ask->kind == SECTION_BINARY || ask->kind == SECTION_BINARY_SIZE)
		state = start_binary(f, ask, &sec, total);
	else
		*total = f->left = cut(ask, sec.bytes, &f->skip);
	skip_raw(f);
	return state;
}

static enum err next_raw(struct flow *f, struct source *src, struct str *out)
{
	enum err err = source_read(src, f->at, out);

	*out = str_head(*out, f->left < CHUNK ? (size_t)f->left : CHUNK);
	f->at += out->n;
	f->left -= out->n;
	return err ? err : out->n ? OK : ERR_CORRUPT;
}

/* Output that is ready and wanted: less what is to be skipped, and no more than is left. */
static struct str ready_take(struct flow *f)
{
	struct str s = str_skip(buf_str(&f->ready), f->given);
	size_t drop = f->skip < s.n ? (size_t)f->skip : s.n;

	f->skip -= drop;
	s = str_head(str_skip(s, drop), f->left < CHUNK ? (size_t)f->left : CHUNK);
	f->given += drop + s.n;
	f->left -= s.n;
	return s;
}

enum err flow_next(struct flow *f, struct source *src, struct str *out)
{
	bool more = true;
	enum err err = OK;

	*out = (struct str){ NULL, 0 };
	if (f->left == 0)
		return OK;
	if (!f->filter && !f->decoding)
		return next_raw(f, src, out);
	while (err == OK && out->n == 0) {
		*out = ready_take(f);
		if (out->n)
			break;
		buf_reset(&f->ready);
		f->given = 0;
		err = f->at < f->end && more ? pump(f, src, &more) : ERR_CORRUPT;
	}
	return err;
}

void flow_fini(struct flow *f)
{
	hdrfilter_free(&f->filter);
	buf_fini(&f->ready);
	*f = (struct flow){ 0 };
}

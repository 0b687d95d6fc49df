#include "common/mail/summary.h"

#include <stdlib.h>

#include "common/base/must.h"
#include "common/mail/bodystructure.h"
#include "common/mail/envelope.h"

enum { SUMMARY_VERSION = 1, PREFIX_AT = 1 };  /* a byte; then the prefix, where summary_shift finds it */

struct summarizer { struct mime *mime; };

struct summarizer *summarizer_new(void)
{
	struct summarizer *s = mem_new(sizeof *s);

	s->mime = mime_new();
	return s;
}

void summarizer_free(struct summarizer **sp)
{
	if (!*sp)
		return;
	mime_free(&(*sp)->mime);
	free(*sp);
	*sp = NULL;
}

void summarizer_feed(struct summarizer *s, struct str in)
{
	mime_feed(s->mime, in);
}

/* The first "<...>" in a field of message ids, or empty. */
static struct str first_id(struct str value)
{
	ptrdiff_t open = str_find(value, '<');

	if (open < 0)
		return S("");
	value = str_skip(value, (size_t)open);
	ptrdiff_t close = str_find(value, '>');
	return close < 0 ? S("") : str_head(value, (size_t)close + 1);
}

static struct str thread_root(const struct str *fields)
{
	static const enum mime_field order[] = { MIME_REFERENCES, MIME_IN_REPLY_TO, MIME_MESSAGE_ID };

	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		struct str id = first_id(fields[order[i]]);
		if (id.n > 0)
			return id;
	}
	return S("");
}

static void put_type(struct buf *out, const struct mime_part *p)
{
	size_t start = out->n;

	buf_u32(out, (uint32_t)(p->type.n + 1 + p->subtype.n));
	buf_add(out, p->type);
	buf_addc(out, '/');
	buf_add(out, p->subtype);
	for (size_t i = start + 4; i < out->n; i++)
		out->p[i] = ascii_lower(out->p[i]);
}

static void put_part(struct buf *out, const struct mime_part *p)
{
	struct str filename = mime_param(p->disposition_params, S("filename"));

	buf_u8(out, (uint8_t)p->depth);
	buf_u8(out, (uint8_t)p->kind);
	buf_u8(out, (uint8_t)p->cte);
	buf_u8(out, p->broken);
	buf_u64(out, p->head_at);
	buf_u64(out, p->head_bytes);
	buf_u64(out, p->body_at);
	buf_u64(out, p->body_bytes);
	buf_u64(out, p->decoded_bytes);
	put_type(out, p);
	buf_lstr(out, mime_param(p->params, S("charset")));
	buf_lstr(out, filename.n > 0 ? filename : mime_param(p->params, S("name")));
}

/* Parents first, in the order of the message. */
static uint32_t put_parts(struct buf *out, const struct mime_part *root)
{
	uint32_t n = 0;

	for (const struct mime_part *p = root; p; n++) {
		put_part(out, p);
		if (p->child) {
			p = p->child;
			continue;
		}
		while (p && !p->next)
			p = p->parent;
		if (p)
			p = p->next;
	}
	return n;
}

/* Words longer than this serve nobody: a megabyte of one-letter addresses becomes many of envelope. Such a message shows an empty
 * envelope, or itself as one text, so that a summary always fits a record and a row a frame. Its parts can still be fetched. */
enum { WORDS_MAX = 4 << 20, USUAL_BYTES = 1024 };

static void put_words(struct buf *out, const struct mime_part *root)
{
	const struct mime_part plain = { .type = S("text"), .subtype = S("plain"), .body_bytes = root->body_bytes, .lines = root->lines };
	struct buf words = { 0 };

	buf_reserve(&words, USUAL_BYTES);
	envelope_render(&words, root);
	if (words.n > WORDS_MAX) {
		buf_reset(&words);
		envelope_render(&words, NULL);
	}
	buf_lstr(out, buf_str(&words));
	for (enum body_form form = BODY_PLAIN; form <= BODY_EXTENDED; form++) {
		buf_reset(&words);
		bodystructure_render(&words, root, form);
		if (words.n > WORDS_MAX) {
			buf_reset(&words);
			bodystructure_render(&words, &plain, form);
		}
		buf_lstr(out, buf_str(&words));
	}
	buf_fini(&words);
}

void summarizer_end(struct summarizer *s, struct buf *out)
{
	const struct mime_part *root = mime_end(s->mime);
	struct buf parts = { 0 };

	buf_reserve(out, 2 * USUAL_BYTES);
	buf_u8(out, SUMMARY_VERSION);
	buf_u32(out, 0);
	buf_u64(out, mime_bytes(s->mime));
	put_words(out, root);
	buf_lstr(out, root->fields[MIME_DATE]);
	buf_lstr(out, first_id(root->fields[MIME_MESSAGE_ID]));
	buf_lstr(out, thread_root(root->fields));
	buf_lstr(out, root->fields[MIME_SUBJECT]);
	buf_u32(out, put_parts(&parts, root));
	buf_lstr(out, buf_str(&parts));
	buf_fini(&parts);
}

void summary_shift(struct buf *packed, uint32_t prefix_bytes)
{
	struct rd rd = rd_of(str_skip(buf_str(packed), PREFIX_AT));

	buf_set_u32(packed, PREFIX_AT, rd_u32(&rd) + prefix_bytes);
}

/* -- reading -- */

/* The prefix stands before the first field, so it is part of the root's header and moves all else. */
static void shift_part(struct summary_part *p, uint64_t by)
{
	if (p->depth == 0)
		p->head_bytes += by;
	else
		p->head_at += by;
	p->body_at += by;
}

bool summary_next(const struct summary *s, struct rd *at, struct summary_part *p)
{
	if (!rd_more(at))
		return false;
	p->depth = rd_u8(at);
	p->kind = rd_u8(at);
	p->cte = rd_u8(at);
	p->broken = rd_u8(at);
	p->head_at = rd_u64(at);
	p->head_bytes = rd_u64(at);
	p->body_at = rd_u64(at);
	p->body_bytes = rd_u64(at);
	p->decoded_bytes = rd_u64(at);
	p->type = rd_str(at);
	p->charset = rd_str(at);
	p->filename = rd_str(at);
	shift_part(p, s->prefix_bytes);
	return !at->bad;
}

static bool inside(uint64_t at, uint64_t bytes, uint64_t total)
{
	return at <= total && bytes <= total - at;
}

static bool parts_hold(const struct summary *s)
{
	struct rd at = rd_of(s->parts);
	struct summary_part p;
	uint32_t n = 0, depth = 0;

	for (; summary_next(s, &at, &p); n++, depth = p.depth)
		if ((n == 0) != (p.depth == 0) || p.depth > depth + 1 || p.kind > MIME_MESSAGE || p.cte >= CTE_COUNT ||
		    !inside(p.head_at, p.head_bytes, s->message_bytes) ||
		    !inside(p.body_at, p.body_bytes, s->message_bytes))
			return false;
	return rd_done(&at) && n > 0 && n == s->n_parts;
}

bool summary_open(struct summary *s, struct str packed)
{
	struct rd rd = rd_of(packed);

	if (rd_u8(&rd) != SUMMARY_VERSION)
		return false;
	s->prefix_bytes = rd_u32(&rd);
	s->message_bytes = rd_u64(&rd) + s->prefix_bytes;
	s->envelope = rd_str(&rd);
	s->body = rd_str(&rd);
	s->bodystructure = rd_str(&rd);
	s->date = rd_str(&rd);
	s->message_id = rd_str(&rd);
	s->thread_root = rd_str(&rd);
	s->subject = rd_str(&rd);
	s->n_parts = rd_u32(&rd);
	s->parts = rd_str(&rd);
	return rd_done(&rd) && s->message_bytes >= s->prefix_bytes && parts_hold(s);
}

/* The k-th child of the part just read; `at` stands behind it. */
static bool child_of(const struct summary *s, struct rd *at, struct summary_part *p, uint32_t k)
{
	uint32_t depth = p->depth;

	while (summary_next(s, at, p) && p->depth > depth)
		if (p->depth == depth + 1 && --k == 0)
			return true;
	return false;
}

/* Into a message come its numbers: a multipart's are its children; else 1 is the message's own body. */
static bool step_into(const struct summary *s, struct rd *at, struct summary_part *p, uint32_t k)
{
	if (p->kind == MIME_MULTIPART)
		return k > 0 && child_of(s, at, p, k);
	return k == 1;
}

/* The part that a path names. A leaf has nothing below it. */
static bool find_part(const struct summary *s, struct rd *at, const uint32_t *path, size_t n, struct summary_part *p)
{
	bool message = true;          /* p is a message, not yet the part that its numbers name */

	for (size_t i = 0; i < n; i++) {
		if (!message && p->kind == MIME_LEAF)
			return false;
		if (!message && p->kind == MIME_MESSAGE && !child_of(s, at, p, 1))
			return false;
		if (!step_into(s, at, p, path[i]))
			return false;
		message = false;
	}
	return true;
}

static void set_body(const struct summary_part *p, struct section *out)
{
	out->at = p->body_at;
	out->bytes = p->body_bytes;
	out->whole = true;
	out->cte = p->kind == MIME_LEAF ? p->cte : CTE_BINARY;
	out->broken = p->broken;
	out->decoded_bytes = p->decoded_bytes;
	out->type = p->type;
	out->charset = p->charset;
}

static void set_plain(uint64_t at, uint64_t bytes, struct section *out)
{
	out->at = at;
	out->bytes = out->decoded_bytes = bytes;
	out->cte = CTE_BINARY;
}

bool summary_section(const struct summary *s, const uint32_t *path, size_t n, enum section_kind kind, struct section *out)
{
	struct rd at = rd_of(s->parts);
	struct summary_part p;

	*out = (struct section){ 0 };
	if (!summary_next(s, &at, &p) || !find_part(s, &at, path, n, &p))
		return false;
	if (n == 0 && kind == SECTION_BODY) {
		set_plain(0, s->message_bytes, out);
		return true;
	}
	if (n > 0 && kind == SECTION_BODY) {
		set_body(&p, out);
		return true;
	}
	/* HEADER and TEXT are of messages only; MIME of numbered parts only */
	if (n == 0 ? kind == SECTION_MIME : kind != SECTION_MIME && (p.kind != MIME_MESSAGE || !child_of(s, &at, &p, 1)))
		return false;
	if (kind == SECTION_TEXT)
		set_plain(p.body_at, p.body_bytes, out);
	else
		set_plain(p.head_at, p.head_bytes, out);
	return true;
}

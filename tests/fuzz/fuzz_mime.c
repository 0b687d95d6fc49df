/* tests/fuzz/fuzz_mime.c: a message in one piece and byte by byte gives the same summary; its parts nest
 * inside the message; the words balance; decoded sizes are what decoding gives. */
#include <stdint.h>
#include <stdlib.h>

#include "common/base/must.h"
#include "common/mail/cte.h"
#include "common/mail/hdrfilter.h"
#include "common/mail/summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void pack(struct str mail, size_t step, struct buf *out)
{
	struct summarizer *z = summarizer_new();

	for (struct str in = mail; in.n > 0; in = str_skip(in, step))
		summarizer_feed(z, str_head(in, step));
	summarizer_end(z, out);
	summarizer_free(&z);
}

/* One parenthesised list: strings closed, literals inside, nothing after it. */
static void balanced(struct str words)
{
	size_t depth = 0, i = 0;

	must(words.n > 0 && words.p[0] == '(');
	while (i < words.n) {
		char c = words.p[i++];
		if (c == '(') {
			depth++;
		} else if (c == ')') {
			must(depth-- > 0 && (depth > 0 || i == words.n));
		} else if (c == '"') {
			for (; must(i < words.n), words.p[i] != '"'; i++) {
				must(words.p[i] != '\0' && words.p[i] != '\r' && words.p[i] != '\n' && (unsigned char)words.p[i] < 0x80);
				i += words.p[i] == '\\';
			}
			i++;
		} else if (c == '{') {
			uint64_t n;
			ptrdiff_t close = str_find(str_skip(words, i), '}');
			must(close > 0 && str_u64(str_head(str_skip(words, i), (size_t)close), &n));
			i += (size_t)close + 3 + n;
			must(i <= words.n);
		}
	}
	must(depth == 0);
}

static void decoded_size(const struct summary_part *p, struct str mail)
{
	struct cte_decoder d;

	cte_init(&d, p->kind == MIME_LEAF ? p->cte : CTE_BINARY);
	cte_feed(&d, str_head(str_skip(mail, p->body_at), p->body_bytes), NULL);
	cte_end(&d, NULL);
	must(d.out_bytes == p->decoded_bytes);
}

/* Each part lies in its parent's body, behind its elder sibling. */
static void nested(const struct summary *s, struct str mail)
{
	struct summary_part p, up[MIME_DEPTH_MAX + 2];
	uint64_t elder[MIME_DEPTH_MAX + 2] = { 0 };
	struct rd at = rd_of(s->parts);

	while (summary_next(s, &at, &p)) {
		must(p.depth <= MIME_DEPTH_MAX && p.head_at + p.head_bytes == p.body_at);
		must(p.body_at + p.body_bytes <= s->message_bytes);
		if (p.depth > 0) {
			const struct summary_part *u = &up[p.depth - 1];
			must(p.head_at >= u->body_at && p.body_at + p.body_bytes <= u->body_at + u->body_bytes);
			must(p.head_at >= elder[p.depth]);
		}
		elder[p.depth] = p.body_at + p.body_bytes;
		elder[p.depth + 1] = p.body_at;
		up[p.depth] = p;
		decoded_size(&p, mail);
	}
	must(rd_done(&at));
}

/* Kept and dropped lines together are the header, and one blank line more. */
static void filters(struct str mail)
{
	struct str name = S("subject");
	struct hdrfilter *keep = hdrfilter_new(&name, 1, true), *drop = hdrfilter_new(&name, 1, false);
	struct buf kept = { 0 }, others = { 0 };

	hdrfilter_feed(keep, mail, &kept);
	for (size_t i = 0; i < mail.n; i++)
		hdrfilter_feed(drop, (struct str){ mail.p + i, 1 }, &others);
	hdrfilter_end(keep, &kept);
	hdrfilter_end(drop, &others);
	must(kept.n + others.n <= mail.n + 4);
	hdrfilter_free(&keep);
	hdrfilter_free(&drop);
	buf_fini(&kept);
	buf_fini(&others);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str mail = { (const char *)data, size };
	struct buf whole = { 0 }, bytes = { 0 };
	struct summary s;

	pack(mail, size + 1, &whole);
	pack(mail, 1, &bytes);
	must(str_eq(buf_str(&whole), buf_str(&bytes)));
	must(summary_open(&s, buf_str(&whole)) && s.message_bytes == size);
	balanced(s.envelope);
	balanced(s.body);
	balanced(s.bodystructure);
	nested(&s, mail);
	filters(mail);
	summary_open(&s, mail);               /* hostile bytes: any answer, no harm */
	buf_fini(&whole);
	buf_fini(&bytes);
	return 0;
}

/* tests/corpus/mailfacts.c: what common/mail says of messages, as words for test_facts.py.
 *
 * Reads names of message files from standard input, one a line. For each it makes line ends canonical
 * (as the corpus's ORIGIN.md says) and writes, with the name first:
 *
 *     file NAME
 *     size N
 *     words ENVELOPE-BYTES BODYSTRUCTURE-BYTES, then those bytes and a line end
 *     section NAME AT BYTES | section NAME -
 *     filter NAME BYTES, then the bytes
 *     binary DECODED-BYTES BROKEN ENCODING BYTES, then the bytes; or: binary -
 *     message BYTES, then the canonical message
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/mail/cte.h"
#include "common/mail/hdrfilter.h"
#include "common/mail/summary.h"

static bool file_read(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "rb");
	char piece[65536];
	size_t n;

	if (!f)
		return false;
	while ((n = fread(piece, 1, sizeof piece, f)) > 0)
		buf_add(out, (struct str){ piece, n });
	fclose(f);
	return true;
}

static void canonical(struct str in, struct buf *out)
{
	bool any_lf = str_find(in, '\n') >= 0;

	for (size_t i = 0; i < in.n; i++) {
		if (any_lf && in.p[i] == '\n' && (i == 0 || in.p[i - 1] != '\r'))
			buf_addc(out, '\r');
		buf_addc(out, in.p[i]);
		if (!any_lf && in.p[i] == '\r')
			buf_addc(out, '\n');
	}
}

static void say(struct str s)
{
	if (s.n > 0)
		fwrite(s.p, 1, s.n, stdout);
	putchar('\n');
}

static void say_sections(const struct summary *s)
{
	static const struct { const char *name; uint32_t path[2]; size_t n; enum section_kind kind; } row[] = {
		{ "", { 0 }, 0, SECTION_BODY },       { "HEADER", { 0 }, 0, SECTION_HEADER },
		{ "TEXT", { 0 }, 0, SECTION_TEXT },   { "1", { 1 }, 1, SECTION_BODY },
		{ "2", { 2 }, 1, SECTION_BODY },      { "1.1", { 1, 1 }, 2, SECTION_BODY },
		{ "1.MIME", { 1 }, 1, SECTION_MIME }, { "2.MIME", { 2 }, 1, SECTION_MIME },
	};

	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct section sec;
		if (summary_section(s, row[i].path, row[i].n, row[i].kind, &sec))
			printf("section %s %llu %llu\n", row[i].name, (unsigned long long)sec.at, (unsigned long long)sec.bytes);
		else
			printf("section %s -\n", row[i].name);
	}
}

static void say_filters(const struct summary *s, struct str mail)
{
	static const struct { const char *name; struct str names[3]; size_t n; bool keep; } row[] = {
		{ "HEADER.FIELDS", { { "FROM", 4 }, { "TO", 2 }, { "SUBJECT", 7 } }, 3, true },
		{ "HEADER.FIELDS.NOT", { { "RECEIVED", 8 } }, 1, false },
	};
	struct section head;

	summary_section(s, NULL, 0, SECTION_HEADER, &head);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct hdrfilter *f = hdrfilter_new(row[i].names, row[i].n, row[i].keep);
		struct buf out = { 0 };
		hdrfilter_feed(f, str_head(str_skip(mail, head.at), head.bytes), &out);
		hdrfilter_end(f, &out);
		printf("filter %s %zu\n", row[i].name, out.n);
		say(buf_str(&out));
		buf_fini(&out);
		hdrfilter_free(&f);
	}
}

static void say_binary(const struct summary *s, struct str mail)
{
	struct section sec;
	struct cte_decoder d;
	struct buf out = { 0 };

	if (!summary_section(s, &(uint32_t){ 1 }, 1, SECTION_BODY, &sec)) {
		printf("binary -\n");
		return;
	}
	cte_init(&d, sec.cte);
	cte_feed(&d, str_head(str_skip(mail, sec.at), sec.bytes), &out);
	cte_end(&d, &out);
	printf("binary %llu %d %d %zu\n", (unsigned long long)sec.decoded_bytes, sec.broken, (int)sec.cte, out.n);
	say(buf_str(&out));
	buf_fini(&out);
}

static void say_mail(struct str mail)
{
	struct summarizer *z = summarizer_new();
	struct buf packed = { 0 };
	struct summary s;

	summarizer_feed(z, mail);
	summarizer_end(z, &packed);
	if (!summary_open(&s, buf_str(&packed)))
		abort();
	printf("size %llu\nwords %zu %zu\n", (unsigned long long)s.message_bytes, s.envelope.n, s.bodystructure.n);
	say(s.envelope);
	say(s.bodystructure);
	say_sections(&s);
	say_filters(&s, mail);
	say_binary(&s, mail);
	printf("message %zu\n", mail.n);
	say(mail);
	buf_fini(&packed);
	summarizer_free(&z);
}

int main(void)
{
	char path[4096];

	while (fgets(path, sizeof path, stdin)) {
		struct buf raw = { 0 }, mail = { 0 };
		path[strcspn(path, "\n")] = '\0';
		if (!file_read(path, &raw)) {
			fprintf(stderr, "mailfacts: cannot read %s\n", path);
			return 1;
		}
		canonical(buf_str(&raw), &mail);
		printf("file %s\n", path);
		say_mail(buf_str(&mail));
		buf_fini(&raw);
		buf_fini(&mail);
	}
	return 0;
}

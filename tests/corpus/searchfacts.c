/* tests/corpus/searchfacts.c: which search programs match which messages, as words for test_search_facts.py.
 *
 * Reads lines from standard input: `program HEX` adds a program; `file NAME` asks all programs of a message
 * file, made canonical (as the corpus's ORIGIN.md says). Answers each file with a line: a 0 or 1 a program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/must.h"
#include "common/mail/summary.h"
#include "storaged/search/search.h"

enum { PROGRAMS_MAX = 100 };

struct programs { struct search *search[PROGRAMS_MAX]; struct search_run *run[PROGRAMS_MAX]; size_t n; };

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

static void summarize(struct str mail, struct buf *packed)
{
	struct summarizer *z = summarizer_new();

	summarizer_feed(z, mail);
	summarizer_end(z, packed);
	summarizer_free(&z);
}

struct mail { struct str bytes; struct buf summary, digest, grams; };

static enum err mail_summary(void *ctx, struct str *packed)
{
	*packed = buf_str(&((const struct mail *)ctx)->summary);
	return OK;
}

static enum err mail_read(void *ctx, uint64_t at, size_t bytes, struct str *piece)
{
	*piece = str_head(str_skip(((const struct mail *)ctx)->bytes, at), bytes);
	return OK;
}

static void program_add(struct programs *p, const char *hex)
{
	struct buf code = { 0 };

	must(p->n < PROGRAMS_MAX);
	for (; hex[0] && hex[1]; hex += 2)
		buf_u8(&code, (uint8_t)strtoul((char[]){ hex[0], hex[1], 0 }, NULL, 16));
	must(search_open(&p->search[p->n], buf_str(&code)) == OK);
	p->run[p->n] = search_run_new(p->search[p->n]);
	p->n++;
	buf_fini(&code);
}

static void mail_ask(struct programs *p, struct str bytes)
{
	struct mail mail = { .bytes = bytes };
	struct search_msg msg = { .uid = { 1 }, .bytes = bytes.n };
	bool match;

	summarize(bytes, &mail.summary);
	for (size_t i = 0; i < p->n; i++) {
		const struct search_memory memory = { buf_str(&mail.digest), buf_str(&mail.grams) };
		enum search_verdict remembered = search_remember(p->run[i], &msg, &memory);
		struct buf none = { 0 };
		struct search_source src = { &mail.digest, mail.grams.n > 0 ? &none : &mail.grams, mail_summary, mail_read, &mail };
		must(search_message(p->run[i], &msg, &src, &match) == OK);
		must(remembered == SEARCH_UNSURE || match == (remembered == SEARCH_YES));
		buf_fini(&none);
		putchar(match ? '1' : '0');
	}
	putchar('\n');
	buf_fini(&mail.summary);
	buf_fini(&mail.digest);
	buf_fini(&mail.grams);
}

static bool file_ask(struct programs *p, const char *path)
{
	struct buf raw = { 0 }, mail = { 0 };
	bool ok = file_read(path, &raw);

	if (ok) {
		canonical(buf_str(&raw), &mail);
		mail_ask(p, buf_str(&mail));
	}
	buf_fini(&raw);
	buf_fini(&mail);
	return ok;
}

int main(void)
{
	static struct programs p;
	char line[8192];
	bool ok = true;

	while (ok && fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "program ", 8) == 0)
			program_add(&p, line + 8);
		else if (strncmp(line, "file ", 5) == 0)
			ok = file_ask(&p, line + 5);
	}
	for (size_t i = 0; i < p.n; i++) {
		search_run_free(&p.run[i]);
		search_free(&p.search[i]);
	}
	if (!ok)
		fprintf(stderr, "searchfacts: cannot read %s\n", line + 5);
	return !ok;
}

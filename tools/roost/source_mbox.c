/* tools/roost/source_mbox.c: an mbox, cut at its From_ lines.
 *
 * A From_ line stands at the start or behind an empty line, and ends in a date (RFC 4155 appendix A). Without the date it is
 * text: many programs forgot to quote "From " in bodies. Quoting is undone as mboxrd does it: one '>' less.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/must.h"
#include "common/mail/date.h"
#include "tools/roost/source.h"
#include "tools/roost/tell.h"

struct mbox_file {
	struct mailsource head;
	FILE   *file;
	char   *path;
	char   *line;                  /* getline's */
	size_t  line_cap;
	bool    begun;                 /* the From_ line of the next message was read; its date: */
	int64_t date;
};

static bool next_word(struct str *in, struct str *word)
{
	do {
		if (in->n == 0)
			return false;
		str_cut(*in, ' ', word, in);
	} while (word->n == 0);
	return true;
}

static bool is_one_of(struct str word, const char *names)
{
	ptrdiff_t at = word.n == 3 ? str_search(str_of(names), word) : -1;
	return at >= 0 && at % 3 == 0;
}

static bool is_year(struct str word)
{
	uint64_t n;
	return word.n == 4 && str_u64(word, &n);
}

/* Behind the weekday: "Nov 23 18:45:13 [CET] 2026 [+0100]". Put in the order of header dates, for their parser. */
static bool ctime_rest(struct str in, int64_t *date)
{
	struct str month, day, time, year, zone = S("+0000"), word;
	struct date_header got;
	struct buf text = { 0 };

	if (!next_word(&in, &month) || !is_one_of(month, "JanFebMarAprMayJunJulAugSepOctNovDec") ||
	    !next_word(&in, &day) || !next_word(&in, &time) || !next_word(&in, &year))
		return false;
	if (!is_year(year)) {
		zone = year;
		if (!next_word(&in, &year) || !is_year(year))
			return false;
	}
	if (next_word(&in, &word) && (word.p[0] == '+' || word.p[0] == '-'))
		zone = word;
	buf_printf(&text, "%.*s %.*s %.*s %.*s %.*s", STR_ARG(day), STR_ARG(month), STR_ARG(year), STR_ARG(time), STR_ARG(zone));
	bool good = date_header_parse(buf_str(&text), &got);
	buf_fini(&text);
	if (good)
		*date = got.utc_s;
	return good;
}

/* The sender may hold spaces, so the weekday is looked for. */
bool mail_from_line(struct str line, int64_t *date)
{
	struct str word;

	if (!str_starts(line, S("From ")))
		return false;
	line = str_trim(str_skip(line, 5));
	while (next_word(&line, &word))
		if (is_one_of(word, "MonTueWedThuFriSatSun") && ctime_rest(line, date))
			return true;
	return false;
}

static struct str unquoted(struct str line)
{
	size_t n = 0;

	while (n < line.n && line.p[n] == '>')
		n++;
	return n && str_starts(str_skip(line, n), S("From ")) ? str_skip(line, 1) : line;
}

/* A line without its end. False: there is none left, or reading failed. */
static bool read_line(struct mbox_file *f, struct str *line)
{
	ssize_t n = getline(&f->line, &f->line_cap, f->file);

	if (n < 0) {
		f->head.failed = ferror(f->file);
		if (f->head.failed)
			tell("%s: %s", f->path, strerror(errno));
		return false;
	}
	f->head.done_bytes += (uint64_t)n;
	*line = (struct str){ f->line, (size_t)n };
	if (str_ends(*line, S("\n")))
		line->n--;
	if (str_ends(*line, S("\r")))
		line->n--;
	return true;
}

/* To the first From_ line; only empty lines may stand before it. */
static bool begin(struct mbox_file *f)
{
	struct str line;

	while (read_line(f, &line)) {
		if (mail_from_line(line, &f->date))
			return true;
		if (line.n == 0)
			continue;
		tell("%s: not an mbox: its first line should begin with \"From \" and end with a date; is it --eml?", f->path);
		f->head.failed = true;
		return false;
	}
	return false;
}

/* The empty line before a From_ line is the mbox's, not the message's: it is added only when another line follows. */
static bool mbox_next(struct mailsource *s, struct mail *m)
{
	struct mbox_file *f = (struct mbox_file *)s;
	struct str line;
	bool empty = false;

	if (!f->begun && !begin(f))
		return false;
	m->has_date = true;
	m->date = f->date;
	f->begun = false;
	while (read_line(f, &line)) {
		if (empty && mail_from_line(line, &f->date)) {
			f->begun = true;
			return true;
		}
		if (empty)
			buf_add(&m->bytes, S("\r\n"));
		empty = line.n == 0;
		if (empty)
			continue;
		buf_add(&m->bytes, unquoted(line));
		buf_add(&m->bytes, S("\r\n"));
	}
	return !s->failed;
}

static void mbox_free(struct mailsource *s)
{
	struct mbox_file *f = (struct mbox_file *)s;

	fclose(f->file);
	free(f->line);
	free(f->path);
	free(f);
}

struct mailsource *mailsource_mbox(const char *path)
{
	static const struct mailsource_kind kind = { mbox_next, mbox_free };
	FILE *file = fopen(path, "re");
	struct stat st;

	if (!file || fstat(fileno(file), &st) != 0) {
		tell("%s: %s", path, strerror(errno));
		if (file)
			fclose(file);
		return NULL;
	}
	struct mbox_file *f = mem_new(sizeof *f);
	f->head = (struct mailsource){ .kind = &kind, .total_bytes = (uint64_t)st.st_size };
	f->file = file;
	f->path = str_heap_z(str_of(path));
	return &f->head;
}

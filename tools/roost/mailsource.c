/* tools/roost/mailsource.c: what all kinds of source have in common, and the simplest: single files. */
#include "tools/roost/mailsource.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/must.h"
#include "tools/roost/source.h"
#include "tools/roost/tell.h"

/* Empty; it keeps its memory. */
static void mail_reset(struct mail *m)
{
	struct buf keep = m->bytes;

	*m = (struct mail){ .bytes = keep };
	buf_reset(&m->bytes);
}

void mail_fini(struct mail *m)
{
	buf_fini(&m->bytes);
	*m = (struct mail){ 0 };
}

void mail_add_crlf(struct buf *out, struct str bytes)
{
	while (bytes.n > 0) {
		ptrdiff_t at = str_find(bytes, '\n');
		struct str line = at < 0 ? bytes : str_head(bytes, (size_t)at);

		buf_add(out, line);
		if (at < 0)
			return;
		if (out->n == 0 || out->p[out->n - 1] != '\r')
			buf_addc(out, '\r');
		buf_addc(out, '\n');
		bytes = str_skip(bytes, line.n + 1);
	}
}

void mailsource_free(struct mailsource **sp)
{
	struct mailsource *s = *sp;

	*sp = NULL;
	if (s)
		s->kind->free(s);
}

bool mailsource_next(struct mailsource *s, struct mail *m)
{
	mail_reset(m);
	return !s->failed && s->kind->next(s, m);
}

bool mailsource_failed(const struct mailsource *s) { return s->failed; }

uint64_t mailsource_total_bytes(const struct mailsource *s) { return s->total_bytes; }

uint64_t mailsource_done_bytes(const struct mailsource *s) { return s->done_bytes; }

static bool read_into(int fd, struct mail *m)
{
	char block[64 * 1024];
	ssize_t n;

	while ((n = read(fd, block, sizeof block)) > 0)
		mail_add_crlf(&m->bytes, (struct str){ block, (size_t)n });
	return n == 0;
}

bool source_read_file(struct mailsource *s, const char *path, bool dated, struct mail *m)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && fstat(fd, &st) == 0 && read_into(fd, m);

	if (!good) {
		tell("%s: %s", path, strerror(errno));
		s->failed = true;
	} else {
		s->done_bytes += (uint64_t)st.st_size;
		m->has_date = dated;
		m->date = st.st_mtime;
	}
	if (fd >= 0)
		close(fd);
	return good;
}

/* --- one file, one message ----------------------------------------------------------------------------------------- */

struct eml { struct mailsource head; char *path; bool read; };

static bool eml_next(struct mailsource *s, struct mail *m)
{
	struct eml *e = (struct eml *)s;

	if (e->read)
		return false;
	e->read = true;
	return source_read_file(s, e->path, false, m);
}

static void eml_free(struct mailsource *s)
{
	struct eml *e = (struct eml *)s;

	free(e->path);
	free(e);
}

struct mailsource *mailsource_eml(const char *path)
{
	static const struct mailsource_kind kind = { eml_next, eml_free };
	struct stat st;

	if (stat(path, &st) != 0) {
		tell("%s: %s", path, strerror(errno));
		return NULL;
	}
	struct eml *e = mem_new(sizeof *e);
	e->head = (struct mailsource){ .kind = &kind, .total_bytes = (uint64_t)st.st_size };
	e->path = str_heap_z(str_of(path));
	return &e->head;
}
